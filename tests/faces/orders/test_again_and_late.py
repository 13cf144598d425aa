"""What comes before an order and after it: ordering again, and changes of a draft that was ordered already."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from loyalty import orders, rules
from loyalty.actor import SYSTEM
from loyalty.db import transaction
from loyalty.edits import Edit
from tests.ordering import COOKIE, LATTE, Shop


def test_an_order_again_is_a_draft_and_names_what_is_gone(shop: Shop) -> None:
    order = shop.order("d1", LATTE, COOKIE)
    document = rules.load_shipped("cafe-stars")
    document["products"] = [each for each in document["products"] if each["sku"] != "cookie"]
    for group in document["option_groups"]:
        group["options"] = [each for each in group["options"] if each["key"] != "oat"]
    later = shop.clock.now() + timedelta(days=1)
    for part in ("rules", "rewards", "offers", "coupons"):
        document[part] = [
            each for each in document[part] if "cookie" not in str(each) and "oat" not in str(each)
        ]
    with transaction() as session:
        rules.apply(session, document, actor=SYSTEM, live_from=later, now=shop.clock.now())
    shop.clock.set(later)
    body = {"sale": order["sale"], "draft": "d9", "store": "main-street"}
    answer = shop.post("/api/v1/reorders", body)
    assert answer.status_code == 200, answer.json
    said = {(each["sku"], each["reason"], each["option"], each["group"]) for each in answer.json["missing"]}
    assert said == {
        ("cookie", "product", None, None),
        ("latte", "option", "oat", None),
    }
    assert shop.post("/api/v1/reorders", body).json == answer.json
    lines = {entity: each for entity, each in shop.documents().items() if "/line/" in entity}
    assert list(lines) == ["draft/d9/line/l0"]
    assert lines["draft/d9/line/l0"]["options"] == ["hot", "small"]
    ben = shop.joined("ben@example.com")
    assert shop.post("/api/v1/reorders", body, who=ben).json["code"] == "sale_not_found"


def late(shop: Shop) -> dict[str, Any]:
    """Return an edit of a tablet that has not seen the order."""
    return {**shop.editing(), "edit": Edit("tablet", shop.clock.now(), 0)}


def test_what_is_edited_too_late_goes_on_in_a_new_draft(shop: Shop) -> None:
    order = shop.order("d1", LATTE, COOKIE)
    with transaction() as session:
        common = late(shop)
        assert (
            orders.edit_line(session, draft_id="d1", line_id="l0", values={"quantity": 2}, **common)
            == "merged"
        )
        assert orders.put_line(session, draft_id="d1", line_id="l9", content=COOKIE, **common) == "merged"
        assert orders.remove_line(session, draft_id="d1", line_id="l9", **common) == "merged"
        assert orders.remove_line(session, draft_id="d1", line_id="l1", **common) == "superseded"
        assert orders.edit_draft(session, draft_id="d1", store="harbor", **common) == "merged"
        (continued,) = orders.drafts_of(session, shop.ann.member_id)
        lines = orders.draft_lines_of(session, shop.ann.member_id)
        assert orders.continued(session, shop.ann.member_id, "d1") == (order["id"], continued.id)
        assert continued.store == "harbor"
        assert [(line.id, line.content.quantity, line.content.note) for line in lines] == [
            ("l0", 2, "extra hot")
        ]
        with pytest.raises(orders.DraftSubmitted):
            orders.put_line(session, draft_id="d1", line_id="l8", content=COOKIE, **shop.editing())
    assert shop.documents()[f"order/{order['id']}"] == order
    second = shop.post("/api/v1/orders", shop.asked(continued.id)).json
    assert second["id"] != order["id"]
    with transaction() as session:
        orders.put_line(session, draft_id="d1", line_id="l7", content=COOKIE, **late(shop))
        (third,) = orders.drafts_of(session, shop.ann.member_id)
    assert third.id not in ("d1", continued.id)


def test_a_device_is_told_that_its_change_came_too_late(shop: Shop) -> None:
    order = shop.order()
    mutation = {
        "id": 1,
        "uid": "u1",
        "name": "draft.line.add",
        "args": {"draft": "d1", "line": "l5", "sku": "cookie"},
        "seen": 0,
        "seen_epoch": None,
        "at": "2026-03-02T11:59:00Z",
    }
    removal = {
        **mutation,
        "id": 2,
        "uid": "u2",
        "name": "draft.line.remove",
        "args": {"draft": "d1", "line": "l0"},
    }
    answer = shop.post("/api/v1/sync", {"schema": 1, "cursor": None, "mutations": [mutation, removal]}).json
    assert [(each["status"], each["code"]) for each in answer["results"]] == [
        ("merged", "draft_submitted"),
        ("superseded", "draft_submitted"),
    ]
    notice = answer["put"]["notice/u1"]
    assert notice["code"] == "draft_submitted"
    continued = notice["data"]["continued"]
    assert notice["data"] == {
        "name": "draft.line.add",
        "draft": "d1",
        "line": "l5",
        "order": order["id"],
        "continued": continued,
    }
    assert answer["put"][f"draft/{continued}/line/l5"]["sku"] == "cookie"
    assert answer["put"]["notice/u2"]["data"]["line"] == "l0"
