"""Which provider answers, and with which models; what is known is read without waiting."""

import logging
import time
from dataclasses import dataclass

from conversations.provider.client import client_for
from conversations.provider.errors import ProviderError
from conversations.provider.sources import DEMO, Kind, Source, configured, configured_models, ollama

logger = logging.getLogger(__name__)

AUTOMATIC = "default"  # a model's name until the provider's list is known; `resolved` turns it into a real one
DEMO_MODEL = "demo"
MODELS = 200
LISTING_SECONDS = 10.0
PROBE_SECONDS = 1.0
LOOK_AGAIN_SECONDS = 60.0
# What OpenAI lists beside its chat models.
OTHER_KINDS = (
    "audio", "babbage", "codex", "computer-use", "dall-e", "davinci", "deep-research", "embedding", "image",
    "instruct", "moderation", "realtime", "search", "sora", "transcribe", "tts", "whisper",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """What the last look found, and for which settings."""

    wish: tuple[Source | None, Source, tuple[str, ...]]
    source: Source
    models: tuple[str, ...]
    at: float  # the monotonic clock


_known: Known | None = None


async def refresh() -> None:
    """Decides who answers and fetches its models: the settings' provider, a local Ollama, or the demo. Bounded to
    seconds; never raises for what a provider does."""
    global _known  # noqa: PLW0603  one process has one catalog
    wanted, local, names = wish()
    source, models = (wanted, names or await listed(wanted)) if wanted else await found(local, names)
    _known = Known((wanted, local, names), source, models, time.monotonic())


def models() -> tuple[str, ...]:
    """What a person may choose, the default first; never empty."""
    known = current()
    if known is not None and known.models:
        return known.models
    wanted, _, names = wish()
    return names or ((AUTOMATIC,) if wanted else (DEMO_MODEL,))


def default_model() -> str:
    return models()[0]


def provider_kind() -> Kind:
    """openai, azure, compatible, ollama or demo (also before the first look, where nothing is configured)."""
    known = current()
    return known.source.kind if known else (wish()[0] or DEMO).kind


def is_known(model: str) -> bool:
    """Whether a person may ask for this model. Placeholders always; any name as long as no list is known to refuse it
    by: a page from before a restart is no reason to refuse its message."""
    known = current()
    has_list = bool(configured_models()) or (known is not None and bool(known.models))
    return not has_list or model in (AUTOMATIC, DEMO_MODEL) or model in models()


async def answering(model: str) -> tuple[Source, str]:
    """Who answers now, and under which name: looks again where only the demo is there or no list came."""
    known = current()
    is_unsure = known is None or known.source.kind == "demo" or (model == AUTOMATIC and not known.models)
    if known is None or (is_unsure and time.monotonic() - known.at > LOOK_AGAIN_SECONDS):
        await refresh()
        known = current()
    source = known.source if known else DEMO
    is_placeholder = model in (AUTOMATIC, DEMO_MODEL) or source.kind == "demo"
    return source, default_model() if is_placeholder else model


def current() -> Known | None:
    """What is known, unless the settings were changed since."""
    return _known if _known is not None and _known.wish == wish() else None


def wish() -> tuple[Source | None, Source, tuple[str, ...]]:
    return configured(), ollama(), configured_models()


async def found(local: Source, names: tuple[str, ...]) -> tuple[Source, tuple[str, ...]]:
    """The Ollama on this machine if it answers and has a model, else the demo."""
    models = await listed(local, PROBE_SECONDS)
    return (local, names or models) if models else (DEMO, (DEMO_MODEL,))


async def listed(source: Source, seconds: float = LISTING_SECONDS) -> tuple[str, ...]:
    """The models that a source lists, at most MODELS; empty where it cannot be asked."""
    if source.kind == "azure":
        return ()  # lists what could be deployed, not what is
    try:
        items = await (await client_for(source)).list_models(seconds=seconds)
    except ProviderError as error:
        level = logging.DEBUG if source.kind == "ollama" else logging.WARNING
        logger.log(level, "the models of %s cannot be listed: %s %s", source.kind, error.code, error.detail)
        return ()
    names = [item["id"] for item in items]
    if source.kind == "openai":
        names = openai_order(items)
    return tuple(dict.fromkeys(names))[:MODELS]


def openai_order(items: list[dict[str, object]]) -> list[str]:
    """OpenAI's chat models: the small ones first, since the first is the default and costs; newest first in each."""
    chat = [item for item in items if not any(kind in str(item["id"]) for kind in OTHER_KINDS)]
    chat.sort(key=lambda item: created if isinstance(created := item.get("created"), int) else 0, reverse=True)
    chat.sort(key=lambda item: "mini" not in str(item["id"]))
    return [str(item["id"]) for item in chat]
