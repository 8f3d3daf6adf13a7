"""An answer that grows in this process's memory. All of it runs on the server's loop, `Channel()` itself anywhere."""

import asyncio
from weakref import WeakKeyDictionary

from conversations.bell import Bell, Round
from conversations.live.snapshot import End, Notice, Snapshot

TICK = 0.02  # seconds between two moments at which the readers of an answer hear of deltas
NOT_SAVED = Notice("not_saved")
TAKEN_BACK = Notice("")


class Channel:
    """One answer: who generates or relays it appends, readers wait for news, and anybody may ask to stop it."""

    def __init__(self, *, model: str, status: str = "pending", text: str = "", reasoning: str = "") -> None:
        self._status = status
        self._model = model
        self.text = text
        self.reasoning = reasoning
        self._title = ""
        self._notice: Notice | None = None
        self._is_unsaved = False
        self._end: End | None = None
        self.is_lost = False
        self.stop_asked = asyncio.Event()  # set once somebody wants the end
        self._bells: set[Bell] = set()
        self._told_at = float("-inf")  # by the loop's clock
        self._is_due = False  # to be told at the next moment

    # The side of who generates or relays it.

    def begin(self) -> None:
        self._status = "streaming"
        self._tell()

    def append(self, text: str, reasoning: str = "") -> None:
        """Add a delta. Readers hear of it within TICK; any notice is taken back, as the wait is over."""
        if self._notice is not None:
            self._notice = TAKEN_BACK
        self.text += text
        self.reasoning += reasoning
        self._tell_soon()

    def announce(self, notice: Notice) -> None:
        if notice != self._notice:
            self._notice = notice
            self._tell()

    def saved(self, is_saved: bool) -> None:
        """Whether the text so far is kept. A notice says that it is not, whatever else is going on."""
        if self._is_unsaved is is_saved:
            self._is_unsaved = not is_saved
            self._notice = self._notice or TAKEN_BACK
            self._tell()

    def entitle(self, title: str) -> None:
        if title != self._title:
            self._title = title
            self._tell()

    def close(self, end: End) -> None:
        """The last thing said of this answer, after its row is written."""
        self._end = end
        self._status = end.status
        self._tell()

    def abandon(self) -> None:
        """Nothing more comes this way. Where no end is known, readers look for another way."""
        if self._end is None:
            self.is_lost = True
            self._tell()

    # Everybody's side.

    def ask_to_stop(self) -> None:
        self.stop_asked.set()

    def snapshot(self) -> Snapshot:
        return Snapshot(
            status=self._status,
            model=self._model,
            text=self.text,
            reasoning=self.reasoning,
            title=self._title,
            notice=NOT_SAVED if self._is_unsaved else self._notice,
            end=self._end,
        )

    def tell(self, bell: Bell) -> None:
        """Ring this bell at all news from now on."""
        self._bells.add(bell)

    def forget(self, bell: Bell) -> None:
        self._bells.discard(bell)

    def _tell_soon(self) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._told_at + TICK:
            self._told_at = now
            self._tell()
        elif not self._is_due:
            self._is_due = True
            _round().leave(self._tell_if_due)

    def _tell_if_due(self) -> None:
        if self._is_due:
            self._told_at = asyncio.get_running_loop().time()
            self._tell()

    def _tell(self) -> None:
        self._is_due = False
        for bell in self._bells:
            bell.ring()


_rounds: "WeakKeyDictionary[asyncio.AbstractEventLoop, Round]" = WeakKeyDictionary()


def _round() -> Round:
    """The one of this loop."""
    return _rounds.setdefault(asyncio.get_running_loop(), Round(TICK))
