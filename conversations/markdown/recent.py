"""What was rendered last."""

from collections import OrderedDict
from threading import Lock


class Recent:
    """Results by the text that they were made of, for `most` characters of both; the oldest go first.

    Safe in several threads.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._found: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._lock = Lock()

    def get(self, kind: str, text: str) -> str | None:
        return self._found.get((kind, text))

    def keep(self, kind: str, text: str, result: str) -> None:
        size = len(text) + len(result)
        if size > self._most:
            return
        with self._lock:
            if (kind, text) not in self._found:
                self._found[kind, text] = result
                self._size += size
            while self._size > self._most:
                (_, oldest), gone = self._found.popitem(last=False)
                self._size -= len(oldest) + len(gone)

    def clear(self) -> None:
        with self._lock:
            self._found.clear()
            self._size = 0
