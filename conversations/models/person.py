"""Deletes people, with all that is theirs."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import models, transaction

from conversations.models.conversation import Conversation


@transaction.atomic
def delete(people: "models.QuerySet[User]") -> None:
    """Whatever is being written for them, moved, tagged or removed is waited for; what comes next finds nobody.

    The rows are held in the order in which others hold them: the person, as for a tag, then the conversations, then the
    person alone, as by whoever writes a row of theirs.
    """
    users = get_user_model().objects.filter(pk__in=list(people.values_list("pk", flat=True))).order_by("pk")
    for rows in (
        users.select_for_update(no_key=True),
        Conversation.objects.filter(owner__in=users.order_by()).order_by("pk").select_for_update(of=("self",)),
        users.select_for_update(),
    ):
        list(rows.values_list("pk"))
    users.delete()
