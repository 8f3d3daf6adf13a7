"""Why something could not be read: a code that is kept, and the sentence that it becomes where it is shown."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "file_too_large": _("The file is too large."),
    "too_many": _("The file has more in it than can be read at once: what is behind this was not read."),
    "too_slow": _("Reading the file takes too long: what is behind this was not read."),
    "bomb": _("This unpacks to far more than it seems: what is behind this was not read."),
    "not_a_zip": _("The ZIP file is damaged."),
    "packed": _("This is packed or encrypted in a way that cannot be read."),
    "not_json": _("This is not valid JSON: what is behind this in the file was not read."),
    "invalid": _("This chat is not valid JSON."),
    "not_text": _("This is not text in UTF-8: what is behind this in the file was not read."),
    "unknown": _("This has no form that is known."),
    "newer": _("This was exported by a newer version of this site."),
    "malformed": _("Something in this chat is not what it should be."),
    "not_a_tree": _("The messages of this chat do not hang together."),
    "too_deep": _("This is nested too deep."),
    "too_large": _("This chat is too large."),
    "too_deep_to_go_on": _("This is nested too deep: what is behind this in the file was not read."),
    "too_large_to_go_on": _("This chat is too large: what is behind this in the file was not read."),
    "too_many_messages": _("This chat has too many messages."),
    "message_too_long": _("A message of this chat is too long."),
    "answer_too_long": _("An answer of this chat is too long."),
    "bad_time": _("A time in this chat cannot be right."),
    "failed": _("This chat could not be imported: something went wrong here."),
    "broken_off": _("Something went wrong here while the file was read: what is behind this was not read."),
    "empty": _("This chat has no messages."),
    "different": _("This chat is here already and is not the same any more. It was left as it is."),
    "untagged": _("This chat is new here, without some of its tags: you have as many tags as there can be."),
    "in_bin": _("This chat is here already, in the bin, and was left there."),
    "deleted": _("This chat was deleted here, and was not brought back."),
}


class Unreadable(Exception):
    """Something is not as it must be to be read; `code` is one of SENTENCES."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Refused:
    """What was not read: where it stands in the file, its title where it has one, and the code of the reason."""

    place: str
    title: str
    code: str

    @property
    def sentence(self) -> str:
        return str(SENTENCES[self.code])
