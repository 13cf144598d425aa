"""Two at once for one order, one number, the last place: one wins, and it first goes wrong with the guard off."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from loyalty import changes, codes, orders, sales
from loyalty.actor import Actor
from loyalty.clock import SetClock
from loyalty.db import transaction
from loyalty.orders import Content, order_queries, placing, serving
from loyalty.orders.models import Order
from tests.conftest import Together
from tests.ordering import COOKIE, LATTE, Shop

AT = "2026-03-02T13:00:00Z"


@pytest.fixture
def shop(app: Flask, clock: SetClock) -> Shop:
    return Shop(app, clock)


def placings(shop: Shop, number: int, **more: Any) -> list[Any]:
    """Return what orders one draft each of so many members, through the service."""
    prepared: list[tuple[Any, orders.Placing]] = []
    for place in range(number):
        who = shop.joined(f"m{place}@example.com")
        shop.draft("d1", COOKIE, who=who)
        body = shop.asked("d1", who=who, **more)
        prepared.append((who, placing_of(body, shop)))
    return prepared


def placing_of(body: dict[str, Any], shop: Shop) -> orders.Placing:
    at = body["pickup_at"]
    return orders.Placing(
        draft=body["draft"],
        lines_hash=body["lines_hash"],
        store=body["store"],
        pickup_at=None if at is None else datetime.fromisoformat(at),
        expected_total_minor=body["expected_total_minor"],
        tenders=tuple(sales.TenderRequest(**tender) for tender in body["tenders"]),
    )


def place(shop: Shop, who: Any, asked: orders.Placing, key: str) -> dict[str, Any]:
    editing = shop.editing(who)
    with shop.app.app_context(), transaction() as session:
        return orders.place(
            session,
            actor=editing["actor"],
            member_id=who.member_id,
            asked=asked,
            key=key,
            secret=codes.code_secret("a secret of the tests, thirty-two characters or more"),
            now=shop.clock.now(),
        )


def counted_without_a_lock(session: Session, store: str, day: date) -> int:
    """Number the orders of a day by counting them, as one would who forgets that others count, too."""
    found = session.execute(
        text("SELECT count(*) FROM customer_order WHERE store = :store AND day = :day"),
        {"store": store, "day": day},
    )
    return int(found.scalar_one()) + 1


def all_at(barrier: threading.Barrier, function: Any, *, patience: float = 30) -> Any:
    """Return a function that lets nobody go on before all have called it, or after that many seconds."""

    def waiting(*args: Any, **kwargs: Any) -> Any:
        given = function(*args, **kwargs)
        with suppress(threading.BrokenBarrierError):
            barrier.wait(timeout=patience)
        return given

    return waiting


def test_without_the_days_row_two_orders_want_one_number_and_the_table_refuses(
    shop: Shop, together: Together, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = placings(shop, 4)
    guarded = all_at(threading.Barrier(4), counted_without_a_lock)
    monkeypatch.setattr(order_queries, "take_number", guarded)
    given = together(lambda n: place(shop, *prepared[n], f"key-{n}-of-them"), 4)
    assert sum(isinstance(each, IntegrityError) for each in given) == 3


def test_every_order_has_a_number_of_its_own(shop: Shop, together: Together) -> None:
    prepared = placings(shop, 6)
    given = together(lambda n: place(shop, *prepared[n], f"key-{n}-of-them"), 6)
    assert sorted(each["number"] for each in given) == ["A1", "A2", "A3", "A4", "A5", "A6"]


def one_place(document: dict[str, Any]) -> None:
    document["stores"][0]["order_ahead"]["most_per_slot"] = 1


def test_the_last_place_of_a_time_goes_to_one(
    app: Flask, clock: SetClock, together: Together, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop(app, clock, change=one_place)
    prepared = placings(shop, 4, pickup_at=AT)
    # Without the second look under the lock of the day all of them get it: they looked before anybody had it.
    with monkeypatch.context() as unguarded:
        unguarded.setattr(placing, "_number", numbered_without_looking)
        looked = all_at(threading.Barrier(4), placing.pickup_time)
        unguarded.setattr(placing, "pickup_time", looked)
        given = together(lambda n: place(shop, *prepared[n], f"key-{n}-of-them"), 4)
        assert not [each for each in given if isinstance(each, Exception)]
    with transaction() as session:
        for table in ("customer_order", "order_number", "order_day"):
            session.execute(text(f"DELETE FROM {table}"))
        session.execute(
            text(
                "UPDATE draft_order SET submitted_as = NULL, discarded_at = NULL, discarded_by = NULL, "
                "discarded_version = NULL, dots = CAST('{\"x\": 1}' AS jsonb)"
            )
        )
        session.execute(text("DELETE FROM request_key"))
    guarded = all_at(threading.Barrier(4), order_queries.taken, patience=2)
    first = threading.local()

    def taken(*args: Any) -> Any:
        if getattr(first, "looked", False):
            return unpatched(*args)
        first.looked = True
        return guarded(*args)

    unpatched = order_queries.taken
    monkeypatch.setattr(order_queries, "taken", taken)
    given = together(lambda n: place(shop, *prepared[n], f"key-{n}-again"), 4)
    refused = [each for each in given if isinstance(each, orders.PickupUnavailable)]
    assert len(refused) == 3
    assert {each.data["reason"] for each in refused} == {"full"}


def numbered_without_looking(
    session: Session, order: Order, store: Any, ahead: Any, wanted: Any, *, now: Any
) -> None:
    order.number = order_queries.take_number(session, store.key, wanted.date())
    order.day, order.pickup_at = wanted.date(), wanted


def start_and_cancel(shop: Shop, order: dict[str, Any]) -> list[Any]:
    editing = shop.editing()
    till = threads_till(shop)

    def start() -> Any:
        with shop.app.app_context(), transaction() as session:
            return orders.serve(session, actor=till, order_id=order["id"], step="start", now=shop.clock.now())

    def cancel() -> Any:
        with shop.app.app_context(), transaction() as session:
            return orders.cancel(
                session,
                actor=editing["actor"],
                member_id=shop.ann.member_id,
                order_id=order["id"],
                now=shop.clock.now(),
            )

    return [start, cancel]


def threads_till(shop: Shop) -> Any:
    found = shop.client.get("/pos/v1/till", headers=shop.till).json
    return Actor(kind="till", id=found["till_id"], store="main-street")


def test_without_the_lock_a_cancelled_order_is_being_made(
    shop: Shop, together: Together, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = shop.order("d1", LATTE)
    both = start_and_cancel(shop, order)
    monkeypatch.setattr(changes, "lock", changes.head)
    looked = all_at(threading.Barrier(2), serving._locked)  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(serving, "_locked", looked)
    given = together(lambda n: both[n](), 2)
    # Nobody is told that the other was first (at most the database finds the two in each other's way).
    assert [each for each in given if isinstance(each, orders.OrderState)] == []


@pytest.mark.parametrize("_turn", range(5))
def test_of_a_start_and_a_cancelling_one_comes_first_and_the_other_is_told(
    shop: Shop, together: Together, _turn: int
) -> None:
    order = shop.order("d1", LATTE)
    both = start_and_cancel(shop, order)
    given = together(lambda n: both[n](), 2)
    (refused,) = [each for each in given if isinstance(each, orders.OrderState)]
    state = shop.documents()[f"order/{order['id']}"]["state"]
    assert refused.data == {"state": state}
    assert shop.findings() == []


def test_a_draft_that_two_devices_order_at_once_is_one_order(shop: Shop, together: Together) -> None:
    shop.draft("d1", Content("cookie"))
    asked = placing_of(shop.asked("d1"), shop)
    given = together(lambda n: place(shop, shop.ann, asked, f"key-{n}-of-them"), 4)
    assert len({each["id"] for each in given}) == 1
    assert shop.documents()["wallet"]["balance_minor"] == 5000 - 270
    assert shop.findings() == []
