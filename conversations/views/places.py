"""Where conversations are put, one or several at once: what is told of it, and what takes it back."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import ngettext_lazy

from conversations import forms, generation, refusals
from conversations.models import Conversation, Message, Place, Tag
from conversations.models.conversation import ConversationQuerySet
from conversations.templatetags.undo import Undo
from conversations.views import negotiation, requests
from conversations.views.pages import list_url, page, see

EMPTIED = 500  # conversations that are removed from the bin at once
EMPTYING = 5.0  # seconds after which the rest is left to the next time
LISTED = (Place.CHATS, Place.ARCHIVE, Place.BIN)
SURE = "sure"  # the field of a form that has asked
REMOVED = ngettext_lazy("The chat was deleted.", "%(count)d chats were deleted.", "count")
LEFT = ngettext_lazy(
    "%(count)d chat is still there: empty the bin once more.",
    "%(count)d chats are still there: empty the bin once more.",
    "count",
)
HELD = ngettext_lazy(
    "%(count)d chat stays: it is under a legal hold.", "%(count)d chats stay: they are under a legal hold.", "count"
)


@dataclass(frozen=True, slots=True)
class Verb:
    """What changes conversations, and gives the ids of those that it has changed; the action that takes it back; what
    is told of it, by how many they were; and the form that has what else there is to say."""

    do: Callable[..., list[UUID]]
    inverse: str
    told: Any
    form: Callable[[dict[str, Any]], Form] = Form


def _bin(chosen: ConversationQuerySet) -> list[UUID]:
    """Into the bin, and what is still written there is stopped: nothing new begins meanwhile."""
    moved = chosen.bin()
    stop_answers(moved)
    return moved


def _tag(chosen: ConversationQuerySet, name: str) -> list[UUID]:
    return Tag.put(name, chosen)


def _untag(chosen: ConversationQuerySet, name: str) -> list[UUID]:
    return Tag.take(name, chosen)


VERBS = {
    "pin": Verb(
        ConversationQuerySet.pin,
        "unpin",
        ngettext_lazy("The chat was pinned.", "%(count)d chats were pinned.", "count"),
    ),
    "unpin": Verb(
        ConversationQuerySet.unpin,
        "pin",
        ngettext_lazy("The chat is no longer pinned.", "%(count)d chats are no longer pinned.", "count"),
    ),
    "archive": Verb(
        ConversationQuerySet.archive,
        "unarchive",
        ngettext_lazy("The chat was moved to the archive.", "%(count)d chats were moved to the archive.", "count"),
    ),
    "unarchive": Verb(
        ConversationQuerySet.unarchive,
        "archive",
        ngettext_lazy("The chat is out of the archive.", "%(count)d chats are out of the archive.", "count"),
    ),
    "bin": Verb(
        _bin,
        "restore",
        ngettext_lazy("The chat was moved to the bin.", "%(count)d chats were moved to the bin.", "count"),
    ),
    "restore": Verb(
        ConversationQuerySet.restore,
        "bin",
        ngettext_lazy("The chat was restored.", "%(count)d chats were restored.", "count"),
    ),
    "keep": Verb(
        ConversationQuerySet.keep,
        "unkeep",
        ngettext_lazy("The chat is kept.", "%(count)d chats are kept.", "count"),
    ),
    "unkeep": Verb(
        ConversationQuerySet.unkeep,
        "keep",
        ngettext_lazy("The chat is temporary again.", "%(count)d chats are temporary again.", "count"),
    ),
    "tag": Verb(
        _tag,
        "untag",
        ngettext_lazy("The chat was tagged.", "%(count)d chats were tagged.", "count"),
        forms.NameForm,
    ),
    "untag": Verb(
        _untag,
        "tag",
        ngettext_lazy("The tag was taken off the chat.", "The tag was taken off %(count)d chats.", "count"),
        forms.NameForm,
    ),
}


def put(
    request: HttpRequest, chosen: ConversationQuerySet, action: str, fields: dict[str, Any], *, url: str
) -> list[UUID]:
    """Do it with these, and tell a person of it where it changed something, with a form to `url` that takes back just
    that; the ids of what was changed."""
    verb = VERBS[action]
    said = forms.cleaned(verb.form(fields))
    changed = verb.do(chosen, **said)
    if changed:
        where, ids = _form_list(request, fields).items(), ((forms.MANY, str(uuid)) for uuid in changed)
        undo = Undo(url, [("action", verb.inverse), *said.items(), *where, *ids])
        tell(request, verb.told % {"count": len(changed)}, undo)
    return changed


def act_on_several(request: HttpRequest, fields: dict[str, Any]) -> HttpResponseBase:
    """What `action` says, with those that the fields name: all of them are the person's own, or nothing is done."""
    return requests.chosen(fields, ACTIONS)(request, fields)


def remove(request: HttpRequest, conversation: Conversation, fields: dict[str, Any]) -> HttpResponseBase | None:
    """Remove this one for good, once it is sure; until then the page that asks."""
    if Conversation.objects.on_hold().filter(pk=conversation.pk).exists():
        raise refusals.OnHold
    if _is_sure(request, fields):
        with stopping([conversation.uuid]):
            conversation.remove()
        return None
    return _ask(request, conversation.get_absolute_url(), [conversation], back=conversation.get_absolute_url())


def tell(request: HttpRequest, sentence: str, undo: Undo | None = None) -> None:
    """Tell a person on the next page, with what takes it back; a script is told by the reply."""
    if not negotiation.is_script(request):
        messages.success(request, sentence, extra_tags=str(undo or ""))


def stop_answers(uuids: Collection[UUID]) -> None:
    """Stop what is still written in these conversations."""
    with stopping(uuids):
        pass


@contextmanager
def stopping(uuids: Collection[UUID]) -> Iterator[None]:
    """Stops what is still written in these conversations, once they are removed inside the `with`: stopped before,
    it may end before, and its readers are told that they stopped it, and not that it is gone."""
    running = list(Message.objects.running().filter(conversation__uuid__in=uuids))
    yield
    for answer in running:
        generation.stop(answer)


def listed_place(raw: Any) -> Place:
    """The place that a list is of; the chats where none is named. Raises NotFound for what has no list."""
    if str(raw or Place.CHATS) not in LISTED:
        raise refusals.NotFound
    return Place(raw or Place.CHATS)


def query_of(place: Place, tag: Tag | None = None) -> dict[str, str]:
    """What the address of a place's list says."""
    where = {} if place == Place.CHATS else {"in": place.value}
    return where | ({"tag": str(tag.uuid)} if tag else {})


def after_removal(conversation: Conversation) -> str:
    """Where a person goes whose conversation is gone: to the bin in which it was."""
    return list_url(**query_of(Place.BIN)) if conversation.is_in_bin else reverse("home")


def _put_several(request: HttpRequest, fields: dict[str, Any]) -> HttpResponseBase:
    action = MOVES[str(fields["action"])]
    changed = put(request, _chosen(request, fields), action, fields, url=reverse("conversations"))
    return _changed(request, fields, changed)


def _remove_several(request: HttpRequest, fields: dict[str, Any]) -> HttpResponseBase:
    chosen = _chosen(request, fields)
    rows = list(chosen.newest_first())
    if not _is_sure(request, fields):
        return _ask(request, reverse("conversations"), rows, back=list_url(**_form_list(request, fields)))
    if chosen.on_hold().exists():
        raise refusals.OnHold
    with stopping([row.uuid for row in rows]):
        removed = chosen.remove_each(most=forms.MOST_AT_ONCE)
    _tell_removed(request, len(removed))
    return _changed(request, fields, removed)


def _empty_bin(request: HttpRequest, fields: dict[str, Any]) -> HttpResponseBase:
    """At most EMPTIED at once, for about EMPTYING; the reply tells how many are left, and a person, why. Raises OnHold
    for a script where nothing may go."""
    binned = Conversation.objects.for_user(request.user).at(Place.BIN)
    back = list_url(**query_of(Place.BIN))
    held = binned.on_hold().count()
    if held and not binned.free().exists():
        if negotiation.is_script(request):
            raise refusals.OnHold
        _tell_removed(request, 0, held=held)
        return see(back)
    if not _is_sure(request, fields):
        return page(
            request,
            "conversations/sure.html",
            action="empty_bin",
            url=reverse("conversations"),
            back=back,
            count=binned.free().count(),
        )
    removed = binned.order_by("binned_at").remove_each(most=EMPTIED, within=EMPTYING)
    left = binned.free().count()
    _tell_removed(request, len(removed), left=left, held=held)
    return JsonResponse({"left": left + held}) if negotiation.is_script(request) else see(back)


def _tell_removed(request: HttpRequest, removed: int, *, left: int = 0, held: int = 0) -> None:
    counts = ((REMOVED, removed), (LEFT, left), (HELD, held))
    told = [str(sentence % {"count": count}) for sentence, count in counts if count]
    if told:
        tell(request, " ".join(told))


MOVES = {action: action for action in VERBS} | {"delete": "bin"}
ACTIONS: dict[str, Callable[[HttpRequest, dict[str, Any]], HttpResponseBase]] = {
    **dict.fromkeys(MOVES, _put_several),
    "remove": _remove_several,
    "empty_bin": _empty_bin,
}


def _chosen(request: HttpRequest, fields: dict[str, Any]) -> ConversationQuerySet:
    """Those that the fields name. Raises NotFound where one is not there, or not the person's own."""
    uuids = forms.cleaned(forms.ChosenForm(fields))[forms.MANY]
    chosen = Conversation.objects.for_user(request.user).named(uuids)
    if chosen.count() != len(uuids):
        raise refusals.NotFound
    return chosen


def _is_sure(request: HttpRequest, fields: dict[str, Any]) -> bool:
    """What cannot be undone asks a person first."""
    return negotiation.is_script(request) or bool(fields.get(SURE))


def _ask(request: HttpRequest, url: str, rows: list[Conversation], *, back: str) -> HttpResponseBase:
    """The page that asks before these are removed for good: a form with the same fields, and that it is sure."""
    return page(request, "conversations/sure.html", action="remove", url=url, rows=rows, count=len(rows), back=back)


def _changed(request: HttpRequest, fields: dict[str, Any], uuids: list[UUID]) -> HttpResponseBase:
    if negotiation.is_script(request):
        return JsonResponse({"changed": [str(uuid) for uuid in uuids]})
    return see(list_url(**_form_list(request, fields)))


def _form_list(request: HttpRequest, fields: dict[str, Any]) -> dict[str, str]:
    """The list on which the form was, as far as it is still there: a tag that is on nothing is gone."""
    tags = Tag.objects.for_user(request.user)
    try:
        tag = tags.filter(uuid=UUID(str(fields["tag"]))).first() if fields.get("tag") else None
    except ValueError:
        tag = None
    return query_of(listed_place(fields.get("in")), tag)
