"""The second factor: who must have one, and what this site does otherwise than allauth, which knows authenticator apps,
recovery codes and passkeys."""

import logging
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa import signals
from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from conversations.models import Session

log = logging.getLogger(__name__)

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)  # recovery codes only stand in for one
CREDENTIAL_LENGTH = 20_000
NAME_LENGTH = 60
MOST_PASSKEYS = 20


def has_factor(user: Any) -> bool:
    return bool(is_mfa_enabled(user, FACTORS))


def is_required_of(user: Any) -> bool:
    return settings.REQUIRE_MFA == "everyone" or (settings.REQUIRE_MFA == "staff" and user.is_staff)


def is_missing(request: HttpRequest) -> bool:
    """Whether a second factor is required of everyone, and was not shown in this session."""
    return settings.REQUIRE_MFA == "everyone" and not was_shown(request)


def is_missing_for_staff(request: HttpRequest) -> bool:
    """The same of those who may be in Django admin."""
    return request.user.is_authenticated and is_required_of(request.user) and not was_shown(request)


def was_shown(request: HttpRequest) -> bool:
    """Whether the person has a second factor, and this session was begun with it, or has shown it since. One query."""
    shown = any(record.get("method") == "mfa" for record in get_authentication_records(request, request.user))
    return shown and has_factor(request.user)


def way_to_one(request: HttpRequest) -> str:
    """Where the person shows a second factor, and goes on from; without one, where they set one up."""
    if not has_factor(request.user):
        return reverse("mfa_index")
    (first, *_others) = get_account_adapter(request).get_reauthentication_methods(request.user)
    return f"{first['url']}?{urlencode({REDIRECT_FIELD_NAME: request.get_full_path()})}"


def reset(user: Any) -> None:
    """Takes the second factor away, and ends every session: who comes back has the password, and sets up a new one."""
    with transaction.atomic():
        Authenticator.objects.filter(user=user).delete()
        Session.objects.for_user(user).delete()
    log.warning("the second factor of user %s was reset", user.pk)


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
    if authenticator.type in FACTORS:  # which was shown when it was set up
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)
    if Authenticator.objects.filter(user=user, type__in=FACTORS).count() == 1:
        # Who was in with the password alone, perhaps another than its owner, comes back with both or not at all.
        Session.objects.for_user(user).but(request.session.session_key).delete()


def on_removed(authenticator: Authenticator, **kwargs: Any) -> None:
    log.info("user %s has removed a second factor: %s", authenticator.user_id, authenticator.type)


def on_failed(authenticator: Authenticator, **kwargs: Any) -> None:
    log.warning("a wrong code was given for the second factor of user %s", authenticator.user_id)
