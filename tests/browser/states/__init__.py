"""Every state of every page, by name: each brings a visit's page there. Pictures are taken of them
(`tests/screenshots.py`), and whether everybody can use them is judged (`tests/browser/test_access.py`)."""

from tests.browser.states import administration, answers, conversation, entrance, errors, home, listings, security
from tests.browser.states.visit import STATES, Visit

__all__ = [
    "STATES",
    "Visit",
    "administration",
    "answers",
    "conversation",
    "entrance",
    "errors",
    "home",
    "listings",
    "security",
]
