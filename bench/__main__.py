"""`make bench`: what streaming costs, or with `BENCH="history"` first what much history costs."""

import sys

from bench.history.command import main as history
from bench.streams.command import main as streams

if __name__ == "__main__":
    is_history = sys.argv[1:2] == ["history"]
    try:
        sys.exit(history(sys.argv[2:]) if is_history else streams(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
