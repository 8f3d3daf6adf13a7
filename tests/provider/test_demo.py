import asyncio
import json
import urllib.error
import urllib.request

import pytest

from conversations import demo, prompts, provider
from conversations.provider import Delta, Finish
from tests.patience import PATIENCE
from tests.provider.asking import Result, ask, streamed

NOW = 1e6  # deltas per second


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "DELTAS_PER_SECOND", NOW)


async def say(*texts: str, system: str = "", max_tokens: int | None = 2000) -> Result:
    """What comes of a conversation in which the person said `texts`."""
    messages = [{"role": "system", "content": system}] if system else []
    for text in texts:
        messages += [{"role": "user", "content": text}, {"role": "assistant", "content": "Yes."}]
    parts = streamed(model="demo", messages=messages[:-1], max_tokens=max_tokens)
    return Result([part async for part in parts])


async def test_demo_answers_through_the_provider():
    result = await say("Tell me about *tea*")

    finish = result.parts[-1]
    assert isinstance(finish, Finish)
    assert (finish.reason, finish.model) == ("stop", "demo")
    assert finish.usage.prompt_tokens == 4
    assert finish.usage.completion_tokens == len(result.parts) - 1
    assert result.reasoning == ""


@pytest.mark.parametrize(
    "sign",
    [
        "demo model",
        "> Tell me",
        "## ",
        "| **Bold**",
        "```python",
        "$E = mc^2$",
        "- [x]",
        "1. ",
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "Ollama",
    ],
)
async def test_demo_says_what_it_is_and_shows_markdown(sign: str):
    result = await say("Tell me")

    assert sign in result.text


async def test_demo_counts_the_turns_it_got():
    result = await say("One", "Two", "Three")

    assert "3 messages" in result.text
    assert "> Three" in result.text


async def test_demo_thinks_when_asked():
    result = await say("Please think about tea")

    assert result.reasoning == demo.THOUGHTS


async def test_demo_goes_on_when_asked_for_something_long():
    short, long = await say("Tell me"), await say("Tell me something long")

    assert len(long.text) > 2 * len(short.text)


async def test_demo_makes_a_title_of_the_first_words():
    instruction = "Write a title for the message below.\n\n"

    alone = await say(instruction + "how do I bake bread\n\nwithout an oven at home?", max_tokens=200)
    told = await say("how do I bake bread without an oven?", system="Give this a title.", max_tokens=50)

    assert alone.text == told.text == "How do I bake bread without…"


async def test_demo_paces_its_answer(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(demo, "DELTAS_PER_SECOND", 20.0)
    clock = asyncio.get_running_loop().time
    parts = streamed(model="demo", messages=[{"role": "user", "content": "Hi"}], max_tokens=None)

    start = clock()
    first = [await anext(parts) for _ in range(5)]
    await parts.aclose()

    assert all(isinstance(part, Delta) for part in first)
    assert 0.2 <= clock() - start < 2


def test_demos_answer_takes_three_to_six_seconds():
    messages = [{"role": "user", "content": "Hello, what can you do?"}]

    count = len(demo.pieces(demo.answer(messages)))

    assert 3 < count / 45 < 6


async def test_demo_serves_only_who_knows_its_token():
    running = demo.start()

    statuses = [
        await status(f"{running.base_url}{path}", token)
        for path in ("/models", "/nowhere")
        for token in (running.token, "guessed")
    ]
    await running.aclose()

    assert statuses == [200, 401, 404, 401]


async def test_demo_refuses_what_is_no_question():
    running = demo.start()

    statuses = [
        await status(f"{running.base_url}/chat/completions", running.token, json.dumps(body).encode())
        for body in ([], {}, {"messages": 3}, {"messages": [3]}, "x")
    ]
    await running.aclose()

    assert statuses == [400] * 5


async def test_demo_stops_with_its_provider():
    result = await ask(model="demo")

    await provider.aclose()

    assert result.text
    assert [task.get_name() for task in asyncio.all_tasks() if task.get_name() == "demo model"] == []


async def test_demo_ends_while_it_answers(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(demo, "DELTAS_PER_SECOND", 1 / (2 * PATIENCE))
    parts = streamed(model="demo", messages=[{"role": "user", "content": "Hi"}], max_tokens=None)
    first = await anext(parts)

    await parts.aclose()
    async with asyncio.timeout(PATIENCE):
        await provider.aclose()

    assert isinstance(first, Delta)


async def status(url: str, token: str, body: bytes | None = None) -> int:
    request = urllib.request.Request(url, body, {"Authorization": f"Bearer {token}"})
    try:
        response = await asyncio.to_thread(urllib.request.urlopen, request)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    response.close()
    return response.status


async def test_demo_goes_on_where_it_was_cut():
    whole = await say("Show me")
    asked = [
        {"role": "user", "content": "Show me"},
        {"role": "assistant", "content": whole.text[:200]},
        {"role": "user", "content": prompts.CONTINUE},
    ]

    parts = streamed(model="demo", messages=asked, max_tokens=2000)
    rest = Result([part async for part in parts])

    assert whole.text[:200] + rest.text == whole.text
