"""Real programs for tests: each on a free port, in a folder of its own, and gone at the end.

    with PostgreSQL() as postgresql, Redis() as redis, Serve(DATABASE_URL=postgresql.url()) as site:
        …

Each is a context manager. `stop` and `start` keep its port and its data, so that a test can take it away in the middle.
"""
