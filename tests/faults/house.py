"""A house that can be set on fire: a durable PostgreSQL, ``regulars serve`` in front of it, and what kills them."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, LiteralString, TypeVar

import psycopg

from loyalty.postgres import Server, temporary
from tests.benchmarks.machine import descendants
from tests.benchmarks.world import Serving, World, free_port, make_world, serve
from tests.faults import history
from tests.faults.disks import PlugDisk, SmallDisk
from tests.faults.shop import until

OPTIONS: Final = ("--workers", "2", "--threads", "4")
MEMBERS: Final = 24
BUYERS: Final = 12
# Nothing is lost that was committed; and nothing but its commit brings a sale to the disk for the next ten seconds.
DURABLE: Final[dict[str, str | int]] = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_writer_delay": "10s",
    "wal_writer_flush_after": "1GB",
}
# The town is made in haste.
HASTY: Final[dict[str, str | int]] = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

Disk = TypeVar("Disk", SmallDisk, PlugDisk)


@dataclass
class House:
    """A town's database and its web server; both can be killed and started again."""

    world: World
    folder: Path
    options: tuple[str, ...] = OPTIONS
    port: int = field(default_factory=free_port)
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    site: Serving | None = None
    disk: SmallDisk | PlugDisk | None = None

    @property
    def server(self) -> Server:
        """Return the database server."""
        return self.world.server

    @property
    def log(self) -> Path:
        """Return the path of the web server's log."""
        return self.folder / "serve.log"

    def open(self) -> None:
        """Start the web server; again where it ended because the database was just recovering, as a supervisor does."""
        until(self._is_started, seconds=60, what="regulars serve")

    def _is_started(self) -> bool:
        # Who is killed cannot tidy up: the counters go with the house.
        environment = {"PROMETHEUS_MULTIPROC_DIR": str(self.folder / "metrics"), **self.environment}
        try:
            self.site = serve(self.world, self.log, *self.options, port=self.port, environment=environment)
        except RuntimeError:
            return False
        return True

    def close(self) -> None:
        """Kill the web server, if it runs."""
        if self.site is not None:
            self.site.kill()
            self.site = None

    def kill_worker(self, dice: random.Random) -> None:
        """Kill one web process; the arbiter starts another."""
        assert self.site is not None
        if workers := self.site.workers():
            _kill(dice.choice(workers))

    def kill_web(self) -> None:
        """Kill the arbiter and all its workers, and start the web server again."""
        self.close()
        self.open()

    def kill_backend(self, dice: random.Random) -> None:
        """Kill one process of the database that serves a client; PostgreSQL restarts all of them."""
        with suppress(psycopg.OperationalError), self.world.connect() as connection:
            rows = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            ).fetchall()
            if rows:
                _kill(dice.choice(rows)[0])

    def kill_database(self) -> None:
        """Kill PostgreSQL with all its processes at once, and start it again."""
        self.stop_database_dead()
        self.server.start()

    def database_pids(self) -> list[int]:
        """Return the processes of PostgreSQL."""
        pid = self.server.pid
        return descendants(pid) if pid is not None else []

    def stop_database_dead(self, pids: Sequence[int] | None = None) -> None:
        """Kill PostgreSQL with all its processes (``pids``, where its disk can no longer name them) at once."""
        wanted = self.database_pids() if pids is None else pids
        for pid in wanted:
            _kill(pid)
        until(lambda: not any(_is_alive(pid) for pid in wanted), seconds=10, what="PostgreSQL's end")

    def audit(self) -> dict[str, Any]:
        """Run ``regulars audit`` and return what it says."""
        until(self.is_reachable, seconds=30, what="the database")
        done = subprocess.run(
            [str(Path(sys.executable).parent / "regulars"), "audit", "--json"],
            env={
                **os.environ,
                "REGULARS_MODE": "production",
                "REGULARS_DATABASE_URL": self.world.url,
                "REGULARS_SECRET_KEY": self.world.secret,
            },
            capture_output=True,
            check=False,
            text=True,
            timeout=120,
        )
        assert done.returncode in (0, 1), done.stderr
        said = json.loads(done.stdout)
        assert isinstance(said, dict)
        return said

    def books(self) -> history.Books:
        """Return what the database says happened."""
        until(self.is_reachable, seconds=30, what="the database")
        with self.world.connect() as connection:
            return history.read(connection)

    def ordain(self, *statements: LiteralString) -> None:
        """Change the database itself: a setting, a trigger; open connections end, so that all see it."""
        with self.world.connect(autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    def forget_keys(self) -> None:
        """Let no idempotency key be kept: for controls."""
        self.ordain(
            "CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
            "CREATE TRIGGER forget BEFORE INSERT ON request_key FOR EACH ROW EXECUTE FUNCTION forget()",
        )

    def remember_keys(self) -> None:
        """Keep idempotency keys again."""
        self.ordain("DROP TRIGGER forget ON request_key", "DROP FUNCTION forget()")

    def is_reachable(self) -> bool:
        """Tell whether the database lets anybody in."""
        try:
            self.world.connect().close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def house(
    *options: str,
    settings: Mapping[str, str | int] | None = None,
    disk: Callable[[Path], AbstractContextManager[Disk]] | None = None,
) -> Iterator[House]:
    """Have a house with a new town on a durable server; its web server runs when ``open`` was called.

    ``disk`` mounts at a folder the disk on which the database is to lie.
    """
    folder = Path(tempfile.mkdtemp(prefix="regulars-faults-"))
    with temporary(durable=True, settings=HASTY) as server, ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        world = make_world(server, "town", members=MEMBERS, buyers=BUYERS)
        server.settings.update({**DURABLE, **(settings or {})})
        server.stop_now()
        lies_on = None if disk is None else stack.enter_context(_moved_to(disk, server.data))
        subprocess.run(["sync", "-f", server.data], check=True)  # what was made so far is safe
        server.start()
        made = House(world, folder, options or OPTIONS, disk=lies_on)
        if disk is not None:
            stack.callback(made.stop_database_dead)
        stack.callback(made.close)
        yield made


@contextmanager
def _moved_to(disk: Callable[[Path], AbstractContextManager[Disk]], data: Path) -> Iterator[Disk]:
    """Have the database's folder on a disk that is mounted in its place."""
    owner, old = data.stat(), data.with_name("old")
    data.rename(old)
    data.mkdir(mode=0o700)
    os.chown(data, owner.st_uid, owner.st_gid)
    with disk(data) as mounted:
        subprocess.run(["cp", "-a", f"{old}/.", data], check=True)
        shutil.rmtree(old)
        yield mounted


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _is_alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][:1]
    except (FileNotFoundError, ProcessLookupError):
        return False
