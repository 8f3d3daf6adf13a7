"""A conversation's settings: what is kept, what is refused, and what of them reaches the model."""

from typing import Any

import html5lib
import pytest

from conversations.models import Conversation, Message
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import chunks, refusal
from tests.serving import Person, Site

ALL = {
    "model": "other-model",
    "system_prompt": "Be brief.",
    "history_turns": 3,
    "temperature": 0.25,
    "answer_tokens": 500,
}
NONE = {"model": "", "system_prompt": "", "history_turns": None, "temperature": None, "answer_tokens": None}


@pytest.fixture
def begun(ada: Person, site: Site) -> Any:
    begun = ada.ask("first")
    site.wait_tasks()
    return begun


def configure(person: Person, begun: Any, **fields: Any) -> Any:
    return person.script(begun["conversation"]["url"], {"action": "configure", **fields})


def field_of(page: str, name: str) -> dict[str, str | None]:
    """What the field of that name shows and allows."""
    field = html5lib.parse(page, namespaceHTMLElements=False).find(f".//input[@name='{name}']")
    return {key: field.get("aria-invalid" if key == "invalid" else key) for key in ("value", "min", "max", "invalid")}


def chosen() -> dict[str, Any]:
    return Conversation.objects.get().chosen


def ask(person: Person, site: Site, begun: Any, text: str = "second", **fields: Any) -> Message:
    """The next message; its answer, once it has ended."""
    parent = str(Conversation.objects.get().leaf.uuid)
    reply = person.script(f"{begun['conversation']['url']}messages/", {"message": text, "parent": parent, **fields})
    site.wait_tasks()
    return Message.objects.get(uuid=reply.json["answer"]["id"])


def test_all_settings_are_kept_and_told(ada: Person, begun: Any) -> None:
    reply = configure(ada, begun, **ALL)

    conversation = Conversation.objects.get()
    assert (reply.status, conversation.chosen) == (200, ALL)
    told = {"title": conversation.title, "place": "chats", "pinned": False, "tags": []}
    assert reply.json == {"conversation": {**begun["conversation"], **told, **ALL}}


@pytest.mark.parametrize("name", ALL)
def test_what_is_not_named_stays(ada: Person, begun: Any, name: str) -> None:
    configure(ada, begun, **ALL)

    configure(ada, begun, **{name: ALL[name]})

    assert chosen() == ALL


@pytest.mark.parametrize("blank", ["", None])
@pytest.mark.parametrize("name", ALL)
def test_what_is_blank_is_the_default_again(ada: Person, begun: Any, name: str, blank: str | None) -> None:
    configure(ada, begun, **ALL)

    configure(ada, begun, **{name: blank})

    assert chosen() == {**ALL, name: NONE[name]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", 0), ("temperature", 2), ("temperature", "0.7"), ("temperature", 1.5),
        ("answer_tokens", 1), ("answer_tokens", 2000), ("history_turns", 0), ("history_turns", 1000),
    ],
)  # fmt: skip
def test_a_setting_at_its_bound_is_taken(ada: Person, begun: Any, name: str, value: Any) -> None:
    assert configure(ada, begun, **{name: value}).status == 200
    assert chosen()[name] == float(value)


def test_a_fraction_may_have_a_comma(ada: Person, begun: Any) -> None:
    configure(ada, begun, temperature="0,7")

    assert chosen()["temperature"] == 0.7


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", -0.1), ("temperature", 2.1), ("temperature", "nan"), ("temperature", float("nan")),
        ("temperature", float("inf")), ("temperature", "warm"), ("answer_tokens", 0), ("answer_tokens", 2001),
        ("answer_tokens", "1.5"), ("history_turns", 1001), ("model", "no-such-model"), ("system_prompt", "x" * 20_001),
        ("system_prompt", "x" * 19_000),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_is_refused_and_nothing_is_changed(
    ada: Person, begun: Any, name: str, value: Any
) -> None:
    before = chosen()

    reply = configure(ada, begun, **{"system_prompt": "Be brief.", name: value})

    assert reply.status in (413, 422)
    assert chosen() == before


def test_a_shorter_answer_makes_room_for_a_longer_system_prompt(ada: Person, begun: Any, settings: Any) -> None:
    settings.CHAT_CONTEXT_TOKENS, settings.CHAT_ANSWER_TOKENS = 1000, 900
    prompt = "x" * 900

    alone = configure(ada, begun, system_prompt=prompt)
    together = configure(ada, begun, system_prompt=prompt, answer_tokens=100)
    again = configure(ada, begun, answer_tokens="")

    assert [alone.status, together.status, again.status] == [422, 200, 422]
    assert (chosen()["system_prompt"], chosen()["answer_tokens"]) == (prompt, 100)


def test_a_refused_form_comes_back_with_what_was_typed(ada: Person, begun: Any) -> None:
    fields = {"action": "configure", "system_prompt": "do not lose <me>", "temperature": "7", "history_turns": "2"}

    reply = ada.post(begun["conversation"]["url"], fields)

    assert reply.status == 422
    assert field_of(reply.text, "temperature") == {"value": "7", "min": None, "max": None, "invalid": "true"}
    assert reply.text.count("Give a number from 0 to 2.") == 1
    assert "do not lose &lt;me&gt;</textarea>" in reply.text
    assert Conversation.objects.get().system_prompt == ""


def test_the_form_shows_what_is_kept_as_a_browser_takes_numbers(ada: Person, begun: Any) -> None:
    configure(ada, begun, **ALL | {"temperature": 1})

    page = ada.get(begun["conversation"]["url"]).text

    assert "Be brief.</textarea>" in page
    assert field_of(page, "temperature") == {"value": "1", "min": None, "max": None, "invalid": None}
    assert field_of(page, "answer_tokens") == {"value": "500", "min": "1", "max": "2000", "invalid": None}


def test_temperature_and_limit_reach_the_model_and_are_kept_with_the_answer(
    ada: Person, fake: FakeProvider, site: Site, begun: Any
) -> None:
    configure(ada, begun, temperature=0.25, answer_tokens=500)

    answer = ask(ada, site, begun)

    first, second = (call.body for call in fake.answer_calls)
    assert ("temperature" in first, first["max_tokens"]) == (False, 2000)
    assert (second["temperature"], second["max_tokens"]) == (0.25, 500)
    assert (answer.sent["temperature"], answer.sent["answer_tokens"]) == (0.25, 500)


def test_a_model_that_takes_no_temperature_is_asked_without_from_then_on(
    ada: Person, fake: FakeProvider, site: Site, begun: Any
) -> None:
    configure(ada, begun, temperature=0.25)
    complaint = {"error": {"message": "Only the default (1) value is supported.", "param": "temperature"}}
    fake.script(refusal(400, complaint), when=lambda call: "temperature" in call.body)

    answers = [ask(ada, site, begun, text) for text in ("second", "third")]

    assert [answer.status for answer in answers] == ["complete", "complete"]
    assert ["temperature" in call.body for call in fake.answer_calls] == [False, True, False, False]


def test_a_limit_above_the_sites_is_the_sites(
    ada: Person, fake: FakeProvider, site: Site, begun: Any, settings: Any
) -> None:
    configure(ada, begun, answer_tokens=500)
    settings.CHAT_ANSWER_TOKENS = 100

    ask(ada, site, begun)

    assert fake.answer_calls[-1].body["max_tokens"] == 100
    shown = field_of(ada.get(begun["conversation"]["url"]).text, "answer_tokens")
    assert (shown["value"], shown["max"]) == ("100", "100")


def test_a_shorter_answer_leaves_more_room_for_earlier_turns(
    ada: Person, fake: FakeProvider, site: Site, settings: Any
) -> None:
    settings.CHAT_CONTEXT_TOKENS, settings.CHAT_ANSWER_TOKENS = 1000, 800
    fake.script(chunks("x" * 600))
    begun = ada.ask("first")
    site.wait_tasks()

    left_out = ask(ada, site, begun, "second")
    configure(ada, begun, answer_tokens=100)
    sent_along = ask(ada, site, begun, "third")

    assert (left_out.sent["turns"], left_out.sent["turns_left_out"]) == (0, 1)
    assert (sent_along.sent["turns"], sent_along.sent["turns_left_out"]) == (2, 0)


def test_the_model_of_the_settings_answers_next(ada: Person, fake: FakeProvider, site: Site, begun: Any) -> None:
    configure(ada, begun, model="other-model")

    answer = ask(ada, site, begun)

    assert (answer.model, fake.answer_calls[-1].body["model"]) == ("other-model", "other-model")


def test_settings_go_along_with_the_first_message(ada: Person, fake: FakeProvider, site: Site) -> None:
    ada.ask("Hi", **ALL)
    site.wait_tasks()

    body = fake.answer_calls[0].body
    assert chosen() == ALL
    assert (body["model"], body["temperature"], body["max_tokens"]) == ("other-model", 0.25, 500)
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}


@pytest.mark.parametrize("fields", [{"temperature": 3}, {"system_prompt": "x" * 19_000}, {"answer_tokens": 2001}])
def test_a_conversation_with_settings_that_cannot_be_is_not_begun(
    ada: Person, fake: FakeProvider, site: Site, fields: dict[str, Any]
) -> None:
    reply = ada.script("/conversations/", {"message": "Hi", **fields})

    assert (reply.status, reply.error) == (422, "invalid")
    assert (Conversation.objects.count(), fake.calls) == (0, [])


def test_a_form_leads_back_to_the_conversation(ada: Person, begun: Any) -> None:
    reply = ada.post(begun["conversation"]["url"], {"action": "configure", "temperature": "0.5"})

    assert (reply.status, reply.headers["Location"]) == (303, begun["conversation"]["url"])


def test_anothers_settings_are_not_there(ada: Person, bob: Person, begun: Any) -> None:
    assert configure(bob, begun, temperature=1).status == 404
    assert chosen()["temperature"] is None
