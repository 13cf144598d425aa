"""Tests that can't lie: a real PostgreSQL, real commits where it matters, no network, warnings are errors.

- ``session``: an outer transaction on a database of this worker, rolled back: for the domain.
- ``fresh_database``: the URL of a database of this test alone, really committed to: for races and faces.
- ``app``, ``client``, ``live_server``: the real application on a ``fresh_database``, with its context pushed, so that
  ``with transaction() as session`` works in the test as well.
- ``clock``: stands still at Monday, March 2, 2026, noon UTC, until told otherwise.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from fcntl import LOCK_EX, flock
from itertools import count
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any

import hypothesis
import psycopg
import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from loyalty import migrating
from loyalty.clock import SetClock
from loyalty.config import Settings
from loyalty.postgres import FAST_AND_LOSSY, Server, temporary_folder

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

TEMPLATE = "template_of_tests"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LOOPBACK = ("127.", "::1", "localhost")


def _no_strangers(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse to talk to anything but this machine."""
    if event == "socket.connect":
        host = (
            arguments[1][0] if isinstance(arguments[1], tuple) else "localhost"
        )  # a Unix socket is a string
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host and not str(host).startswith(LOOPBACK):
        raise RuntimeError(f"a test wanted to talk to {host}")


sys.addaudithook(_no_strangers)


# `make test` tries the same examples every time, so that a failure belongs to a change; `make soak` hunts for others.
hypothesis.settings.register_profile("test", deadline=None, derandomize=True)
hypothesis.settings.register_profile("soak", deadline=None, print_blob=True)


def pytest_configure(config: pytest.Config) -> None:
    """Choose how examples are found, and have each route compiled once."""
    hypothesis.settings.load_profile("test" if config.option.markexpr == "not soak" else "soak")
    _remember_routes()


def _remember_routes() -> None:
    """Let applications share what werkzeug compiles for their routes: two thirds of the time that making one takes.

    What it compiles follows from the route alone, and is bound to the application afterwards.
    """
    known: dict[tuple[object, ...], Any] = {}
    compiled = Rule._compile_builder  # pyright: ignore[reportPrivateUsage]

    def once(self: Rule, append_unknown: bool = True) -> Any:
        key = (self.rule, tuple(self._trace), str(self.defaults), append_unknown)
        if key not in known:
            known[key] = compiled(self, append_unknown)
        return known[key]

    Rule._compile_builder = once  # pyright: ignore[reportPrivateUsage]


# The database: one server per run, one template, clones of it.


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        flock(file, LOCK_EX)
        yield


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Return the PostgreSQL server that all workers of this run share; the last one to leave removes it."""
    run = getattr(request.config, "workerinput", {}).get("testrunuid", f"single-{os.getpid()}")
    folder = temporary_folder(durable=False) / f"regulars-test-{run[-12:]}"
    lock = folder.with_suffix(".lock")

    with _locked(lock):
        folder.mkdir(mode=0o711, exist_ok=True)
        server = Server(folder / "postgres", settings=FAST_AND_LOSSY)
    try:
        with _locked(lock):
            if not _exists(server.start(), TEMPLATE):
                _make_template(server)
        yield server
    finally:
        for connection in _administrators.values():
            connection.close()
        with _locked(lock):
            server.stop()
            if server.pid is None:
                for leftover in {server.home, folder}:
                    rmtree(leftover, ignore_errors=True)
                lock.unlink(missing_ok=True)


_administrators: dict[str, psycopg.Connection[Any]] = {}


def _administrator(server: Server) -> psycopg.Connection[Any]:
    """Return the one connection of this process by which databases are made and dropped."""
    url = server.url_of("postgres").replace("+psycopg", "", 1)
    if url not in _administrators:
        _administrators[url] = psycopg.connect(url, autocommit=True)
    return _administrators[url]


def _exists(server: Server, name: str) -> bool:
    found = _administrator(server).execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
    return bool(found.fetchone())


def _make_template(server: Server) -> None:
    administrator = _administrator(server)
    administrator.execute("DROP DATABASE IF EXISTS draft_of_tests")
    administrator.execute("CREATE DATABASE draft_of_tests")
    migrating.upgrade(server.url_of("draft_of_tests"))
    administrator.execute(f"ALTER DATABASE draft_of_tests RENAME TO {TEMPLATE}")


_numbers = count(1)


@contextmanager
def cloned(server: Server, worker: str) -> Iterator[str]:
    name = f"test_{worker}_{os.getpid()}_{next(_numbers)}"
    _administrator(server).execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    yield server.url_of(name)
    _administrator(server).execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def worker_name(request: pytest.FixtureRequest) -> str:
    """Return the name of this xdist worker."""
    return str(getattr(request.config, "workerinput", {}).get("workerid", "main"))


@pytest.fixture(scope="session")
def database_url(server: Server, worker_name: str) -> Iterator[str]:
    """Return the database of this worker: nobody commits to it."""
    with cloned(server, worker_name) as url:
        yield url


@pytest.fixture(scope="session")
def engine(database_url: str) -> Iterator[Engine]:
    """Return an engine on the database of this worker."""
    engine = create_engine(database_url, connect_args={"prepare_threshold": None})
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine, request: pytest.FixtureRequest) -> Iterator[Session]:
    """Return a session whose commits are savepoints: at the end of the test nothing has happened."""
    if "fresh_database" in request.fixturenames:
        pytest.fail(
            "session and app look at different databases: use `with transaction() as session` with app"
        )
    with engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session:
            yield session
        outer.rollback()


@pytest.fixture
def fresh_database(server: Server, worker_name: str) -> Iterator[str]:
    """Return the URL of a new, empty database with all tables: commit to it as you like."""
    with cloned(server, worker_name) as url:
        yield url


# The application.


@pytest.fixture
def clock() -> SetClock:
    """Return a clock that stands at noon UTC of Monday, March 2, 2026."""
    return SetClock(NOON)


def settings_for(database_url: str, data_dir: Path) -> Settings:
    """Return the settings of a test: its database, no limits on attempts."""
    return Settings(
        mode="test",
        secret_key="Zm9yIHRlc3RzIG9ubHksIG5ldmVyIHNlcnZlZCE0NzExMDgxNQ",
        database_url=database_url,
        data_dir=data_dir,
        rate_limits=False,
    )


@pytest.fixture
def settings(fresh_database: str, tmp_path: Path) -> Settings:
    """Return the settings of a test that has a database of its own."""
    return settings_for(fresh_database, tmp_path)


@pytest.fixture
def app(settings: Settings, clock: SetClock) -> Iterator[Flask]:
    """Return the real application with its context pushed."""
    from loyalty.app import create_app
    from loyalty.db import db

    app = create_app(settings, clock=clock)
    with app.app_context():
        yield app
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture
def program(app: Flask, clock: SetClock) -> None:
    """Put the demo's program into force."""
    from loyalty import rules
    from loyalty.actor import SYSTEM
    from loyalty.db import transaction

    since = clock.now() - timedelta(days=1)
    with transaction() as session:
        rules.apply(session, rules.load_shipped("cafe-stars"), actor=SYSTEM, live_from=since, now=since)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a client without cookies or tokens."""
    return app.test_client()


@pytest.fixture
def live_server(app: Flask) -> Iterator[str]:
    """Return the base URL of the application behind a real HTTP server on this machine."""
    from werkzeug.serving import make_server

    http = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{http.server_port}"
    http.shutdown()
    thread.join()
    http.server_close()


Together = Callable[[Callable[[int], Any], int], list[Any]]


@pytest.fixture
def together() -> Together:
    """Return ``together(work, n)``: call ``work(0)`` … ``work(n-1)`` at the same moment, return what each gave.

    An exception is given as the value, so that a race can count who was refused and why.
    """

    def run(work: Callable[[int], Any], number: int) -> list[Any]:
        barrier = threading.Barrier(number)
        given: list[Any] = [None] * number

        def one(place: int) -> None:
            barrier.wait()
            try:
                given[place] = work(place)
            except Exception as error:
                given[place] = error

        threads = [threading.Thread(target=one, args=(place,)) for place in range(number)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return given

    return run
