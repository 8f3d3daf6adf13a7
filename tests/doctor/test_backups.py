"""Which of the backups was found to be whole: what the doctor says where the newest was not."""

from datetime import datetime, timedelta
from pathlib import Path

from tests.backup.rewriting import manifest_of
from tests.doctor.told import OK, WARNING, found
from tests.programs.host import Host


def test_backup_of_long_ago_that_is_whole_says_nothing_of_those_since(sqlite_host: Host):
    """The newest is damaged, and then an old one is looked through."""
    old, newest = moved_by(sqlite_host.backup(), timedelta(days=-9)), sqlite_host.backup()
    newest.write_bytes(newest.read_bytes()[:-100])

    statuses = sqlite_host.manage("verify", newest).status, sqlite_host.manage("verify", old).status

    assert statuses == (1, 0)
    assert found(sqlite_host.manage("doctor", "backups")) == (
        WARNING,
        ["warning backups No backup of the last days was found to be whole.", "→ Look through one: manage.py verify"],
    )


def test_old_backup_that_is_looked_through_takes_nothing_from_the_newest(sqlite_host: Host):
    old, newest = moved_by(sqlite_host.backup(), timedelta(days=-9)), sqlite_host.backup()

    for path in (newest, old):
        assert sqlite_host.manage("verify", path).status == 0

    assert sqlite_host.manage("doctor", "backups").status == OK


def test_clock_that_was_ahead_does_not_speak_for_backups_to_come(sqlite_host: Host):
    path = moved_by(sqlite_host.backup(), timedelta(days=900))

    assert sqlite_host.manage("verify", path).status == 0

    made, verified = ((sqlite_host.backups / name).stat().st_mtime for name in (".made", ".verified"))
    assert 0 <= verified - made < timedelta(days=1).total_seconds()


def moved_by(path: Path, time: timedelta) -> Path:
    """The same backup, as if it had been made so much later."""
    with manifest_of(path) as told:
        told["made_at"] = str(datetime.fromisoformat(told["made_at"]) + time)
    return path
