"""Members and codes under real concurrency: guesses, double scans, merges in both directions, addresses, sessions."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Select, text
from sqlalchemy.orm import Session

from loyalty import codes, dossier, ledger, members, rules, sales
from loyalty.actor import SYSTEM
from loyalty.clock import SetClock
from loyalty.codes import admission
from loyalty.config import Settings
from loyalty.db import transaction
from loyalty.errors import DomainError
from tests.conftest import Together
from tests.joined import Joined, join

START = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def program(app: Flask) -> None:
    with transaction() as session:
        rules.apply(session, rules.load_shipped("cafe-stars"), actor=SYSTEM, live_from=START, now=START)


@pytest.fixture
def ann(app: Flask, clock: SetClock) -> Joined:
    with transaction() as session:
        return join(session, now=clock.now())


@pytest.fixture
def secret(settings: Settings) -> codes.CodeSecret:
    return codes.code_secret(settings.secret_key)


def outcome(value: Any) -> str:
    return (
        value.code
        if isinstance(value, DomainError)
        else type(value).__name__
        if isinstance(value, Exception)
        else "ok"
    )


def audit() -> list[ledger.Finding]:
    with transaction() as session:
        return list(ledger.audit(session))


# Guessing a number


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count what is compared with the secret, and give a race the time to happen."""
    seen: list[str] = []
    matches = admission.number_matches

    def slow(key: bytes, password: str, *, now: datetime) -> bool:
        seen.append(password)
        time.sleep(0.05)
        return matches(key, password, now=now)

    monkeypatch.setattr(admission, "number_matches", slow)
    return seen


def guess_all_at_once(
    app: Flask, ann: Joined, secret: codes.CodeSecret, together: Together, now: datetime
) -> list[Any]:
    with transaction() as session:
        account = members.member(session, ann.member_id).account_number

    def guess(n: int) -> int:
        with app.app_context(), transaction() as session:
            code = codes.NumberCode(account, f"{n:08d}")
            given = codes.admit_number(session, code, reference=f"sale:{n}", secret=secret, now=now)
        return given.require()

    return together(guess, 12)


def test_a_burst_of_guesses_gets_five_comparisons(
    app: Flask,
    ann: Joined,
    secret: codes.CodeSecret,
    together: Together,
    clock: SetClock,
    compared: list[str],
) -> None:
    given = guess_all_at_once(app, ann, secret, together, clock.now())
    assert Counter(map(outcome, given)) == {"number_wrong": 4, "number_locked": 8}
    assert len(compared) == 5


def test_without_the_lock_a_burst_gets_more(
    app: Flask,
    ann: Joined,
    secret: codes.CodeSecret,
    together: Together,
    clock: SetClock,
    compared: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control of the test above."""
    monkeypatch.setattr(Select, "with_for_update", lambda self, **_: self)
    guess_all_at_once(app, ann, secret, together, clock.now())
    assert len(compared) > 5


# One code at two tills


def test_one_pay_code_at_many_tills_is_one_checks(
    app: Flask, ann: Joined, settings: Settings, secret: codes.CodeSecret, together: Together, clock: SetClock
) -> None:
    shown = codes.parse(ann.pay_code(settings.secret_key, counter=1, now=clock.now()))

    def scan(n: int) -> codes.Verified:
        with app.app_context(), transaction() as session:
            return codes.identify(session, shown, secret=secret, reference=f"sale:{n}", now=clock.now())

    given = together(scan, 6)
    outcomes = Counter(map(outcome, given))
    assert outcomes["ok"] == 1
    assert set(outcomes) <= {"ok", "code_already_used", "code_counter_reused"}


def test_one_number_at_many_tills_is_one_checks(
    app: Flask, ann: Joined, secret: codes.CodeSecret, together: Together, clock: SetClock
) -> None:
    with transaction() as session:
        account = members.member(session, ann.member_id).account_number
    key = codes.number_secret(secret, ann.member_id, account, 0)
    shown = codes.parse(codes.draw_number(key, account, now=clock.now()))

    def scan(n: int) -> int:
        with app.app_context(), transaction() as session:
            given = codes.admit_number(session, shown, reference=f"sale:{n}", secret=secret, now=clock.now())
        return given.require()

    assert Counter(map(outcome, together(scan, 6))) == {"ok": 1, "code_already_used": 5}


# Merging


def test_merging_both_ways_at_once_is_one_merge(app: Flask, together: Together, clock: SetClock) -> None:
    with transaction() as session:
        pair = [join(session, f"ann{n}@example.com", now=clock.now()).member_id for n in range(2)]
        for member_id in pair:
            give(session, member_id, clock.now())

    def merge(n: int) -> members.Merge:
        with app.app_context(), transaction() as session:
            return dossier.merge(
                session, actor=SYSTEM, survivor=pair[n % 2], merged=pair[1 - n % 2], now=clock.now()
            )

    given = together(merge, 4)
    assert Counter(map(outcome, given)) == {"ok": 1, "cannot_merge": 3}
    with transaction() as session:
        left = [ledger.read_books(session, each).account.points_milli for each in pair]
    assert sorted(left) == [0, 20_000]
    assert audit() == []


def give(session: Any, member_id: int, now: datetime, points: int = 10) -> None:
    books = ledger.open_books(session, member_id)
    books.begin("import", at=now)
    books.earn(points * 1000, source=ledger.chart.IMPORTED, expires_at=None)
    ledger.write(session, books)


def test_sales_during_a_merge_lose_nothing(
    app: Flask, settings: Settings, secret: codes.CodeSecret, together: Together, clock: SetClock
) -> None:
    """Every sale earns for whom the phone names when it has the lock: all points are with the survivor in the end."""
    with transaction() as session:
        pair = [join(session, f"ann{n}@example.com", now=clock.now()) for n in range(2)]
    survivor, merged = pair

    def act(n: int) -> Any:
        with app.app_context():
            if n == 0:
                time.sleep(0.02)
                with transaction() as session:
                    return dossier.merge(
                        session,
                        actor=SYSTEM,
                        survivor=survivor.member_id,
                        merged=merged.member_id,
                        now=clock.now(),
                    )
            who = pair[n % 2]
            with transaction() as session:
                request = sales.SaleRequest(
                    lines=(sales.LineRequest("latte", 1, 1000),),
                    code=who.pay_code(settings.secret_key, counter=n, now=clock.now()),
                )
                return sales.settle(
                    session, actor=SYSTEM, request=request, key=f"k{n}", secret=secret, now=clock.now()
                )

    given = together(act, 9)
    outcomes = Counter(map(outcome, given))
    assert set(outcomes) <= {
        "ok",
        "member_blocked",
        "code_counter_reused",
        "code_unknown",
        "member_not_found",
        "busy",
    }
    settled = sum(outcome(each) == "ok" for each in given[1:])
    with transaction() as session:
        points = ledger.read_books(session, survivor.member_id).account.points_milli
        left = ledger.read_books(session, merged.member_id).account.points_milli
        sold = session.execute(text("SELECT member_id, count(*) FROM sale GROUP BY 1")).all()
    assert outcome(given[0]) == "ok"
    assert (points, left) == (settled * 10_000, 0)
    assert [tuple(row) for row in sold] == [(survivor.member_id, settled)]
    assert audit() == []


def test_a_sale_that_waits_for_a_merge_is_the_survivors(
    app: Flask, settings: Settings, secret: codes.CodeSecret, clock: SetClock
) -> None:
    """The till waits for the row of whom the code named; when it is free, the code names somebody else."""
    with transaction() as session:
        survivor, merged = (join(session, f"ann{n}@example.com", now=clock.now()) for n in range(2))
        give(session, survivor.member_id, clock.now(), 5)
    given: list[Any] = []

    def sell() -> None:
        request = sales.SaleRequest(
            lines=(sales.LineRequest("latte", 1, 1000),),
            code=merged.pay_code(settings.secret_key, counter=1, now=clock.now()),
        )
        try:
            with app.app_context(), transaction() as session:
                given.append(
                    sales.settle(
                        session, actor=SYSTEM, request=request, key="k", secret=secret, now=clock.now()
                    )
                )
        except Exception as error:
            given.append(error)

    till = threading.Thread(target=sell)
    with transaction() as session:
        dossier.merge(
            session,
            actor=SYSTEM,
            survivor=survivor.member_id,
            merged=merged.member_id,
            now=clock.now(),
        )
        till.start()
        _wait_for_a_waiter(session)
    till.join()
    assert outcome(given[0]) == "ok", given
    with transaction() as session:
        points = ledger.read_books(session, survivor.member_id).account.points_milli
    assert points == 15_000
    assert audit() == []


def _wait_for_a_waiter(session: Session) -> None:
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    until = time.monotonic() + 10
    while not session.scalar(waiting) and time.monotonic() < until:
        time.sleep(0.01)


# Addresses and sessions


def test_one_address_is_one_members_whoever_adds_it_first(
    app: Flask, settings: Settings, together: Together, clock: SetClock
) -> None:
    with transaction() as session:
        people = [join(session, f"p{n}@example.com", now=clock.now()).member_id for n in range(4)]
    secret, shared = members.member_secret(settings.secret_key), members.email("shared@example.com")

    def add(n: int) -> None:
        with app.app_context(), transaction() as session:
            members.add_contact(session, member_id=people[n], contact=shared, secret=secret, now=clock.now())

    assert Counter(map(outcome, together(add, 4))) == {"ok": 1, "contact_taken": 3}


def test_a_revoked_device_stays_out_however_it_refreshes(
    app: Flask, ann: Joined, settings: Settings, together: Together, clock: SetClock
) -> None:
    from loyalty.members import sessions

    secret = members.member_secret(settings.secret_key)
    with transaction() as session:
        token = sessions.start(
            session,
            member_id=ann.member_id,
            device_id=ann.device_id,
            platform="app",
            secret=secret,
            now=clock.now(),
        ).refresh_token

    def act(n: int) -> Any:
        with app.app_context(), transaction() as session:
            if n == 0:
                return members.revoke(
                    session, member_id=ann.member_id, device_id=ann.device_id, now=clock.now()
                )
            return members.refresh(session, token=token, secret=secret, now=clock.now())

    outcomes = Counter(map(outcome, together(act, 8)))
    assert set(outcomes) <= {"ok", "device_revoked"}
    with pytest.raises(members.DeviceRevoked), transaction() as session:
        members.refresh(session, token=token, secret=secret, now=clock.now() + timedelta(seconds=1))
