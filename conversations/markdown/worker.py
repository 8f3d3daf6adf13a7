"""The render process: `python -m conversations.markdown.worker <engine>`, with a socket as its standard input."""

import json
import signal
import socket
import sys
import traceback
from typing import cast

from . import frames
from .process import DEADLINE, FINISHED
from .rendering import finished_here, render_here
from .sanitizer import Engine

# The default action of SIGPROF and SIGALRM is death. The first ends a job at its deadline, by the processor's time; the
# second one that waits for something, whose server died.
LAST_RESORT = 5.0  # seconds
WARM_UP = (
    "# a\n\n*b* `c` https://example.org [d](https://example.org)\n\n- [ ] e\n\n|f|\n|-|\n\n```python\ng = 1\n```\n"
)


def main(engine: Engine) -> None:
    """Render what comes in until the server closes its end."""
    render_here(WARM_UP, engine=engine)
    with socket.socket(fileno=0) as peer:
        frames.send(peer, b"+")
        while True:
            try:
                request = frames.receive(peer)
                frames.send(peer, answer(request[:1], request[1:].decode(), engine=engine))
            except (EOFError, ConnectionError):
                return


def answer(job: bytes, text: str, *, engine: Engine) -> bytes:
    """`+` and the HTML (of finished blocks: as JSON), or `-` and what went wrong, without a word of the text."""
    signal.setitimer(signal.ITIMER_PROF, DEADLINE)
    signal.setitimer(signal.ITIMER_REAL, LAST_RESORT)
    try:
        if job == FINISHED:
            return b"+" + json.dumps(finished_here(text, engine=engine)).encode()
        return b"+" + render_here(text, engine=engine).encode()
    except Exception as error:  # the top of the job: any error of a library on a strange text
        place = traceback.extract_tb(error.__traceback__)[-1]
        return f"-{type(error).__name__} at {place.filename}:{place.lineno}".encode()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)


if __name__ == "__main__":
    main(cast(Engine, sys.argv[1]))
