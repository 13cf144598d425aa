"""Devices are told of everything that an order changed; and the audit looks at orders."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from loyalty import changes
from loyalty.db import snapshot, transaction
from tests.ordering import LATTE, Shop


def look(shop: Shop, after: int) -> tuple[dict[str, Any], int, set[str]]:
    marked = text("SELECT entity FROM change WHERE member_id = :id AND version > :after")
    with snapshot() as session:
        of = {"id": shop.ann.member_id, "after": after}
        marks = set(session.execute(marked, of).scalars())
        return shop.documents(), changes.head(session, shop.ann.member_id).version, marks


def test_what_changes_is_marked(shop: Shop) -> None:
    shop.draft("d1", LATTE)
    shop.draft("d2", LATTE)
    placed: dict[str, Any] = {}

    def place(draft: str) -> None:
        placed[draft] = shop.post("/api/v1/orders", shop.asked(draft)).json["id"]

    acts = (
        lambda: place("d1"),
        lambda: shop.step(placed["d1"], "start"),
        lambda: shop.step(placed["d1"], "ready"),
        lambda: shop.hand_over("A1"),
        lambda: place("d2"),
        lambda: shop.post(f"/api/v1/orders/{placed['d2']}/cancel"),
    )
    before, version, _ = look(shop, 0)
    for act in acts:
        act()
        after, version, marked = look(shop, version)
        differ = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        assert differ <= marked
        assert any(entity.startswith("order/") for entity in differ)
        before = after


@pytest.mark.parametrize(
    ("tampering", "finding"),
    [
        ("UPDATE customer_order SET sale_id = 'none'", "has no sale"),
        ("UPDATE customer_order SET total_minor = 1", "says 1 at main-street"),
        ("UPDATE customer_order SET store = 'harbor'", "says 490 at harbor"),
        ("UPDATE sale SET state = 'voided'", "is placed, its sale is voided"),
        (
            "UPDATE customer_order SET state = 'cancelled', cancelled_at = now(), cancelled_by = 'store'",
            "is cancelled, its sale is settled",
        ),
        (
            'INSERT INTO customer_order SELECT (jsonb_populate_record(o, \'{"id": "twin"}\')).* FROM customer_order o',
            "has 2 orders",
        ),
    ],
)
def test_the_audit_finds_orders_that_do_not_fit_their_sale(shop: Shop, tampering: str, finding: str) -> None:
    shop.order("d1", LATTE)
    assert shop.findings() == []
    with transaction() as session:
        session.connection().exec_driver_sql(tampering)
    found = [each.what for each in shop.findings() if each.check == "orders"]
    assert any(finding in what for what in found), found
