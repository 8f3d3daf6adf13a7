"""What a request is refused for: each with the HTTP status, a stable code, and a sentence for a person."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Refusal(Exception):
    """A request that is not carried out. Nothing was changed."""

    status = 400
    code = "bad_request"
    sentence: str | Promise = _("This request could not be read.")

    def __init__(self, sentence: str | Promise | None = None) -> None:
        if sentence is not None:
            self.sentence = sentence
        super().__init__(str(self.sentence))


class BadRequest(Refusal):
    """The body or an address cannot be read as what it should be."""


class NotSignedIn(Refusal):
    status = 401
    code = "not_signed_in"
    sentence = _("Please log in to go on.")


class MfaRequired(Refusal):
    """The site requires a second factor, which this session has not shown."""

    status = 403
    code = "mfa_required"
    sentence = _("This site asks you for a second factor. Set one up under Security, or log in with the one you have.")


class NotFound(Refusal):
    status = 404
    code = "not_found"
    sentence = _("There is nothing here, or it is not yours.")


class AnswerRunning(Refusal):
    status = 409
    code = "answer_running"
    sentence = _("An answer is still being written in this chat. Wait for it to finish or stop it, then send again.")


class MovedOn(Refusal):
    status = 409
    code = "moved_on"
    sentence = _("This chat went on elsewhere in the meantime. Your text is kept: read what is new, then send again.")


class InBin(Refusal):
    status = 409
    code = "in_bin"
    sentence = _("This chat is in the bin. Restore it to go on with it.")


class ExportRunning(Refusal):
    status = 409
    code = "export_running"
    sentence = _("An export of yours is still being sent. Wait for its end, then ask again.")


class ImportRunning(Refusal):
    status = 409
    code = "import_running"
    sentence = _("An import of yours is not done yet. Wait for its end or stop it, then hand in the next file.")


class ImportLost(Refusal):
    status = 409
    code = "import_lost"
    sentence = _("The import ended before the whole file was here. Nothing of it was imported; hand it in again.")


class KeyReused(Refusal):
    status = 409
    code = "key_reused"
    sentence = _("This key was already used for another request. Reload the page, then send again.")


class OnHold(Refusal):
    status = 409
    code = "on_hold"
    sentence = _("This chat is under a legal hold: until that is released it cannot be deleted for good.")


class ReviewChanged(Refusal):
    status = 409
    code = "review_changed"
    sentence = _("Somebody else has changed this review in the meantime. Look at it again.")


class TooLong(Refusal):
    status = 413
    code = "too_long"
    sentence = _("This message is too long.")


class Invalid(Refusal):
    """A field holds what it must not."""

    status = 422
    code = "invalid"
    sentence = _("Something in this form is not right.")


class UnknownModel(Invalid):
    code = "unknown_model"
    sentence = _("This site does not offer that model. Choose another one.")


class PromptTooLong(Invalid):
    code = "prompt_too_long"
    sentence = _("This message alone is longer than the model can take. Shorten it, then send again.")


class NoRoom(Invalid):
    sentence = _("This system prompt leaves the model no room for a chat. Shorten it.")


class TooWide(Invalid):
    """A site setting that the environment does not allow."""

    def __init__(self, most: int) -> None:
        super().__init__(_("The site’s environment allows at most %(most)d.") % {"most": most})


class TooManyRules(Invalid):
    """There are as many rules of retention as one query bears."""

    def __init__(self, most: int) -> None:
        super().__init__(_("There may be %(most)d rules at most. Put people into groups.") % {"most": most})


class TooManyAnswers(Refusal):
    status = 429
    code = "too_many_answers"
    sentence = _("You have many answers under way. Wait for one to end or stop one, then send again.")


class TooManyStreams(Refusal):
    status = 429
    code = "too_many_streams"
    sentence = _("You follow very many answers at once. Close some of these pages, then reload this one.")


class Busy(Refusal):
    status = 503
    code = "busy"
    sentence = _("The site has more to do than it can take on. Your text is kept: try again in a little while.")


class Unavailable(Refusal):
    status = 503
    code = "unavailable"
    sentence = _("The site cannot save anything at the moment. Your text is kept: try again in a little while.")
    sentence_to_readers = _("The site cannot reach its data at the moment. Try again in a little while.")
