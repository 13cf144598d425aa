"""``regulars audit``: what people and programs are told, and the exit status."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import text

from loyalty import rules, sales
from loyalty.actor import SYSTEM
from loyalty.commands import audit as audit_command
from loyalty.db import transaction
from tests.joined import Joined, join

Run = Callable[..., Result]


@pytest.fixture
def audit(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(audit_command, "application", lambda **_: nullcontext(app))
    return lambda *said: CliRunner().invoke(audit_command.command, list(said))


@pytest.fixture
def pair(app: Flask) -> list[Joined]:
    """Return Ann and Bob, who have topped up."""
    start, now = datetime(2020, 1, 1, tzinfo=UTC), datetime(2026, 3, 2, 12, tzinfo=UTC)
    with transaction() as session:
        rules.apply(session, rules.load_shipped("cafe-stars"), actor=SYSTEM, live_from=start, now=start)
        made = [join(session, f"{name}@example.com", now=now, given_name=name) for name in ("ann", "bob")]
        for each in made:
            sales.top_up(
                session,
                actor=SYSTEM,
                member_id=each.member_id,
                amount_minor=3000,
                source="cash",
                key=each.public_id,
                now=now,
            )
    return made


def tamper(member_id: int) -> None:
    with transaction() as session:
        session.execute(text("UPDATE account SET points_milli = 77 WHERE member_id = :m"), {"m": member_id})


def shown(result: Result) -> Any:
    return json.loads(result.stdout)


@pytest.mark.usefixtures("pair")
def test_clean_books_end_with_0(audit: Run) -> None:
    result = audit()
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("Clean. 2 members, 2 transactions")
    document = shown(audit("--json"))
    assert (document["clean"], document["members"], document["findings"]) == (True, 2, [])


def test_a_finding_ends_with_1_and_names_the_member_by_their_public_id(
    audit: Run, pair: list[Joined]
) -> None:
    tamper(pair[1].member_id)
    result = audit()
    assert result.exit_code == 1
    assert pair[1].public_id in result.stdout
    assert "the account says 77" in result.stdout
    document = shown(audit("--json"))
    assert document["clean"] is False
    assert {(each["check"], each["member"]) for each in document["findings"]} >= {
        ("books", pair[1].public_id)
    }


def test_one_member_is_audited_alone(audit: Run, pair: list[Joined]) -> None:
    tamper(pair[1].member_id)
    assert audit("--member", "ann@example.com").exit_code == 0
    assert audit("--member", pair[1].public_id).exit_code == 1
    assert audit("--member", "nobody@example.com").exit_code == 1


@pytest.mark.usefixtures("pair")
def test_a_root_is_signed_once_for_the_same_books(audit: Run) -> None:
    result = audit("--root")
    assert result.exit_code == 0, result.output
    token = result.stdout.splitlines()[-1]
    assert jwt.get_unverified_header(token)["alg"] == "ES256"
    assert "Nothing has happened since the last root" in audit("--root").stdout
    assert shown(audit("--root", "--json"))["root"] is None


def test_books_that_are_wrong_are_not_signed(audit: Run, pair: list[Joined]) -> None:
    tamper(pair[0].member_id)
    assert shown(audit("--root", "--json"))["root"] is None
    with transaction() as session:
        assert session.execute(text("SELECT count(*) FROM ledger_root")).scalar_one() == 0


def test_a_root_of_one_member_is_used_wrongly(audit: Run) -> None:
    assert audit("--root", "--member", "x").exit_code == 2
