"""Goods that come back without their receipt: who may, whom it is taken from, once, and written down."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from loyalty import auditing, rules, staff
from loyalty.actor import SYSTEM
from loyalty.clock import SetClock
from loyalty.config import Settings
from loyalty.db import transaction
from loyalty.ledger import read_books
from loyalty.staff import acts
from tests.joined import Joined, join

PIN = "4711"
CROISSANT = {"sku": "butter-croissant", "quantity": 2, "price_minor": 400}
_keys = count(1)


def in_force(setting: str) -> None:
    """Have the demo café's program in force since 2020, with this setting."""
    start = datetime(2020, 1, 1, tzinfo=UTC)
    document = rules.load_shipped("cafe-stars")
    document["settings"] = {**document.get("settings", {}), "return_without_receipt": setting}
    with transaction() as session:
        rules.apply(session, document, actor=SYSTEM, live_from=start, now=start)


class Till:
    """A till at which somebody of a role is signed in."""

    def __init__(self, client: FlaskClient, now: datetime, role: str) -> None:
        with transaction() as session:
            code = staff.offer_enrollment(session, actor=SYSTEM, name="Bar", store="main-street", now=now)
            person = staff.add(session, actor=SYSTEM, name="Ada", role=role, pin=PIN, now=now)
        token = client.post("/pos/v1/enroll", json={"code": code}).json["token"]
        self.client, self.staff_id, self.headers = client, person.id, {"Authorization": f"Bearer {token}"}
        answer = client.post(
            "/pos/v1/sessions", json={"staff_id": person.id, "pin": PIN}, headers=self.headers
        )
        self.headers["X-Cashier"] = answer.json["token"]

    def take(self, *lines: dict[str, Any], key: str | None = None, **more: Any) -> Any:
        headers = {**self.headers, "Idempotency-Key": key or f"goods-key-{next(_keys)}"}
        return self.client.post("/pos/v1/returns", json={"lines": lines, **more}, headers=headers)


@pytest.fixture
def manager(app: Flask, client: FlaskClient, clock: SetClock) -> Till:
    in_force("owe_at_base_rate")
    return Till(client, clock.now(), "manager")


@pytest.fixture
def ann(app: Flask, clock: SetClock) -> Joined:
    with transaction() as session:
        return join(session, "ann@example.com", now=clock.now())


def test_a_manager_takes_goods_back_once_and_it_is_written_down(manager: Till, ann: Joined) -> None:
    body = {"member": ann.public_id, "refund": "wallet", "reason": "a gift"}
    first = manager.take(CROISSANT, **body, key="goods-once")
    assert first.status_code == 200
    assert (first.json["sale"], first.json["kind"]) == (None, "return_without_receipt")
    assert (first.json["taken_milli"], first.json["member"]["owed_milli"]) == (8_000, 8_000)
    assert first.json["refunds"] == [{"kind": "wallet", "amount_minor": 800, "reference": None}]
    assert manager.take(CROISSANT, **body, key="goods-once").json == first.json
    with transaction() as session:
        books = read_books(session, ann.member_id)
        written = [act for act in acts(session) if act.what == "sale.return_without_receipt"]
        assert (books.account.owed_milli, books.account.wallet_minor) == (8_000, 800)
        assert [(act.object, act.staff_id, act.after) for act in written] == [
            (
                f"return:{first.json['return']}",
                manager.staff_id,
                {"amount_minor": 800, "refund": "wallet", "reason": "a gift"},
            )
        ]
        assert [*auditing.audit(session)] == []


def test_another_request_under_the_same_key_is_refused(manager: Till, ann: Joined) -> None:
    assert manager.take(CROISSANT, member=ann.public_id, key="goods-same").status_code == 200
    other = manager.take(CROISSANT, member=ann.public_id, refund="card", key="goods-same")
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")


def test_a_scan_belongs_to_the_return_that_saw_it_first(
    manager: Till, ann: Joined, settings: Settings, clock: SetClock
) -> None:
    code = ann.pay_code(settings.secret_key, counter=1, now=clock.now())
    assert manager.take(CROISSANT, code=code, key="goods-scan").json["taken_milli"] == 8_000
    assert manager.take(CROISSANT, code=code, key="goods-scan").json["taken_milli"] == 8_000
    again = manager.take(CROISSANT, code=code)
    assert (again.status_code, again.json["code"]) == (409, "code_already_used")


def test_a_cashier_may_not(client: FlaskClient, manager: Till, clock: SetClock) -> None:
    answer = Till(client, clock.now(), "cashier").take(CROISSANT)
    assert (answer.status_code, answer.json["code"]) == (403, "permission_missing")


def test_a_program_that_refuses_refuses_alike_when_asked_again(
    app: Flask, client: FlaskClient, clock: SetClock, ann: Joined
) -> None:
    in_force("refuse")
    manager = Till(client, clock.now(), "manager")
    for _ in range(2):
        answer = manager.take(CROISSANT, member=ann.public_id, key="goods-refused")
        assert (answer.status_code, answer.json["code"]) == (409, "receipt_needed")


def test_a_gift_card_comes_back_by_its_sale_only(manager: Till) -> None:
    answer = manager.take({"sku": "gift-card", "kind": "gift_card", "price_minor": 2_000})
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/lines/0/kind")


def test_goods_without_a_price_come_back_at_the_catalogs(manager: Till) -> None:
    with transaction() as session:
        price = rules.program_at(session, datetime(2026, 5, 1, tzinfo=UTC)).products["caramel-latte"]
    answer = manager.take({"sku": "caramel-latte"})
    assert answer.json["amount_minor"] == price.price_at("main-street")
    unknown = manager.take({"sku": "something-else"})
    assert (unknown.status_code, unknown.json["errors"][0]["pointer"]) == (422, "/lines/0/sku")
