"""The steps of a generation in the database."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conversations.generation import rows
from conversations.models import Message
from tests.models.test_finding import ended, said

pytestmark = pytest.mark.django_db


def test_claim_of_an_answer_after_many_turns_costs_as_many_queries_as_after_one() -> None:
    ada = User.objects.create_user("ada")

    def costs(turns: int) -> int:
        end = said(ada, "0")
        for number in range(1, turns):
            end = ended(end.conversation.send(str(number), parent=end, model="demo"), "Fine.")
        pending = end.conversation.send("Well?", parent=end, model="demo")
        with CaptureQueriesContext(connection) as captured:
            work = rows.claim(pending.pk, "ours")
        assert work is not None
        assert work.prompt is not None
        assert work.prompt.turns == turns
        Message.objects.filter(pk=pending.pk).update(status="complete")
        return len(captured)

    assert costs(1) == costs(9) <= 6  # with those of the transaction
