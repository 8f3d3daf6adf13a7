"""What requests hold: each form checks one kind of body and gives its cleaned fields, or refuses it."""

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from django import forms
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from conversations import provider, refusals, text, zones
from conversations.models.feedback import LONGEST_REASON, Verdict
from conversations.models.preferences import Enter, SingleKeys, Theme
from conversations.models.settings import HIGHEST_TEMPERATURE, MOST_TURNS

NO_VERDICT = "none"
MOST_AT_ONCE = 100  # conversations with which something is done at once
BROWSERS = "browser"  # names the language or the zone of the browser, which is kept as a blank
MANY = "id"  # the one field that a body may have several times
NO_SUCH_PRESET = _("There is no such preset any more. Choose another one.")
Form = TypeVar("Form", bound=forms.Form)


class Text(forms.CharField):
    """Text that is kept as it was typed, but for what no database takes. Django's own field would refuse NUL."""

    def __init__(self, *, most_bytes: int, **kwargs: Any) -> None:
        super().__init__(strip=False, **kwargs)
        self.most_bytes = most_bytes

    def clean(self, value: Any) -> str:
        return str(super().clean(text.storable(value) if isinstance(value, str) else value))

    def validate(self, value: str) -> None:
        if self.required and not value.strip():
            raise ValidationError(_("Write something first."), code="empty")
        if len(value.encode()) > self.most_bytes:
            size = self.most_bytes // 1000
            raise ValidationError(
                ngettext("This is longer than %(size)d\u00a0KB.", "This is longer than %(size)d\u00a0KB.", size)
                % {"size": size},
                code="too_long",
            )


class Reason(Text):
    """Why somebody says something of an answer. A line's end is one character, as it is for the browser's limit."""

    def __init__(self, **kwargs: Any) -> None:
        told = {"max_length": _("Write at most %(limit_value)d characters.")}
        limits = {"max_length": LONGEST_REASON, "most_bytes": 4 * LONGEST_REASON}
        super().__init__(label=_("Reason"), error_messages=told, **limits, **kwargs)

    def clean(self, value: Any) -> str:
        return super().clean(value.replace("\r\n", "\n").strip() if isinstance(value, str) else value)


class Fraction(forms.FloatField):
    """A number that is typed as text, with a point or a comma, and comes back as it was typed where it is none."""

    widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off"})

    def to_python(self, value: Any) -> float | None:  # type: ignore[override]  # as its parent's
        return super().to_python(value.replace(",", ".") if isinstance(value, str) else value)


class Key(forms.CharField):
    """The client's name for one request, by which a repeated one is known."""

    def __init__(self) -> None:
        pattern = RegexValidator(r"\A[A-Za-z0-9_-]{1,128}\Z", _("A key has 1 to 128 of the characters A-Z a-z 0-9 _ -"))
        super().__init__(required=False, strip=False, validators=[pattern])


class Model(forms.CharField):
    """The name of a model that this site offers; empty where the default is meant."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=200, **kwargs)

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and not provider.is_known(value):
            raise ValidationError(refusals.UnknownModel.sentence, code="unknown_model")


class Choice(forms.ChoiceField):
    """One of a few that the page offers."""

    def __init__(self, *, required: bool = False, **kwargs: Any) -> None:
        told = {"invalid_choice": _("This site does not offer that choice. Choose another one.")}
        super().__init__(required=required, error_messages=told, **kwargs)


class KeyForm(forms.Form):
    """Looked at before all else: a repeated request gets its reply, whatever has changed since."""

    key = Key()


class AskForm(forms.Form):
    """Asks something: a new version of a message begins another branch."""

    message = Text(most_bytes=text.MESSAGE_BYTES)
    model = Model()


class BeginForm(AskForm):
    """Begins a conversation."""

    temporary = forms.BooleanField(required=False)


class SendForm(AskForm):
    """Goes on with a conversation, after the message `parent`."""

    parent = forms.UUIDField(required=False)


class AgainForm(forms.Form):
    """Asks for another answer to the same message."""

    model = Model()


class RateForm(forms.Form):
    """A thumb for an answer, and why; NO_VERDICT takes both back."""

    verdict = Choice(label=_("Verdict"), required=True, choices=[*Verdict.choices, (NO_VERDICT, "")])
    reason = Reason(required=False)


class ReportForm(forms.Form):
    """Asks that somebody look at an answer."""

    reason = Reason()


class Ids(forms.Field):
    """Of one or of several: UUIDs, each once."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> set[UUID]:
        given = value if isinstance(value, list) else [value] if value else []
        if not given:
            raise ValidationError(_("Choose a chat first."))
        if len(given) > MOST_AT_ONCE:
            raise ValidationError(_("Choose at most %(most)d chats at once.") % {"most": MOST_AT_ONCE})
        try:
            return {UUID(str(each)) for each in given}
        except ValueError as error:
            raise ValidationError(_("This is no chat’s id.")) from error


class ChosenForm(forms.Form):
    """Conversations with which something is done at once; whether they are the person's own, the view looks up."""

    id = Ids(label=_("Chats"))


class RenameForm(forms.Form):
    title = Text(label=_("Title"), most_bytes=2_000, required=False)


class SettingsForm(forms.Form):
    """How a model is asked in a conversation. A blank field stands for the site's or the model's default."""

    model = Model(label=_("Model"), widget=forms.Select)
    system_prompt = Text(
        label=_("System prompt"),
        help_text=_("Instructions that go before every message. Leave blank for the site’s own."),
        most_bytes=text.SYSTEM_PROMPT_BYTES,
        required=False,
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
    )
    history_turns = forms.IntegerField(
        label=_("Earlier turns to include"), required=False, widget=forms.NumberInput({"inputmode": "numeric"})
    )
    temperature = Fraction(
        label=_("Temperature"),
        help_text=_("From 0 (the likeliest words) to 2 (the most surprising). Leave blank for the model’s own."),
        required=False,
    )
    answer_tokens = forms.IntegerField(
        label=_("Longest answer, in tokens"), required=False, widget=forms.NumberInput({"inputmode": "numeric"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        most = settings.CHAT_ANSWER_TOKENS
        self.fields["model"].widget.choices = [(name, name) for name in provider.models()]
        self.fields["history_turns"].help_text = _(
            "A turn is a question and its answer. Leave blank for the site’s default (%(turns)d)."
        ) % {"turns": settings.CHAT_HISTORY_TURNS}
        self.fields["answer_tokens"].help_text = _(
            "A word is one or two tokens. Leave blank for the most that this site allows (%(most)d)."
        ) % {"most": most}
        whole = _("Give a whole number from %(low)d to %(high)d.")
        _bound(self.fields["history_turns"], 0, MOST_TURNS, whole)
        _bound(self.fields["temperature"], 0, HIGHEST_TEMPERATURE, _("Give a number from %(low)d to %(high)d."))
        _bound(self.fields["answer_tokens"], 1, most, whole)

    def tell(self, refusal: refusals.Refusal) -> None:
        """Say it at the field that it is about, which gets the focus; above them all where it is about none."""
        if self.is_valid():
            self.add_error("system_prompt" if isinstance(refusal, refusals.NoRoom) else None, str(refusal.sentence))
        wrong = next(name for name in self.errors)
        if wrong in self.fields:
            self.fields[wrong].widget.attrs["autofocus"] = True


def _bound(field: forms.Field, low: int, high: int, sentence: str | Promise) -> None:
    """Hold the number within bounds, in the browser too where the field is one of numbers, and say the same sentence
    for all that is none of them."""
    told = sentence % {"low": low, "high": high}
    field.validators += [MinValueValidator(low, told), MaxValueValidator(high, told)]
    field.error_messages["invalid"] = told
    if isinstance(field.widget, forms.NumberInput):
        field.widget.attrs |= {"min": low, "max": high}


class PresetForm(forms.Form):
    """Names a preset; whether it is the person's own, the view looks up."""

    preset = forms.UUIDField(label=_("Preset"), required=False, error_messages={"invalid": NO_SUCH_PRESET})


class NameForm(forms.Form):
    name = Text(label=_("Name"), most_bytes=2_000, required=False)


class MarkdownForm(forms.Form):
    text = Text(most_bytes=text.ANSWER_BYTES, required=False)


class Zone(forms.CharField):
    """The name of a time zone that this machine knows."""

    def __init__(self) -> None:
        super().__init__(label=_("Time zone"), required=False, max_length=64)

    def validate(self, value: str) -> None:
        super().validate(value)
        if value not in ("", BROWSERS) and not zones.is_known(value):
            raise ValidationError(_("This site does not know that time zone. Choose another one."))


class PreferencesForm(forms.Form):
    """One or more of them; what is not named stays as it is."""

    theme = Choice(label=_("Theme"), choices=Theme.choices)
    enter = Choice(label=_("Enter key"), choices=Enter.choices)
    keys = Choice(label=_("Single-key shortcuts"), choices=SingleKeys.choices)
    language = Choice(label=_("Language"), choices=[(BROWSERS, ""), *settings.LANGUAGES])
    zone = Zone()
    browser_zone = Zone()

    def clean(self) -> dict[str, Any]:
        named = {name: value for name, value in self.cleaned_data.items() if value}
        if not named:
            raise ValidationError(_("Nothing was chosen."))
        return {name: "" if value == BROWSERS else value for name, value in named.items()}


REFUSALS: dict[str, type[refusals.Refusal]] = {
    "too_long": refusals.TooLong,
    "unknown_model": refusals.UnknownModel,
}


def cleaned(form: Form) -> dict[str, Any]:
    """The form's cleaned fields. Raises the Refusal that fits its first error, with a sentence that names the field."""
    if form.is_valid():
        return form.cleaned_data
    name, errors = next(iter(form.errors.as_data().items()))
    sentence = " ".join(errors[0].messages)
    if name not in {"message", "model", NON_FIELD_ERRORS}:
        sentence = _("%(field)s: %(sentence)s") % {"field": form[name].label, "sentence": sentence}
    raise REFUSALS.get(errors[0].code or "", refusals.Invalid)(sentence)


def given(form: Form) -> dict[str, Any]:
    """The cleaned fields that the request named, blank ones too; `cleaned` gives those that it left out as well."""
    return {name: value for name, value in cleaned(form).items() if name in form.data}


def fields_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a JSON body as a form takes them: null is blank. Raises BadRequest for a value that is no text,
    whole number or null, but for the fields that are a fraction, a list of texts, or true or false."""
    if not all(_is_plain(name, value) for name, value in data.items()):
        raise refusals.BadRequest(_("Every field must be a text, a whole number or null."))
    return {name: _as_sent(value) for name, value in data.items()}


def _as_sent(value: Any) -> Any:
    if isinstance(value, list):
        return [text.storable(each) for each in value]
    return "" if value is None else text.storable(str(value))


def _is_plain(name: str, value: object) -> bool:
    if isinstance(value, float):
        return name == "temperature"
    if isinstance(value, list):
        return name == MANY and all(isinstance(each, str) for each in value)
    if isinstance(value, bool):
        return name == "temporary"
    return value is None or isinstance(value, str | int)
