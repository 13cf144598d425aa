"""One PostgreSQL server that several processes share: start it, join it, leave it, stop it."""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import psycopg
from psycopg import sql

from loyalty.postgres import process
from loyalty.postgres.account import account_for_server
from loyalty.postgres.binaries import DatabaseError
from loyalty.postgres.cluster import FAST_AND_LOSSY, LONGEST_SECONDS, NAME, Cluster

if TYPE_CHECKING:
    from loyalty.config import Settings

_ROOM_IN_MEMORY: Final = 2 * 1024**3


class Server(Cluster):
    """The server of one folder, and our part in it.

    Everybody who joined holds a shared lock on ``users``, which the system takes back from a process that dies. Who
    leaves and can have it exclusively was the last, and stops the server.
    """

    def __init__(self, home: Path, *, settings: Mapping[str, str | int] | None = None) -> None:
        super().__init__(home, settings=settings)
        self._users: int | None = None
        self._our_pid: int = os.getpid()

    @property
    def pid(self) -> int | None:
        """Return the process id of the server that runs on this folder, if one does."""
        return process.pid_of_server(self.data)

    def start(self) -> Self:
        """Start the server, or join the one that runs (``settings`` are then as its starter wanted them)."""
        with _locked(self.home / "lock"):
            try:
                self._join()
                if self.pid is None:
                    self._start()
            except BaseException:
                self._leave()
                raise
        return self

    def stop(self) -> None:
        """Leave; stop the server if that was the last use of it and nobody asked to ``keep`` it."""
        if self._users is None or os.getpid() != self._our_pid:
            return  # a forked worker must not stop its parent's server
        with _locked(self.home / "lock"):
            if self._is_last() and not self._keep.exists():
                self._stop()
            self._leave()

    def keep(self) -> None:
        """Let the server run on after everybody has left, until ``stop_now``."""
        self._keep.touch()

    def stop_now(self) -> bool:
        """Stop the server whoever uses it; return whether there was one."""
        with _locked(self.home / "lock"):
            self._keep.unlink(missing_ok=True)
            there = self.pid is not None
            self._stop()
            return there

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def _keep(self) -> Path:
        return self.home / "keep"

    def _join(self) -> None:
        if self._users is None:
            self._users = os.open(self.home / "users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._users, fcntl.LOCK_SH)

    def _is_last(self) -> bool:
        assert self._users is not None
        try:
            fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _leave(self) -> None:
        if self._users is not None:
            os.close(self._users)
            self._users = None

    def _start(self) -> None:
        binaries = self.binaries()
        if not self.data.exists():
            self.initialize(binaries)
        said = ""
        for _ in range(5):
            process.forget_stale_locks(self.data, self.socket_folder)
            options = f"-c config_file={shlex.quote(str(self.configure()))}"
            done = self.run(
                *(binaries.program("pg_ctl"), "start", "-D", str(self.data), "-l", str(self.log)),
                *("-w", "-t", str(LONGEST_SECONDS), "-o", options),
            )
            if done.returncode == 0:
                self._create_database()
                return
            said = self.last_words() or done.stdout.strip()
            if "shared memory block" in said or "lock file" in said:
                time.sleep(1)  # a killed predecessor and its children are still leaving
            elif "Address already in use" not in said:  # else somebody else was faster: take another port
                break
        raise DatabaseError(f"PostgreSQL did not start; {self.log} says: {said}")

    def _stop(self) -> None:
        if self.pid is None:
            return
        done = self.run(
            *(self.binaries().program("pg_ctl"), "stop", "-D", str(self.data)),
            *("-m", "fast", "-w", "-t", str(LONGEST_SECONDS)),
        )
        if done.returncode and process.pid_of_server(self.data) is not None:
            raise DatabaseError(f"PostgreSQL did not stop: {done.stdout.strip()}")

    def _create_database(self) -> None:
        url = self.url_of("postgres").replace("+psycopg", "", 1)
        with psycopg.connect(url, autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (NAME,)).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))


def ensure(home: Path, *, settings: Mapping[str, str | int] | None = None) -> Server:
    """Return the started server of this folder; call its ``stop`` when done."""
    return Server(home, settings=settings).start()


@contextmanager
def running(home: Path, *, settings: Mapping[str, str | int] | None = None) -> Iterator[Server]:
    """Have the server of this folder running inside the block."""
    with Server(home, settings=settings) as server:
        yield server


@contextmanager
def temporary(*, durable: bool = False, settings: Mapping[str, str | int] | None = None) -> Iterator[Server]:
    """Have a new server in a temporary folder; ``durable``, on a disk, for benchmarks and tests that crash it."""
    folder = Path(tempfile.mkdtemp(prefix="regulars-", dir=temporary_folder(durable=durable)))
    if account_for_server().switch:
        folder.chmod(0o711)
    server = Server(folder / "postgres", settings={**({} if durable else FAST_AND_LOSSY), **(settings or {})})
    try:
        with server:
            yield server
    finally:
        for leftover in {folder, server.home}:
            shutil.rmtree(leftover, ignore_errors=True)


def temporary_folder(*, durable: bool) -> Path:
    """Return the folder for temporary databases: on a disk, or in memory (20 times quicker to clone) if there is room.

    ``/tmp`` may itself be memory, so it is not where durable data go.
    """
    on_disk, in_memory = Path("/var/tmp"), Path("/dev/shm")  # noqa: S108 - mkdtemp makes a private folder there
    if durable:
        return on_disk if os.access(on_disk, os.W_OK) else Path(tempfile.gettempdir())
    if os.access(in_memory, os.W_OK | os.X_OK) and shutil.disk_usage(in_memory).free > _ROOM_IN_MEMORY:
        return in_memory
    return Path(tempfile.gettempdir())


@contextmanager
def database_url(settings: Settings) -> Iterator[str]:
    """Have the database of these settings: yours, where one is named, or else the embedded one, started."""
    if settings.database_url:
        yield settings.database_url
        return
    with running(settings.data_dir / "postgres") as server:
        yield server.url


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
