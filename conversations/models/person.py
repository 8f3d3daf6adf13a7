"""Deletes people, with all that is theirs."""

from collections.abc import Collection

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import Max

from conversations.models.conversation import Conversation
from conversations.models.legal_hold import refuse_on_hold

BATCH = 200  # chats that are looked for at once; each is removed in a transaction of its own


def delete(people: "models.QuerySet[User]") -> None:
    """Their chats first, one by one, so that nobody waits long; what they begin meanwhile goes with them. Not inside a
    transaction: it takes some seconds for a hundred chats, and what breaks it off leaves the person with the rest.

    Raises OnHold where a legal hold keeps one of them, and also where it comes meanwhile: some chats are gone then.
    """
    users = list(people)
    for user in users:
        refuse_on_hold(user)
    _remove_chats(users)
    _delete([user.pk for user in users])


def _remove_chats(users: Collection[User]) -> None:
    theirs = Conversation.objects.filter(owner__in=users)
    newest = theirs.aggregate(newest=Max("pk"))["newest"] or 0
    while theirs.filter(pk__lte=newest).remove_each(most=BATCH):
        pass


@transaction.atomic
def _delete(keys: Collection[int]) -> None:
    """Whatever is being written for them, moved, tagged or removed is waited for; what comes next finds nobody.

    The rows are held in the order in which others hold them: the person, as for a tag, then the conversations, then the
    person alone, as by whoever writes a row of theirs.
    """
    users = get_user_model().objects.filter(pk__in=keys).order_by("pk")
    for rows in (
        users.select_for_update(no_key=True),
        Conversation.objects.filter(owner__in=users.order_by()).order_by("pk").select_for_update(of=("self",)),
        users.select_for_update(),
    ):
        list(rows.values_list("pk"))
    users.delete()
