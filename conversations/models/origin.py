"""Where a conversation was imported from: by this it comes once, however often its file does."""

from typing import Any

from django.conf import settings
from django.db import models

OWN = "chatsite"


class OriginQuerySet(models.QuerySet["Origin"]):
    def forget(self, conversation: Any) -> None:
        """Before `conversation` is deleted: of what was said in it nothing is kept, and of itself its id, by which an
        export that has it does not bring it back unasked."""
        self.filter(conversation=conversation).update(digest="")
        known = {"owner_id": conversation.owner_id, "source": OWN, "source_id": str(conversation.uuid)}
        self.get_or_create(**known, defaults={"digest": ""})


class Origin(models.Model):
    """Stays when its conversation is deleted: what was deleted does not come back by itself."""

    # Without constraints: a process of the version before, which does not know these rows, may delete what they name.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_constraint=False)
    source = models.CharField(max_length=20)
    source_id = models.CharField(max_length=200)
    conversation = models.ForeignKey(
        "Conversation", models.SET_NULL, null=True, related_name="origins", db_constraint=False
    )
    digest = models.CharField(
        max_length=64
    )  # of what was said in it, as it came; blank once it is deleted, or where it came by another name

    objects = OriginQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "source", "source_id"], name="an_origin_once")]

    def __str__(self) -> str:
        return f"{self.source}: {self.source_id}"
