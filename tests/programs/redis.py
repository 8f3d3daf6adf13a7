"""Redis on loopback, which keeps nothing."""

import shutil
import tempfile
from pathlib import Path
from typing import Self

from tests.programs.program import Program, find, free_port

REDIS = find("redis-server")


class Redis:
    """A Redis: `url` is its address; `stop` and `start` keep its port. What it held is gone with a stop."""

    def __init__(self) -> None:
        assert REDIS, "Redis is not installed: make system"
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="chatsite-redis-"))
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._program.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def pid(self) -> int:
        return self._program.pid

    def start(self) -> None:
        """Start it again, empty, on the same port. Returns when it takes connections."""
        options = {"port": self.port, "bind": "127.0.0.1", "dir": self.folder, "save": "", "appendonly": "no"}
        arguments = [str(part) for name, value in options.items() for part in (f"--{name}", value)]
        self._program = Program([str(REDIS), *arguments], folder=self.folder, litter=self.folder)
        self._program.wait_line("Ready to accept connections")

    def stop(self) -> None:
        """Break all connections and end."""
        self._program.kill()

    def pause(self) -> None:
        """Answer nothing, but keep every connection open."""
        self._program.pause()

    def resume(self) -> None:
        self._program.resume()

    def client_count(self) -> int:
        """How many connections it has, without the one that asks."""
        import redis  # only where Redis is used: its driver is an extra

        with redis.Redis(port=self.port) as client:
            return len(client.client_list()) - 1
