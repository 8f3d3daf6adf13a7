"""What the tests of the doctor read of it."""

from tests.programs.host import Done

OK, WARNING, FAULT = 0, 1, 2  # its statuses


def found(done: Done) -> tuple[int, list[str]]:
    """The command's status, and its lines without their columns."""
    assert done.err == ""
    return done.status, [" ".join(line.split()) for line in done.out.splitlines()]
