"""When what runs now was asked for: a request may have waited for a thread since."""

import math
from contextvars import ContextVar

at: ContextVar[float] = ContextVar("asked_at", default=math.inf)  # of the process's monotonic clock
