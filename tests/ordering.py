"""What tests of orders stand on: the demo café, Ann with money and stars on a phone, a till with a manager.

It is Monday, March 2, 2026, seven in the morning at the main street.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from loyalty import auditing, orders, rules, sales, staff
from loyalty.actor import SYSTEM, Actor
from loyalty.clock import SetClock
from loyalty.db import snapshot, transaction
from loyalty.edits import made_now
from loyalty.orders import Content
from loyalty.sync.documents import load_all
from tests.joined import Joined, join

LATTE = Content("latte", ("hot", "small", "oat"), 1, "extra hot")
COOKIE = Content("cookie")
_keys = count(1)


class Shop:
    """The café with everybody in it, spoken to over HTTP."""

    def __init__(self, app: Flask, clock: SetClock, *, change: Any = None) -> None:
        self.app, self.clock = app, clock
        self.client = app.test_client()
        document = rules.load_shipped("cafe-stars")
        if change is not None:
            change(document)
        live_from = clock.now() - timedelta(days=400)
        with transaction() as session:
            rules.apply(session, document, actor=SYSTEM, live_from=live_from, now=clock.now())
        self.ann = self.joined("ann@example.com")
        self.till = self.enrolled("main-street")

    def joined(self, address: str, *, wallet: int = 5000, points: int = 300) -> Joined:
        now = self.clock.now()
        with transaction() as session:
            who = join(session, address, now=now, given_name=address.split("@")[0].title())
            of = {"actor": SYSTEM, "member_id": who.member_id, "now": now}
            sales.top_up(session, amount_minor=wallet, source="cash", key=f"w:{address}", **of)
            sales.adjust(session, points_milli=points * 1000, reason="start", key=f"p:{address}", **of)
        return who

    def enrolled(self, store: str) -> dict[str, str]:
        now = self.clock.now()
        with transaction() as session:
            code = staff.offer_enrollment(session, actor=SYSTEM, name=store, store=store, now=now)
            ada = staff.add(
                session, actor=SYSTEM, name=f"Ada {store}", role="manager", pin="4711", now=now
            ).id
        token = self.client.post("/pos/v1/enroll", json={"code": code}).json["token"]
        headers = {"Authorization": f"Bearer {token}"}
        signed_in = self.client.post(
            "/pos/v1/sessions", json={"staff_id": ada, "pin": "4711"}, headers=headers
        ).json
        return {**headers, "X-Cashier": signed_in["token"]}

    # The customer

    def editing(self, who: Joined | None = None) -> dict[str, Any]:
        person, now = who or self.ann, self.clock.now()
        actor = Actor(kind="member", id=person.device_id, channel="app", member_id=person.member_id)
        return {
            "actor": actor,
            "member_id": person.member_id,
            "edit": made_now(actor.id, now),
            "now": now,
        }

    def draft(self, draft: str = "d1", *lines: Content, who: Joined | None = None) -> str:
        with transaction() as session:
            common = self.editing(who)
            orders.create_draft(session, draft_id=draft, store="main-street", **common)
            for place, content in enumerate(lines or (LATTE,)):
                orders.put_line(session, draft_id=draft, line_id=f"l{place}", content=content, **common)
        return draft

    def asked(self, draft: str = "d1", *, who: Joined | None = None, **more: Any) -> dict[str, Any]:
        """Return the body of an order as a phone that sees everything would send it."""
        person, store = who or self.ann, more.get("store", "main-street")
        with snapshot() as session:
            lines = orders.draft_lines_of(session, person.member_id, [draft])
        body = {
            "draft": draft,
            "lines_hash": orders.lines_hash((line.id, line.content) for line in lines),
            "store": store,
            "pickup_at": None,
            **more,
        }
        if "expected_total_minor" not in body:
            quote = self.post(
                "/api/v1/quotes",
                {
                    "store": store,
                    "lines": [
                        {
                            "id": line.id,
                            "sku": line.content.sku,
                            "options": list(line.content.options),
                            "quantity": line.content.quantity,
                        }
                        for line in lines
                    ],
                    **{name: more[name] for name in ("rewards", "coupons") if name in more},
                },
                who=person,
            ).json
            body["expected_total_minor"] = quote.get("total_minor", 0)
        if "tenders" not in body and body["expected_total_minor"]:
            body["tenders"] = [{"kind": "wallet", "amount_minor": body["expected_total_minor"]}]
        return body

    def post(
        self, path: str, body: Any = None, *, who: Joined | None = None, key: str | None = None
    ) -> TestResponse:
        headers = {
            **(who or self.ann).headers(self.clock.now()),
            "Idempotency-Key": key or f"order-key-{next(_keys)}",
        }
        return self.client.post(path, json=body, headers=headers)

    def get(self, path: str, *, who: Joined | None = None) -> TestResponse:
        return self.client.get(path, headers=(who or self.ann).headers(self.clock.now()))

    def order(
        self, draft: str = "d1", *lines: Content, who: Joined | None = None, **more: Any
    ) -> dict[str, Any]:
        """Place an order that must succeed."""
        self.draft(draft, *lines, who=who)
        answer = self.post("/api/v1/orders", self.asked(draft, who=who, **more), who=who)
        assert answer.status_code == 200, answer.json
        return answer.json

    def documents(self, who: Joined | None = None) -> dict[str, Any]:
        with snapshot() as session:
            return load_all(session, (who or self.ann).member_id)

    def wait(self, **delta: float) -> None:
        self.clock.set(self.clock.now() + timedelta(**delta))

    # The store

    def step(
        self, order: str, step: str, body: Any = None, *, till: dict[str, str] | None = None
    ) -> TestResponse:
        return self.client.post(f"/pos/v1/orders/{order}/{step}", json=body, headers=till or self.till)

    def hand_over(self, code: str, *, till: dict[str, str] | None = None) -> TestResponse:
        return self.client.post("/pos/v1/orders/hand-over", json={"code": code}, headers=till or self.till)

    def queue(self, **headers: str) -> TestResponse:
        till = {"Authorization": self.till["Authorization"]}
        return self.client.get("/pos/v1/orders", headers={**till, **headers})

    def findings(self) -> list[Any]:
        with snapshot() as session:
            return list(auditing.audit(session))
