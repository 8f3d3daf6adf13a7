"""What the pages cost a browser: `make weight`, or `python -m bench.page --help`.

The site as people host it, a scripted provider and the system's Chromium. `load` counts what a page loads and what
moves on it meanwhile, `answer` what an answer costs that is written before one's eyes, `opening` how long a long
conversation takes to open.
"""
