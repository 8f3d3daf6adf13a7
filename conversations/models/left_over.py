"""What a process of the version before leaves behind when it deletes chats and people: tags, imports and origins, of
which it knows nothing. No constraint of the database keeps it from deleting, and nobody finds what is left."""

from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.db.models import Exists, OuterRef

from conversations.models.conversation import Conversation
from conversations.models.import_ import Import
from conversations.models.origin import Origin
from conversations.models.tag import Tag

AT_ONCE = 200  # rows of a kind that are removed in one transaction
Tagged = Tag.conversations.through


@transaction.atomic
def remove_some() -> bool:
    """Remove at most AT_ONCE of each kind; whether there may be more. It looks through all there are."""
    person = get_user_model().objects.filter(pk=OuterRef("owner"))
    conversation = Conversation.objects.filter(pk=OuterRef("conversation"))
    links = dict(Tagged.objects.exclude(Exists(conversation)).values_list("pk", "tag")[:AT_ONCE])
    Tagged.objects.filter(pk__in=links).delete()
    Tag.objects.filter(pk__in=set(links.values())).drop_unused()
    removed = [_remove(model.objects.exclude(Exists(person))) for model in (Tag, Import, Origin)]
    return AT_ONCE in (len(links), *removed)


def _remove(rows: "models.QuerySet[Tag] | models.QuerySet[Import] | models.QuerySet[Origin]") -> int:
    keys = list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    rows.model._default_manager.filter(pk__in=keys).delete()
    return len(keys)
