"""A durable server on a real disk with a town in it, and ``regulars serve`` in front: what is measured."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final

import psycopg
from sqlalchemy import create_engine, insert
from sqlalchemy.orm import Session

from loyalty import migrating, rules
from loyalty.actor import SYSTEM
from loyalty.postgres import Server, temporary
from loyalty.staff.models import Till
from loyalty.web.tokens import Tokens
from pos_adapter.who import TILL_AUDIENCE
from tests.benchmarks import cafe, town
from tests.benchmarks.machine import cpu_seconds, descendants

START_SECONDS: Final = 60
_LIVE_FROM: Final = datetime(2020, 1, 1, tzinfo=UTC)
# Of a server that somebody runs for a chain: more memory, checkpoints minutes apart. Durability is untouched.
SERVER_SETTINGS: Final[dict[str, str | int]] = {
    "shared_buffers": "512MB",
    "max_wal_size": "8GB",
    "min_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "synchronous_commit": "on",
    "fsync": "on",
}


@dataclass
class World:
    """One database with a town, and how to reach it."""

    url: str
    server: Server
    secret: str
    town: town.Town
    version: int
    tills: dict[str, list[str]]

    def connect(self, *, autocommit: bool = False) -> psycopg.Connection[Any]:
        """Open a connection of one's own."""
        return psycopg.connect(self.url.replace("+psycopg", "", 1), autocommit=autocommit)

    def postgres_pids(self) -> list[int]:
        """Return the processes of the database server."""
        assert self.server.pid is not None
        return descendants(self.server.pid)


@dataclass
class Serving:
    """A running ``regulars serve``."""

    port: int
    process: subprocess.Popen[bytes]
    world: World

    def cpu(self) -> tuple[float, float]:
        """Return the processor seconds used so far: by the web processes, by the database."""
        return cpu_seconds(descendants(self.process.pid)), cpu_seconds(self.world.postgres_pids())

    def workers(self) -> list[int]:
        """Return the processes that answer requests."""
        return descendants(self.process.pid)[1:]

    def stop(self) -> None:
        """End it as an operator does; kill it if that does not help."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Kill the arbiter and all workers at once, with SIGKILL."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def durable_server() -> Iterator[Server]:
    """Have a durable PostgreSQL server on a disk."""
    with temporary(durable=True, settings=SERVER_SETTINGS) as server:
        yield server


def make_world(server: Server, name: str, *, members: int, buyers: int, busiest: int = 1) -> World:
    """Make a database with the program, the tills and a town of so many members."""
    with psycopg.connect(server.url_of("postgres").replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = server.url_of(name)
    version = _found(url)
    secret = secrets.token_urlsafe(48)
    with psycopg.connect(url.replace("+psycopg", "", 1)) as connection:
        loaded = town.load(
            connection, members, now=datetime.now(UTC), version=version, buyers=buyers, busiest=busiest
        )
    return World(url, server, secret, loaded, version, _till_tokens(secret))


def _found(url: str) -> int:
    """Make the tables, the program and the tills; return the program's version."""
    engine = create_engine(url)
    try:
        migrating.upgrade(url)
        with Session(engine) as session:
            version = rules.apply(
                session, cafe.document(), actor=SYSTEM, live_from=_LIVE_FROM, now=_LIVE_FROM
            )
            now = datetime.now(UTC)
            session.execute(
                insert(Till),
                [
                    {"id": f"till-{n}", "name": f"Till {n}", "store": cafe.STORES[n % len(cafe.STORES)],
                     "status": "active", "enrolled_at": now, "last_seen_at": now}
                    for n in range(town.TILLS)
                ],
            )  # fmt: skip
            session.commit()
    finally:
        engine.dispose()
    return version if isinstance(version, int) else version.version


def _till_tokens(secret: str) -> dict[str, list[str]]:
    tokens, now = Tokens([secret]), datetime.now(UTC)
    found: dict[str, list[str]] = {store: [] for store in cafe.STORES}
    for n in range(town.TILLS):
        token = tokens.issue(TILL_AUDIENCE, f"till-{n}", now=now, lifetime=timedelta(days=1), generation=1)
        found[cafe.STORES[n % len(cafe.STORES)]].append(token)
    return found


@contextmanager
def serving(world: World, log: Path, *options: str) -> Iterator[Serving]:
    """Have ``regulars serve`` running on a free port, its log in a file."""
    site = serve(world, log, *options)
    try:
        yield site
    finally:
        site.stop()


def serve(
    world: World, log: Path, *options: str, port: int = 0, environment: Mapping[str, str] | None = None
) -> Serving:
    """Start ``regulars serve`` (on this port, 0: a free one) and return it when it answers."""
    port = port or free_port()
    settings = {
        "REGULARS_MODE": "production",
        "REGULARS_DATABASE_URL": world.url,
        "REGULARS_SECRET_KEY": world.secret,
    }
    command = [str(Path(sys.executable).parent / "regulars"), "serve", "--port", str(port), *options]
    with log.open("ab") as file:
        process = subprocess.Popen(
            command,
            env={**os.environ, **settings, **(environment or {})},
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    site = Serving(port, process, world)
    try:
        _wait_for(port, process)
    except BaseException:
        site.kill()
        raise
    return site


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"regulars serve ended with {process.returncode}")
        with suppress(OSError), closing(HTTPConnection("127.0.0.1", port, timeout=2)) as connection:
            connection.request("GET", "/healthz")
            with connection.getresponse() as answer:
                if answer.status == 200:
                    return
        time.sleep(0.1)
    raise RuntimeError("regulars serve does not answer")


def free_port() -> int:
    """Return a TCP port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
