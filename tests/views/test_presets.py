"""Presets: saved from a chat, chosen for a new one, given to one that is there, renamed and deleted."""

from typing import Any
from uuid import uuid4

import pytest

from conversations.models import Conversation, Preset
from conversations.models.preset import MOST_PRESETS
from tests.fakes.provider import FakeProvider
from tests.serving import Person, Site
from tests.views.test_settings import ALL, NONE


@pytest.fixture
def begun(ada: Person, site: Site) -> Any:
    begun = ada.ask("first", **ALL)
    site.wait_tasks()
    return begun


def save(person: Person, begun: Any, name: str = "Mine") -> Any:
    return person.script(begun["conversation"]["url"], {"action": "save_preset", "name": name})


@pytest.fixture
def mine(ada: Person, begun: Any) -> str:
    """The id of a preset with all settings."""
    return str(save(ada, begun).json["preset"]["id"])


def newest() -> Conversation:
    return Conversation.objects.latest("pk")


def test_a_chats_settings_are_saved_under_a_name(ada: Person, begun: Any) -> None:
    reply = save(ada, begun)

    preset = Preset.objects.for_user(ada.user).get()
    assert (reply.status, reply.json) == (201, {"preset": {"id": str(preset.uuid), "name": "Mine", **ALL}})
    assert preset.chosen == ALL


def test_a_form_is_led_back_to_the_chat(ada: Person, begun: Any) -> None:
    reply = ada.post(begun["conversation"]["url"], {"action": "save_preset", "name": "Mine <b>"})

    assert (reply.status, reply.headers["Location"]) == (303, begun["conversation"]["url"])
    assert "Mine &lt;b&gt;" in ada.get("/presets/").text


@pytest.mark.parametrize("name", ["", "Mine"])
def test_a_refused_name_comes_back_to_its_form(ada: Person, begun: Any, mine: str, name: str) -> None:
    url = begun["conversation"]["url"]
    saving = ada.post(url, {"action": "save_preset", "name": name})
    save(ada, begun, "Other")
    other = Preset.objects.get(name="Other")
    renaming = ada.post(f"/presets/{other.uuid}/", {"action": "rename", "name": name})
    script = ada.script(f"/presets/{other.uuid}/", {"action": "rename", "name": name})

    sentence = "You have a preset of this name already." if name else "Give the preset a name."
    assert [saving.status, renaming.status, script.status, script.error] == [422, 422, 422, "invalid"]
    assert [sentence in reply.text for reply in (saving, renaming)] == [True, True]
    assert sorted(Preset.objects.values_list("name", flat=True)) == ["Mine", "Other"]


def test_a_new_chat_begins_with_a_preset(ada: Person, fake: FakeProvider, site: Site, mine: str) -> None:
    ada.ask("Hi", preset=mine)
    site.wait_tasks()

    body = fake.answer_calls[-1].body
    assert newest().chosen == ALL
    assert (body["model"], body["temperature"], body["max_tokens"]) == ("other-model", 0.25, 500)


def test_what_is_named_beside_a_preset_wins(ada: Person, mine: str) -> None:
    ada.ask("Hi", preset=mine, model="fake-model", temperature=1, system_prompt="")

    assert newest().chosen == {**ALL, "model": "fake-model", "temperature": 1, "system_prompt": ""}


def test_a_form_without_script_names_preset_and_no_model(ada: Person, mine: str) -> None:
    reply = ada.post("/conversations/", {"message": "Hi", "preset": mine, "model": ""})

    assert (reply.status, newest().chosen) == (303, ALL)


def test_a_blank_preset_is_none(ada: Person, mine: str) -> None:
    ada.ask("Hi", preset="")

    assert newest().chosen == {**NONE, "model": "fake-model"}


def test_a_preset_of_a_model_that_is_gone_asks_the_default(ada: Person, mine: str, settings: Any) -> None:
    settings.CHAT_MODELS = ["fake-model"]

    ada.ask("Hi", preset=mine)

    assert newest().chosen == {**ALL, "model": "fake-model"}


@pytest.mark.parametrize("preset", ["nobody's", "x", "another's"])
def test_what_is_no_preset_of_ones_own_is_refused(ada: Person, bob: Person, begun: Any, mine: str, preset: str) -> None:
    theirs = save(bob, bob.ask("Hi")).json["preset"]["id"]
    given = {"nobody's": str(uuid4()), "another's": theirs}.get(preset, preset)
    before = Conversation.objects.count()

    replies = [
        ada.script("/conversations/", {"message": "Hi", "preset": given}),
        ada.script(begun["conversation"]["url"], {"action": "apply_preset", "preset": given}),
    ]

    assert [(reply.status, reply.error) for reply in replies] == [(422, "invalid")] * 2
    assert Conversation.objects.count() == before


def test_a_refused_message_keeps_the_preset_that_was_chosen(ada: Person, mine: str) -> None:
    reply = ada.post("/conversations/", {"message": " ", "preset": mine, "model": ""})

    assert reply.status == 422
    assert f'value="{mine}" data-model="other-model" selected' in reply.text


def test_a_repeated_request_begins_one_chat_with_one_preset(ada: Person, begun: Any, mine: str) -> None:
    another = save(ada, begun, "Other").json["preset"]["id"]
    before = Conversation.objects.count()
    fields = {"message": "Hi", "preset": mine, "key": "k"}

    replies = [ada.script("/conversations/", fields) for _ in range(2)]
    others = [ada.script("/conversations/", {**fields, "preset": preset}) for preset in (another, "")]

    assert replies[0].json == replies[1].json
    assert [(other.status, other.error) for other in others] == [(409, "key_reused")] * 2
    assert Conversation.objects.count() == before + 1


def test_a_preset_is_given_to_a_chat(ada: Person, site: Site, mine: str) -> None:
    url = ada.ask("Hi")["conversation"]["url"]
    site.wait_tasks()

    reply = ada.post(url, {"action": "apply_preset", "preset": mine})

    assert (reply.status, reply.headers["Location"]) == (303, url)
    assert newest().chosen == ALL


def test_why_a_preset_cannot_be_given_is_told_where_others_can(
    ada: Person, begun: Any, mine: str, settings: Any
) -> None:
    url, before = begun["conversation"]["url"], newest().chosen
    preset = Preset.objects.get(uuid=mine)
    preset.pk, preset.uuid, preset.name, preset.system_prompt = None, uuid4(), "Long", "x" * 900
    preset.save(force_insert=True)
    settings.CHAT_CONTEXT_TOKENS = 600

    gone = ada.post(url, {"action": "apply_preset", "preset": str(uuid4())})
    unfit = ada.post(url, {"action": "apply_preset", "preset": str(preset.uuid)})

    assert (gone.status, unfit.status) == (422, 422)
    assert 'role="alert">There is no such preset any more.' in gone.text
    assert 'role="alert">This system prompt leaves the model no room' in unfit.text
    assert [reply.text.count("Use in this chat") for reply in (gone, unfit)] == [2, 2]
    assert newest().chosen == before


def test_a_preset_is_renamed_and_deleted_and_the_chat_stays_as_it_is(ada: Person, begun: Any, mine: str) -> None:
    renamed = ada.script(f"/presets/{mine}/", {"action": "rename", "name": "New name"})
    listed = ada.get("/presets/").text
    deleted = ada.post(f"/presets/{mine}/", {"action": "delete"})

    assert (renamed.status, renamed.json["preset"]["name"]) == (200, "New name")
    assert "New name" in listed
    assert (deleted.status, deleted.headers["Location"]) == (303, "/presets/")
    assert Preset.objects.count() == 0
    assert newest().chosen == ALL


def test_an_unknown_action_on_a_preset_is_a_400(ada: Person, mine: str) -> None:
    assert ada.script(f"/presets/{mine}/", {"action": "explode"}).status == 400


def test_ones_own_presets_are_listed_and_offered(ada: Person, bob: Person, mine: str) -> None:
    save(bob, bob.ask("Hi"), "Not hers")

    for path in ("/presets/", "/", f"/?preset={mine}"):
        page = ada.get(path).text
        assert ("Mine" in page, "Not hers" in page) == (True, False)
    assert 'name="preset"' not in bob.get(bob.ask("Hi")["conversation"]["url"]).text
    assert bob.get(f"/?preset={mine}").status == 404


def test_the_list_ends(ada: Person, begun: Any, mine: str) -> None:
    Preset.objects.bulk_create(Preset(owner=ada.user, name=f"N{number}") for number in range(MOST_PRESETS + 5))

    assert ada.get("/presets/").text.count('class="preset"') == MOST_PRESETS
    assert save(ada, begun, "One more").status == 422


def test_the_list_of_another_ones_chat_is_not_there(bob: Person, begun: Any) -> None:
    assert bob.get(f"/presets/?conversation={begun['conversation']['id']}").status == 404
