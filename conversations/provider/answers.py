"""Asks a model and yields its answer: the waits, the retries and the caps."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing

from django.conf import settings

from conversations import metrics, sse
from conversations.provider import catalog, client, patience, refusals
from conversations.provider.call import Call
from conversations.provider.chunks import Reader
from conversations.provider.client import Client
from conversations.provider.errors import BadStream, Overloaded, ProviderError, RateLimited
from conversations.provider.parts import Delta, Finish, Notice, Part
from conversations.provider.patience import Patience
from conversations.provider.questions import Question
from conversations.provider.refusals import Refusal
from conversations.text import ANSWER_BYTES

RETRIES = 2
DRAIN_SECONDS = 1  # for the last bytes after the end, in the background


async def stream(
    *, model: str, messages: list[dict[str, str]], max_tokens: int | None, temperature: float | None = None
) -> AsyncGenerator[Part]:
    """Asks `model` and yields what it answers as it comes; the last part is a Finish.

    Raises a ProviderError instead where the answer did not come to its end; deltas yielded before it are to be
    kept. Asks again by itself, within bounds, only before the first delta. Closing the iterator or cancelling the
    task closes the connection at once.
    """
    source, model = await catalog.answering(model)
    asked = await client.client_for(source)
    attempts = Attempts(asked, Question(model, messages, max_tokens, temperature))
    timers = Patience(patience.WAITS, settings.CHAT_FIRST_DELTA_TIMEOUT)
    try:
        while True:
            call = attempts.call()
            try:
                async with aclosing(opened(call, timers)) as opening:
                    async for notice in opening:
                        yield notice
                if call.is_open:
                    attempts.succeeded()
                    async with aclosing(answered(call, timers)) as parts:
                        async for part in parts:
                            yield part
                    return
            finally:
                await call.aclose()
            pause = attempts.pause_after(call.error)
            if pause:
                yield Notice("provider_limit", time.time() + pause)
                await asyncio.sleep(pause)
    except ProviderError as error:
        metrics.provider_failed(error.code)
        raise


class Attempts:
    """The calls for one answer, up to the one that is answered: who is asked, how often, with which parameters."""

    def __init__(self, asked: Client, question: Question) -> None:
        self._asked = asked
        self._question = question
        self._accepted = asked.accepted(question.model)
        self._retries = 0
        self._is_fresh = not asked.has_answered

    def call(self) -> Call:
        return self._asked.call(self._question, self._accepted)

    def succeeded(self) -> None:
        self._asked.has_answered = True
        self._asked.remember(self._question.model, self._accepted)

    def pause_after(self, error: Exception | None) -> float:
        """The seconds to wait before asking again. Raises a ProviderError where asking again is of no use."""
        if isinstance(error, Refusal):
            self._asked.has_answered = True
            return self._pause_after_refusal(error)
        if error is None:
            raise ProviderError("the call ended before it began")
        if not self._is_fresh and client.is_stale(error):
            self._is_fresh = True
            return 0
        raise client.lost(error) from error

    def _pause_after_refusal(self, refusal: Refusal) -> float:
        accepted = self._question.accepted_after(refusal, self._accepted)
        if accepted != self._accepted:
            self._accepted = accepted
            return 0
        error = refusals.error(refusal, model=self._question.model)
        if not isinstance(error, RateLimited | Overloaded) or self._retries >= RETRIES:
            raise error from refusal
        pause = self._pause(error.retry_at)
        if pause > patience.WAITS.longest_retry:
            raise error from refusal
        metrics.provider_failed(error.code)  # where asking again is of no use, `stream` counts it
        self._retries += 1
        return pause

    def _pause(self, retry_at: float | None) -> float:
        """As long as the provider asked for, or longer with each retry; never the same for all who wait."""
        if retry_at is None:
            return patience.WAITS.backoff * 2.0**self._retries * random.uniform(0.5, 1.5)  # noqa: S311  no secret
        asked_for = max(0.001, retry_at - time.time())
        return asked_for + random.uniform(0, min(1.0, asked_for / 10))  # noqa: S311  no secret


async def opened(call: Call, timers: Patience) -> AsyncGenerator[Notice]:
    """Waits until the call is open or over."""
    timers.expect_headers()
    while not (call.is_open or call.is_over):
        if not await call.wait(timers.deadline()) and (notice := timers.ran_out()):
            yield notice
    timers.expect_first_delta()


async def answered(call: Call, timers: Patience) -> AsyncGenerator[Part]:
    """The parts of an open call, to the Finish. What was held back is yielded before an error."""
    answer = Answer()
    try:
        async with aclosing(followed(call, answer, timers)) as parts:
            async for part in parts:
                yield part
        if rest := answer.rest():
            yield rest
        finish = answer.finish()
    except ProviderError:
        if rest := answer.rest():
            yield rest
        raise
    if answer.is_done:
        call.drain(DRAIN_SECONDS)
    yield finish


async def followed(call: Call, answer: "Answer", timers: Patience) -> AsyncGenerator[Delta | Notice]:
    """What an open call brings, until the answer is ended or the call is over."""
    while not answer.is_ended and not timers.is_over:
        notice = None
        if pieces := call.take():
            for delta in answer.deltas(b"".join(pieces)):
                yield delta
            notice = timers.saw(deltas=answer.count, comments=answer.comments, is_ending=answer.has_reason)
        elif call.is_over:
            for delta in answer.close(call.error):
                yield delta
            return
        elif not await call.wait(timers.deadline()):
            notice = timers.ran_out()
        if notice:
            yield notice


class Answer:
    """One answer as far as it came: decodes, reads and caps. `count` is the number of its deltas."""

    def __init__(self) -> None:
        self._decoder = sse.Decoder(errors="strict")
        self._reader = Reader()
        self._room = ANSWER_BYTES  # for text and thinking; what is longer ends as if the model's limit was reached
        self.count = 0

    @property
    def is_done(self) -> bool:
        return self._reader.is_done

    @property
    def is_ended(self) -> bool:
        return self._reader.is_done or self._room <= 0

    @property
    def has_reason(self) -> bool:
        return bool(self._reader.reason)

    @property
    def comments(self) -> int:
        return self._decoder.comments

    def deltas(self, piece: bytes) -> Iterator[Delta]:
        """What `piece` adds. Raises a ProviderError where it cannot be read or reports an error."""
        try:
            for event in self._decoder.feed(piece):
                delta = self._reader.read(event)
                if delta is not None and (fitted := self._fitted(delta)):
                    self.count += 1
                    yield fitted
                if self.is_ended:
                    return
        except sse.StreamError as error:
            raise BadStream(str(error)) from error

    def close(self, error: Exception | None) -> Iterator[Delta]:
        """The connection is over: a last event may lack its blank line. Raises for `error` unless the model had
        finished before it."""
        if error is not None and not self.has_reason:
            raise client.lost(error) from error
        if error is None:
            yield from self.deltas(b"\n\n")

    def rest(self) -> Delta | None:
        return self._reader.rest()

    def finish(self) -> Finish:
        if self._room <= 0:
            self._reader.reason = "length"
        return self._reader.finish()

    def _fitted(self, delta: Delta) -> Delta | None:
        """`delta`, cut where the answer is full; None where nothing of it is left."""
        self._room -= len(delta.text.encode()) + len(delta.reasoning.encode())
        if self._room >= 0:
            return delta
        text, reasoning = shortened(delta.text, -self._room), shortened(delta.reasoning, -self._room)
        return Delta(text, reasoning) if text or reasoning else None


def shortened(text: str, size: int) -> str:
    """`text` without its last `size` bytes of UTF-8, cut at a character."""
    return text.encode()[:-size].decode(errors="ignore")
