"""`make bench`: what streaming costs, or what the first word of BENCH names."""

import signal
import sys

from bench.history.command import main as history
from bench.install.command import main as install
from bench.scaling.command import main as scaling
from bench.streams.command import main as streams

COMMANDS = {"history": history, "install": install, "scaling": scaling}

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that what was started is ended
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background has it ignored
    name, *arguments = sys.argv[1:] or [""]
    try:
        sys.exit(COMMANDS[name](arguments) if name in COMMANDS else streams(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
