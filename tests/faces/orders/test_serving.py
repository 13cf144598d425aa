"""An order at the store: the queue, each step, handing over, cancelling; and what the member hears of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from loyalty import dossier, orders, preferences
from loyalty.actor import SYSTEM, Actor
from loyalty.db import transaction
from loyalty.jobs import table
from loyalty.orders import stages
from loyalty.orders.models import Order
from tests.ordering import COOKIE, LATTE, Shop

Step = Callable[[Shop, dict[str, Any]], Any]
STEPS: dict[str, Step] = {
    "start": lambda shop, order: shop.step(order["id"], "start"),
    "ready": lambda shop, order: shop.step(order["id"], "ready"),
    "hand_over": lambda shop, order: shop.hand_over(order["number"]),
    "cancel_by_store": lambda shop, order: shop.step(order["id"], "cancel", {"reason": "No milk."}),
    "cancel_by_member": lambda shop, order: shop.post(f"/api/v1/orders/{order['id']}/cancel"),
}
TO: dict[str, tuple[str, ...]] = {
    "placed": (),
    "started": ("start",),
    "ready": ("ready",),
    "picked_up": ("ready", "hand_over"),
    "cancelled": ("cancel_by_store",),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("state", TO)
def test_each_step_in_each_state(shop: Shop, state: str, step: str) -> None:
    order = shop.order()
    for each in TO[state]:
        STEPS[each](shop, order)
    before = shop.documents()
    assert before[f"order/{order['id']}"]["state"] == state
    answer = STEPS[step](shop, order)
    to = stages.STEPS[step][1]
    if stages.done(state, step):
        assert (answer.status_code, answer.json["state"]) == (200, to)
        assert shop.documents() == before
    elif stages.allows(state, step):
        assert (answer.status_code, answer.json["state"]) == (200, to)
        assert STEPS[step](shop, order).json == answer.json
        assert shop.documents()[f"order/{order['id']}"]["state"] == to
    else:
        assert (answer.status_code, answer.json["code"]) == (409, "order_state")
        assert answer.json["state"] == state
        assert shop.documents() == before
    assert shop.findings() == []


def test_the_queue_shows_what_to_make_oldest_pickup_first(shop: Shop) -> None:
    later = shop.order("d1", LATTE, pickup_at="2026-03-02T14:00:00Z", note="by the door")
    ben = shop.joined("ben@example.com")
    soon = shop.order("d1", COOKIE, who=ben)
    gone = shop.order("d2", COOKIE, who=ben)
    shop.hand_over(gone["number"])
    answer = shop.queue()
    first, second = answer.json["orders"]
    assert (first["id"], first["given_name"]) == (soon["id"], "Ben")
    assert (second["id"], second["given_name"], second["note"]) == (later["id"], "Ann", "by the door")
    assert second["lines"][0]["note"] == "extra hot"
    assert not {"pickup_code", "pickup_qr", "draft"} & set(first)
    assert shop.queue(**{"If-None-Match": answer.headers["ETag"]}).status_code == 304
    shop.step(soon["id"], "start")
    changed = shop.queue(**{"If-None-Match": answer.headers["ETag"]})
    assert changed.json["orders"][0]["state"] == "started"


def test_dietary_notes_are_seen_only_if_the_member_allows(shop: Shop) -> None:
    shop.order()
    with transaction() as session:
        preferences.add_dietary_note(session, tag="no_nuts", **shop.editing())
    assert shop.queue().json["orders"][0]["dietary"] == []
    consent = {"purpose": "dietary_at_till", "channel": "till", "text_version": "1"}
    with transaction() as session:
        preferences.give_consent(session, **consent, **shop.editing())
    assert shop.queue().json["orders"][0]["dietary"] == ["no_nuts"]
    with transaction() as session:
        preferences.withdraw_consent(session, **consent, **shop.editing())
    assert shop.queue().json["orders"][0]["dietary"] == []


def test_an_order_is_handed_over_by_its_picture_its_code_or_its_number(shop: Shop) -> None:
    shown: tuple[Callable[[dict[str, Any]], str], ...] = (
        lambda order: order["pickup_qr"],
        lambda order: order["pickup_code"],
        lambda order: order["pickup_code"].lower().replace("-", " "),
        lambda order: order["number"],
        lambda order: f" {order['number'].lower()} ",
    )
    for place, show in enumerate(shown):
        order = shop.order(f"d{place}", COOKIE)
        answer = shop.hand_over(show(order))
        assert (answer.status_code, answer.json["id"]) == (200, order["id"])
        assert shop.hand_over(show(order)).json == answer.json
    document = shop.documents()[f"order/{order['id']}"]
    assert (document["state"], document["pickup_code"], document["pickup_qr"]) == ("picked_up", None, None)


@pytest.mark.parametrize("code", ["A9", "AAA-AAA", "po_AAAAAAAAAAAAAAAAAAAAAA", "-", "A", "🂡"])
def test_a_code_of_no_order_hands_nothing_over(shop: Shop, code: str) -> None:
    shop.order()
    assert shop.hand_over(code).json["code"] == "order_not_found"


def test_other_stores_have_nothing_to_do_with_it(shop: Shop) -> None:
    order = shop.order()
    harbor = shop.enrolled("harbor")
    for step, body in (("start", None), ("ready", None), ("cancel", {"reason": "x"})):
        assert shop.step(order["id"], step, body, till=harbor).json["code"] == "order_not_found"
    for code in (order["pickup_qr"], order["pickup_code"], order["number"]):
        assert shop.hand_over(code, till=harbor).json["code"] == "order_not_found"
    assert shop.documents()[f"order/{order['id']}"] == order


def test_todays_number_means_todays_order(shop: Shop) -> None:
    tomorrow = shop.order("d1", COOKIE, pickup_at="2026-03-03T12:00:00Z")
    today = shop.order("d2", COOKIE)
    assert tomorrow["number"] == today["number"] == "A1"
    assert shop.hand_over("A1").json["id"] == today["id"]
    assert shop.hand_over("A1").json["id"] == today["id"]
    shop.wait(days=1)
    bare = {"Authorization": shop.till["Authorization"]}
    assert shop.hand_over("A1", till=bare).json["id"] == tomorrow["id"]


def test_the_member_hears_that_it_is_ready_in_both_languages(shop: Shop) -> None:
    order = shop.order()
    shop.step(order["id"], "start")
    shop.step(order["id"], "ready")
    shop.step(order["id"], "ready")
    (message,) = [each for entity, each in shop.documents().items() if entity.startswith("message/")]
    assert message["kind"] == "order_ready"
    assert message["title"] == {"en": "Order A1 is ready", "fr": "La commande A1 est prête"}
    assert message["text"]["fr"] == "Retirez-la chez Rue principale en montrant votre code."
    assert message["data"] == {"order": order["id"]}


def test_the_store_cancels_with_a_reason_and_everything_goes_back(shop: Shop) -> None:
    before = shop.documents()["balance"]["points_milli"]
    order = shop.order("d1", LATTE, rewards=[{"reward": "ladder-60"}])
    shop.step(order["id"], "ready")
    bare = {"Authorization": shop.till["Authorization"]}
    denied = shop.step(order["id"], "cancel", {"reason": "No milk."}, till=bare)
    assert (denied.status_code, denied.json["code"]) == (401, "cashier_needed")
    answer = shop.step(order["id"], "cancel", {"reason": "No milk."}).json
    assert (answer["cancelled_by"], answer["cancel_reason"]) == ("store", "No milk.")
    documents = shop.documents()
    assert documents["wallet"]["balance_minor"] == 5000
    assert documents["balance"]["points_milli"] == before
    texts = [each["text"]["en"] for entity, each in documents.items() if entity.startswith("message/")]
    assert any(text.endswith("Everything you paid is given back. No milk.") for text in texts)
    assert shop.get(f"/api/v1/sales/{order['sale']}").json["state"] == "voided"
    assert shop.findings() == []


def test_a_reason_is_needed(shop: Shop) -> None:
    order = shop.order()
    assert shop.step(order["id"], "cancel", {"reason": ""}).status_code == 422


def test_a_sale_that_is_voided_or_returned_whole_at_the_till_cancels_its_order(shop: Shop) -> None:
    voided, returned = shop.order("d1", LATTE), shop.order("d2", LATTE, COOKIE)

    void = {**shop.till, "Idempotency-Key": "nobody-wants-it"}
    shop.client.post(f"/pos/v1/sales/{voided['sale']}/void", headers=void)
    part = {**shop.till, "Idempotency-Key": "a-part-of-it"}
    lines = {"lines": [{"line": "l0", "quantity": 1}]}
    shop.client.post(f"/pos/v1/sales/{returned['sale']}/returns", json=lines, headers=part)
    documents = shop.documents()
    assert documents[f"order/{voided['id']}"]["cancelled_by"] == "store"
    assert documents[f"order/{returned['id']}"]["state"] == "placed"
    rest = {"lines": [{"line": "l1", "quantity": 1}]}
    headers = {**shop.till, "Idempotency-Key": "the-rest-of-it"}
    shop.client.post(f"/pos/v1/sales/{returned['sale']}/returns", json=rest, headers=headers)
    assert shop.documents()[f"order/{returned['id']}"]["state"] == "cancelled"
    assert shop.findings() == []


def test_part_of_it_given_back_first_is_not_given_back_twice(shop: Shop) -> None:
    order = shop.order("d1", LATTE, COOKIE)
    headers = {**shop.till, "Idempotency-Key": "no-cookies-left"}
    lines = {"lines": [{"line": "l1", "quantity": 1}]}
    shop.client.post(f"/pos/v1/sales/{order['sale']}/returns", json=lines, headers=headers)
    assert shop.post(f"/api/v1/orders/{order['id']}/cancel").status_code == 200
    assert shop.documents()["wallet"]["balance_minor"] == 5000
    assert shop.findings() == []


def work(shop: Shop) -> Any:
    class Now:
        now = shop.clock.now()

    return Now()


def test_an_order_that_nobody_picks_up_is_closed_and_the_store_decides_about_the_money(shop: Shop) -> None:
    order, other = shop.order("d1", COOKIE), shop.order("d2", COOKIE)
    paid = shop.documents()["wallet"]["balance_minor"]
    shop.step(order["id"], "ready")
    shop.wait(hours=4, minutes=8)
    assert table.overdue_orders(work(shop)) == 0
    shop.wait(seconds=1)
    assert table.overdue_orders(work(shop)) == 2
    assert table.overdue_orders(work(shop)) == 0
    documents = shop.documents()
    assert documents[f"order/{order['id']}"]["state"] == "expired"
    assert documents["wallet"]["balance_minor"] == paid
    assert shop.queue().json["orders"] == []
    bare = {"Authorization": shop.till["Authorization"]}
    assert shop.hand_over(order["number"], till=bare).json["state"] == "picked_up"
    with transaction() as session:
        manager = Actor(kind="till", id=till_of(shop), store="main-street")
        orders.serve(
            session,
            actor=manager,
            order_id=other["id"],
            step="cancel_by_store",
            reason="Sorry!",
            now=shop.clock.now(),
        )
    assert shop.documents()["wallet"]["balance_minor"] == paid + other["total_minor"]
    assert shop.findings() == []


def till_of(shop: Shop) -> str:
    bare = {"Authorization": shop.till["Authorization"]}
    return str(shop.client.get("/pos/v1/till", headers=bare).json["till_id"])


def test_devices_hold_the_newest_twenty_and_all_that_are_open(shop: Shop) -> None:
    cat = shop.joined("cat@example.com", wallet=10_000)
    first = shop.order("open", COOKIE, who=cat)["id"]
    for number in range(22):
        shop.wait(seconds=1)
        shop.hand_over(shop.order(f"d{number}", COOKIE, who=cat)["number"])
    held = [entity for entity in shop.documents(cat) if entity.startswith("order/")]
    assert len(held) == 21
    assert f"order/{first}" in held


def test_who_forgets_everything_forgets_the_notes_and_codes_too(shop: Shop) -> None:
    order = shop.order("d1", LATTE, note="by the door")
    actor = Actor(kind="member", id=shop.ann.device_id, member_id=shop.ann.member_id)
    with transaction() as session:
        told = dossier.export(session, actor=actor, member_id=shop.ann.member_id, now=shop.clock.now())
        (row,) = told["parts"]["customer_order"]
        assert (row["note"], row["line_notes"]) == ("by the door", {"l0": "extra hot"})
        dossier.erase(
            session, actor=actor, member_id=shop.ann.member_id, forfeit_wallet=True, now=shop.clock.now()
        )
        kept = session.get_one(Order, (shop.ann.member_id, order["id"]))
        assert (kept.note, kept.line_notes, kept.pickup_code, kept.pickup_qr) == (None, None, None, None)
    (waiting,) = shop.queue().json["orders"]
    assert (waiting["given_name"], waiting["note"]) == ("", "")


def test_an_order_goes_to_the_survivor_of_a_merge(shop: Shop) -> None:
    order = shop.order("d1", LATTE)
    ben = shop.joined("ben@example.com")
    with transaction() as session:
        dossier.merge(
            session, actor=SYSTEM, survivor=ben.member_id, merged=shop.ann.member_id, now=shop.clock.now()
        )
    assert shop.documents(ben)[f"order/{order['id']}"] == order
    shop.step(order["id"], "ready")
    assert shop.step(order["id"], "cancel", {"reason": "No milk."}).status_code == 200
    assert shop.documents(ben)["wallet"]["balance_minor"] == 10_000
    assert shop.findings() == []
