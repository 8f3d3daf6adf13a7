"""`make bench`: what streaming costs, or with "history" what much history costs, with "install" what the site takes."""

import sys

from bench.history.command import main as history
from bench.install.command import main as install
from bench.streams.command import main as streams

if __name__ == "__main__":
    name, *arguments = sys.argv[1:] or [""]
    others = {"history": history, "install": install}
    try:
        sys.exit(others[name](arguments) if name in others else streams(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
