"""The database's clock. Those of the processes may differ, so leases and what is due are measured by this one."""

from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models.functions import Now


def after(wait: timedelta) -> Any:
    """The moment that is `wait` from now, as an expression."""
    return models.ExpressionWrapper(Now() + wait, output_field=models.DateTimeField())
