class Failed(Exception):
    """A backup could not be made, read or put back. Its text is a sentence for whoever asked for it."""


class Unfit(Failed):
    """PostgreSQL's programs are not here, or cannot serve this server: the `reason`, and what would mend it."""

    remedy = "Install PostgreSQL's client programs, of the server's version or a later one (postgresql-client)."

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason} {self.remedy}")
        self.reason = reason


class Damaged(Failed):
    """The backup itself is no good."""
