"""A mail server on loopback that speaks as much SMTP as it takes to log in."""

import base64
import socketserver

from tests.fakes.listening import Listening


class FakeMail(Listening):
    """Takes the password "right", and no other; `offers` is what it says that it can."""

    def __init__(self, *, offers: str = "AUTH PLAIN LOGIN") -> None:
        class Talk(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.say("220 ready")
                for line in self.rfile:
                    word, _, rest = line.decode().strip().partition(" ")
                    word = word.upper()
                    if word == "EHLO":
                        self.say("250-here", f"250 {offers}")
                    elif word == "AUTH":
                        self.say("235 welcome" if right(rest) else "535 no")
                    elif word == "QUIT":
                        self.say("221 bye")
                        return
                    else:
                        self.say("250 fine")

            def say(self, *lines: str) -> None:
                self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())

        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk)
        server.daemon_threads = True
        super().__init__(server)

    def url(self, password: str, kind: str = "smtp") -> str:
        return f"{kind}://ada:{password}@127.0.0.1:{self.port}"


def right(said: str) -> bool:
    kind, _, secret = said.partition(" ")
    return kind == "PLAIN" and base64.b64decode(secret) == b"\0ada\0right"
