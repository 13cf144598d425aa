"""Stored value at the till: cash, gift cards sold and redeemed, a top-up back to its card."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from flask.testing import FlaskClient

from loyalty import staff
from loyalty.actor import SYSTEM
from loyalty.db import transaction
from loyalty.staff import acts
from tests.joined import Joined
from tests.paying import Counter

PIN = "4711"
_keys = count(1)


@dataclass
class Till:
    """A till at which somebody is signed in (or nobody)."""

    client: FlaskClient
    headers: dict[str, str]

    def post(self, path: str, body: object, *, key: str | None = None) -> Any:
        headers = {**self.headers, "Idempotency-Key": key or f"till-key-{next(_keys)}"}
        return self.client.post(f"/pos/v1{path}", json=body, headers=headers)


def till(counter: Counter, client: FlaskClient, role: str | None = "cashier") -> Till:
    """Enroll a till and sign somebody of a role in."""
    with transaction() as session:
        code = staff.offer_enrollment(session, actor=SYSTEM, name="Bar", store="main-street", now=counter.now)
    token = client.post("/pos/v1/enroll", json={"code": code}).json["token"]
    headers = {"Authorization": f"Bearer {token}"}
    if role is not None:
        with transaction() as session:
            person = staff.add(
                session, actor=SYSTEM, name="Ada", role=role, store="main-street", pin=PIN, now=counter.now
            )
        answer = client.post("/pos/v1/sessions", json={"staff_id": person.id, "pin": PIN}, headers=headers)
        headers["X-Cashier"] = answer.json["token"]
    return Till(client, headers)


@pytest.fixture
def bar(counter: Counter, client: FlaskClient) -> Till:
    """Return a till with a cashier."""
    return till(counter, client)


def test_cash_goes_into_the_wallet_once_with_its_points_and_is_written_down(
    counter: Counter, bar: Till, ann: Joined
) -> None:
    body = {"member": ann.public_id, "amount_minor": 6_000}
    first = bar.post("/wallet/cash", body, key="cash-key-1")
    assert (first.status_code, first.json["wallet_minor"]) == (201, 6_000)
    assert bar.post("/wallet/cash", body, key="cash-key-1").json == first.json
    assert counter.books(ann).account.points_milli == 25_000
    with transaction() as session:
        written = [each for each in acts(session) if each.what == "wallet.cash"]
    assert [each.object for each in written] == [f"payment:{first.json['id']}"]
    assert counter.findings() == []


def test_cash_for_whoever_was_scanned(counter: Counter, bar: Till, ann: Joined) -> None:
    code = ann.pay_code(counter.settings.secret_key, counter=1, now=counter.now)
    body = {"code": code, "amount_minor": 1_000}
    assert bar.post("/wallet/cash", body, key="cash-key-2").json["wallet_minor"] == 1_000
    assert bar.post("/wallet/cash", body, key="cash-key-2").json["wallet_minor"] == 1_000
    # A scan belongs to the request that saw it first.
    assert bar.post("/wallet/cash", body).json["code"] == "code_already_used"


def test_cash_needs_somebody_who_may_and_somebody_to_give_it_to(
    counter: Counter, client: FlaskClient, ann: Joined, bar: Till
) -> None:
    body = {"member": ann.public_id, "amount_minor": 1_000}
    assert till(counter, client, None).post("/wallet/cash", body).status_code == 401
    assert bar.post("/wallet/cash", {"amount_minor": 1_000}).json["code"] == "member_needed"
    both = {**body, "code": "7123"}
    assert bar.post("/wallet/cash", both).json["code"] == "member_needed"
    assert bar.post("/wallet/cash", {**body, "member": "m_nobody"}).status_code == 404


def test_cash_has_limits(counter: Counter, bar: Till) -> None:
    ann = counter.join("a@example.com", wallet_limit_minor=1_000_000)

    def refused(amount: int) -> str:
        return bar.post("/wallet/cash", {"member": ann.public_id, "amount_minor": amount}).json.get("code")

    assert refused(20_001) == "amount_out_of_range"
    assert [refused(20_000), refused(20_000), refused(10_001)] == [None, None, "daily_limit"]
    assert refused(10_000) is None


def test_a_gift_card_is_sold_shown_again_and_redeemed(counter: Counter, bar: Till, ann: Joined) -> None:
    sale = {
        "lines": [{"sku": "gift-card", "kind": "gift_card", "price_minor": 2_500, "quantity": 2}],
        "tenders": [{"kind": "cash", "amount_minor": 5_000}],
    }
    receipt = bar.post("/sales", sale, key="gift-sale-1")
    assert receipt.status_code == 200, receipt.json
    cards = receipt.json["gift_cards"]
    assert [each["amount_minor"] for each in cards] == [2_500, 2_500]
    assert bar.post("/sales", sale, key="gift-sale-1").json["gift_cards"] == cards
    balance = bar.post("/gift-cards/balance", {"code": cards[0]["code"]}).json
    assert (balance["status"], balance["balance_minor"]) == ("active", 2_500)
    body = {"gift_code": cards[0]["code"], "member": ann.public_id}
    done = bar.post("/gift-cards/redeem", body)
    assert (done.status_code, done.json["wallet_minor"]) == (200, 2_500)
    ben = counter.join("ben@example.com")
    again = bar.post("/gift-cards/redeem", {**body, "member": ben.public_id})
    assert (again.status_code, again.json["code"]) == (409, "gift_card_used")
    assert counter.findings() == []


def test_a_returned_unused_gift_card_is_worth_nothing(counter: Counter, bar: Till) -> None:
    sale = {
        "lines": [{"sku": "gift-card", "kind": "gift_card", "price_minor": 2_500, "quantity": 1}],
        "tenders": [{"kind": "cash", "amount_minor": 2_500}],
    }
    receipt = bar.post("/sales", sale).json
    (card,) = receipt["gift_cards"]
    lines = [{"line": receipt["lines"][0]["line"], "quantity": 1}]
    returned = bar.post(f"/sales/{receipt['sale']}/returns", {"lines": lines})
    assert returned.status_code == 200, returned.json
    assert bar.post("/gift-cards/balance", {"code": card["code"]}).status_code == 404


def test_a_manager_sends_a_top_up_back_to_its_card(
    counter: Counter, client: FlaskClient, bar: Till, ann: Joined
) -> None:
    payment = counter.top_up(ann, 2_000)
    path = f"/members/{ann.public_id}/top-ups/{payment.id}/refund"
    assert bar.post(path, {"amount_minor": 500}).status_code == 403
    office = till(counter, client, "manager")
    first = office.post(path, {"amount_minor": 500}, key="refund-key-1")
    assert (first.status_code, first.json["status"]) == (201, "succeeded")
    assert office.post(path, {"amount_minor": 500}, key="refund-key-1").json == first.json
    assert counter.wallet(ann) == 1_500
    too_much = office.post(path, {"amount_minor": 1_501})
    assert (too_much.status_code, too_much.json["code"]) == (409, "not_refundable")
    with transaction() as session:
        assert [each.what for each in acts(session)].count("wallet.refund") == 1
