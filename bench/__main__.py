"""`make bench`: what streaming costs, or what the first word of BENCH names."""

import sys

from bench.history.command import main as history
from bench.scaling.command import main as scaling
from bench.streams.command import main as streams

COMMANDS = {"history": history, "scaling": scaling}

if __name__ == "__main__":
    name, arguments = sys.argv[1:2], sys.argv[2:]
    command = COMMANDS.get(name[0]) if name else None
    try:
        sys.exit(command(arguments) if command else streams(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
