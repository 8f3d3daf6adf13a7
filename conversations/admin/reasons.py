"""Why a reviewer reads a conversation: said once, good for a while, for that conversation and this session alone."""

import time
import unicodedata
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from conversations.forms import Text
from conversations.models import Category, Reason
from conversations.models.read_record import LONGEST_REASON

GOOD_FOR = 30 * 60  # seconds
KEPT = 20  # conversations at once; the oldest reason goes
IN_SESSION = "reasons"


class ReasonForm(forms.Form):
    """A category, and the reviewer's own words."""

    category = forms.ChoiceField(
        label=_("Kind of reason"),
        choices=[("", _("Choose one")), *Category.choices],
        error_messages={"invalid_choice": _("Choose one of these.")},
    )
    reason = Text(
        label=_("Reason"),
        help_text=_("Recorded with your name, and shown to the conversation’s owner without it."),
        max_length=LONGEST_REASON,
        most_bytes=4 * LONGEST_REASON,
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
    )

    def clean_reason(self) -> str:
        """Somebody has to be able to read it: marks that show nothing are no reason."""
        said = str(self.cleaned_data["reason"])
        if not any(unicodedata.category(character)[0] in "LNPS" for character in said):
            raise forms.ValidationError(_("Write something first."))
        return said

    @property
    def said(self) -> Reason:
        return Reason(category=self.cleaned_data["category"], text=self.cleaned_data["reason"].strip())


class RecordedForm(ReasonForm):
    """For what is no reading, and is shown to no owner."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = _("Recorded with your name.")


def keep(request: HttpRequest, conversation: UUID, reason: Reason) -> None:
    kept = _kept(request)
    kept.pop(str(conversation), None)
    kept[str(conversation)] = {**asdict(reason), "until": time.time() + GOOD_FOR}
    request.session[IN_SESSION] = dict(list(kept.items())[-KEPT:])


def given(request: HttpRequest, conversation: UUID) -> Reason | None:
    """The reason that was given for it, while it is good. A clock that jumps back makes none good for longer."""
    kept = _kept(request).get(str(conversation))
    if kept is None or not 0 < kept["until"] - time.time() <= GOOD_FOR:
        return None
    return Reason(category=kept["category"], text=kept["text"])


def _kept(request: HttpRequest) -> dict[str, Any]:
    return dict(request.session.get(IN_SESSION, {}))
