"""The files of one PostgreSQL server: where they are, how they are made, what is set.

``home`` belongs to us; in it ``data/`` (the cluster and its log) and ``run/`` (the socket) belong to the server's
account. ``password`` can be read by us only; ``port`` is chosen once; ``postgresql.conf`` is written at every start.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote

from loyalty.postgres.account import account_for_server, reachable_binaries, reachable_home
from loyalty.postgres.binaries import Binaries, DatabaseError, find_binaries

NAME: Final = "regulars"  # of the database and of its owner
LONGEST_SECONDS: Final = 60  # for starting, stopping, making
_LONGEST_SOCKET_PATH: Final = 100
_BUILTIN_LOCALES_SINCE: Final = 17

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
    "max_wal_size": "256MB",
    "autovacuum_naptime": "10min",
}


class Cluster:
    """The folder of one server; ``settings`` overrides settings of PostgreSQL."""

    def __init__(self, home: Path, *, settings: Mapping[str, str | int] | None = None) -> None:
        self.account = account_for_server()
        wanted = home.resolve()
        self.home: Path = reachable_home(wanted, self.account)
        self.moved: bool = self.home != wanted
        self.settings: dict[str, str | int] = {**_SETTINGS, **(settings or {})}

    @property
    def data(self) -> Path:
        """Return the folder of the tables."""
        return self.home / "data"

    @property
    def log(self) -> Path:
        """Return the path of the server's log."""
        return self.data / "server.log"

    @property
    def port(self) -> int:
        """Return the TCP port on 127.0.0.1."""
        return int(self._read("port"))

    @property
    def password(self) -> str:
        """Return the password of the role ``regulars``."""
        return self._read("password")

    @property
    def socket_folder(self) -> Path | None:
        """Return the folder of the Unix socket, open to the server's account only; None: the path is too long."""
        folder = self.home / "run"
        return folder if len(os.fsencode(folder / ".s.PGSQL.65535")) <= _LONGEST_SOCKET_PATH else None

    @property
    def url(self) -> str:
        """Return SQLAlchemy's URL of the database ``regulars``."""
        return self.url_of(NAME)

    def url_of(self, database: str) -> str:
        """Return SQLAlchemy's URL of a database of this server."""
        password = quote(self.password, safe="")
        return f"postgresql+psycopg://{NAME}:{password}@127.0.0.1:{self.port}/{quote(database, safe='')}"

    def binaries(self) -> Binaries:
        """Return the programs for this folder: those of the version that made it, where the account can run them."""
        version = self.data / "PG_VERSION"
        major = int(version.read_text("ascii")) if version.exists() else None
        return reachable_binaries(find_binaries(major), self.account)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a program of PostgreSQL under the server's account; what it says is in ``stdout``."""
        return subprocess.run(
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LONGEST_SECONDS + 10,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            start_new_session=True,  # Ctrl-C is for us, not for the database
            **self.account.popen,
        )

    def initialize(self, binaries: Binaries) -> None:
        """Make the cluster beside its place and move it there when complete: who is killed here leaves nothing half."""
        if self.moved:
            print(
                f"The database is kept in {self.home}: its account cannot reach the project.", file=sys.stderr
            )
        staging = Path(tempfile.mkdtemp(prefix="new.", dir=self.home))
        try:
            if self.account.switch:
                staging.chmod(0o711)
            password = secrets.token_urlsafe(24)
            _write_private(self.home / "password", password)
            _write_private(staging / "password", password)
            (staging / "data").mkdir(mode=0o700)
            for path in (staging / "password", staging / "data"):
                self.account.give(path)
            self._initdb(binaries, staging)
            (staging / "data").rename(self.data)
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def _initdb(self, binaries: Binaries, staging: Path) -> None:
        locale = ("--locale=C.UTF-8",)
        if binaries.major >= _BUILTIN_LOCALES_SINCE:
            locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
        done = self.run(
            *(binaries.program("initdb"), "-D", str(staging / "data"), "-U", NAME, "-E", "UTF8", *locale),
            *("--auth=scram-sha-256", f"--pwfile={staging / 'password'}", "--no-instructions"),
            *(("--no-sync",) if self.settings["fsync"] == "off" else ()),
        )
        if done.returncode:
            raise DatabaseError(f"The database could not be made: {done.stdout.strip()}")

    def configure(self) -> Path:
        """Write PostgreSQL's settings, with the port of last time unless somebody else has it now."""
        stored = self.home / "port"
        port = _free_port(int(stored.read_text("ascii")) if stored.exists() else 0)
        stored.write_text(f"{port}\n", "ascii")
        if self.socket_folder and not self.socket_folder.exists():
            self.socket_folder.mkdir(mode=0o700)
            self.account.give(self.socket_folder)
        places = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": _item_quoted(self.socket_folder) if self.socket_folder else "",
            "unix_socket_permissions": "0700",
        }
        lines = [f"{key} = {_value_quoted(value)}\n" for key, value in {**self.settings, **places}.items()]
        configuration = self.home / "postgresql.conf"
        configuration.write_text("# Written at every start by loyalty/postgres/cluster.py\n" + "".join(lines))
        configuration.chmod(0o644)  # no secrets in it, and the server's account reads it
        return configuration

    def last_words(self) -> str:
        """Return the end of the server's log."""
        try:
            return " / ".join(self.log.read_text(errors="replace").splitlines()[-4:])
        except FileNotFoundError:
            return ""

    def _read(self, name: str) -> str:
        return (self.home / name).read_text("ascii").strip()


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


def _value_quoted(value: str | int) -> str:
    return "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"


def _item_quoted(path: Path) -> str:
    return (
        '"' + str(path).replace('"', '""') + '"'
    )  # the setting is a list; a comma in the path is not its end
