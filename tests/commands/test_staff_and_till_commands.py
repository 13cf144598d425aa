"""``regulars staff`` and ``regulars till``: who works here, and where."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.testing import FlaskClient

from loyalty import rules
from loyalty.actor import SYSTEM
from loyalty.commands import staff as staff_command
from loyalty.commands import till as till_command
from loyalty.db import transaction

Run = Callable[..., Result]


@pytest.fixture
def staff(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(staff_command, "application", lambda: nullcontext(app))
    return lambda *said, **options: CliRunner().invoke(staff_command.command, list(said), **options)


@pytest.fixture
def till(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(till_command, "application", lambda: nullcontext(app))
    return lambda *said: CliRunner().invoke(till_command.command, list(said))


def shown(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_somebody_is_added_listed_promoted_and_sent_away(staff: Run) -> None:
    assert "Nobody yet" in staff("list").stdout
    ada = shown(staff("add", "Ada", "--pin", "4711", "--email", "ada@example.org", "--json"))
    assert (ada["name"], ada["role"], ada["has_pin"], ada["status"]) == ("Ada", "cashier", True, "active")
    assert shown(staff("set-role", "ADA@example.org", "manager", "--json"))["role"] == "manager"
    assert shown(staff("deactivate", ada["staff_id"], "--json"))["status"] == "inactive"
    (row,) = shown(staff("list", "--json"))
    assert (row["role"], row["status"], row["has_pin"]) == ("manager", "inactive", False)
    assert "inactive" in staff("list").stdout


def test_a_pin_is_asked_for_and_never_printed(staff: Run) -> None:
    ada = shown(staff("add", "Ada", "--json"))
    result = staff("set-pin", ada["staff_id"], input="4711\n4711\n")
    assert result.exit_code == 0, result.output
    assert "4711" not in result.output
    assert shown(staff("list", "--json"))[0]["has_pin"] is True


def test_a_refusal_is_an_error(staff: Run) -> None:
    for said in (
        ("add", "Ada", "--pin", "1234"),
        ("deactivate", "nobody"),
        ("set-pin", "nobody", "--pin", "4711"),
    ):
        assert staff(*said).exit_code == 1
    assert staff("add", "Ada", "--role", "wizard").exit_code == 2


def test_the_log_tells_who_did_what(staff: Run) -> None:
    ada = shown(staff("add", "Ada", "--email", "ada@example.org", "--json"))
    staff("set-role", ada["staff_id"], "manager")
    newest, oldest = shown(staff("audit", "--json"))
    assert (newest["what"], newest["before"], newest["after"]) == (
        "staff.set_role",
        {"role": "cashier"},
        {"role": "manager"},
    )
    assert oldest["about"] == f"staff:{ada['staff_id']}"
    assert len(shown(staff("audit", "--limit", "1", "--json"))) == 1
    assert shown(staff("audit", "--about", "till:x", "--json")) == []
    assert "role: cashier → manager" in " ".join(staff("audit").stdout.split())


def test_a_till_is_enrolled_by_the_printed_code_and_revoked(till: Run, client: FlaskClient) -> None:
    assert "no till yet" in till("list").stdout
    offer = shown(till("enroll", "Bar", "--store", "soho", "--json"))
    assert offer["url"].endswith("/pos/v1/enroll")
    enrolled = client.post("/pos/v1/enroll", json={"code": offer["code"]})
    # The command runs by the machine's clock and the application by the test's, years earlier.
    assert enrolled.status_code == 201
    (row,) = shown(till("list", "--json"))
    assert (row["name"], row["store"], row["status"]) == ("Bar", "soho", "active")
    assert "is revoked" in till("revoke", row["till_id"]).stdout
    assert "revoked" in till("list").stdout
    assert till("revoke", "nothing").exit_code == 1


def test_a_code_is_readable(till: Run) -> None:
    said = till("enroll", "Bar", "--store", "soho")
    assert "POST http://localhost:8000/pos/v1/enroll" in said.stdout


def test_a_store_that_the_program_does_not_know_is_refused(till: Run) -> None:
    start = datetime(2020, 1, 1, tzinfo=UTC)
    with transaction() as session:
        rules.apply(session, rules.load_shipped("cafe-stars"), actor=SYSTEM, live_from=start, now=start)
        known = next(iter(rules.program_at(session, start).stores))
    refused = till("enroll", "Bar", "--store", "nowhere")
    assert refused.exit_code == 1
    assert known in refused.output
    assert till("enroll", "Bar", "--store", known).exit_code == 0
