from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from conversations import provider
from conversations.provider import patience
from tests.fakes.provider import FakeProvider

NOWHERE = "http://127.0.0.1:9"  # nobody listens there


@pytest.fixture(autouse=True)
def unconfigured(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No provider, no Ollama, and retries that do not wait."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_DEPLOYMENT"):
        setattr(settings, name, "")
    settings.CHAT_MODELS = []
    settings.OLLAMA_URL = NOWHERE
    monkeypatch.setattr(patience, "WAITS", replace(patience.WAITS, backoff=0.001))


@pytest_asyncio.fixture(autouse=True)
async def closed() -> AsyncIterator[None]:
    """Whatever a test opened is closed."""
    yield
    await provider.aclose()


@pytest.fixture
def fake(settings: Any) -> Iterator[FakeProvider]:
    """A provider that is configured and does what the test says."""
    with FakeProvider() as fake:
        settings.OPENAI_BASE_URL = fake.base_url
        settings.OPENAI_API_KEY = "sk-test-0123456789"
        settings.CHAT_MODELS = ["fake-model"]
        yield fake


@pytest.fixture
def shorten(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Callable[..., None]:
    """Makes some of the waits a few hundredths of a second: shorten("between", "notice")."""

    def shorten(*names: str, seconds: float = 0.05) -> None:
        if "first_delta" in names:
            settings.CHAT_FIRST_DELTA_TIMEOUT = seconds
        fields = {name: seconds for name in names if name != "first_delta"}
        monkeypatch.setattr(patience, "WAITS", replace(patience.WAITS, **fields))

    return shorten
