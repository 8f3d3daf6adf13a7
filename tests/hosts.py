"""Hosts for tests: machines with a data folder and a database that has people and conversations."""

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.programs.host import Host
from tests.programs.postgresql import PostgreSQL

numbers = count()


@pytest.fixture(scope="session")
def server() -> Iterator[PostgreSQL]:
    with PostgreSQL() as server:
        yield server


@pytest.fixture(scope="session")
def filled_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with an SQLite database that has people and conversations."""
    return Host(tmp_path_factory.mktemp("filled") / "data").fill().data


@pytest.fixture(scope="session")
def filled_database(server: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of such a database of the server."""
    server.create_database("filled")
    return Host(tmp_path_factory.mktemp("filled") / "data", server, "filled").fill().name


@pytest.fixture
def sqlite_host(filled_file: Path, tmp_path: Path) -> Host:
    shutil.copytree(filled_file, tmp_path / "data")
    return Host(tmp_path / "data")


@pytest.fixture
def postgresql_host(server: PostgreSQL, filled_database: str, tmp_path: Path) -> Host:
    name = f"host_{next(numbers)}"
    server.ask(f'CREATE DATABASE "{name}" TEMPLATE "{filled_database}"', of="postgres")
    folder = tmp_path / "data of postgresql"
    folder.mkdir(mode=0o700)
    return Host(folder, server, name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def host(request: pytest.FixtureRequest) -> Host:
    """One with people and conversations, on each database."""
    found: Host = request.getfixturevalue(f"{request.param}_host")
    return found


@pytest.fixture
def empty(host: Host, tmp_path: Path) -> Host:
    """Another machine, with the same kind of database, that has nothing yet."""
    if host.postgresql is None:
        return Host(tmp_path / "empty")
    name = f"empty_{next(numbers)}"
    host.postgresql.create_database(name)
    return Host(tmp_path / "empty", host.postgresql, name)
