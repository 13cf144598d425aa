"""One PostgreSQL server in one folder: make it, start it, share it, stop it."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import psycopg
from psycopg import sql

from loyalty.postgres import process
from loyalty.postgres.account import (
    Account,
    account_for_server,
    make_folder,
    reachable_binaries,
    reachable_home,
)
from loyalty.postgres.binaries import Binaries, DatabaseError, find_binaries

if TYPE_CHECKING:
    from loyalty.config import Settings

NAME: Final = "regulars"  # of the database and of its owner
_START_SECONDS: Final = 60
_LONGEST_SOCKET_PATH: Final = 100

_SETTINGS: Final[Mapping[str, str | int]] = {
    "shared_buffers": "128MB",
    "max_connections": 200,
    "fsync": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "password_encryption": "scram-sha-256",
}
# For tests of everything but durability: a crash of the machine may lose or break such a database.
FAST_AND_LOSSY: Final[Mapping[str, str | int]] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": 0,
    "autovacuum_naptime": "10min",
}


class Server:
    """The server whose files are in ``home``: ``data/``, ``run/``, ``password``, ``port``, ``postgresql.conf``.

    ``settings`` overrides settings of the server; they hold for the process that really starts it.
    """

    def __init__(self, home: Path, *, settings: Mapping[str, str | int] | None = None) -> None:
        self._account: Account = account_for_server()
        wanted = home.resolve()
        self.home: Path = reachable_home(wanted, self._account)
        self.moved: bool = self.home != wanted
        self._settings = {**_SETTINGS, **(settings or {})}
        self._users: int | None = None
        self._process: int = os.getpid()

    # what it is

    @property
    def data(self) -> Path:
        """Return the folder of the cluster."""
        return self.home / "data"

    @property
    def pid(self) -> int | None:
        """Return the process id of the server that runs on this folder, if one does."""
        return process.pid_of_server(self.data)

    @property
    def port(self) -> int:
        """Return the TCP port on 127.0.0.1."""
        return int(self._read("port"))

    @property
    def password(self) -> str:
        """Return the password of the role ``regulars`` (in a file that only we can read)."""
        return self._read("password")

    @property
    def url(self) -> str:
        """Return SQLAlchemy's URL of the database ``regulars``."""
        return self.url_of(NAME)

    def url_of(self, database: str) -> str:
        """Return SQLAlchemy's URL of another database of this server."""
        return f"postgresql+psycopg://{NAME}:{quote(self.password, safe='')}@127.0.0.1:{self.port}/{quote(database)}"

    @property
    def socket_folder(self) -> Path | None:
        """Return the folder of the Unix socket, which only the server's account may enter; None: path too long."""
        folder = self.home / "run"
        return folder if len(os.fsencode(folder / ".s.PGSQL.65535")) <= _LONGEST_SOCKET_PATH else None

    @property
    def log(self) -> Path:
        """Return the path of the server's log."""
        return self.data / "server.log"

    # what it does

    def start(self) -> Server:
        """Start the server or join the one that runs; return self. Stopped when the last that joined has left."""
        with _locked(self.home / "lock"):
            if self._users is None:
                self._users = os.open(self.home / "users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                fcntl.flock(self._users, fcntl.LOCK_SH)
            try:
                if self.pid is None:
                    self._start()
            except BaseException:
                self._forget()
                raise
        return self

    def stop(self) -> None:
        """Leave; stop the server if nobody else uses it and ``keep`` was not asked for."""
        if self._users is None or os.getpid() != self._process:
            return  # a forked worker must not stop its parent's server
        with _locked(self.home / "lock"):
            if self._is_last() and not self._keep.exists():
                self._stop()
            self._forget()

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

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # how

    @property
    def _keep(self) -> Path:
        return self.home / "keep"

    def _read(self, name: str) -> str:
        return (self.home / name).read_text("ascii").strip()

    def _is_last(self) -> bool:
        assert self._users is not None
        try:
            fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _forget(self) -> None:
        if self._users is not None:
            os.close(self._users)
            self._users = None

    def _binaries(self) -> Binaries:
        version = self.data / "PG_VERSION"
        major = int(version.read_text("ascii")) if version.exists() else None
        return reachable_binaries(find_binaries(major), self._account)

    def _run(self, *command: str, seconds: float = _START_SECONDS) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: PLW1510 - the callers look at the exit status
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds + 10,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            start_new_session=True,  # Ctrl-C is for us, not for the database
            **self._account.popen,
        )

    def _start(self) -> None:
        binaries = self._binaries()
        if not self.data.exists():
            self._initialize(binaries)
        process.forget_stale_pid(self.data)
        for _ in range(3):
            self._configure()
            command = ("start", "-D", str(self.data), "-l", str(self.log), "-w", "-t", str(_START_SECONDS))
            options = f"-c config_file={_shell_quoted(self.home / 'postgresql.conf')}"
            done = self._run(binaries.program("pg_ctl"), *command, "-o", options)
            if done.returncode == 0:
                return self._create_database()
            told = self._last_words()
            if "shared memory block" in told:  # the killed predecessor's children are still leaving
                time.sleep(1)
            elif "Address already in use" not in told:
                break
        raise DatabaseError(f"PostgreSQL did not start; {self.log} says: {self._last_words() or done.stdout}")

    def _stop(self) -> None:
        if self.pid is None:
            return
        done = self._run(
            self._binaries().program("pg_ctl"), "stop", "-D", str(self.data), "-m", "fast", "-w", "-t", "60"
        )
        if done.returncode and self.pid is not None:
            raise DatabaseError(f"PostgreSQL did not stop: {done.stdout.strip()}")

    def _initialize(self, binaries: Binaries) -> None:
        # In a folder beside it, moved when complete: who is killed here leaves nothing half.
        if self.moved:
            print(
                f"The database is kept in {self.home}: its account cannot reach the project.", file=sys.stderr
            )
        staging = Path(tempfile.mkdtemp(prefix="new.", dir=self.home))
        try:
            if self._account.switch:
                staging.chmod(0o711)
            password = secrets.token_urlsafe(24)
            _write_private(self.home / "password", password)
            _write_private(staging / "password", password)
            data = staging / "data"
            data.mkdir(mode=0o700)
            for path in (staging / "password", data):
                self._account.give(path)
            locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
            done = self._run(
                *(binaries.program("initdb"), "-D", str(data), "-U", NAME, "-E", "UTF8"),
                *(locale if binaries.major >= 17 else ("--locale=C.UTF-8",)),  # noqa: PLR2004
                *("--auth=scram-sha-256", f"--pwfile={staging / 'password'}", "--no-instructions"),
                *(("--no-sync",) if self._settings["fsync"] == "off" else ()),
            )
            if done.returncode:
                raise DatabaseError(f"The database could not be made: {done.stdout.strip()}")
            data.rename(self.data)
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def _configure(self) -> None:
        """Write the settings, with the port of last time unless somebody else has it now."""
        stored = self.home / "port"
        port = _free_port(int(stored.read_text("ascii")) if stored.exists() else 0)
        stored.write_text(f"{port}\n", "ascii")
        if self.socket_folder and not self.socket_folder.exists():
            self.socket_folder.mkdir(mode=0o700)
            self._account.give(self.socket_folder)
        places = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": str(self.socket_folder or ""),
            "unix_socket_permissions": "0700",
        }
        lines = [f"{key} = {_conf_quoted(value)}\n" for key, value in {**self._settings, **places}.items()]
        configuration = self.home / "postgresql.conf"
        configuration.write_text("# Written at every start by loyalty/postgres/server.py\n" + "".join(lines))
        configuration.chmod(0o644)

    def _create_database(self) -> None:
        with psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=NAME,
            password=self.password,
            dbname="postgres",
            autocommit=True,
        ) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (NAME,)).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))

    def _last_words(self) -> str:
        try:
            return " / ".join(self.log.read_text(errors="replace").splitlines()[-4:])
        except FileNotFoundError:
            return ""


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
    """Have a new server in a temporary folder; ``durable`` for benchmarks and for tests that crash it."""
    account = account_for_server()
    folder = Path(tempfile.mkdtemp(prefix="regulars-"))
    home = folder / "postgres"
    if account.switch:
        folder.chmod(0o711)
    make_folder(home, account)
    server = Server(home, settings={**({} if durable else FAST_AND_LOSSY), **(settings or {})})
    try:
        with server:
            yield server
    finally:
        for leftover in {folder, server.home}:
            shutil.rmtree(leftover, ignore_errors=True)


@contextmanager
def database_url(settings: Settings) -> Iterator[str]:
    """Have the database of these settings: yours, where one is named, or else the embedded server, started."""
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


def _free_port(wanted: int) -> int:
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise DatabaseError("There is no free TCP port on 127.0.0.1.")


def _write_private(path: Path, content: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)


def _conf_quoted(value: str | int) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _shell_quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "'\\''") + "'"
