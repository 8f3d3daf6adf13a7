"""What the small servers of tests have in common: a thread of their own, and an end."""

import socketserver
import threading
from typing import Self


class Listening:
    """Serves on loopback while it is entered. `port` is known from the first."""

    def __init__(self, server: socketserver.TCPServer) -> None:
        self._server = server
        self.port = server.server_address[1]

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
