"""The model's provider, asked for one word, as a person would ask."""

import asyncio
import time
from collections.abc import Iterator

from conversations import provider
from conversations.doctor.finding import Finding, fault, ok, warning

QUESTION = "Say the word: ok"
TOKENS = 200  # some models think before they say anything
PATIENCE = 60.0  # seconds
REMEDIES = {
    "misconfigured": "Set OPENAI_API_KEY (or AZURE_OPENAI_API_KEY) to a key that the provider takes, with rights to "
    "this model.",
    "redirected": "Set OPENAI_BASE_URL to where that leads.",
    "not_a_stream": "Set OPENAI_BASE_URL to the API's address, which mostly ends with /v1.",
    "unknown_model": "Set CHAT_MODELS to names that the provider has.",
    "rate_limited": "Wait, or raise the limit at the provider.",
    "quota_exceeded": "Buy credit at the provider, or raise the limit that is set there.",
    "unreachable": "See whether OPENAI_BASE_URL is right, and whether a firewall or proxy stands before it.",
}
OTHERWISE = "See the provider's status page, and the site's log for the same code."


def look() -> Iterator[Finding]:
    try:
        yield asyncio.run(_asked())
    except provider.ProviderError as error:
        cause = error.detail.rpartition(" < ")[2]  # the innermost: those around it say less of it
        detail = f"{error.code}: {cause}" if cause else error.code
        yield fault(f"The provider does not answer ({detail}).", REMEDIES.get(error.code, OTHERWISE))
    except TimeoutError:
        yield warning(
            f"The provider has said nothing for {PATIENCE:.0f} seconds.",
            "A model that is loaded first is slow: look again. Else see whether the provider is well.",
        )


async def _asked() -> Finding:
    try:
        async with asyncio.timeout(PATIENCE):
            await provider.refresh()
            if provider.provider_kind() == "demo":
                return warning(
                    "No model is connected: the demo model answers.",
                    "Set OPENAI_API_KEY, OPENAI_BASE_URL or AZURE_OPENAI_ENDPOINT, or start an Ollama (README.md).",
                )
            return await _answered()
    finally:
        await provider.aclose()


async def _answered() -> Finding:
    began, first = time.monotonic(), 0.0

    def hear(part: provider.Part) -> None:
        nonlocal first
        if isinstance(part, provider.Delta):
            first = first or time.monotonic()

    model = provider.default_model()
    question = [{"role": "user", "content": QUESTION}]
    await provider.stream(model=model, messages=question, max_tokens=TOKENS, told=hear)
    waited = (first or time.monotonic()) - began
    return ok(f"{model} ({provider.provider_kind()}) answers after {waited:.1f} s")
