"""Two people put a version into force at the same moment: one after the other, and one is live."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Flask
from sqlalchemy import text

from loyalty import rules
from loyalty.actor import SYSTEM
from loyalty.db import transaction

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_versions_put_into_force_at_once_are_put_in_order(app: Flask, together: Any) -> None:
    def apply(number: int) -> int:
        document = rules.load_shipped("coffee-chain-2026")
        document["name"]["en"] = f"Writer {number}"
        with app.app_context(), transaction() as session:
            return rules.apply(session, document, actor=SYSTEM, now=NOW)

    made = together(apply, 6)
    assert all(isinstance(each, int) for each in made), made
    with transaction() as session:
        live = session.execute(text("SELECT version FROM program_version WHERE status = 'live'")).all()
        assert [row.version for row in live] == [max(made)]
        assert rules.version_at(session, NOW) == max(made)


def test_a_process_that_is_behind_finds_out_and_catches_up(app: Flask) -> None:
    document = rules.load_shipped("coffee-chain-2026")
    with transaction() as session:
        first = rules.apply(session, document, actor=SYSTEM, now=NOW)
    with transaction() as session:
        assert rules.program_at(session, NOW).version == first
    with transaction() as session:  # what another process does: this one does not notice
        session.execute(
            text(
                "INSERT INTO program_version (program, status, document, sha256, live_from, created_by, created_at,"
                " approved_by, approved_at) SELECT program, 'scheduled', document, sha256, live_from, created_by,"
                " created_at, approved_by, approved_at FROM program_version"
            )
        )
    with transaction() as session:
        assert rules.program_at(session, NOW).version == first
        newest = rules.version_at(session, NOW)
        assert newest > first
        assert rules.program_at(session, NOW).version == newest
