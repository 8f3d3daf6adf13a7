"""The one door to model providers: ask with `stream`, and know who answers.

`warm` and `refresh` are for the time after the port is open, `aclose` for the end; the rest needs neither.
"""

from conversations.provider.answers import stream
from conversations.provider.catalog import default_model, is_known, models, provider_kind, refresh
from conversations.provider.client import aclose, warm
from conversations.provider.errors import (
    MISCONFIGURED,
    REFUSED_MODEL,
    ContextTooLong,
    Filtered,
    Misconfigured,
    ProviderError,
    RateLimited,
    UnknownModel,
    sentence,
)
from conversations.provider.parts import Delta, Finish, Notice, Part, Usage

__all__ = [
    "MISCONFIGURED",
    "REFUSED_MODEL",
    "ContextTooLong",
    "Delta",
    "Filtered",
    "Finish",
    "Misconfigured",
    "Notice",
    "Part",
    "ProviderError",
    "RateLimited",
    "UnknownModel",
    "Usage",
    "aclose",
    "default_model",
    "is_known",
    "models",
    "provider_kind",
    "refresh",
    "sentence",
    "stream",
    "warm",
]
