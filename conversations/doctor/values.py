"""The settings: what the checks of Django and of the site say."""

from collections.abc import Iterator

from django.conf import settings
from django.core.checks import ERROR, WARNING, run_checks

from conversations.doctor.finding import Finding, Level, ok


def look() -> Iterator[Finding]:
    """As `manage.py check`; with PUBLIC_URL also what `--deploy` adds, which is about sites that others reach."""
    found = run_checks(include_deployment_checks=bool(settings.PUBLIC_URL))
    told = [message for message in found if not message.is_silenced()]
    for message in sorted(told, key=lambda message: -message.level):
        yield Finding(level_of(message.level), f"{message.msg} ({message.id})", message.hint or "")
    if not any(message.level >= WARNING for message in told):
        yield ok("they make sense")


def level_of(level: int) -> Level:
    """What Django only informs of is no reason for a monitor to wake anybody."""
    if level >= ERROR:
        return Level.FAULT
    return Level.WARNING if level >= WARNING else Level.OK
