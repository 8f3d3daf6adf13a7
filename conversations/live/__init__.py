"""Following an answer while it grows: `tail -f` on a text, from whatever the reader has already.

`channels` holds the answers that this process generates; `follow` reads one of them from memory, one of another
process from its replica (`connect`: with Redis), and any other through the caller's `read_row`. Readers keep a cursor
and no queue: who is slow gets larger pieces.
"""

from conversations.live.channel import Channel
from conversations.live.cursor import Cursor, MalformedCursor
from conversations.live.following import follow
from conversations.live.hub import ask_to_stop, channels, connect, hang_up, is_connected, is_hung_up, open_up, tell
from conversations.live.relay import version
from conversations.live.snapshot import End, Event, Notice, Snapshot

__all__ = [
    "Channel",
    "Cursor",
    "End",
    "Event",
    "MalformedCursor",
    "Notice",
    "Snapshot",
    "ask_to_stop",
    "channels",
    "connect",
    "follow",
    "hang_up",
    "is_connected",
    "is_hung_up",
    "open_up",
    "tell",
    "version",
]
