"""The second factor: what this site does otherwise than allauth, which knows authenticator apps, recovery codes and
passkeys."""

import logging
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.mfa import signals
from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from conversations.models import Session

log = logging.getLogger(__name__)

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)  # recovery codes only stand in for one
CREDENTIAL_LENGTH = 20_000
NAME_LENGTH = 60
MOST_PASSKEYS = 20


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # its library has no types
    """allauth's rules, with this site's name and words."""

    def get_totp_issuer(self) -> str:
        return f"chatsite {self._get_site_name()}"

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:  # noqa: A002 - allauth's name
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return gettext("Passkey %(number)s") % {"number": number}


class Credential(forms.JSONField):
    """What a browser says in the name of a passkey. Django's own field breaks over what is nested too deeply."""

    def __init__(self) -> None:
        super().__init__(widget=forms.HiddenInput)

    def to_python(self, value: Any) -> Any:
        if len(value or "") > CREDENTIAL_LENGTH:
            raise get_adapter().validation_error("incorrect_code")
        with unreadable_is_wrong():
            return super().to_python(value)


@contextmanager
def unreadable_is_wrong() -> Iterator[None]:
    """What cannot be read is told as a wrong code. allauth's forms let some of its errors through."""
    try:
        yield
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError, struct.error) as error:
        raise get_adapter().validation_error("incorrect_code") from error


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey: what the browser made, under a name."""

    credential = Credential()
    name = forms.CharField(
        label=_("Name"),
        help_text=_("By which you know it again, such as “Phone”."),
        max_length=NAME_LENGTH,
        required=False,
    )
    passwordless = forms.BooleanField(
        label=_("Log in with it alone, without the password"), required=False, initial=True
    )

    def clean(self) -> dict[str, Any]:
        theirs = Authenticator.objects.filter(user=self.user, type=Authenticator.Type.WEBAUTHN)
        if theirs.count() >= MOST_PASSKEYS:
            raise forms.ValidationError(_("You have as many passkeys as this site keeps. Remove one first."))
        with unreadable_is_wrong():
            return dict(super().clean())


class ShowPasskeyForm(AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey after the password."""

    credential = Credential()

    def clean_credential(self) -> Authenticator:
        with unreadable_is_wrong():
            return super().clean_credential()


class ShowPasskeyAgainForm(ShowPasskeyForm, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey before a change of the second factor."""


class ShowPasskeyAloneForm(ShowPasskeyForm, LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey instead of name and password."""


class RenamePasskeyForm(EditWebAuthnForm):  # type: ignore[misc]
    name = forms.CharField(label=_("Name"), max_length=NAME_LENGTH)


def own_signals() -> None:
    """Tells the log of every change, and of every code that was wrong; the first factor ends all other sessions."""
    signals.authenticator_added.connect(on_added)
    signals.authenticator_removed.connect(on_removed)
    signals.authentication_failed.connect(on_failed)


def on_added(request: HttpRequest, user: Any, authenticator: Authenticator, **kwargs: Any) -> None:
    log.info("user %s has set up a second factor: %s", authenticator.user_id, authenticator.type)
    if Authenticator.objects.filter(user=user, type__in=FACTORS).count() == 1:
        # Who was in with the password alone, perhaps another than its owner, comes back with both or not at all.
        Session.objects.for_user(user).but(request.session.session_key).delete()


def on_removed(authenticator: Authenticator, **kwargs: Any) -> None:
    log.info("user %s has removed a second factor: %s", authenticator.user_id, authenticator.type)


def on_failed(authenticator: Authenticator, **kwargs: Any) -> None:
    log.warning("a wrong code was given for the second factor of user %s", authenticator.user_id)
