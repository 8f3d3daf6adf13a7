"""A provider that tells its answers word by word at a steady pace, and remembers what it sent when."""

import asyncio
import threading
import time
from bisect import bisect_right
from collections import defaultdict

from conversations import prompts
from tests.fakes.replies import DONE, Call, Gate, Reply, Step, chunk
from tests.patience import PATIENCE

PACE = 0.05  # seconds between two words
LONG = 2_000  # words: more than any test waits for


class Telling(Gate):
    """One answer as it is told. `times` has the moment of each word; after `held_at` words it waits for `open`."""

    def __init__(self, question: str, *, words: int, held_at: int = 0, begins_with: str = "") -> None:
        super().__init__()
        self.words = [f"{question}: ", *(f"{number} 🌍 " for number in range(1, words))]
        self.begins_with = begins_with
        self.times: list[float] = []
        self.is_cut = False
        self._held_at = held_at
        self._news = threading.Condition()

    @property
    def text(self) -> str:
        """All that is stored of it in the end."""
        return self.begins_with + "".join(self.words)

    def told_by(self, moment: float) -> str:
        """What was sent by then."""
        return self.begins_with + "".join(self.words[: bisect_right(self.times, moment)])

    def wait_words(self, count: int) -> None:
        """Until so many words were sent."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.times) >= count, PATIENCE), f"{len(self.times)} words"

    def wait_cut(self) -> None:
        """Until the site hung up in the middle of it."""
        with self._news:
            assert self._news.wait_for(lambda: self.is_cut, PATIENCE), "nobody hung up"

    async def passed(self) -> None:
        """The step after each word."""
        with self._news:
            self.times.append(time.monotonic())
            self._news.notify_all()
        if len(self.times) == self._held_at:
            await super().passed()
        await asyncio.sleep(PACE)

    def cut(self) -> None:
        with self._news:
            self.is_cut = True
            self._news.notify_all()

    def reply(self) -> Reply:
        steps: list[Step] = []
        for word in self.words:
            steps += [chunk({"content": word}), self]
        return Reply([*steps, chunk(finish="stop"), DONE])


class Teller:
    """What a fake provider answers by default: `tellings` has every answer that was asked for, by its question.

    `expect` says how long an answer will be; others have `words`. Each title is told at once.
    """

    def __init__(self, *, words: int = LONG) -> None:
        self.tellings: dict[str, list[Telling]] = defaultdict(list)
        self._words = words
        self._expected: dict[str, dict[str, int]] = {}
        self._news = threading.Condition()

    def expect(self, question: str, **telling: int) -> None:
        self._expected[question] = telling

    def __call__(self, call: Call) -> Reply:
        *_, question, begun, last = ["", "", *(message["content"] for message in call.body["messages"])]
        if last != prompts.CONTINUE:
            question, begun = last, ""
        telling = Telling(question, begins_with=begun, **{"words": self._words} | self._expected.get(question, {}))
        with self._news:
            self.tellings[question].append(telling)
            self._news.notify_all()
        return telling.reply()

    def telling(self, question: str, number: int = 1) -> Telling:
        """The answer to this question, once the provider was asked for it for the `number`th time."""
        with self._news:
            asked = self._news.wait_for(lambda: len(self.tellings[question]) >= number, PATIENCE)
            assert asked, f"nobody asked {question!r}"
            return self.tellings[question][number - 1]

    def call_counts(self) -> dict[str, int]:
        """How often each question was sent to the provider."""
        return {question: len(tellings) for question, tellings in self.tellings.items() if tellings}
