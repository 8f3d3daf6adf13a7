"""Mail, up to where a message would be handed over."""

import smtplib
from collections.abc import Iterator

from django.conf import settings
from django.core.mail import get_connection

from conversations.doctor.finding import Finding, fault, ok

NONE = "EMAIL_URL is not set: nobody can get a new password by mail; administrators set one under Users"


def look() -> Iterator[Finding]:
    if not settings.CAN_SEND_EMAIL:
        yield ok(NONE)
        return
    mail = get_connection()
    place = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    try:
        mail.open()  # with TLS and the login, where EMAIL_URL has them
        mail.close()
    except smtplib.SMTPAuthenticationError as error:
        yield fault(f"{place} refuses the login ({error.smtp_code}).", "Set the user and password in EMAIL_URL right.")
    except (OSError, smtplib.SMTPException) as error:
        yield fault(
            f"{place} does not take mail: {error}",
            "See whether EMAIL_URL has the right host, port and kind (smtp+tls: 587, smtp+ssl: 465), and whether a "
            "firewall is before it.",
        )
    else:
        yield ok(f"{place} takes mail from {settings.DEFAULT_FROM_EMAIL}")
