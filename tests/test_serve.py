"""`manage.py serve` as a person runs it: a real process, its lines, its port, and its end."""

import contextlib
import http.client
import os
import re
import resource
import shutil
import signal
import socket
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from conversations.management import server
from tests.programs.program import Program

ROOT = Path(__file__).resolve().parent.parent
DEADLINE = 30  # seconds; what waits longer has failed


class Process(Program):
    """A command of manage.py."""

    def __init__(self, folder: Path, command: list[str], settings: dict[str, str]) -> None:
        environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "DATA_DIR": str(folder / "var"), **settings}
        super().__init__([sys.executable, "manage.py", *command], environment=environ, folder=ROOT)
        self.folder = folder / "var"
        self._connections: list[http.client.HTTPConnection] = []

    @property
    def output(self) -> str:
        """All that it has said, on stdout and then on stderr."""
        return "".join(self.said) + self.log

    def end(self, number: int = signal.SIGTERM) -> int:
        self.signal(number)
        return self.wait()

    def connection(self, host: str, port: int) -> http.client.HTTPConnection:
        """One that is closed with the process."""
        self._connections.append(http.client.HTTPConnection(host, port, timeout=DEADLINE))
        return self._connections[-1]

    def close(self) -> None:
        for connection in self._connections:
            connection.close()
        self.kill()


Start = Callable[..., Process]


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A data folder that a first start has prepared, and what that start said."""
    folder = tmp_path_factory.mktemp("prepared")
    process = Process(folder, ["serve"], {"PORT": "0"})
    try:
        process.wait_line("/setup/")
        process.end()
    finally:
        process.close()
    return folder, process.output


@pytest.fixture
def start(tmp_path: Path, prepared: tuple[Path, str]) -> Iterator[Start]:
    """Starts commands on a copy of the prepared folder; each is ended with the test."""
    shutil.copytree(prepared[0], tmp_path, dirs_exist_ok=True)
    running: list[Process] = []

    def start(*command: str, **settings: str) -> Process:
        running.append(Process(tmp_path, list(command or ["serve"]), {"PORT": "0", **settings}))
        return running[-1]

    yield start
    for process in running:
        process.close()


def site_of(process: Process) -> http.client.HTTPConnection:
    """A connection to the site, once it says where it is."""
    address = urlsplit(process.wait_line("is at ").split("is at ")[1].split()[0])
    return process.connection(address.hostname or "", address.port or 0)


def get(site: http.client.HTTPConnection, path: str, **headers: str) -> http.client.HTTPResponse:
    site.request("GET", path, headers=headers)
    return site.getresponse()


def database(process: Process) -> sqlite3.Connection:
    return sqlite3.connect(process.folder / "db.sqlite3")


def test_first_start_prepares_and_says_where_to_go(prepared: tuple[Path, str]):
    shape = re.sub(r":\d+", ":PORT", re.sub(r"/setup/\S+/", "/setup/TOKEN/", prepared[1]))

    assert shape == (
        "Preparing the database …\n"
        f"The static files are in {prepared[0]}/var/static\n"
        "Chat is at http://127.0.0.1:PORT/ (Ctrl-C stops it)\n"
        "Make the first account within an hour: http://127.0.0.1:PORT/setup/TOKEN/\n"
    )


def test_folder_may_have_any_name(tmp_path: Path, start: Start):
    process = start(DATA_DIR=str(tmp_path / "a+b #1 50% ä?"))

    response = get(site_of(process), "/accounts/login/")

    assert response.status == 200


def test_second_start_prepares_nothing(start: Start):
    process = start()

    process.wait_line("/setup/")

    assert len(process.said) == 2


def test_link_that_is_printed_opens(start: Start):
    process = start()
    site = site_of(process)

    response = get(site, urlsplit(process.wait_line("/setup/").split()[-1]).path)

    assert (response.status, b'name="password1"' in response.read()) == (200, True)


def test_no_link_is_printed_where_an_account_exists(start: Start):
    made = start("createsuperuser", "--noinput", "--username", "ada", "--email", "ada@example.org")
    made.wait()

    process = start()
    get(site_of(process), "/healthz").read()
    process.end()

    assert "/setup/" not in process.output


def test_site_answers_and_names_no_server(start: Start):
    response = get(site_of(start()), "/healthz")

    assert (response.status, response.getheader("Server")) == (200, None)


def test_requests_are_not_logged(start: Start):
    process = start()
    get(site_of(process), "/healthz?token=secret").read()

    process.end()

    assert "secret" not in process.output


def test_second_piece_of_a_reply_does_not_wait_for_the_first_to_be_confirmed():
    [listener] = server.listen("127.0.0.1", 0)
    with listener:
        listener.listen()
        with socket.create_connection(listener.getsockname()), listener.accept()[0] as connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_with_status_0(start: Start, number: int):
    process = start(SHUTDOWN_GRACE="1")
    site = site_of(process)
    get(site, "/healthz").read()  # its connection stays open

    status = process.end(number)

    assert (status, "Traceback" in process.output) == (0, False)


@pytest.mark.fault(50)
def test_body_that_never_ends_does_not_keep_it(start: Start):
    process = start(SHUTDOWN_GRACE="1")
    site = site_of(process)
    site.putrequest("POST", "/accounts/login/")
    site.putheader("Content-Length", "10")
    site.endheaders(b"half")
    get(process.connection(site.host, site.port), "/healthz").read()

    status = process.end()

    assert status == 0


def test_second_signal_ends_it_at_once(start: Start):
    process = start(SHUTDOWN_GRACE="600")
    site = site_of(process)
    site.putrequest("POST", "/accounts/login/")
    site.putheader("Content-Length", "10")
    site.endheaders(b"half")
    get(process.connection(site.host, site.port), "/healthz").read()
    process.signal(signal.SIGINT)
    wait_until_closed(site)

    process.end(signal.SIGINT)

    assert "Traceback" not in process.output


def wait_until_closed(site: http.client.HTTPConnection) -> None:
    """Until the port takes no more connections: the first signal has been heard."""
    with contextlib.suppress(OSError):
        while True:
            socket.create_connection((site.host, site.port), timeout=DEADLINE).close()


def test_port_in_use_is_a_sentence(start: Start):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = start(PORT=str(port))
        status = process.wait()

    assert status == 1
    assert process.output.startswith(f"CommandError: Port {port} is in use. Stop the program that uses it, or choose")
    assert len(process.lines) == 1


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host", "x" * 70, "::zz"])
def test_bad_host_is_a_sentence(start: Start, host: str):
    process = start(HOST=host, ALLOWED_HOSTS="chat.example.org")

    status = process.wait()

    assert (status, process.output) == (
        1,
        f"CommandError: HOST is {host!r}, which is no address of this machine. Try HOST=127.0.0.1.\n",
    )


def test_wrong_setting_is_refused_before_anything_is_done(start: Start):
    process = start(CHAT_HISTORY_TURNS="many")

    status = process.wait()

    assert (status, "chatsite.E001" in process.output, "Traceback" in process.output) == (1, True, False)


def test_second_process_at_a_database_is_refused(start: Start):
    first = start()
    first.wait_line("is at ")

    second = start()
    status = second.wait()

    assert status == 1
    assert second.output == (
        f"CommandError: Another process serves {first.folder}/db.sqlite3 already. "
        "Stop it first, or set DATA_DIR to another folder.\n"
    )


def test_killed_process_leaves_no_lock(start: Start):
    first = start()
    first.wait_line("is at ")
    first.end(signal.SIGKILL)

    start().wait_line("is at ")


def test_newer_database_is_refused(start: Start):
    process = start("check")
    process.wait()
    with contextlib.closing(database(process)) as rows, rows:
        rows.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('conversations', '9999_x', '2030-01-01')"
        )

    process = start()
    status = process.wait()

    assert status == 1
    assert process.output == (
        "CommandError: The database is newer than this code: it has the migration conversations.9999_x, which this "
        f"code does not know. Run the newer code again, or restore a backup from {process.folder}/backups.\n"
    )


def test_database_of_another_app_is_not_newer(start: Start):
    process = start("check")
    process.wait()
    with contextlib.closing(database(process)) as rows, rows:
        rows.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('gone', '0001_x', '2020-01-01')")

    start().wait_line("is at ")


def test_file_that_is_no_database_is_refused(start: Start):
    process = start("check")
    process.wait()
    (process.folder / "db.sqlite3").write_text("no database " * 100)

    process = start()
    status = process.wait()

    assert (status, process.output) == (1, "CommandError: The database cannot be used: file is not a database\n")


def test_public_url_is_printed(start: Start):
    process = start(PUBLIC_URL="https://chat.example.org/", TRUSTED_PROXIES="127.0.0.1")

    process.wait_line("/setup/")

    assert process.said[0] == "Chat is at https://chat.example.org/ (Ctrl-C stops it)\n"
    assert "within an hour: https://chat.example.org/setup/" in process.said[1]


def test_static_files_are_collected_again_where_they_are_gone(start: Start):
    shutil.rmtree(start("check").folder / "static")
    process = start()
    process.wait_line("The static files are in")

    response = get(site_of(process), "/accounts/login/")
    styles = re.findall(r'"(/static/[^"]+\.css)"', response.read().decode())

    assert styles != []


def test_hashed_files_are_kept_for_ever_and_compressed(start: Start):
    site = site_of(start())
    page = get(site, "/accounts/login/").read().decode()
    path = re.findall(r'"(/static/[^"]+\.css)"', page)[0]

    response = get(site, path, **{"Accept-Encoding": "gzip"})

    response.read()
    assert (response.status, response.getheader("Content-Encoding")) == (200, "gzip")
    assert response.getheader("Cache-Control") == "max-age=315360000, public, immutable"


def test_body_over_the_limit_is_refused_while_it_is_sent(start: Start):
    site = site_of(start())

    site.request("POST", "/markdown/", body=b"x" * 5_000_000, headers={"Accept": "application/json"})

    response = site.getresponse()
    assert (response.status, b'"code": "too_large"' in response.read()) == (413, True)


def test_body_in_chunks_over_the_limit_is_refused(start: Start):
    site = site_of(start())

    site.request("POST", "/markdown/", body=(b"x" * 100_000 for _ in range(50)), headers={"Accept": "application/json"})

    assert site.getresponse().status == 413


def last_of_many_logins(site: http.client.HTTPConnection) -> int:
    """The status of one login more than an address may try in a minute, each said to come from another address."""
    response = get(site, "/accounts/login/")
    cookie = (response.getheader("Set-Cookie") or "").split(";")[0]
    token = re.findall(r'csrfmiddlewaretoken" value="(\w+)"', response.read().decode())[0]
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    for number in range(31):
        site.request(
            "POST",
            "/accounts/login/",
            body=f"csrfmiddlewaretoken={token}",
            headers={**headers, "X-Forwarded-For": f"10.0.0.{number}"},
        )
        response = site.getresponse()
        response.read()
    return response.status


@pytest.mark.parametrize(("proxies", "status"), [("", 429), ("192.0.2.1", 429), ("127.0.0.1", 200)])
def test_forwarded_address_counts_only_from_a_trusted_proxy(start: Start, proxies: str, status: int):
    site = site_of(start(TRUSTED_PROXIES=proxies))

    assert last_of_many_logins(site) == status


def test_developers_server_answers_with_static_files(start: Start):
    process = start("runserver", "0", "--noreload", DEBUG="1")
    site = site_of(process)

    response = get(site, "/static/admin/css/base.css")

    assert (response.status, b"html" in response.read()) == (200, True)


def test_as_many_files_may_be_open_as_the_system_allows() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1000, before[1]))
    try:
        server.allow_open_files()
        after = resource.getrlimit(resource.RLIMIT_NOFILE)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)

    assert after == (before[1], before[1])
