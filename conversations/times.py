"""How a moment is written for the reader: in their time zone and language, by a clock of 24 hours."""

from datetime import datetime

from django.utils import dateformat, timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

CLOCK = "H:i"


def is_today(moment: datetime) -> bool:
    """Whether the moment is of the reader's today."""
    return timezone.localdate(moment) == timezone.localdate()


def day(moment: datetime) -> str:
    """The date alone."""
    return dateformat.format(timezone.localtime(moment), pgettext("how a date is written", "j M Y"))


def told(moment: datetime) -> str:
    """The time alone where the moment is of the reader's today, else the date with it."""
    here = timezone.localtime(moment)
    is_today = here.date() == timezone.localdate()
    return dateformat.format(here, CLOCK if is_today else pgettext("how a date and time are written", "j M Y, H:i"))


def told_with_day(moment: datetime) -> str:
    """As `told`; where that is the time alone, today is named."""
    return _("Today %(time)s") % {"time": told(moment)} if is_today(moment) else told(moment)
