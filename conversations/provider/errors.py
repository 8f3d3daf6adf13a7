"""What can go wrong with a model provider, as causes: each with a stable code and a sentence for a person."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from conversations import times
from conversations.provider import sources

if TYPE_CHECKING:
    from conversations.provider.parts import Finish

DETAIL_LENGTH = 500
SECRETS = re.compile(
    r"(?:sk|pk|gsk|xai|key|tok)[-_][A-Za-z0-9*_-]{6,}"  # keys as the big providers write them, starred ones too
    r"|\bsk-[A-Za-z0-9*_-]+"  # what is left of one
    r"|Bearer\s+\S+"
    r"|\b[A-Za-z0-9]{32,}"  # Azure's keys have no prefix
    r"|(?<=://)[^/\s@]+@"  # a user and password in a URL
    r"|(?<=[?&])[^\s\"'<>]+",  # a URL's query
    re.IGNORECASE,
)
NOT_BEFORE = " [not before {:%Y-%m-%dT%H:%MZ}]"  # the end of a detail
IS_NOT_BEFORE = re.compile(r" \[not before (\d{4}-\d\d-\d\dT\d\d:\d\dZ)\]\Z")


class ProviderError(Exception):
    """An answer failed at the provider. What was yielded before it stays.

    `code` is stable, `sentence` is for a person (in the reader's language), `detail` for the log: bounded, on
    one line, without keys. `retry_at` (seconds since the epoch) says when asking again makes sense, where known;
    the detail ends with it, so that whoever keeps the detail can tell the time later.
    `finish` is how the model ended, where it ended and the end is the error (an answer without text).
    """

    code = "provider_failed"
    message = _("The model's provider failed in an unexpected way.")
    message_until: Promise | None = None  # where a time is known at which asking again makes sense

    def __init__(
        self, detail: object = "", *, retry_at: float | None = None, finish: "Finish | None" = None, model: str = ""
    ) -> None:
        self.detail = redacted(str(detail)) + (noted(retry_at) if retry_at is not None else "")
        self.retry_at = retry_at
        self.finish = finish
        self.model = model
        super().__init__(self.detail)

    @property
    def sentence(self) -> str:
        return sentence(self.code, model=self.model, detail=self.detail)


class Misconfigured(ProviderError):
    code = "misconfigured"
    message = _("This site's access to the model is misconfigured. Please tell the person who runs it.")


class Redirected(Misconfigured):
    code = "redirected"
    message = _("The model's address points somewhere else, which is not followed. Please tell the person who runs it.")


class NotAChat(Misconfigured):
    code = "not_a_stream"
    message = _("The model's address does not answer as a chat model does. Please tell the person who runs this site.")


class UnknownModel(ProviderError):
    code = "unknown_model"
    message = _("The model “%(model)s” is not offered by the provider. Please choose another one.")


class ContextTooLong(ProviderError):
    code = "context_too_long"
    message = _("The chat is too long for this model. Try again with a shorter history or a shorter message.")


class Rejected(ProviderError):
    code = "rejected"
    message = _("The provider rejected the request. Another model may accept it.")


class RateLimited(ProviderError):
    code = "rate_limited"
    message = _("The provider is receiving too many requests. Please try again later.")
    message_until = _("The provider is receiving too many requests. Please try again after %(time)s.")


class QuotaExceeded(ProviderError):
    code = "quota_exceeded"
    message = _("This site's credit with the model's provider is used up. Please tell the person who runs it.")


class Overloaded(ProviderError):
    code = "provider_down"
    message = _("The model's provider is overloaded or down. Please try again in a moment.")
    message_until = _("The model's provider is overloaded or down. Please try again after %(time)s.")


class Unreachable(ProviderError):
    code = "unreachable"
    message = _("The model's provider cannot be reached.")


class ConnectionLost(ProviderError):
    code = "connection_lost"
    message = _("The connection to the model was lost.")


class Incomplete(ProviderError):
    code = "incomplete"
    message = _("The model stopped sending before the answer was finished.")


class TimedOut(ProviderError):
    code = "timed_out"
    message = _("The model stayed silent for too long.")


class TooSlow(ProviderError):
    code = "too_slow"
    message = _("The answer took too long and was ended here.")


class BadStream(ProviderError):
    code = "bad_stream"
    message = _("The model sent something that cannot be read.")


class ReportedError(ProviderError):
    code = "provider_error"
    message = _("The model reported an error while answering.")


class EmptyAnswer(ProviderError):
    code = "empty_answer"
    message = _("The model returned nothing.")


class OnlyThought(EmptyAnswer):
    code = "only_thought"
    message = _("The model used up its limit for thinking and wrote no answer.")


class Filtered(EmptyAnswer):
    code = "content_filter"
    message = _("The provider's content filter held the answer back.")


class OnlyTools(EmptyAnswer):
    code = "only_tools"
    message = _("The model tried to use a tool, which this site does not offer, and wrote no answer.")


def kinds(of: type[ProviderError] = ProviderError) -> Iterator[type[ProviderError]]:
    """Every kind of error, the general one first."""
    yield of
    for kind in of.__subclasses__():
        yield from kinds(kind)


REFUSED_MODEL = frozenset({UnknownModel.code, Rejected.code})  # where another model may answer
MISCONFIGURED = frozenset(kind.code for kind in kinds(Misconfigured))  # where only who runs the site can help
MESSAGES = {kind.code: kind.message for kind in kinds()}
MESSAGES_UNTIL = {kind.code: kind.message_until for kind in kinds() if kind.message_until is not None}


def sentence(code: str, *, model: str = "", detail: str = "") -> str:
    """What a person is told for an error's code, in the language and time zone of now; the general sentence for an
    unknown one. `detail` is the error's: it may tell when to ask again."""
    time = told(detail)
    message = MESSAGES_UNTIL.get(code) if time else None
    return str(message or MESSAGES.get(code, ProviderError.message)) % {"model": model, "time": time}


def noted(retry_at: float) -> str:
    """The end of a detail that tells this time, rounded up to the minute."""
    return NOT_BEFORE.format(datetime.fromtimestamp(retry_at, UTC) + timedelta(seconds=59))


def told(detail: str) -> str:
    """The time that a detail tells, for a person; empty where it tells none."""
    found = IS_NOT_BEFORE.search(detail)
    if found is None:
        return ""
    moment = datetime.fromisoformat(found[1])
    return f"{times.told(moment)} ({timezone.localtime(moment):%Z})"


def redacted(text: str) -> str:
    """`text` for the log: one line, bounded, without the site's own keys (some providers repeat what they refuse), and
    without what looks like a key, a password or a URL's query."""
    for key in sources.own_keys():
        text = text.replace(key, "…")
    shown = SECRETS.sub("…", text[: 4 * DETAIL_LENGTH])
    return "".join(char if char.isprintable() else " " for char in shown)[:DETAIL_LENGTH]
