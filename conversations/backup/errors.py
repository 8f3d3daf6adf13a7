class Failed(Exception):
    """A backup could not be made, read or put back. Its text is a sentence for whoever asked for it."""


class Damaged(Failed):
    """The backup itself is no good."""
