"""Statements that travel together: what is written is what is read, errors leave the connection usable."""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

import psycopg
import pytest
from sqlalchemy.orm import Session

from loyalty import pipeline
from loyalty.db import connection_of

VALUES: list[tuple[str, Any]] = [
    ("text", 'O\'Hara \\ "quoted" {a,b} ü 漢 \n'),
    ("text", ""),
    ("text", None),
    ("bigint", -(2**63)),
    ("smallint", 7),
    ("boolean", True),
    ("boolean", False),
    ("double precision", 0.1),
    ("bytea", b"\0\xff'\\"),
    ("timestamptz", datetime(2026, 3, 2, 12, 30, 15, 123456, tzinfo=UTC)),
    ("timestamptz", datetime.max.replace(tzinfo=UTC)),
    ("date", date(2024, 2, 29)),
    ("text[]", ["a", "", None, 'b"\\', "NULL", "{x}", " y "]),
    ("text[]", []),
    ("bigint[]", [1, None, -(2**63)]),
    ("boolean[]", [True, False, None]),
    ("bytea[]", [b"\0\xff", b""]),
    ("timestamptz[]", [datetime(2026, 3, 2, tzinfo=UTC), None]),
    ("date[]", [date(2024, 2, 29)]),
    ("double precision[]", [0.5, 1e300]),
]


@pytest.fixture
def connection(session: Session) -> psycopg.Connection[Any]:
    return connection_of(session)


@pytest.mark.parametrize(("kind", "value"), VALUES)
def test_what_is_written_is_what_is_read(connection: psycopg.Connection[Any], kind: str, value: Any) -> None:
    for _ in range(3):  # as it is, prepared, prepared before
        assert pipeline.send(connection, [(f"SELECT %s::{kind}", (value,))]) == [[(value,)]]


def test_names_may_come_twice_and_percent_signs_stay(connection: psycopg.Connection[Any]) -> None:
    statement = "SELECT %(a)s::int + %(b)s::int + %(a)s::int, 'x' LIKE '%%', 5 %% 3"
    assert pipeline.send(connection, [(statement, {"a": 1, "b": 2, "unused": 9})]) == [[(4, True, 2)]]


def test_each_statement_sees_what_the_one_before_it_did(connection: psycopg.Connection[Any]) -> None:
    rows = pipeline.send(
        connection,
        [
            ("CREATE TEMPORARY TABLE seen (n int) ON COMMIT DROP", ()),
            ("INSERT INTO seen VALUES (%s), (%s)", (1, 2)),
            ("SELECT count(*) FROM seen", ()),
        ],
    )
    assert rows == [[], [], [(2,)]]


def test_the_first_error_is_raised_and_nothing_after_it_was_run(connection: psycopg.Connection[Any]) -> None:
    pipeline.send(connection, [("SAVEPOINT before", ())])
    for _ in range(3):
        with pytest.raises(psycopg.errors.DivisionByZero):
            pipeline.send(connection, [("SELECT 1", ()), ("SELECT 1 / %s", (0,)), ("SELECT 2", ())])
        assert pipeline.send(connection, [("ROLLBACK TO SAVEPOINT before", ())]) == [[]]
    assert pipeline.send(connection, [("SELECT 2", ()), ("SELECT 1 / %s", (1,))]) == [[(2,)], [(1,)]]


def test_a_lot_of_data_in_both_directions_does_not_get_stuck(connection: psycopg.Connection[Any]) -> None:
    long = "x" * 1_000_000
    rows = pipeline.send(connection, [("SELECT %s::text", (long,))] * 8)
    assert [len(row[0]) for (row,) in rows] == [1_000_000] * 8


def test_a_value_that_cannot_be_written_leaves_the_connection_as_it_was(
    connection: psycopg.Connection[Any],
) -> None:
    for value, error in (({"a": 1}, TypeError), ("a\0b", psycopg.DataError), (["a\0b"], psycopg.DataError)):
        with pytest.raises(error):
            pipeline.send(connection, [("SELECT 1", ()), ("SELECT %s::text", (value,))])
        assert pipeline.send(connection, [("SELECT 1", ())]) == [[(1,)]]


def test_too_few_parameters_are_told_at_once(connection: psycopg.Connection[Any]) -> None:
    with pytest.raises(psycopg.ProgrammingError):
        pipeline.send(connection, [("SELECT %s::int, %s::int", (1,))])
    with pytest.raises(KeyError):
        pipeline.send(connection, [("SELECT %(a)s::int", {})])


def test_an_enum_of_texts_is_its_text(connection: psycopg.Connection[Any]) -> None:
    class Color(StrEnum):
        RED = "red"

    assert pipeline.send(connection, [("SELECT %s::text, %s::text[]", (Color.RED, [Color.RED]))]) == [
        [("red", ["red"])]
    ]


def test_statements_that_somebody_deallocated_are_prepared_anew(
    connection: psycopg.Connection[Any],
) -> None:
    for _ in range(3):
        pipeline.send(connection, [("SELECT 41", ())])
    pipeline.send(connection, [("SAVEPOINT before", ())])
    connection.execute("DEALLOCATE ALL")
    with pytest.raises(psycopg.errors.InvalidSqlStatementName):
        pipeline.send(connection, [("SELECT 41", ())])
    pipeline.send(connection, [("ROLLBACK TO SAVEPOINT before", ())])
    assert pipeline.send(connection, [("SELECT 41", ())]) == [[(41,)]]
