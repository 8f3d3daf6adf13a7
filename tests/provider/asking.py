"""Asking in tests, and what came of it."""

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conversations import provider
from conversations.provider import Delta, Finish, Notice, Part, ProviderError, Usage

MESSAGES = [{"role": "user", "content": "Hello?"}]


@dataclass
class Result:
    """What one question yielded, and the error that ended it."""

    parts: list[Part]
    error: ProviderError | None = None

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, Delta))

    @property
    def reasoning(self) -> str:
        return "".join(part.reasoning for part in self.parts if isinstance(part, Delta))

    @property
    def notices(self) -> list[str]:
        return [part.code for part in self.parts if isinstance(part, Notice)]

    @property
    def finishes(self) -> list[Finish]:
        """Every Finish; where the finish itself is the error, the error's."""
        carried = [self.error.finish] if self.error and self.error.finish else []
        return [part for part in self.parts if isinstance(part, Finish)] + carried

    @property
    def reason(self) -> str:
        [finish] = self.finishes
        return finish.reason

    @property
    def code(self) -> str:
        return self.error.code if self.error else ""


async def ask(*, model: str = "fake-model", max_tokens: int | None = None, temperature: float | None = None) -> Result:
    """Asks and keeps everything, to the end."""
    result = Result([])
    try:
        await provider.stream(
            model=model, messages=MESSAGES, max_tokens=max_tokens, temperature=temperature, told=result.parts.append
        )
    except ProviderError as error:
        result.error = error
    return result


async def streamed(**question: Any) -> AsyncGenerator[Part]:
    """The parts of one question as they come; closed, it is given up."""
    parts: asyncio.Queue[Part | None] = asyncio.Queue()
    task = asyncio.create_task(provider.stream(**question, told=parts.put_nowait))
    task.add_done_callback(lambda _: parts.put_nowait(None))
    try:
        while (part := await parts.get()) is not None:
            yield part
        await task
    finally:
        task.cancel()
        await asyncio.wait({task})


@dataclass(frozen=True)
class Recorded:
    """What a recorded stream says, by a simple reading of its lines."""

    text: str
    reasoning: str
    reason: str
    usage: Usage | None
    is_chat: bool
    has_error: bool


def recorded(path: Path) -> Recorded:
    """Reads a file of events with nothing but `json`, independently of the code under test."""
    lines = [line.removeprefix("data: ") for line in path.read_text().split("\n") if line.startswith("data: ")]
    values = [json.loads(line) for line in lines if line != "[DONE]"]
    choices = [choice for value in values for choice in value.get("choices") or []]
    deltas = [choice["delta"] for choice in choices if "delta" in choice]
    usages = [value["usage"] for value in values if value.get("usage") and value.get("choices") is not None]
    return Recorded(
        text="".join(text_of(delta.get("content")) for delta in deltas),
        reasoning="".join(thought_of(delta) for delta in deltas),
        reason=next((choice["finish_reason"] for choice in reversed(choices) if choice.get("finish_reason")), ""),
        usage=usage_of(usages[-1]) if usages else None,
        is_chat=bool(deltas),
        has_error=any("error" in value for value in values),
    )


def text_of(content: Any) -> str:
    if isinstance(content, list):
        return "".join(part["text"] for part in content if part["type"] == "text")
    return content or ""


def thought_of(delta: dict[str, Any]) -> str:
    content = delta.get("content")
    parts = content if isinstance(content, list) else []
    listed = [text["text"] for part in parts if part["type"] == "thinking" for text in part["thinking"]]
    return "".join(listed) or delta.get("reasoning_content") or delta.get("reasoning") or ""


def usage_of(usage: dict[str, Any]) -> Usage:
    details = usage.get("completion_tokens_details") or {}
    return Usage(usage["prompt_tokens"], usage["completion_tokens"], details.get("reasoning_tokens"))
