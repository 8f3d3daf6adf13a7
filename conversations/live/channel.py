"""An answer that grows in this process's memory. All of it runs on the server's loop, `Channel()` itself anywhere."""

import asyncio

from conversations.live.snapshot import End, Notice, Snapshot

COALESCE = 0.03  # seconds: deltas within it are one event; the first is sent at once


class Channel:
    """One generated answer: its generator appends, readers wait for news, and anybody may ask to stop it."""

    def __init__(self, *, model: str, text: str = "") -> None:
        self._status = "pending"
        self._model = model
        self._text = text
        self._reasoning = ""
        self._title = ""
        self._notice: Notice | None = None
        self._end: End | None = None
        self.is_lost = False
        self._asked = asyncio.Event()
        self._news: asyncio.Future[None] | None = None
        self._told_at = float("-inf")
        self._timer: asyncio.TimerHandle | None = None

    # The generator's side.

    def begin(self) -> None:
        self._status = "streaming"
        self._tell()

    def append(self, text: str, reasoning: str = "") -> None:
        """Add a delta. Readers hear of it within COALESCE; any notice is taken back, as the wait is over."""
        if self._notice is not None:
            self._notice = Notice("")
        self._text += text
        self._reasoning += reasoning
        self._tell_soon()

    def announce(self, notice: Notice) -> None:
        self._notice = notice
        self._tell()

    def entitle(self, title: str) -> None:
        self._title = title
        self._tell()

    def close(self, end: End) -> None:
        """The last thing said of this answer, after its row is written."""
        self._end = end
        self._status = end.status
        self._tell()

    def abandon(self) -> None:
        """This process does not generate the answer any more. Where it knows no end, readers turn to the row."""
        if self._end is None:
            self.is_lost = True
            self._tell()

    async def stop_asked(self) -> None:
        """Returns when somebody in this process has asked to stop the answer."""
        await self._asked.wait()

    # Everybody's side.

    def ask_to_stop(self) -> None:
        self._asked.set()

    def snapshot(self) -> Snapshot:
        return Snapshot(
            status=self._status,
            model=self._model,
            text=self._text,
            reasoning=self._reasoning,
            title=self._title,
            notice=self._notice,
            end=self._end,
        )

    def news(self) -> "asyncio.Future[None]":
        """A future that is done at the next news; shared by all readers, so await it through `asyncio.wait`."""
        if self._news is None:
            self._news = asyncio.get_running_loop().create_future()
        return self._news

    def _tell_soon(self) -> None:
        loop = asyncio.get_running_loop()
        wait = self._told_at + COALESCE - loop.time()
        if wait <= 0:
            self._tell()
        elif self._timer is None:
            self._timer = loop.call_later(wait, self._tell)

    def _tell(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._told_at = asyncio.get_running_loop().time()
        if self._news is not None:
            self._news.set_result(None)
            self._news = None
