"""A server on loopback that understands Redis's commands, and says what it was told to say to each."""

import socketserver
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from tests.fakes.listening import Listening

FINE = {b"XADD": b"$3\r\n1-0\r\n", b"EXPIRE": b":1\r\n", b"XREAD": b"*-1\r\n", b"DEL": b":1\r\n"}


class FakeRedis(Listening):
    """Replies are as they go over the wire, by the command's name; to others it says that it is fine."""

    def __init__(self, replies: Mapping[bytes, bytes]) -> None:
        class Talk(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                for name in commands(self.rfile):
                    self.wfile.write(replies.get(name) or FINE.get(name, b"+OK\r\n"))

        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk)
        server.daemon_threads = True
        super().__init__(server)
        self.url = f"redis://127.0.0.1:{self.port}/0"


def commands(asked: BinaryIO) -> Iterator[bytes]:
    """The name of each: `*2`, then each word behind its length, `$4`."""
    for line in asked:
        words = []
        for _ in range(int(line[1:])):
            length = int(asked.readline()[1:])
            words.append(asked.read(length + len("\r\n"))[:length])
        yield words[0].upper()


def bulk(said: bytes) -> bytes:
    return b"$%d\r\n%s\r\n" % (len(said), said)
