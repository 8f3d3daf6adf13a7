"""manage.py move_database: a site goes from SQLite to PostgreSQL with all that it has."""

from pathlib import Path

import pytest

from tests.hosts import numbers
from tests.people import Person
from tests.processes.waiting import until
from tests.programs.host import ASKS_WHO_IS_THERE, Host
from tests.programs.postgresql import PostgreSQL

pytestmark = pytest.mark.postgresql

# One of each kind of column that the others do not have.
MORE = r"""

from datetime import timedelta
from django.contrib.auth.models import Group, User
from django.utils import timezone
from conversations.models import Conversation, Import, Message, Tag
from conversations.models.import_ import ImportPart

ada = User.objects.get(username="ada")
ada.groups.add(Group.objects.get(name="Reviewers"))
Tag.put("Küche & Co 😀", Conversation.objects.filter(owner=ada))
begun = Import.begin(ada, name="chats.json")
ImportPart.objects.create(of=begun, place=0, data=bytes(range(256)) * 40)
moment = timezone.now() - timedelta(microseconds=1)
Conversation.objects.filter(owner=ada).update(temperature=0.1 + 0.2, pinned_at=moment)
odd = "tab\t newline\n backslash\\. \\N quote' \u2028 \U0001f600 "
Message.objects.filter(text="half").update(text=odd + "x" * 90_000)
"""
PEOPLE = "SELECT count(*) FROM auth_user"


@pytest.fixture
def old(sqlite_host: Host) -> Host:
    """A site on SQLite with more in it."""
    for command in (["shell", "-v", "0", "-c", MORE], ["check_index"]):
        done = sqlite_host.manage(*command)
        assert done.status == 0, done.err
    return sqlite_host


@pytest.fixture(scope="module")
def migrated(server: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database without anybody."""
    server.create_database("migrated")
    host = Host(tmp_path_factory.mktemp("migrated") / "data", server, "migrated")
    assert host.manage("migrate", "-v", "0").status == 0
    return host.name


@pytest.fixture
def new(server: PostgreSQL, migrated: str, tmp_path: Path) -> Host:
    """A PostgreSQL that is migrated, and has nobody."""
    name = f"new_{next(numbers)}"
    server.ask(f'CREATE DATABASE "{name}" TEMPLATE "{migrated}"', of="postgres")
    return Host(tmp_path / "new", server, name)


def file_of(host: Host) -> Path:
    return host.data / "db.sqlite3"


def test_everything_arrives_and_the_file_is_untouched(old: Host, server: PostgreSQL, tmp_path: Path):
    server.create_database("quite_empty")
    new = Host(tmp_path / "new", server, "quite_empty")
    before = file_of(old).read_bytes()

    done = new.manage("move_database", file_of(old))

    assert (done.status, done.err) == (0, "")
    assert done.out.splitlines()[-1].startswith("Moved: 4 conversations with 10 messages, ")
    assert new.texts == old.texts
    assert new.manage("check_index", "--dry-run").status == 0
    assert file_of(old).read_bytes() == before


def test_site_goes_on_where_it_was(old: Host, new: Host):
    assert new.manage("move_database", file_of(old)).status == 0

    with new.serve() as serve:
        eve = Person(serve.url, serve.make_accounts("eve")["eve"])
        begun = eve.ask("The first on PostgreSQL")
        page = eve.get(begun["conversation"]["url"])

    assert "The first on PostgreSQL" in page.text
    assert new.ask(PEOPLE) == [(3,)]


def test_nothing_is_moved_where_somebody_is_already(old: Host, postgresql_host: Host):
    done = postgresql_host.manage("move_database", file_of(old))

    assert (done.status, done.err) == (
        1,
        "CommandError: There are people in the site's database already. Move into an empty one.\n",
    )


def test_nothing_is_moved_while_the_old_site_runs(old: Host, new: Host):
    with old.serve():
        done = new.manage("move_database", file_of(old))

    assert done.err.startswith(f"CommandError: Another process serves {file_of(old)} already.")


def test_nothing_is_moved_while_the_new_site_runs(old: Host, new: Host):
    with new.serve():
        done = new.manage("move_database", file_of(old))

    assert done.err == "CommandError: The database is in use, by chatsite. Stop the site, and what else is there.\n"


def test_nothing_is_moved_where_the_new_site_started_meanwhile(old: Host, new: Host):
    with new.begin_to(ASKS_WHO_IS_THERE, "move_database", file_of(old)) as running, new.serve():
        running.resume()
        status = running.wait()

    assert (status, new.ask(PEOPLE)) == (1, [(0,)])
    assert running.log.startswith("CommandError: The database is in use, by chatsite.")


def test_new_site_that_starts_meanwhile_waits_until_everything_is_there(old: Host, new: Host):
    with new.begin_to("conversations.backup.move", "move_database", file_of(old)) as running:
        status = new.serve_behind(running)

    assert (status, new.texts) == (0, old.texts), running.log


def test_what_arrives_otherwise_than_it_was_is_not_kept(old: Host, new: Host):
    new.ask(
        "CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN NEW.title := 'changed on the way'; RETURN NEW; END $$"
    )
    new.ask("CREATE TRIGGER change BEFORE INSERT ON conversations_conversation FOR EACH ROW EXECUTE FUNCTION change()")

    done = new.manage("move_database", file_of(old))

    assert done.err == (
        "CommandError: Nothing was moved, since not all of it arrived as it was: conversations_conversation has other "
        "values.\n"
    )
    assert new.ask(PEOPLE) == [(0,)]


def test_what_postgresql_does_not_take_is_told_and_nothing_is_moved(old: Host, new: Host):
    old.ask("UPDATE conversations_conversation SET title = 'a' || char(0) || 'b'")

    done = new.manage("move_database", file_of(old))

    assert (done.status, done.err.startswith("CommandError: Nothing was moved. ")) == (1, True)
    assert "Traceback" not in done.err
    assert new.ask(PEOPLE) == [(0,)]


def test_killed_in_the_middle_nothing_is_moved_and_the_next_run_does_it(old: Host, new: Host):
    """A message is on its way in when the command is killed."""
    new.ask(
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$"
    )
    new.ask("CREATE TRIGGER wait BEFORE INSERT ON conversations_message FOR EACH ROW EXECUTE FUNCTION wait()")
    with new.begin("move_database", file_of(old)):
        until(lambda: new.asleep("SELECT 1"))
    new.asleep("SELECT pg_terminate_backend(pid, 5000)")
    new.ask("DROP TRIGGER wait ON conversations_message")
    people = new.ask(PEOPLE)

    done = new.manage("move_database", file_of(old))

    assert (people, done.status) == ([(0,)], 0)
    assert new.texts == old.texts


def test_older_file_is_refused_with_what_to_do(old: Host, new: Host):
    old.manage("migrate", "mfa", "zero", "-v", "0", "--without-copy")

    done = new.manage("move_database", file_of(old))

    assert done.err.startswith("CommandError: The file is older than this code. Migrate it first: ")


def test_newer_file_is_refused(old: Host, new: Host):
    old.ask("INSERT INTO django_migrations (app, name, applied) VALUES ('conversations', '9999_x', '2030-01-01')")

    done = new.manage("move_database", file_of(old))

    assert done.err.startswith(
        "CommandError: The file is newer than this code, which does not know conversations.9999_x."
    )


def test_file_that_is_no_database_is_a_sentence(new: Host, tmp_path: Path):
    file = tmp_path / "file"
    file.write_bytes(b"no database " * 1000)

    done = new.manage("move_database", file)

    assert done.err == "CommandError: The file is no database of a site: file is not a database\n"


def test_empty_database_is_told_for_what_it_is(new: Host, tmp_path: Path):
    file = tmp_path / "db.sqlite3"
    file.touch()

    done = new.manage("move_database", file)

    assert done.err == (
        "CommandError: The file is an empty database. The site's own is where its DATA_DIR or DATABASE_URL says.\n"
    )


def test_file_that_is_not_there_is_a_sentence(new: Host):
    assert (
        new.manage("move_database", "/nowhere/db.sqlite3").err
        == "CommandError: There is no file /nowhere/db.sqlite3.\n"
    )


def test_site_on_sqlite_has_nowhere_to_move_to(old: Host):
    done = old.manage("move_database", file_of(old))

    assert done.err == "CommandError: DATABASE_URL names no PostgreSQL: set it to where everything shall go.\n"
