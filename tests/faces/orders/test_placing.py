"""Ordering ahead over HTTP: what a person gets, and every refusal."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from loyalty import catalog, orders
from loyalty.db import transaction
from loyalty.orders import Content
from tests.ordering import COOKIE, LATTE, Shop


def refused(shop: Shop, body: dict[str, Any]) -> dict[str, Any]:
    """Return the refusal of an order, of which nothing was written."""
    before = shop.documents()
    answer = shop.post("/api/v1/orders", body)
    assert answer.status_code >= 400, answer.json
    assert shop.documents() == before
    assert shop.queue().json["orders"] == []
    return answer.json


def test_an_order_is_a_sale_and_waits_to_be_made(shop: Shop) -> None:
    order = shop.order("d1", LATTE, COOKIE, note="by the door")
    assert order["number"] == "A1"
    assert order["state"] == "placed"
    assert order["pickup_at"] == "2026-03-02T12:08:00Z"
    assert order["asap"] is True
    assert order["can_cancel"] is True
    assert [line["note"] for line in order["lines"]] == ["extra hot", ""]
    assert order["lines"][0]["name"] == {"en": "Latte", "fr": "Latte"}
    assert {option["key"] for option in order["lines"][0]["options"]} == {"hot", "small", "oat"}
    sale = shop.get(f"/api/v1/sales/{order['sale']}").json
    assert sale["channel"] == "app"
    assert sale["total_minor"] == order["total_minor"] == order["tenders"][0]["amount_minor"]
    documents = shop.documents()
    assert documents[f"order/{order['id']}"] == order
    assert documents["wallet"]["balance_minor"] == 5000 - order["total_minor"]
    assert not [entity for entity in documents if entity.startswith("draft/")]
    assert shop.get(f"/api/v1/orders/{order['id']}").json == order
    assert shop.get("/api/v1/orders").json == {"items": [order], "next": None}
    assert shop.findings() == []


def test_a_draft_is_ordered_once_whoever_asks(shop: Shop) -> None:
    shop.draft()
    body = shop.asked()
    first = shop.post("/api/v1/orders", body, key="the-first-key")
    again = shop.post("/api/v1/orders", body, key="the-first-key")
    other = shop.post("/api/v1/orders", {**body, "lines_hash": "0" * 32, "tenders": []}, key="the-other-key")
    assert first.json == again.json == other.json
    shop.draft("d2")
    reused = shop.post("/api/v1/orders", shop.asked("d2"), key="the-first-key")
    assert (reused.status_code, reused.json["code"]) == (422, "idempotency_key_reused")
    assert len(shop.queue().json["orders"]) == 1


def test_the_retry_of_an_order_that_went_on_shows_how_it_stands(shop: Shop) -> None:
    shop.draft()
    body = shop.asked()
    order = shop.post("/api/v1/orders", body, key="the-first-key").json
    shop.step(order["id"], "start")
    assert shop.post("/api/v1/orders", body, key="the-first-key").json["state"] == "started"


def test_lines_that_changed_elsewhere_are_shown(shop: Shop) -> None:
    shop.draft()
    body = shop.asked()
    with transaction() as session:
        orders.edit_line(session, draft_id="d1", line_id="l0", values={"quantity": 2}, **shop.editing())
    problem = refused(shop, body)
    assert problem["code"] == "draft_changed"
    assert problem["lines"] == [
        {"id": "l0", "sku": "latte", "options": ["hot", "small", "oat"], "quantity": 2, "note": "extra hot"}
    ]
    assert problem["lines_hash"] == shop.asked()["lines_hash"]


def test_an_empty_an_unknown_and_a_discarded_draft_are_refused(shop: Shop) -> None:
    unknown = shop.asked("none", expected_total_minor=0)
    assert refused(shop, unknown)["code"] == "draft_not_found"
    shop.draft()
    with transaction() as session:
        orders.remove_line(session, draft_id="d1", line_id="l0", **shop.editing())
    assert refused(shop, shop.asked(expected_total_minor=0))["code"] == "draft_empty"
    with transaction() as session:
        orders.discard_draft(session, draft_id="d1", **shop.editing())
    assert refused(shop, shop.asked(expected_total_minor=0))["code"] == "draft_discarded"


def test_another_total_than_the_person_saw_is_shown_before_it_is_paid(shop: Shop) -> None:
    shop.draft()
    body = shop.asked()
    for price, total in ((500, 500 - 430), (100, 100 - 430)):
        with transaction() as session:
            catalog.set_price(session, store="main-street", sku="latte", price_minor=price)
        problem = refused(shop, body)
        assert (problem["status"], problem["code"]) == (409, "price_changed")
        assert (
            problem["quote"]["total_minor"] == problem["total_minor"] == body["expected_total_minor"] + total
        )
        assert problem["quote"]["lines"][0]["line"] == "l0"


@pytest.mark.parametrize(
    ("content", "flaw"),
    [
        (Content("unicorn"), {"reason": "product", "option": None, "group": None}),
        (Content("latte", ("hot", "small", "gold")), {"reason": "option", "option": "gold", "group": None}),
        (Content("latte", ("hot", "oat")), {"reason": "too_few", "option": None, "group": "size"}),
        (
            Content("latte", ("hot", "small", "large", "oat")),
            {"reason": "too_many", "option": None, "group": "size"},
        ),
    ],
)
def test_what_cannot_be_made_is_named(shop: Shop, content: Content, flaw: dict[str, Any]) -> None:
    shop.draft("d1", COOKIE, content)
    problem = refused(shop, shop.asked(expected_total_minor=100))
    assert problem["code"] == "lines_unavailable"
    assert {"line": "l1", "sku": content.sku, **flaw} in problem["lines"]
    assert all(each["line"] == "l1" for each in problem["lines"])


def test_what_a_store_does_not_make_ahead_is_refused_there_only(shop: Shop) -> None:
    shop.clock.set(shop.clock.now() + timedelta(days=1, hours=4))  # Tuesday: the garden is open
    shop.draft("d1", Content("turkey-ciabatta"))
    problem = refused(shop, shop.asked(store="garden"))
    assert problem["lines"][0]["reason"] == "product"
    assert shop.post("/api/v1/orders", shop.asked()).status_code == 200


@pytest.mark.parametrize(("store", "code"), [("nowhere", "store_not_found"), ("station", "order_ahead_off")])
def test_a_store_must_take_orders_ahead(shop: Shop, store: str, code: str) -> None:
    shop.draft()
    assert refused(shop, shop.asked(store=store, expected_total_minor=100))["code"] == code
    assert shop.client.get(f"/api/v1/stores/{store}/pickup-times").json["code"] == code


@pytest.mark.parametrize(
    ("pickup_at", "reason"),
    [
        ("2026-03-02T12:05:00Z", "past"),
        ("2026-03-02T12:16:00Z", "closed"),
        ("2026-03-02T11:25:00Z", "closed"),
        ("2026-03-05T12:30:00Z", "too_far"),
        ("2026-03-01T13:30:00Z", "past"),
    ],
)
def test_a_time_that_cannot_be_chosen_says_why(shop: Shop, pickup_at: str, reason: str) -> None:
    shop.draft()
    problem = refused(shop, shop.asked(pickup_at=pickup_at))
    assert (problem["code"], problem["reason"]) == ("pickup_unavailable", reason)


def test_a_store_that_closed_for_today_offers_tomorrow(shop: Shop) -> None:
    shop.clock.set(shop.clock.now() + timedelta(hours=11, minutes=55))  # five to seven in the evening
    shop.draft()
    assert refused(shop, shop.asked())["reason"] == "closed"
    times = shop.client.get("/api/v1/stores/main-street/pickup-times").json
    assert (times["asap"], times["times"], times["days"]) == (None, [], ["2026-03-02", "2026-03-03"])
    tomorrow = shop.client.get("/api/v1/stores/main-street/pickup-times?day=2026-03-03").json
    assert tomorrow["times"][0] == {
        "at": "2026-03-03T11:30:00Z",
        "local": "2026-03-03T06:30:00-05:00",
        "left": 6,
    }
    order = shop.post("/api/v1/orders", shop.asked(pickup_at=tomorrow["times"][0]["at"])).json
    assert (order["number"], order["day"], order["asap"]) == ("A1", "2026-03-03", False)
    again = shop.client.get("/api/v1/stores/main-street/pickup-times?day=2026-03-03").json
    assert again["times"][0]["left"] == 5
    far = shop.client.get("/api/v1/stores/main-street/pickup-times?day=2026-03-04").json
    assert far["times"] == []


def test_a_full_time_is_offered_to_nobody_and_given_back_by_a_cancelling(shop: Shop) -> None:
    at = "2026-03-02T13:00:00Z"
    placed = [shop.order(f"d{n}", COOKIE, pickup_at=at) for n in range(6)]
    shop.draft("d6", COOKIE)
    body = shop.asked("d6", pickup_at=at)
    assert shop.post("/api/v1/orders", body).json["reason"] == "full"
    times = shop.client.get("/api/v1/stores/main-street/pickup-times").json["times"]
    assert at not in [each["at"] for each in times]
    shop.post(f"/api/v1/orders/{placed[0]['id']}/cancel")
    assert shop.post("/api/v1/orders", body).json["number"] == "A7"


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"tenders": [{"kind": "wallet", "amount_minor": 100}]}, 409, "underpaid"),
        ({"tenders": [{"kind": "cash", "amount_minor": 550}]}, 403, "not_for_customers"),
        ({"rewards": [{"reward": "ladder-400"}], "expected_total_minor": 0}, 409, "insufficient_points"),
        ({"coupons": ["NOPE"], "expected_total_minor": 0}, 409, "coupon_unknown"),
    ],
)
def test_what_refuses_a_sale_refuses_the_order(
    shop: Shop, more: dict[str, Any], status: int, code: str
) -> None:
    shop.draft()
    problem = refused(shop, shop.asked(**more))
    assert (problem["status"], problem["code"]) == (status, code)


def test_a_wallet_that_does_not_cover_it_orders_nothing(shop: Shop) -> None:
    ben = shop.joined("ben@example.com", wallet=100)
    shop.draft(who=ben)
    problem = shop.post("/api/v1/orders", shop.asked(who=ben), who=ben).json
    assert problem["code"] == "insufficient_funds"
    assert [entity for entity in shop.documents(ben) if entity.startswith(("draft/", "order/"))] == [
        "draft/d1",
        "draft/d1/line/l0",
    ]


def test_nobody_sees_or_cancels_anothers_order(shop: Shop) -> None:
    order = shop.order()
    ben = shop.joined("ben@example.com")
    assert shop.get(f"/api/v1/orders/{order['id']}", who=ben).status_code == 404
    assert shop.post(f"/api/v1/orders/{order['id']}/cancel", who=ben).json["code"] == "order_not_found"
    assert shop.get("/api/v1/orders", who=ben).json["items"] == []


def test_orders_are_paged(shop: Shop) -> None:
    placed: list[str] = []
    for number in range(3):
        placed.append(shop.order(f"d{number}", COOKIE)["id"])
        shop.wait(seconds=1)
    first = shop.get("/api/v1/orders?limit=2").json
    second = shop.get(f"/api/v1/orders?limit=2&cursor={first['next']}").json
    assert [each["id"] for each in first["items"] + second["items"]] == placed[::-1]
    assert second["next"] is None


def test_strangers_order_nothing(shop: Shop) -> None:
    assert (
        shop.client.post("/api/v1/orders", json={}, headers={"Idempotency-Key": "a-good-key"}).status_code
        == 401
    )
    assert shop.client.get("/pos/v1/orders").status_code == 401
    member = shop.ann.headers(shop.clock.now())
    assert shop.client.get("/pos/v1/orders", headers=member).status_code == 401


def test_an_order_paid_by_card_and_wallet_is_given_back_to_both(shop: Shop) -> None:
    shop.draft()
    total = shop.asked()["expected_total_minor"]
    paid = shop.post("/api/v1/payments", {"amount_minor": total - 100, "method": "test_success"}).json
    assert paid["status"] == "paid"
    tenders = [
        {"kind": "wallet", "amount_minor": 100},
        {"kind": "card", "amount_minor": total - 100, "reference": paid["id"]},
    ]
    order = shop.post("/api/v1/orders", shop.asked(tenders=tenders)).json
    assert {each["kind"]: each["amount_minor"] for each in order["tenders"]} == {
        "wallet": 100,
        "card": total - 100,
    }
    assert shop.post(f"/api/v1/orders/{order['id']}/cancel").json["state"] == "cancelled"
    with transaction() as session:
        (refund,) = session.execute(text("SELECT amount_minor FROM payment_refund")).all()
    assert refund.amount_minor == total - 100
    assert shop.documents()["wallet"]["balance_minor"] == 5000
    assert shop.findings() == []


def test_a_payment_that_another_order_used_pays_nothing(shop: Shop) -> None:
    shop.draft("d1", COOKIE)
    shop.draft("d2", COOKIE)
    paid = shop.post("/api/v1/payments", {"amount_minor": 270, "method": "test_success"}).json
    tenders = [{"kind": "card", "amount_minor": 270, "reference": paid["id"]}]
    assert shop.post("/api/v1/orders", shop.asked("d1", tenders=tenders)).status_code == 200
    problem = shop.post("/api/v1/orders", shop.asked("d2", tenders=tenders))
    assert (problem.status_code, problem.json["code"]) == (402, "payment_not_usable")
    assert [each["draft"] for each in shop.get("/api/v1/orders").json["items"]] == ["d1"]
