"""(c): the rewards log through ``regulars replay``, the whole command, beside a bare COPY of the rows it writes.

The bare COPY puts the same rows into tables without a key, an index or a constraint, with nothing to decide: what the
database needs for the bytes alone.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg

from loyalty.postgres import Server, temporary
from tests.benchmarks import machine
from tests.benchmarks.harness import Report, middle

ROUNDS: Final = 3
EVENTS: Final = 306_534
PER_SECOND: Final = 5_000
HERE: Final = Path(__file__).parents[2]
FOLDER: Final = Path(os.environ.get("REGULARS_REWARDS_LOG", HERE.parent / "shared" / "data" / "rewards_log"))
_TABLES: Final = (
    "member", "number_state", "code_handle", "imported_member", "account", "standing", "ledger_transaction", "posting",
    "lot", "lot_use", "sale", "sale_line", "tier_earning", "offer_instance", "challenge_step", "change",
)  # fmt: skip


def rewards_log() -> Report:
    """Measure (c)."""
    report = Report("replay", "Replay of the rewards log")
    if not FOLDER.is_dir():
        report.claim(
            "events per second", 0, "/s", "at least", PER_SECOND, void=f"skipped: no log at {FOLDER}"
        )
        return report
    with temporary(durable=True) as server, tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        floor = machine.floor_of(server.home.parent)
        report.row("fdatasync of a page", f"{floor.median_ms:.2f} ms (worst {floor.worst_ms:.1f})")
        _measure(report, _Replays(server, Path(folder)))
    return report


class _Replays:
    """Replays into new databases of one server, and their rows once more by bare COPY."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.number = 0
        self.said: list[dict[str, Any]] = []

    @property
    def database(self) -> str:
        """Return the name of the latest database."""
        return f"replay_{self.number}"

    def seconds(self) -> float:
        """Replay into a new database, and return how long the command took from its start to its end."""
        if self.number:
            self._drop()
        self.number += 1
        command = ["-m", "loyalty.cli", "replay", "rewards-log", str(FOLDER), "--json"]
        environ = {
            **os.environ,
            "REGULARS_MODE": "demo",
            "REGULARS_SECRET_KEY": secrets.token_urlsafe(48),
            "REGULARS_DATABASE_URL": self.server.url,
            "REGULARS_DATA_DIR": str(self.folder),
        }
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, *command, "--database", self.database],
            env=environ,
            stdout=subprocess.PIPE,
            check=True,
        )
        took = time.perf_counter() - began
        self.said.append(json.loads(done.stdout))
        return took

    def _drop(self) -> None:
        url = self.server.url.replace("+psycopg", "", 1)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {self.database} WITH (FORCE)")

    @contextmanager
    def connected(self) -> Iterator[psycopg.Connection[Any]]:
        """Have a connection to the latest database."""
        url = self.server.url_of(self.database).replace("+psycopg", "", 1)
        with psycopg.connect(url, autocommit=True) as connection:
            yield connection

    def copy_seconds(self) -> float:
        """Return how long it takes to COPY the rows of the latest replay into bare tables."""
        took = 0.0
        with self.connected() as connection:
            for table in _TABLES:
                rows = self.folder / table
                with rows.open("wb") as file, connection.cursor().copy(f"COPY {table} TO STDOUT") as copy:
                    for block in copy:
                        file.write(block)
                connection.execute(f"DROP TABLE IF EXISTS bare_{table}")
                connection.execute(f"CREATE TABLE bare_{table} AS TABLE {table} WITH NO DATA")
                began = time.perf_counter()
                with (
                    rows.open("rb") as file,
                    connection.cursor().copy(f"COPY bare_{table} FROM STDIN") as copy,
                ):
                    while block := file.read(1 << 16):
                        copy.write(block)
                took += time.perf_counter() - began
                rows.unlink()
        return took

    def rows(self) -> int:
        """Return how many rows a replay writes."""
        with self.connected() as connection:
            counts = [connection.execute(f"SELECT count(*) FROM {table}").fetchone() for table in _TABLES]
        return sum(each[0] for each in counts if each)


def _measure(report: Report, replays: _Replays) -> None:
    values: dict[str, list[float]] = {"replay": [], "COPY": []}
    for _ in range(ROUNDS):
        values["replay"].append(replays.seconds())
        values["COPY"].append(replays.copy_seconds())
    medians = middle(values)
    report.row("the whole command", f"{medians['replay']:.1f} s, of these {_inside(replays):.1f} s its own")
    report.row("rows written", f"{replays.rows():,}")
    report.row("bare COPY of these rows", f"{medians['COPY']:.1f} s")
    report.row("replay / bare COPY", f"{medians['replay'] / medians['COPY']:.1f} x")
    report.claim("events per second", EVENTS / medians["replay"], "/s", "at least", PER_SECOND)
    wrong = sum((each["exact"], each["missed"], each["extra"]) != (33_579, 0, 0) for each in replays.said)
    report.claim("replays that were not exact", wrong, "", "at most", 0)
    report.note(
        f"{ROUNDS} rounds, each into a new database, synchronous_commit=on; from the start of Python to the comparison; "
        "the bare COPY has no keys, no indexes, no decisions, one connection."
    )


def _inside(replays: _Replays) -> float:
    """Return the median of what the command itself says it took, without starting Python."""
    return middle({"said": [each["seconds"] for each in replays.said]})["said"]
