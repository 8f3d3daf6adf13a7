"""What was rendered last."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

V = TypeVar("V")


class Recent(Generic[V]):
    """Values by their keys, of `most` characters together; those that were kept first go first.

    Safe in several threads.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._found: OrderedDict[Hashable, tuple[V, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> V | None:
        value, _ = self._found.get(key, (None, 0))
        return value

    def keep(self, key: Hashable, value: V, characters: int) -> None:
        """Keep it as the newest, in the place of what was kept by this key, unless it is longer than all may be."""
        with self._lock:
            _, before = self._found.pop(key, (None, 0))
            self._size -= before
            if characters <= self._most:
                self._found[key] = value, characters
                self._size += characters
            while self._size > self._most:
                _, (_, gone) = self._found.popitem(last=False)
                self._size -= gone

    def clear(self) -> None:
        with self._lock:
            self._found.clear()
            self._size = 0
