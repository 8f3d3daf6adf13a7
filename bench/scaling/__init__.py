"""What grows with the number of people, and where it ends: `make bench BENCH=scaling`.

`costs` measures what a turn, a delta, an open stream and a message cost each part of a setup (`setups`); `estimate`
says from that what so many people need. `python -m bench.scaling.estimate FILE` does the latter alone.
"""
