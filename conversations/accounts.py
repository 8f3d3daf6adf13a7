"""Who may come in: which of allauth's pages there are, how one proves again who one is, and the first account."""

import logging
from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account import views
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from allauth.mfa.base import views as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn import views as passkey
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import BaseUserCreationForm
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.db import transaction
from django.http import HttpRequest
from django.urls import path, re_path, reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from conversations import factors

log = logging.getLogger(__name__)

LINK_SECONDS = 3600
USERNAME_RULES = _("Up to 150 letters, digits, and the characters @ . + - _")
SIGNER = signing.TimestampSigner(salt="conversations.first-admin")


def pages() -> list[Any]:
    """allauth's pages that this site has under /accounts/, under allauth's own names; no others are there."""
    patterns = [
        path("login/", views.login, name="account_login"),
        path("logout/", views.logout, name="account_logout"),
        path("inactive/", views.account_inactive, name="account_inactive"),
        path("password/change/", views.password_change, name="account_change_password"),
        path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
        *second_factor_pages(),
    ]
    if settings.REGISTRATION == "open":
        patterns.append(path("signup/", views.signup, name="account_signup"))
    if settings.CAN_SEND_EMAIL:
        patterns += mail_pages()
    return patterns


# Each question to a passkey is kept in a session of its own until it is answered.
question_limit = ratelimit.decorator(app="allauth.mfa", action="webauthn_question", limit_get=True)


def second_factor_pages() -> list[Any]:
    """The page that has them all is views/security.py's. allauth's own would keep in a session what a visitor posts, to
    go on with it after the login: here visitors are sent to the login first."""
    remove_passkey = passkey.RemoveWebAuthnView.as_view(success_url=reverse_lazy("mfa_index"))
    edit_passkey = passkey.EditWebAuthnView.as_view(success_url=reverse_lazy("mfa_index"))
    behind_login = {
        "totp/activate/": (totp.activate_totp, "mfa_activate_totp"),
        "totp/deactivate/": (totp.deactivate_totp, "mfa_deactivate_totp"),
        "recovery-codes/": (recovery_codes.view_recovery_codes, "mfa_view_recovery_codes"),
        "recovery-codes/generate/": (recovery_codes.generate_recovery_codes, "mfa_generate_recovery_codes"),
        "recovery-codes/download/": (recovery_codes.download_recovery_codes, "mfa_download_recovery_codes"),
        "webauthn/add/": (passkey.add_webauthn, "mfa_add_webauthn"),
        "webauthn/keys/<int:pk>/edit/": (edit_passkey, "mfa_edit_webauthn"),
        "webauthn/keys/<int:pk>/remove/": (remove_passkey, "mfa_remove_webauthn"),
        "webauthn/reauthenticate/": (passkey.reauthenticate_webauthn, "mfa_reauthenticate_webauthn"),
        "reauthenticate/": (mfa.reauthenticate, "mfa_reauthenticate"),
    }
    return [
        path("2fa/authenticate/", mfa.authenticate, name="mfa_authenticate"),
        path("2fa/webauthn/login/", question_limit(passkey.login_webauthn), name="mfa_login_webauthn"),
        *(path(f"2fa/{route}", login_required(view), name=name) for route, (view, name) in behind_login.items()),
    ]


def mail_pages() -> list[Any]:
    """Only where the site can send e-mail."""
    return [
        re_path(r"^confirm-email/(?P<key>[-:\w]+)/$", views.confirm_email, name="account_confirm_email"),
        path("password/reset/", views.password_reset, name="account_reset_password"),
        path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
        re_path(
            r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
            views.password_reset_from_key,
            name="account_reset_password_from_key",
        ),
        path(
            "password/reset/key/done/",
            views.password_reset_from_key_done,
            name="account_reset_password_from_key_done",
        ),
    ]


urlpatterns = pages()


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # its library has no types
    """allauth's rules, with this site's settings."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.REGISTRATION == "open")

    def login(self, request: HttpRequest, user: Any) -> None:
        """As allauth does, which looks at the account before the second factor, and not after it."""
        if not user.is_active:
            raise ImmediateHttpResponse(self.respond_user_inactive(request, user))
        super().login(request, user)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """By the name alone. allauth's begins with the header Host, in which an attacker may write any port. The prefix
        keeps names apart from the keys under which allauth counts wrong codes: whatever is typed as a name is none."""
        return f"name:{credentials.get('email', credentials.get('username', ''))}".lower()

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Who has a second factor shows that one: the password alone must not be enough to change it. Without an app
        the passkey comes first, and only then a recovery code."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        others = [method for method in methods if method["id"] != "reauthenticate"]
        return (others if has_app(user) else others[::-1]) or methods

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Who must set up a second factor is led there first."""
        if factors.is_required_of(request.user) and not factors.has_factor(request.user):
            return reverse("mfa_index")
        return str(super().get_login_redirect_url(request))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """As allauth does; where the mail server fails, the log says so and the page does not: it would tell strangers
        which addresses have accounts."""
        try:
            super().send_mail(template_prefix, email, context)
        except OSError as error:  # smtplib's errors are OSErrors
            log.error("an e-mail could not be sent: %s", error)


def has_app(user: Any) -> bool:
    return bool(is_mfa_enabled(user, [Authenticator.Type.TOTP]))


def has_accounts() -> bool:
    return get_user_model().objects.exists()


def first_admin_path() -> str:
    """The path of a link that makes the first account: good for an hour, and as long as there is none."""
    return reverse("first-admin", args=[SIGNER.sign("first-admin")])


def is_first_admin_token(token: str) -> bool:
    try:
        SIGNER.unsign(token, max_age=LINK_SECONDS)
    except signing.BadSignature:
        return False
    return not has_accounts()


class Focused:
    """A form that has the focus on its first field, and comes back with it on the first that is wrong."""

    def full_clean(self: Any) -> None:
        super().full_clean()  # type: ignore[misc]  # of the form that this is mixed into
        wrong = [name for name in self.fields if name in self.errors]
        first = next(iter([*wrong, *self.fields]))
        for name, field in self.fields.items():
            field.widget.attrs["autofocus"] = name == first


class SignupForm(Focused, allauth_forms.SignupForm):  # type: ignore[misc]
    """An account of one's own, where registration is open."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].help_text = USERNAME_RULES


class ChangePasswordForm(Focused, allauth_forms.ChangePasswordForm):  # type: ignore[misc]
    """With the old password."""


class ResetPasswordForm(Focused, allauth_forms.ResetPasswordForm):  # type: ignore[misc]
    """Asks for the e-mail with the link."""


class ResetPasswordKeyForm(Focused, allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]
    """Behind the link of that e-mail."""


class FirstAdminForm(Focused, BaseUserCreationForm):  # type: ignore[type-arg]
    """A name and a password, typed twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].help_text = USERNAME_RULES
        self.fields["password2"].help_text = ""

    def validate_password_for_user(self, user: Any) -> None:
        """Says what is wrong with the password where it was typed first; Django's does at the second."""
        super().validate_password_for_user(user, "password1")  # type: ignore[misc]  # not in the stubs

    def create(self) -> Any | None:
        """The new superuser, or None where another account was there first. Two at once make one account."""
        with transaction.atomic():
            self.lock()
            if has_accounts():
                return None
            self.instance.is_staff = self.instance.is_superuser = True
            return self.save()

    def lock(self) -> None:
        """PostgreSQL locks a row that is always there; SQLite has locked the whole file when the transaction began."""
        user_type = ContentType.objects.filter(app_label="auth", model="user")
        list(user_type.select_for_update())
