"""The settings: what the checks of Django and of the site say."""

from collections.abc import Iterator

from django.conf import settings
from django.core.checks import ERROR, run_checks

from conversations.doctor.finding import Finding, Level, ok


def look() -> Iterator[Finding]:
    """As `manage.py check`; with PUBLIC_URL also what `--deploy` adds, which is about sites that others reach."""
    found = run_checks(include_deployment_checks=bool(settings.PUBLIC_URL))
    told = [message for message in found if not message.is_silenced()]
    for message in sorted(told, key=lambda message: -message.level):
        level = Level.FAULT if message.level >= ERROR else Level.WARNING
        yield Finding(level, f"{message.msg} ({message.id})", message.hint or "")
    if not told:
        yield ok("they make sense")
