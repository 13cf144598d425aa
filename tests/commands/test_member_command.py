"""``regulars member``: found by anything that names them; shown, exported, merged, blocked, erased."""

from __future__ import annotations

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

from loyalty import codes, ledger, members, rules, sales
from loyalty.actor import SYSTEM
from loyalty.commands import member as member_command
from loyalty.commands.member import command
from loyalty.db import transaction
from tests.joined import Joined, join

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs the command on the application of the test."""
    start = datetime(2020, 1, 1, tzinfo=UTC)
    with transaction() as session:
        rules.apply(session, rules.load_shipped("cafe-stars"), actor=SYSTEM, live_from=start, now=start)
    monkeypatch.setattr(member_command, "application", lambda: nullcontext(app))
    return lambda *arguments: CliRunner().invoke(command, list(arguments))


def joined(address: str, points: int = 0, wallet: int = 0) -> Joined:
    now = datetime.now(UTC)
    with transaction() as session:
        somebody = join(session, address, now=now)
        if points:
            sales.adjust(
                session,
                actor=SYSTEM,
                member_id=somebody.member_id,
                points_milli=points * 1000,
                reason="x",
                key=f"p:{address}",
                now=now,
            )
        if wallet:
            sales.top_up(
                session,
                actor=SYSTEM,
                member_id=somebody.member_id,
                amount_minor=wallet,
                source="cash",
                key=f"w:{address}",
                now=now,
            )
    return somebody


def shown(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_member_is_found_by_anything_that_names_them(run: Run) -> None:
    ann = joined("ann@example.com", points=12)
    with transaction() as session:
        row = members.member(session, ann.member_id)
        names = [ann.public_id, row.card_number, row.account_number, "ANN@example.com"]
    assert {shown(run("show", each, "--json"))["id"] for each in names} == {ann.public_id}
    said = run("show", ann.public_id).stdout
    assert "12.00" in said
    assert "ann@example.com" in said
    assert str(ann.member_id) not in shown(run("show", ann.public_id, "--json")).values()


@pytest.mark.parametrize("who", ["m_" + "a" * 20, "1234567890", "nobody@example.com"])
def test_nobody_is_not_found(run: Run, who: str) -> None:
    assert isinstance(run("show", who).exception, members.MemberUnknown)


def test_two_members_become_one(run: Run) -> None:
    ann, twin = joined("ann@example.com", points=120), joined("ann@work.example", points=300)
    refused = CliRunner().invoke(command, ["merge", twin.public_id, "--into", ann.public_id], input="n\n")
    assert refused.exit_code != 0
    after = shown(run("merge", twin.public_id, "--into", ann.public_id, "--yes", "--json"))
    assert after["points_milli"] == 420_000
    assert after["contacts"] == ["ann@example.com", "ann@work.example"]
    assert shown(run("show", twin.public_id, "--json"))["id"] == ann.public_id
    with transaction() as session:
        assert list(ledger.audit(session)) == []


def test_everything_is_exported_to_a_file(run: Run, tmp_path: Path) -> None:
    ann = joined("ann@example.com", points=5)
    out = tmp_path / "ann.json"
    assert run("export", ann.public_id, "--output", str(out)).exit_code == 0
    assert json.loads(out.read_text())["parts"]["identity"][0]["value"] == "ann@example.com"
    assert shown(run("export", ann.public_id))["member_id"] == ann.public_id


def test_blocking_and_letting_in_again(run: Run) -> None:
    ann = joined("ann@example.com")
    run("block", ann.public_id)
    assert shown(run("show", ann.public_id, "--json"))["status"] == "blocked"
    run("block", "--undo", ann.public_id)
    assert shown(run("show", ann.public_id, "--json"))["status"] == "active"
    with transaction() as session:
        acts = session.execute(text("SELECT what FROM staff_act ORDER BY id")).scalars().all()
    assert acts == ["member.block", "member.unblock"]


def test_erasing_asks_about_money_and_keeps_the_books(run: Run) -> None:
    ann = joined("ann@example.com", points=5, wallet=2000)
    assert isinstance(run("erase", ann.public_id, "--yes").exception, members.WalletNotEmpty)
    assert run("erase", ann.public_id, "--yes", "--forfeit-wallet").exit_code == 0
    assert isinstance(run("show", ann.public_id).exception, members.MemberUnknown)
    with transaction() as session:
        assert list(ledger.audit(session)) == []


def test_the_last_sales_are_shown_with_every_reason(run: Run) -> None:
    ann = joined("ann@example.com")
    now = datetime.now(UTC)
    with transaction() as session:
        request = sales.SaleRequest(
            lines=(sales.LineRequest("latte", 1, 690),), member=ann.public_id, store="main-street"
        )
        secret = codes.code_secret("a secret of the tests, thirty-two characters or more")
        sales.settle(session, actor=SYSTEM, request=request, key="k", secret=secret, now=now)
    (sale,) = shown(run("show", ann.public_id, "--json"))["sales"]
    assert (sale["total_minor"], sale["earned_milli"]) == (690, 6900)
    said = run("show", ann.public_id).stdout
    assert "$6.90" in said
    assert "6.9 = $6.90" in said
