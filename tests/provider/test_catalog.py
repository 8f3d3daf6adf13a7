import subprocess
import sys

import pytest

from conversations import provider
from conversations.provider import catalog
from tests.fakes.provider import FakeProvider
from tests.provider.asking import ask


@pytest.fixture
def ollama(fake: FakeProvider, settings: object) -> FakeProvider:
    """The fake stands where an Ollama stands, and nothing is configured."""
    settings.OPENAI_BASE_URL = settings.OPENAI_API_KEY = ""
    settings.CHAT_MODELS = []
    settings.OLLAMA_URL = fake.root_url
    return fake


async def test_configured_models_are_taken_as_they_are(fake: FakeProvider, settings: object):
    settings.CHAT_MODELS = ["b", "a"]

    before = provider.models()
    await provider.refresh()

    assert before == provider.models() == ("b", "a")
    assert (provider.default_model(), provider.is_known("a"), provider.is_known("fake-model")) == ("b", True, False)


async def test_a_page_from_before_a_restart_is_not_refused(fake: FakeProvider, settings: object):
    settings.CHAT_MODELS = []

    before = [provider.is_known(name) for name in ("fake-model", "default", "demo")]
    await provider.refresh()

    after = [provider.is_known(name) for name in ("fake-model", "default", "demo", "nothing-like-it")]
    assert (before, after) == ([True] * 3, [True, True, True, False])


async def test_providers_list_is_taken_where_none_is_configured(fake: FakeProvider, settings: object):
    settings.CHAT_MODELS = []

    before = provider.models()
    await provider.refresh()

    assert (before, provider.models()) == (("default",), ("fake-model", "other-model"))
    assert provider.provider_kind() == "compatible"


async def test_default_becomes_the_first_of_the_list(fake: FakeProvider, settings: object):
    settings.CHAT_MODELS = []

    await ask(model="default")

    assert fake.calls[0].body["model"] == "fake-model"


async def test_list_is_bounded_and_its_names_are_safe(fake: FakeProvider, settings: object):
    settings.CHAT_MODELS = []
    fake.models = ["ok", "x" * 201, "bad\nname", "", "ok", *[f"m{number}" for number in range(1000)]]

    await provider.refresh()

    assert provider.models()[:3] == ("ok", "m0", "m1")
    assert len(provider.models()) == catalog.MODELS


@pytest.mark.parametrize("models", [[], None, 3, [None]])
async def test_list_of_any_shape_leaves_a_model_to_choose(fake: FakeProvider, settings: object, models: object):
    settings.CHAT_MODELS = []
    fake.models_body = {"data": models}

    await provider.refresh()

    assert provider.models() == ("default",)


async def test_provider_that_is_down_leaves_a_model_to_choose(settings: object):
    settings.OPENAI_BASE_URL = "http://127.0.0.1:9/v1"

    await provider.refresh()
    result = await ask(model=provider.default_model())

    assert (provider.models(), result.code) == (("default",), "unreachable")


async def test_local_ollama_is_found(ollama: FakeProvider):
    await provider.refresh()
    result = await ask(model=provider.default_model())

    assert (provider.provider_kind(), provider.models()) == ("ollama", ("fake-model", "other-model"))
    assert result.text == "Hello there"
    assert "authorization" not in ollama.calls[0].headers


async def test_ollama_without_a_model_is_no_provider(ollama: FakeProvider):
    ollama.models = []

    await provider.refresh()

    assert (provider.provider_kind(), provider.models()) == ("demo", ("demo",))


async def test_ollama_that_comes_later_is_found_later(
    ollama: FakeProvider, settings: object, monkeypatch: pytest.MonkeyPatch
):
    found, ollama.models = ollama.models, []
    await provider.refresh()
    ollama.models = found
    monkeypatch.setattr(catalog, "LOOK_AGAIN_SECONDS", -1)

    result = await ask(model="demo")

    assert (provider.provider_kind(), result.text) == ("ollama", "Hello there")
    assert ollama.calls[0].body["model"] == "fake-model"


async def test_nothing_configured_means_the_demo():
    before = (provider.provider_kind(), provider.models())

    await provider.refresh()

    assert before == (provider.provider_kind(), provider.models()) == ("demo", ("demo",))


def test_openai_lists_its_chat_models_small_and_new_first():
    names = [("gpt-old", 1), ("whisper-1", 9), ("gpt-mini", 2), ("gpt-new", 5), ("text-embedding-3", 8), ("o9-mini", 4)]

    ordered = catalog.openai_order([{"id": name, "created": created} for name, created in names])

    assert ordered == ["o9-mini", "gpt-mini", "gpt-new", "gpt-old"]


def test_provider_is_imported_without_the_sdk():
    code = "import sys, django; django.setup(); import conversations.provider; print('openai' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
