"""Mail, up to where a message would be handed over."""

import smtplib
from collections.abc import Iterator

from django.conf import settings
from django.core.mail import get_connection

from conversations.doctor import asking
from conversations.doctor.finding import Finding, fault, ok, warning

NONE = "EMAIL_URL is not set: nobody can get a new password by mail; administrators set one under Users"
PATIENCE = 30.0  # seconds for all of it; each step has EMAIL_TIMEOUT
SMTP = "django.core.mail.backends.smtp.EmailBackend"
REACH = (
    "See whether EMAIL_URL has the right host, port and kind (smtp+tls: 587, smtp+ssl: 465), and whether a firewall is "
    "before it."
)


def look() -> Iterator[Finding]:
    if not settings.CAN_SEND_EMAIL:
        yield ok(NONE)
    elif settings.EMAIL_BACKEND != SMTP:
        yield warning(
            "EMAIL_URL names no mail server: mail reaches nobody.", "Set it to smtp+tls://user:password@host:587."
        )
    else:
        (found,) = asking.side_by_side([_asked], seconds=PATIENCE)
        yield found or fault(f"{_place()} takes longer than {PATIENCE:.0f} s to say that it takes mail.", REACH)


def _asked() -> Finding:
    mail = get_connection()
    try:
        mail.open()  # with TLS and the login, where EMAIL_URL has them
        mail.close()
    except smtplib.SMTPAuthenticationError as error:
        return fault(f"{_place()} refuses the login ({error.smtp_code}).", "Correct user and password in EMAIL_URL.")
    except UnicodeError:
        return fault("EMAIL_URL has a host, a user or a password that mail cannot carry.", "Write them in ASCII.")
    except (OSError, smtplib.SMTPException) as error:
        return fault(f"{_place()} does not take mail: {error}", REACH)
    return ok(f"{_place()} takes mail from {settings.DEFAULT_FROM_EMAIL}")


def _place() -> str:
    return f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
