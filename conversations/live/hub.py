"""The answers that this process knows by heart: those that it generates, and with Redis those that it relays."""

from uuid import UUID

from conversations.live.channel import Channel
from conversations.live.relay import Relay
from conversations.live.snapshot import Snapshot

channels: dict[UUID, Channel] = {}
"""The answers that this process generates, from the moment they are to begin until their row has its end."""

_relay: Relay | None = None
_is_hung_up = False


async def connect(url: str) -> None:
    """Let other processes follow and stop the answers of this one, and the other way round, until cancelled."""
    global _relay  # noqa: PLW0603 - a process has one
    _relay = Relay(url, on_stop=_stop)
    try:
        await _relay.run()
    finally:
        _relay = None


def is_connected() -> bool:
    """Whether the other processes are heard."""
    return _relay is not None and bool(_relay.is_connected)


def tell(answer: UUID, channel: Channel) -> None:
    """Let other processes follow this answer too. On the loop."""
    if _relay is not None:
        _relay.tell(answer, channel)


def ask_to_stop(answer: UUID) -> None:
    """Tell whoever generates the answer that somebody wants its end. On the loop."""
    if answer not in channels and _relay is not None:
        _relay.ask_to_stop(answer)
    _stop(answer)


def open_up() -> None:
    """This process serves: readers of any answer are welcome."""
    global _is_hung_up  # noqa: PLW0603
    _is_hung_up = False


def hang_up() -> None:
    """This process ends: readers of answers that others generate go to another one. On the loop."""
    global _is_hung_up  # noqa: PLW0603
    _is_hung_up = True
    if _relay is not None:
        _relay.hang_up()


def is_hung_up() -> bool:
    return _is_hung_up


def join(answer: UUID, row: Snapshot) -> Channel | None:
    return _relay.join(answer, row) if _relay is not None else None


def leave(answer: UUID, channel: Channel) -> None:
    if _relay is not None:
        _relay.leave(answer, channel)


def _stop(answer: UUID) -> None:
    if answer in channels:
        channels[answer].ask_to_stop()
