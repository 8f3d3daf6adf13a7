"""Where answers come from: what the settings name, a local Ollama, or the demo model."""

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from django.conf import settings

Kind = Literal["openai", "azure", "compatible", "ollama", "demo"]
OPENAI_URL = "https://api.openai.com/v1"
OLLAMA_URL = "http://127.0.0.1:11434"  # the setting OLLAMA_URL, where there is one, wins


@dataclass(frozen=True, slots=True)
class Source:
    """One provider as it is reached. `base_url` is the API's root, Azure's endpoint, or empty for the demo."""

    kind: Kind
    base_url: str
    api_key: str = field(default="", repr=False)
    api_version: str = ""

    @property
    def is_local(self) -> bool:
        """On this machine: no proxy is asked and no certificate is read."""
        return (urlsplit(self.base_url).hostname or "") in ("", "127.0.0.1", "::1", "localhost")

    @property
    def limit_name(self) -> str:
        """What the limit of an answer's tokens is called there, until it says otherwise."""
        return "max_completion_tokens" if self.kind in ("openai", "azure") else "max_tokens"


DEMO = Source("demo", "")


def configured() -> Source | None:
    """What the settings name; Azure before a base URL before a bare key. None where they name nothing."""
    if settings.AZURE_OPENAI_ENDPOINT:
        return Source(
            "azure",
            settings.AZURE_OPENAI_ENDPOINT.rstrip("/"),
            settings.AZURE_OPENAI_API_KEY,
            settings.AZURE_OPENAI_API_VERSION,
        )
    if settings.OPENAI_BASE_URL and settings.OPENAI_BASE_URL.rstrip("/") != OPENAI_URL:
        return Source("compatible", settings.OPENAI_BASE_URL.rstrip("/"), settings.OPENAI_API_KEY)
    return Source("openai", OPENAI_URL, settings.OPENAI_API_KEY) if settings.OPENAI_API_KEY else None


def own_keys() -> list[str]:
    """The site's own keys, longest first, but for those of so few letters that they say nothing and stand anywhere."""
    named = (settings.OPENAI_API_KEY, settings.AZURE_OPENAI_API_KEY)
    return sorted((key for key in named if len(key) > 3), key=len, reverse=True)


def ollama() -> Source:
    """An Ollama where it usually is, whether one answers there or not."""
    return Source("ollama", getattr(settings, "OLLAMA_URL", OLLAMA_URL).rstrip("/") + "/v1")


def configured_models() -> tuple[str, ...]:
    """The models that the settings choose; empty: the provider's own list."""
    if settings.CHAT_MODELS:
        return tuple(settings.CHAT_MODELS)
    deployment = settings.AZURE_OPENAI_DEPLOYMENT if settings.AZURE_OPENAI_ENDPOINT else ""
    return (deployment,) if deployment else ()
