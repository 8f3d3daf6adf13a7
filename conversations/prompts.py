"""Builds what is sent to a model: the system prompt, the last N turns that fit, and the new message. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

Role = Literal["system", "user", "assistant"]

CONTINUE = "Continue your last answer exactly where it was cut off. Do not repeat anything and do not comment."
TITLE = (
    "Write a title for a conversation that begins with the message below: two to six words in the message's own "
    "language, no quotes, no Markdown, no full stop. Answer with the title alone.\n\n"
)
TITLE_SOURCE_LENGTH = 2_000


Sent = dict[str, str]
"""One message as the provider's protocol has it: its role and its content."""


@dataclass(frozen=True, slots=True)
class Said:
    """One message of the shown branch: `key` identifies it, `usable` is false for a failed answer."""

    key: str
    role: Role
    text: str
    usable: bool = True


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is sent, and what became of the turns before the new message."""

    messages: list[Sent]
    tokens: int
    sent: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    turns: int = 0
    turns_left_out: int = 0


Estimate = Callable[[str], int]


class DoesNotFit(Exception):
    """The new message alone, with the system prompt, is over the budget."""


def build(
    branch: Sequence[Said], *, system: str, turns: int, budget: int, estimate: Estimate, continues: str = ""
) -> Prompt:
    """The prompt for the last message of `branch` (a user's; oldest first).

    At most `turns` earlier turns go with it, the newest that fit into `budget` tokens, cut at a turn's boundary. Failed
    and empty answers are left out; their questions are joined to the next one, so that the roles take turns. With
    `continues`, the text of an answer that was cut off goes along with the request to go on.

    Raises DoesNotFit where the last message and the system prompt alone are over the budget.
    """
    *earlier, new = _turns(branch)
    fixed = _system(system) + _sent(new) + _continuation(continues)
    spare = budget - _cost(fixed, estimate)
    if spare < 0:
        raise DoesNotFit
    kept = _newest_that_fit(earlier[len(earlier) - min(turns, len(earlier)) :], spare, estimate)
    left_out = earlier[: len(earlier) - len(kept)]
    messages = _system(system) + _joined([message for turn in (*kept, new) for message in _sent(turn)])
    messages += _continuation(continues)
    return Prompt(
        messages=messages,
        tokens=_cost(messages, estimate),
        sent=_keys(kept),
        left_out=_keys(left_out),
        turns=len(kept),
        turns_left_out=len(left_out),
    )


def for_title(text: str) -> list[Sent]:
    """The request for a title, from the person's first message alone."""
    return [{"role": "user", "content": TITLE + text[:TITLE_SOURCE_LENGTH]}]


def _turns(branch: Sequence[Said]) -> list[list[Said]]:
    turns: list[list[Said]] = []
    for said in branch:
        if said.role == "user" or not turns:
            turns.append([])
        turns[-1].append(said)
    return turns


def _newest_that_fit(turns: list[list[Said]], spare: int, estimate: Estimate) -> list[list[Said]]:
    for count, turn in enumerate(reversed(turns)):
        spare -= _cost(_sent(turn), estimate)
        if spare < 0:
            return turns[len(turns) - count :]
    return turns


def _sent(turn: list[Said]) -> list[Sent]:
    return [{"role": said.role, "content": said.text} for said in turn if said.usable and said.text]


def _joined(messages: list[Sent]) -> list[Sent]:
    # Where an answer failed, two questions follow each other, which some models' templates refuse.
    joined: list[Sent] = []
    for message in messages:
        if joined and joined[-1]["role"] == message["role"]:
            joined[-1] = {**message, "content": f"{joined[-1]['content']}\n\n{message['content']}"}
        else:
            joined.append(message)
    return joined


def _system(text: str) -> list[Sent]:
    return [{"role": "system", "content": text}] if text else []


def _continuation(text: str) -> list[Sent]:
    if not text:
        return []
    return [{"role": "assistant", "content": text}, {"role": "user", "content": CONTINUE}]


def _cost(messages: list[Sent], estimate: Estimate) -> int:
    return sum(estimate(message["content"]) for message in messages)


def _keys(turns: list[list[Said]]) -> list[str]:
    return [said.key for turn in turns for said in turn]
