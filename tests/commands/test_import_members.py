"""``regulars import members``: files, dry runs, reports, running it again, being killed in between."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import text

from loyalty import ledger, rules
from loyalty.actor import SYSTEM
from loyalty.clock import SetClock
from loyalty.commands import import_
from loyalty.commands.import_ import command
from loyalty.db import transaction
from loyalty.dossier import PARTS
from loyalty.members import bulk
from tests.joined import join

HEADER = "external_id,email,given_name,points,lots,wallet\n"
GOOD = (
    "a1,ann@example.com,Ann,12.5,,20.00\n"
    "b2,ben@example.com,Ben,,120 2026-03-15 2099-10-01; 300 2026-04-02 never,\n"
    "c3,,Cleo,,,\n"
)
Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def program(app: Flask) -> None:
    start = datetime(2020, 1, 1, tzinfo=UTC)
    with transaction() as session:
        rules.apply(session, rules.load_shipped("cafe-stars"), actor=SYSTEM, live_from=start, now=start)


@pytest.fixture
def run(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs the command on a file of this name and content."""
    monkeypatch.setattr(import_, "application", lambda: nullcontext(app))

    def go(content: str | bytes, *options: str, name: str = "members.csv") -> Result:
        file = tmp_path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return CliRunner().invoke(command, ["members", str(file), *options])

    return go


def report(result: Result) -> dict[str, Any]:
    return json.loads(result.stdout)


def members_there() -> int:
    with transaction() as session:
        assert list(ledger.audit(session)) == []
        return session.execute(text("SELECT count(*) FROM member")).scalar_one()


def test_members_are_imported_and_only_once(run: Run) -> None:
    first = run(HEADER + GOOD, "--json")
    assert first.exit_code == 0
    assert report(first) == {"dry_run": False, "imported": 3, "known": 0, "refused": 0, "rows": []}
    again = run(HEADER + GOOD + "d4,dan@example.com,Dan,5,,\n", "--json")
    assert (report(again)["imported"], report(again)["known"]) == (1, 3)
    assert members_there() == 4


def test_a_dry_run_says_the_same_and_changes_nothing(run: Run) -> None:
    content = HEADER + GOOD + "d4,ann@example.com,Dan,x,,\n"
    dry = run(content, "--dry-run", "--json")
    assert members_there() == 0
    real = run(content, "--json")
    assert dry.exit_code == real.exit_code == 1
    assert {**report(dry), "dry_run": False} == report(real)


def test_refused_rows_are_told_with_line_column_and_what_would_be_right(run: Run, tmp_path: Path) -> None:
    content = HEADER + 'a1,ann@example.com,"Ann\nof two lines",12.5,,\nb2,nonsense,Ben,-1,,\nc3,,Cleo,1,,\n'
    out = tmp_path / "refused.csv"
    result = run(content, "--report", str(out))
    assert result.exit_code == 1
    with out.open(newline="") as file:
        rows = list(csv.reader(file))
    assert [row[:3] for row in rows[1:]] == [
        ["2", "a1", "given_name"],
        ["4", "b2", "email"],
        ["4", "b2", "points"],
    ]
    assert "ann@example.com" in rows[2][3]
    assert "1 imported, 0 were there already, 2 refused" in result.stdout
    assert "what would be right" in result.stdout


def test_the_same_value_twice_in_a_file_names_the_first_line(run: Run) -> None:
    result = run(HEADER + "a1,ann@example.com,,,,\na2,ANN@example.com,,,,\na1,,,,,\n", "--json")
    assert [(row["line"], row["column"], row["right"]) for row in report(result)["rows"]] == [
        (3, "email", "Is the same as in line 2."),
        (4, "external_id", "Is the same as in line 2."),
    ]


def test_a_row_that_changed_since_is_refused(run: Run) -> None:
    run(HEADER + "a1,,Ann,5,,\n")
    changed = run(HEADER + "a1,,Ann,6,,\n", "--json")
    assert "other values" in report(changed)["rows"][0]["right"]
    assert report(run(HEADER + "a1,,Ann,6,,\n", "--json", "--source", "another"))["imported"] == 1


@pytest.mark.parametrize("name", ["members.json", "members.jsonl"])
def test_json_works_too(run: Run, name: str) -> None:
    people: list[Any] = [
        {"external_id": "a1", "email": "ann@example.com", "lots": [{"points": 5, "earned_at": "2026-01-01"}]},
        {"external_id": "a2", "emial": "ben@example.com"},
        "nonsense",
    ]
    content = json.dumps(people) if name == "members.json" else "\n".join(json.dumps(each) for each in people)
    result = run(content, "--json", name=name)
    assert report(result)["imported"] == 1
    assert [(row["line"], row["column"]) for row in report(result)["rows"]] == [(2, "emial"), (3, "")]


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        ("external_id,birth_day\n", "x.csv", "did you mean birthday"),
        ("email\n", "x.csv", "external_id is missing"),
        ("external_id,email,email\n", "x.csv", "there twice"),
        ("", "x.csv", "external_id is missing"),
        (b"external_id,given_name\na1,\xff\xfe\n", "x.csv", "not UTF-8"),
        ('external_id\n"a1\n', "x.csv", "line"),
        ("{", "x.json", "not JSON"),
        ("{}", "x.json", "list of objects"),
        ("x", "x.xlsx", ".csv"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_usage_error(
    run: Run, content: str | bytes, name: str, says: str
) -> None:
    result = run(content, name=name)
    assert result.exit_code == 2
    assert says in result.stderr


def test_too_many_or_too_few_cells_are_told(run: Run) -> None:
    result = run(HEADER + "a1,x\na2,,,,,,,\n", "--json")
    assert [row["right"] for row in report(result)["rows"]] == [
        "Expected 6 cells, found 2.",
        "Expected 6 cells, found 8.",
    ]


def test_a_byte_order_mark_and_blank_lines_do_not_matter(run: Run) -> None:
    result = run("\ufeffexternal_id,given_name\r\n\r\na1,Ann\r\n,\r\n", "--json")
    assert (report(result)["imported"], report(result)["refused"]) == (1, 0)


def test_killed_in_between_it_goes_on_where_it_was(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    content = "external_id,points\n" + "".join(f"m{n},{n}\n" for n in range(25))
    monkeypatch.setattr(import_, "BATCH", 10)
    take = import_.Import.take
    calls: list[int] = []

    def killed(self: Any, rows: Any) -> None:
        calls.append(len(rows))
        if len(calls) == 2:
            raise KeyboardInterrupt
        take(self, rows)

    monkeypatch.setattr(import_.Import, "take", killed)
    assert run(content).exit_code != 0
    assert members_there() == 10
    monkeypatch.setattr(import_.Import, "take", take)
    result = run(content, "--json")
    assert (report(result)["imported"], report(result)["known"]) == (15, 10)
    assert members_there() == 25


def test_phone_numbers_without_a_country_need_a_region(run: Run) -> None:
    content = "external_id,phone\na1,212 555 0123\n"
    assert run(content).exit_code == 1
    assert run(content, "--region", "US").exit_code == 0


def test_rows_without_an_id_are_all_told(run: Run) -> None:
    result = run("external_id,given_name\n,Ann\n,Ben\n", "--json")
    assert [(row["line"], row["column"]) for row in report(result)["rows"]] == [
        (2, "external_id"),
        (3, "external_id"),
    ]


def test_somebody_who_joins_meanwhile_costs_only_their_own_row(
    run: Run, app: Flask, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between looking for taken addresses and writing, Ben joins: the batch is refused and then done one by one."""
    looked = bulk._taken

    def and_then_ben_joins(session: Any, rows: Any, secret: Any) -> Any:
        found = looked(session, rows, secret)
        with transaction() as other:
            join(other, "ben@example.com", now=clock.now())
        return found

    monkeypatch.setattr(bulk, "_taken", and_then_ben_joins)
    result = run(HEADER + GOOD, "--json")
    assert report(result)["imported"] == 2
    assert [(row["line"], row["column"]) for row in report(result)["rows"]] == [(3, "email")]
    assert members_there() == 3


def test_together_and_one_by_one_write_the_same(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    header = HEADER.strip() + ",tier,tier_points,phone,tags\n"
    row = "{0}1,{0}@example.com,Ann,,120 2026-03-15 2099-10-01; 300 2026-04-02 never,20.00,gold,480 2026-01-05,,vip\n"
    run(header + row.format("a"))
    monkeypatch.setattr(import_.Import, "_together", import_.Import._one_by_one)
    assert run(header + row.format("b")).exit_code == 0
    with transaction() as session:
        rows = [
            everything_of(session, member_id)
            for member_id in session.execute(text("SELECT member_id FROM member")).scalars().all()
        ]
    assert rows[0] == rows[1]


def everything_of(session: Any, member_id: int) -> dict[str, list[Any]]:
    """Return all rows of a member, without what must differ."""
    differs = [
        "member_id",
        "public_id",
        "account_number",
        "card_number",
        "value",
        "value_hash",
        "handle",
        "external_id",
        "row_hash",
        "imported_at",
        "claimed_at",
        "verified_at",
        "at",
        "recorded_at",
        "occurred_at",
        "hash",
        "head",
        "advanced_at",
        "joined_at",
        "tier_since",
    ]
    return {
        part.table: session.execute(
            text(
                f"SELECT to_jsonb(t) - CAST(:differs AS text[]) FROM {part.table} t WHERE member_id = :m ORDER BY 1"
            ),
            {"differs": differs, "m": member_id},
        ).scalars().all()
        for part in PARTS
        if part.column == "member_id"
    }  # fmt: skip


def test_help_lists_every_column(run: Run) -> None:
    said = CliRunner().invoke(command, ["members", "--help"]).stdout
    assert "tier_points" in said
    assert "first day" in said
