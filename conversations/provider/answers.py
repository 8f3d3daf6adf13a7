"""Asks a model and yields its answer: the waits, the retries and the caps."""

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import TYPE_CHECKING, Any

from django.conf import settings

from conversations import metrics, sse
from conversations.provider import catalog, client, draining, pacing, patience, refusals
from conversations.provider.chunks import Reader
from conversations.provider.client import Client
from conversations.provider.errors import BadStream, Overloaded, ProviderError, RateLimited
from conversations.provider.parts import Delta, Finish, Notice, Part
from conversations.provider.patience import Patience
from conversations.provider.questions import Question
from conversations.provider.refusals import Refusal
from conversations.text import ANSWER_BYTES

if TYPE_CHECKING:
    from openai import AsyncAPIResponse

RETRIES = 2


async def stream(
    *,
    model: str,
    messages: list[dict[str, str]],
    max_tokens: int | None,
    temperature: float | None = None,
    told: Callable[[Part], None],
) -> None:
    """Asks `model` and calls `told` with each part of what it answers as it comes; the last part is a Finish.

    Raises a ProviderError instead where the answer did not come to its end; deltas told before it are to be kept.
    Asks again by itself, within bounds, only before the first delta. What `told` raises ends it, and so does cancelling
    the task: the connection is closed at once.
    """
    source, model = await catalog.answering(model)
    asked = await client.client_for(source)
    attempts = Attempts(asked, Question(model, messages, max_tokens, temperature))
    timers = Patience(patience.WAITS, settings.CHAT_FIRST_DELTA_TIMEOUT)
    try:
        while (pause := await attempted(attempts, timers, told)) is not None:
            if pause:
                told(Notice("provider_limit", time.time() + pause))
                await asyncio.sleep(pause)
    except ProviderError as error:
        metrics.provider_failed(error.code)
        raise


async def attempted(attempts: "Attempts", timers: Patience, told: Callable[[Part], None]) -> float | None:
    """Asks once, and tells the answer. Where it did not begin, the seconds to wait before asking again, maybe 0.

    Raises a ProviderError as `stream` does.
    """
    timers.expect_headers()
    async with AsyncExitStack() as call:
        try:
            async with timers.watching(told):
                response = await call.enter_async_context(attempts.call())
        except ProviderError:
            raise
        except Exception as error:  # whatever a network can do
            return attempts.pause_after(error)
        attempts.succeeded()
        await answered(Reading(call, response), timers, told)
    return None


class Attempts:
    """The calls for one answer, up to the one that is answered: who is asked, how often, with which parameters."""

    def __init__(self, asked: Client, question: Question) -> None:
        self._asked = asked
        self._question = question
        self._accepted = asked.accepted(question.model)
        self._retries = 0
        self._is_fresh = not asked.has_answered

    def call(self) -> "AbstractAsyncContextManager[AsyncAPIResponse[Any]]":
        return self._asked.call(self._question, self._accepted)

    def succeeded(self) -> None:
        self._asked.has_answered = True
        self._asked.remember(self._question.model, self._accepted)

    def pause_after(self, error: Exception) -> float:
        """The seconds to wait before asking again. Raises a ProviderError where asking again is of no use."""
        if isinstance(error, Refusal):
            self._asked.has_answered = True
            return self._pause_after_refusal(error)
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


class Reading:
    """A call that is open: what closes it, its body as it comes, and its connection, where that may be left unread."""

    def __init__(self, call: AsyncExitStack, response: "AsyncAPIResponse[Any]") -> None:
        self.call = call
        self.pieces, self.connection = client.raw(response.http_response)


async def answered(reading: Reading, timers: Patience, told: Callable[[Part], None]) -> None:
    """Tells the parts of an open call, to the Finish. What was held back is told before an error."""
    answer = Answer()
    try:
        timers.expect_first_delta()
        async with timers.watching(told):
            await read(reading, answer, timers, told)
        if rest := answer.rest():
            told(rest)
        finish = answer.finish()
    except ProviderError:
        if rest := answer.rest():
            told(rest)
        raise
    if answer.is_done:
        draining.drain(reading.call.pop_all(), reading.pieces)
    told(finish)


async def read(reading: Reading, answer: "Answer", timers: Patience, told: Callable[[Part], None]) -> None:
    """Tells what an open call brings, until the answer is ended, the call is over, or its end was waited for."""
    now = asyncio.get_running_loop().time
    read_at = now()
    with pacing.reading() as pace:
        while not answer.is_ended and not timers.is_over:
            error, piece = None, None
            try:
                piece = await anext(reading.pieces, None)
            except Exception as ended:  # whatever a network can do
                error = ended
            if piece is None:
                answer.close(error, told)
                return
            before, read_at = read_at, now()
            answer.take(piece, told)
            if notice := timers.saw(deltas=answer.count, comments=answer.comments, is_ending=answer.has_reason):
                told(notice)
            if reading.connection and answer.count and not answer.has_reason:
                pace.rest(reading.connection, after=read_at - before)


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

    def take(self, piece: bytes, told: Callable[[Part], None]) -> None:
        """Tell what `piece` adds. Raises a ProviderError where it cannot be read or reports an error."""
        try:
            for event in self._decoder.feed(piece):
                delta = self._reader.read(event)
                if delta is not None and (fitted := self._fitted(delta)):
                    self.count += 1
                    told(fitted)
                if self.is_ended:
                    return
        except sse.StreamError as error:
            raise BadStream(str(error)) from error

    def close(self, error: Exception | None, told: Callable[[Part], None]) -> None:
        """The connection is over: a last event may lack its blank line. Raises for `error` unless the model had
        finished before it."""
        if error is not None and not self.has_reason:
            raise client.lost(error) from error
        if error is None:
            self.take(b"\n\n", told)

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
