"""What a person sees of a legal hold: that a chat stays, and no reason."""

import pytest
from django.contrib.auth.models import User

from conversations.models import Category, Conversation, LegalHold, Reason
from tests.serving import Person, Site


@pytest.fixture
def held(ada: Person, site: Site) -> Conversation:
    ada.ask("Hi")
    site.wait_answers()
    hold = LegalHold(conversation=Conversation.objects.get())
    hold.place(by=User.objects.create_user("root"), reason=Reason(category=Category.LEGAL, text="zebra"))
    return Conversation.objects.get()


def test_deleting_is_refused_with_a_sentence_that_tells_no_reason(ada: Person, held: Conversation):
    by_script = ada.script(held.get_absolute_url(), {"action": "remove"})
    by_form = ada.post(held.get_absolute_url(), {"action": "remove", "sure": "yes"})

    assert (by_script.status, by_script.json["error"]["code"]) == (409, "on_hold")
    assert by_form.status == 409
    assert "This chat is under a legal hold" in by_form.text
    assert "zebra" not in by_form.text + by_script.text
    assert Conversation.objects.get() == held


def test_hold_of_anothers_is_told_to_nobody(bob: Person, held: Conversation):
    assert bob.script(held.get_absolute_url(), {"action": "delete"}).status == 404


def test_chat_under_hold_goes_on(ada: Person, site: Site, held: Conversation):
    sent = ada.script(
        f"{held.get_absolute_url()}messages/",
        {"message": "More", "parent": str(held.messages.get(parent__isnull=False).uuid)},
    )
    site.wait_answers()

    assert sent.status == 201
    assert held.messages.count() == 4
