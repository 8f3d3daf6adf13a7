"""Reads the chunks of a chat-completion stream, whatever their shape, into deltas and a finish. Pure."""

import json
from typing import Any

from conversations.provider import refusals
from conversations.provider.errors import (
    BadStream,
    EmptyAnswer,
    Filtered,
    Incomplete,
    NotAChat,
    OnlyThought,
    OnlyTools,
    ProviderError,
)
from conversations.provider.parts import Delta, Finish, Usage
from conversations.provider.text import Cleaner, ThinkSplitter, safe
from conversations.sse import Event

_JSON = json.JSONDecoder()

DONE = "[DONE]"
NAME_LENGTH = 200
REASONS = {
    "end_turn": "stop",
    "eos": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "function_call": "tool_calls",
    "safety": "content_filter",
}


def _from_json(data: str) -> Any:
    """As the decoder's own, without its two looks for blanks around, which are not there."""
    if data[0] == "{":
        value, end = _JSON.raw_decode(data)
        if end == len(data):
            return value
    return _JSON.decode(data)


class Reader:
    """Reads one answer's events in order.

    `is_done` after `[DONE]`; `reason` is set once a finish reason was seen. `read` returns what an event adds, or
    None, and raises a ProviderError for an error that the provider reports or for what is no chunk. `end` is
    called when nothing comes any more and says how the answer ended.
    """

    def __init__(self) -> None:
        self.is_done = False
        self.reason = ""
        self.usage: Usage | None = None
        self.model = ""
        self._has_choices = self._has_text = self._has_reasoning = self._has_tools = False
        self._text, self._reasoning, self._think = Cleaner(), Cleaner(), ThinkSplitter()

    def read(self, event: Event) -> Delta | None:
        data = event.data
        if not data.strip():
            return None
        if data[:6] == DONE and data.strip() == DONE:
            self.is_done = True
            return None
        try:
            chunk = _from_json(data)
        except (ValueError, RecursionError) as error:
            raise BadStream(f"a chunk that is no JSON: {error}") from error
        if not isinstance(chunk, dict):
            return None
        return self._chunk(chunk, event.event)

    def rest(self) -> Delta | None:
        """What was held back (half a character, half a tag) when nothing comes any more."""
        text, reasoning = self._think.split(self._text.flush())
        held_text, held_reasoning = self._think.flush()
        return self._delta(text + held_text, reasoning + held_reasoning + self._reasoning.flush())

    def finish(self) -> Finish:
        """How the answer ended. Raises Incomplete without a finish reason, NotAChat where no chunk was one of a
        chat, and a kind of EmptyAnswer where no text came."""
        if not self.reason:
            raise Incomplete("no finish reason") if self._has_choices else NotAChat("no chunk with choices")
        finish = Finish(self.reason, self.usage, self.model)
        if not self._has_text:
            raise self._nothing()(f"no text, finish reason {self.reason}", finish=finish)
        return finish

    def _nothing(self) -> type[EmptyAnswer]:
        if self.reason == "content_filter":
            return Filtered
        if self._has_tools:
            return OnlyTools
        return OnlyThought if self._has_reasoning and self.reason == "length" else EmptyAnswer

    def _chunk(self, chunk: dict[str, Any], event: str) -> Delta | None:
        choices = chunk.get("choices")
        if chunk.get("error") or event == "error" or (choices is None and event != "message" and "message" in chunk):
            raise reported(chunk)
        if not self.model and isinstance(model := chunk.get("model"), str):
            self.model = safe(model, NAME_LENGTH)
        if isinstance(usage := chunk.get("usage"), dict):
            self.usage = read_usage(usage)
        if not isinstance(choices, list):
            return None
        for choice in choices:
            if isinstance(choice, dict) and not choice.get("index"):
                return self._choice(choice)
        return None

    def _choice(self, choice: dict[str, Any]) -> Delta | None:
        delta = choice.get("delta")
        if "delta" not in choice and "text" in choice:
            raise NotAChat("chunks of the legacy completions API")
        self._has_choices = True
        if reason := choice.get("finish_reason"):
            self._finish(reason, choice)
        return self._read_delta(delta) if isinstance(delta, dict) else None

    def _finish(self, reason: object, choice: dict[str, Any]) -> None:
        if not isinstance(reason, str):
            return
        if reason == "error":
            raise reported(choice)
        self.reason = REASONS.get(reason.lower(), safe(reason.lower(), 40))

    def _read_delta(self, delta: dict[str, Any]) -> Delta | None:
        content = delta.get("content")
        reasoning = delta.get("reasoning_content") or delta.get("reasoning") or ""
        if delta.get("tool_calls") or delta.get("function_call") or delta.get("audio"):
            self._has_tools = True
        if isinstance(content, list):
            content, reasoning = read_parts(content)
        if not content:
            content = delta.get("refusal")  # the model's own words for a no
        text = self._text.clean(content) if isinstance(content, str) else ""
        thought = self._reasoning.clean(reasoning) if reasoning and isinstance(reasoning, str) else ""
        if text:
            text, thinking = self._think.split(text)
            thought += thinking
        return self._delta(text, thought)

    def _delta(self, text: str, reasoning: str) -> Delta | None:
        if not text and not reasoning:
            return None
        self._has_text = self._has_text or not (text.isspace() or not text)
        self._has_reasoning = self._has_reasoning or bool(reasoning)
        return Delta(text, reasoning)


def read_parts(content: list[Any]) -> tuple[str, str]:
    """(text, reasoning) of a content that is a list (Mistral): strings, text parts and thinking parts."""
    text, reasoning = [], []
    for part in content:
        if isinstance(part, str):
            text.append(part)
        elif isinstance(part, dict) and isinstance(part.get("text"), str):
            text.append(part["text"])
        elif isinstance(part, dict) and (thinking := part.get("thinking")):
            reasoning.append(thinking if isinstance(thinking, str) else read_flat(thinking))
    return "".join(text), "".join(reasoning)


def read_flat(parts: object) -> str:
    """The text of a list of text parts, whose own lists are not followed."""
    if not isinstance(parts, list):
        return ""
    texts = [part.get("text") if isinstance(part, dict) else part for part in parts]
    return "".join(text for text in texts if isinstance(text, str))


def read_usage(usage: dict[str, Any]) -> Usage:
    details = usage.get("completion_tokens_details")
    reasoning = details.get("reasoning_tokens") if isinstance(details, dict) else None
    return Usage(count(usage.get("prompt_tokens")), count(usage.get("completion_tokens")), count(reasoning))


def count(value: object) -> int | None:
    """A number of tokens, or None for what cannot be one (also for what no database column holds)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value < 2**31 else None


def reported(chunk: dict[str, Any]) -> ProviderError:
    """The error that a chunk reports."""
    return refusals.reported(chunk.get("error") or chunk)
