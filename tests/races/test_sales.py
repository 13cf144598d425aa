"""Two at once for the last of something: one wins, the other is told why. Each first goes wrong with the guard off.

Both have read before either writes: a barrier holds them where the decision is made.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask
from psycopg.errors import UniqueViolation
from sqlalchemy import insert, text

from loyalty import codes, ledger, offers, rules, sales
from loyalty.actor import SYSTEM, Actor
from loyalty.clock import SetClock
from loyalty.config import Settings
from loyalty.db import transaction
from loyalty.errors import Busy, DomainError
from loyalty.sales import loading, purchase, writing
from loyalty.staff.models import Till
from tests.conftest import Together
from tests.joined import Joined, join


class Town:
    """Two tills, some members, the demo café's program with a launch budget of one bonus."""

    def __init__(self, app: Flask, settings: Settings, clock: SetClock) -> None:
        self.app, self.clock = app, clock
        self.secret_key = settings.secret_key
        self.counters: dict[str, int] = {}
        document = rules.load_shipped("cafe-stars")
        document["rules"].append(
            {
                "key": "launch",
                "name": {"en": "Launch bonus", "fr": "Bonus de lancement"},
                "when": "purchase",
                "on": {"skus": ["cookie"]},
                "then": [{"earn": {"points_milli": 50_000}}],
                "limits": [{"times": 1, "per": "program", "budget": True}],
                "stack": {"group": "launch"},
            }
        )
        for reward in document["rewards"]:
            if reward["key"] == "ladder-60":
                reward["stock"] = 1
        document["coupons"].append(
            {
                "key": "two-off",
                "name": {"en": "Two dollars off", "fr": "Deux dollars de moins"},
                "kind": "multi",
                "uses": 1,
                "then": [{"discount": {"amount_minor": 200, "of": "order"}}],
            }
        )
        with transaction() as session:
            rules.apply(session, document, actor=SYSTEM, live_from=clock.now(), now=clock.now())
            for till in ("till-1", "till-2"):
                session.execute(
                    insert(Till).values(
                        id=till,
                        name=till,
                        store="main-street",
                        status="active",
                        enrolled_at=clock.now(),
                        last_seen_at=clock.now(),
                    )
                )
            self.ann = join(session, "ann@example.com", now=clock.now())
            self.ben = join(session, "ben@example.com", now=clock.now())
            for who in (self.ann, self.ben):
                sales.adjust(
                    session,
                    actor=SYSTEM,
                    member_id=who.member_id,
                    points_milli=200_000,
                    reason="start",
                    key=f"start:{who.public_id}",
                    now=clock.now(),
                )

    def code(self, who: Joined) -> str:
        self.counters[who.public_id] = self.counters.get(who.public_id, 0) + 1
        return who.pay_code(self.secret_key, counter=self.counters[who.public_id], now=self.clock.now())

    def sell(self, place: int, code: str, *, sku: str = "latte", **more: Any) -> dict[str, Any]:
        till = Actor(kind="till", id=f"till-{place + 1}", channel="store", store="main-street")
        request = sales.SaleRequest(
            lines=(sales.LineRequest(sku, 1, 2500),), code=code, id=f"sale-{place}", **more
        )
        with self.app.app_context(), transaction() as session:
            return sales.settle(
                session,
                actor=till,
                request=request,
                key=f"key-{place}",
                secret=codes.code_secret(self.secret_key),
                now=self.clock.now(),
            )

    def findings(self) -> list[str]:
        with transaction() as session:
            return [finding.what for finding in ledger.audit(session)]


@pytest.fixture
def town(app: Flask, settings: Settings, clock: SetClock) -> Town:
    return Town(app, settings, clock)


@pytest.fixture
def side_by_side(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return what lets two sales decide only when both have read."""

    def arm() -> None:
        barrier = threading.Barrier(2)
        decide = purchase.decide

        def wait(*arguments: Any, **named: Any) -> Any:
            with suppress(
                threading.BrokenBarrierError
            ):  # the other one waits for the lock: that is the point
                barrier.wait(0.7)
            return decide(*arguments, **named)

        monkeypatch.setattr(purchase, "decide", wait)

    return arm


def without_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    locked = loading.statements

    def reading(who: str, *, anniversary: bool, lock: bool) -> tuple[str, str, str, str]:
        del lock
        return locked(who, anniversary=anniversary, lock=False)

    monkeypatch.setattr(loading, "statements", reading)


def without_taking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "take_shared", lambda *_, **__: None)


def outcomes(given: list[Any]) -> tuple[list[dict[str, Any]], list[Exception]]:
    return [each for each in given if isinstance(each, dict)], [
        each for each in given if isinstance(each, Exception)
    ]


@pytest.mark.parametrize("locked", [False, True])
def test_the_last_points_are_spent_once(
    town: Town,
    together: Together,
    side_by_side: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    locked: bool,
) -> None:
    shown = [town.code(town.ann), town.code(town.ann)]
    reward = (sales.RewardClaim("ladder-200"),)
    if not locked:
        without_the_lock(monkeypatch)
    side_by_side()
    won, lost = outcomes(together(lambda place: town.sell(place, shown[place], rewards=reward), 2))
    assert (len(won), len(lost)) == (1, 1)
    if not locked:
        # Both had decided to spend them; only the ledger's own key kept the second from being written.
        assert isinstance(lost[0], UniqueViolation)
        return
    assert isinstance(lost[0], DomainError)
    assert lost[0].code in ("already_spent", "code_counter_reused")
    assert town.findings() == []


@pytest.mark.parametrize("locked", [False, True])
def test_one_pay_code_at_two_tills_is_used_once(
    town: Town,
    together: Together,
    side_by_side: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    locked: bool,
) -> None:
    shown = town.code(town.ann)
    if not locked:
        without_the_lock(monkeypatch)
    side_by_side()
    won, lost = outcomes(together(lambda place: town.sell(place, shown), 2))
    assert (len(won), len(lost)) == (1, 1)
    if not locked:
        assert isinstance(lost[0], UniqueViolation)
        return
    assert isinstance(lost[0], DomainError)
    assert lost[0].code == "code_already_used"
    assert town.findings() == []


@pytest.mark.parametrize("guarded", [False, True])
def test_the_last_use_of_a_coupon_is_one_members(
    town: Town,
    together: Together,
    side_by_side: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    guarded: bool,
) -> None:
    with transaction() as session:
        offers.issue_coupons(session, "two-off", codes=["SPRING-2026"], actor=SYSTEM, now=town.clock.now())
    if not guarded:
        without_taking(monkeypatch)
    side_by_side()
    shown = [town.code(town.ann), town.code(town.ben)]
    won, lost = outcomes(together(lambda place: town.sell(place, shown[place], coupons=("spring-2026",)), 2))
    if not guarded:
        assert len(won) == 2
        return
    assert (len(won), [getattr(each, "code", each) for each in lost]) == (1, ["coupon_used_up"])
    with transaction() as session:
        assert session.scalar(text("SELECT uses_left FROM coupon_code")) == 0
    assert town.findings() == []


@pytest.mark.parametrize("guarded", [False, True])
def test_the_last_reward_in_stock_is_one_members(
    town: Town,
    together: Together,
    side_by_side: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    guarded: bool,
) -> None:
    if not guarded:
        without_taking(monkeypatch)
    side_by_side()
    shown = [town.code(town.ann), town.code(town.ben)]
    claim = (sales.RewardClaim("ladder-60"),)
    won, lost = outcomes(together(lambda place: town.sell(place, shown[place], rewards=claim), 2))
    if not guarded:
        assert len(won) == 2
        return
    assert (len(won), [getattr(each, "code", each) for each in lost]) == (1, ["reward_sold_out"])
    assert town.findings() == []


@pytest.mark.parametrize("guarded", [False, True])
def test_a_program_budget_is_not_overrun(
    town: Town,
    together: Together,
    side_by_side: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    guarded: bool,
) -> None:
    if not guarded:
        without_taking(monkeypatch)
    side_by_side()
    shown = [town.code(town.ann), town.code(town.ben)]
    won, lost = outcomes(together(lambda place: town.sell(place, shown[place], sku="cookie"), 2))
    assert (len(won), [each for each in lost if not isinstance(each, Busy)]) == (2, [])
    earned = sorted(receipt["earned_milli"] for receipt in won)
    assert earned == ([75_000, 75_000] if not guarded else [25_000, 75_000])
    if guarded:
        assert town.findings() == []
