"""A site whose clock is wrong: each of its replies bears a date that is so many seconds off."""

import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.fakes.listening import Listening


class FakeClock(Listening):
    def __init__(self, seconds: float) -> None:
        class Replies(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self.send_response(404)
                self.end_headers()

            def date_time_string(self, timestamp: float | None = None) -> str:
                return formatdate(time.time() + seconds, usegmt=True)

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(ThreadingHTTPServer(("127.0.0.1", 0), Replies))
        self.url = f"http://127.0.0.1:{self.port}/v1"
