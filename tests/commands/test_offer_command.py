"""``regulars offer send`` and ``regulars database restored``: what reaches everybody."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import text

from loyalty import dossier, members, offers, rules, staff
from loyalty.actor import SYSTEM
from loyalty.commands import database, offer
from loyalty.db import transaction
from tests.joined import Joined, join

Run = Callable[..., Result]
NOW = datetime(2026, 5, 10, 12, tzinfo=UTC)


@pytest.fixture
def run(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs the command on the application of the test."""
    start = datetime(2020, 1, 1, tzinfo=UTC)
    document = rules.load_shipped("cafe-stars")
    document["offers"] = [
        *document["offers"],
        {"key": "news", "name": {"en": "News"}, "kind": "information"},
        {
            "key": "three-visits",
            "name": {"en": "Three visits"},
            "kind": "challenge",
            "then": [{"earn": {"points_milli": 75_000}}],
            "challenge": {
                "qualifies_by": "distinct_days",
                "target": 3,
                "window": {"from": "receipt", "days": 14},
                "repeat_receipt": "ignore",
            },
        },
    ]
    with transaction() as session:
        rules.apply(session, document, actor=SYSTEM, live_from=start, now=start)
    monkeypatch.setattr(offer, "application", lambda: nullcontext(app))
    monkeypatch.setattr(database, "application", lambda: nullcontext(app))
    return lambda *arguments: CliRunner().invoke(offer.command, ["send", *arguments, "--json"])


@pytest.fixture
def people(run: Run) -> dict[str, Joined]:
    names = ("ann", "ben", "cy")
    with transaction() as session:
        people = {name: join(session, f"{name}@example.com", now=NOW) for name in names}
        session.execute(
            text("UPDATE standing SET tier = 'gold' WHERE member_id = :cy"), {"cy": people["cy"].member_id}
        )
    return people


def received(who: Joined) -> list[str]:
    with transaction() as session:
        return [row.offer for row in offers.of_member(session, who.member_id)]


def counts(answer: Result) -> tuple[int, int, int]:
    assert answer.exit_code == 0, answer.output
    said: dict[str, Any] = json.loads(answer.stdout)
    return said["sent"], said["ignored"], said["already"]


def test_an_offer_goes_to_everybody_once_for_each_wave(run: Run, people: dict[str, Joined]) -> None:
    assert counts(run("news", "--all", "--wave", "may")) == (3, 0, 0)
    assert counts(run("news", "--all", "--wave", "may")) == (0, 0, 3)
    assert counts(run("news", "--all", "--wave", "june")) == (3, 0, 0)
    assert received(people["ann"]) == ["news", "news"]
    with transaction() as session:
        acts = [act for act in staff.acts(session) if act.what == "offers.send"]
        assert [(act.object, act.after["sent"]) for act in acts] == [("offer:news", 3), ("offer:news", 3)]


def test_a_dry_run_says_whom_it_would_reach_and_sends_nothing(run: Run, people: dict[str, Joined]) -> None:
    assert counts(run("news", "--all", "--wave", "may", "--dry-run")) == (3, 0, 0)
    assert received(people["ann"]) == []
    assert counts(run("news", "--all", "--wave", "may")) == (3, 0, 0)


def test_an_offer_goes_to_a_tier_or_to_members_who_are_named(run: Run, people: dict[str, Joined]) -> None:
    assert counts(run("news", "--tier", "gold")) == (1, 0, 0)
    named = ("--member", people["ann"].public_id, "--member", "ben@example.com")
    assert counts(run("news", *named)) == (2, 0, 0)
    assert [received(each) for each in people.values()] == [["news"]] * 3


def test_whoever_still_has_the_offer_may_ignore_another(run: Run, people: dict[str, Joined]) -> None:
    assert counts(run("three-visits", "--all", "--wave", "may")) == (3, 0, 0)
    assert counts(run("three-visits", "--all", "--wave", "june")) == (0, 3, 0)
    assert counts(run("three-visits", "--all", "--wave", "june")) == (0, 0, 3)


def test_a_wave_that_broke_off_goes_on_where_it_was(
    run: Run, people: dict[str, Joined], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offer, "BATCH", 1)
    send, calls = offers.send_wave, []

    def broken(*arguments: Any, **more: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return send(*arguments, **more)

    monkeypatch.setattr(offers, "send_wave", broken)
    assert run("news", "--all", "--wave", "may").exit_code == 1
    assert counts(run("news", "--all", "--wave", "may")) == (2, 0, 1)
    assert [received(each) for each in people.values()] == [["news"]] * 3


def test_who_is_blocked_or_merged_away_gets_nothing(run: Run, people: dict[str, Joined]) -> None:
    with transaction() as session:
        members.block(session, actor=SYSTEM, member_id=people["ann"].member_id, now=NOW)
    assert counts(run("news", "--all", "--wave", "may")) == (2, 0, 0)
    with transaction() as session:
        dossier.merge(
            session,
            actor=SYSTEM,
            survivor=people["ben"].member_id,
            merged=people["cy"].member_id,
            now=datetime.now(UTC),
        )
    assert counts(run("news", "--all", "--wave", "may")) == (0, 0, 1)


@pytest.mark.parametrize(
    "wrong",
    [("news",), ("news", "--all", "--tier", "gold"), ("newz", "--all"), ("news", "--tier", "golden")],
)
def test_what_is_asked_wrongly_is_told_with_exit_status_2(run: Run, wrong: tuple[str, ...]) -> None:
    assert run(*wrong).exit_code == 2


def test_a_restored_database_begins_a_new_epoch(app: Flask, run: Run) -> None:
    def epoch() -> str | None:
        with transaction() as session:
            return session.scalar(text("SELECT epoch FROM feed_epoch"))

    first = CliRunner().invoke(database.command, ["restored", "--yes", "--json"])
    assert first.exit_code == 0, first.output
    assert json.loads(first.stdout)["epoch"] == epoch()
    assert CliRunner().invoke(database.command, ["restored"], input="n\n").exit_code == 1
    assert json.loads(first.stdout)["epoch"] == epoch()
    again = CliRunner().invoke(database.command, ["restored", "--yes", "--json"])
    assert json.loads(again.stdout)["epoch"] == epoch() != json.loads(first.stdout)["epoch"]
