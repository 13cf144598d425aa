"""What one sale costs on the way to the database: at most three round trips, and always the same statements.

Counted on the wire, by a proxy that reads PostgreSQL's protocol, and once more by libpq's own trace.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter as Counted
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert

from loyalty import codes, offers, rules, sales
from loyalty.actor import SYSTEM, Actor
from loyalty.clock import SetClock
from loyalty.config import Settings
from loyalty.db import connection_of, transaction
from loyalty.staff.models import Till
from loyalty.web.site import current
from pos_adapter.who import FRESH_SECONDS, till_token
from tests.conftest import settings_for
from tests.joined import Joined, join
from tests.wire import Count, Wire, wired

MOST = 3
TILL = Actor(
    kind="till",
    id="till-1-1-1",
    channel="store",
    store="main-street",
    permissions=frozenset({"sales.settle"}),
)


@dataclass(frozen=True)
class Size:
    """How much a sale has to do with."""

    lines: int
    rules: int
    lots: int


SMALL, LARGE = Size(1, 1, 1), Size(40, 60, 50)


def program_of(size: Size) -> dict[str, Any]:
    """Return a program in which so many rules apply, each with a limit per day and a budget for everybody."""
    document = rules.load_shipped("cafe-stars")
    document["rules"] = [
        {
            "key": f"rule-{number}",
            "name": {"en": f"Rule {number}", "fr": f"Règle {number}"},
            "when": "purchase",
            "then": [{"earn": {"points_milli": 1000, "per_minor": 100}}],
            "limits": [
                {"times": 900, "per": "day"},
                {"times": 50_000, "per": "program", "budget": True},
            ],
            "stack": {"group": f"group-{number}"},
        }
        for number in range(size.rules)
    ]
    document["offers"] = []
    for reward in document["rewards"]:
        if reward["key"] == "ladder-60":
            reward["stock"] = 1000
    document["coupons"].append(
        {
            "key": "one-off",
            "name": {"en": "A dollar off", "fr": "Un dollar de moins"},
            "kind": "multi",
            "uses": 500,
            "then": [{"discount": {"amount_minor": 100, "of": "order"}}],
        }
    )
    return document


@dataclass
class Counter:
    """A till with its token, Ann with her phone, and the wire to the database."""

    client: FlaskClient
    clock: SetClock
    secret_key: str
    wire: Wire
    size: Size
    ann: Joined
    name: str
    token: str
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def code(self) -> str:
        return self.ann.pay_code(self.secret_key, counter=next(self.numbers), now=self.clock.now())

    def body(self, **more: Any) -> dict[str, Any]:
        lines = [{"sku": "latte", "quantity": 1, "price_minor": 500} for _ in range(self.size.lines)]
        return {"code": self.code(), "lines": lines, **more}

    def everything(self) -> dict[str, Any]:
        """Return a sale with wallet money, a reward from stock, a coupon, limits and budgets."""
        return self.body(
            tenders=[{"kind": "wallet", "amount_minor": 100}],
            rewards=[{"reward": "ladder-60"}],
            coupons=[f"SPRING-{self.name}"],
        )

    def sell(self, body: dict[str, Any]) -> tuple[Count, dict[str, Any]]:
        """Sell over HTTP and return what it cost on the wire, and the receipt."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Idempotency-Key": f"trips-{next(self.numbers):04d}",
        }
        with self.wire.counted() as counted:
            answer = self.client.post("/pos/v1/sales", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return counted, json.loads(answer.data)


@pytest.fixture
def wire(fresh_database: str) -> Iterator[Wire]:
    with wired(fresh_database) as wire:
        yield wire


@pytest.fixture
def settings(wire: Wire, tmp_path: Path) -> Settings:
    """Return the settings of an application that reaches its database over the wire."""
    return settings_for(wire.url, tmp_path)


Opens = Callable[[Size], Counter]


@pytest.fixture
def opens(app: Flask, client: FlaskClient, clock: SetClock, settings: Settings, wire: Wire) -> Opens:
    """Return what opens a till for sales of a size: with its program, and Ann with her lots."""
    assert app.testing

    def open_till(size: Size) -> Counter:
        name = f"{size.lines}-{size.rules}-{size.lots}"
        clock.advance(seconds=1)
        ann = _prepare(size, name, clock.now())
        token = till_token(current(), till_id=f"till-{name}", generation=1, now=clock.now())
        till = Counter(client, clock, settings.secret_key, wire, size, ann, name, token)
        # Every statement is prepared now, on the one connection that is used, and the program is compiled.
        for _ in range(3):
            till.sell(till.everything())
        return till

    return open_till


def _prepare(size: Size, name: str, now: datetime) -> Joined:
    with transaction() as session:
        rules.apply(
            session, program_of(size), actor=SYSTEM, live_from=now, without_notice="for this test", now=now
        )
        till = {"id": f"till-{name}", "name": name, "store": "main-street", "status": "active"}
        session.execute(insert(Till).values(**till, enrolled_at=now, last_seen_at=now))
        ann = join(session, f"ann-{name}@example.com", now=now)
        offers.issue_coupons(session, "one-off", codes=[f"SPRING-{name}"], actor=SYSTEM, now=now)
        who: dict[str, Any] = {"actor": SYSTEM, "member_id": ann.member_id, "now": now}
        sales.top_up(session, amount_minor=40_000, source="cash", key=f"money-{name}", **who)
        for number in range(size.lots):
            milli = 600_000 // size.lots
            sales.adjust(session, points_milli=milli, reason="start", key=f"lot-{name}-{number}", **who)
    return ann


@pytest.fixture
def till(opens: Opens, size: Size) -> Counter:
    return opens(size)


both_sizes = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
small = pytest.mark.parametrize("size", [SMALL], ids=["small"])


@both_sizes
def test_a_sale_over_http_takes_at_most_three_round_trips_commit_included(till: Counter) -> None:
    for body in (till.body(), till.everything()):
        counted, receipt = till.sell(body)
        assert counted.trips == counted.turns == MOST
        assert counted.texts[0] == "BEGIN"
        assert len(receipt["effects"]) >= till.size.rules


@small
def test_a_sale_that_takes_nothing_from_others_takes_two(till: Counter) -> None:
    tip = [{"sku": "tip", "kind": "tip", "quantity": 1, "price_minor": 100}]
    assert till.sell({"lines": tip})[0].trips == MOST - 1


@small
def test_who_stands_at_the_till_is_one_more_every_few_seconds(till: Counter) -> None:
    till.clock.advance(seconds=FRESH_SECONDS)
    assert till.sell(till.everything())[0].trips == MOST + 1
    till.clock.advance(minutes=2)  # once a minute it is noted that the till was heard of
    assert till.sell(till.everything())[0].trips == MOST + 3


def test_lines_rules_and_lots_do_not_change_the_number_of_statements(opens: Opens) -> None:
    found: list[list[int]] = []
    for size in (SMALL, LARGE):
        till = opens(size)
        counts = [till.sell(body)[0] for body in (till.body(), till.everything())]
        found.append([count.statements for count in counts])
    assert found[0] == found[1]


@small
def test_the_wire_counts_what_libpq_traces(till: Counter) -> None:
    with tempfile.TemporaryFile() as traced, till.wire.counted() as counted:
        with transaction() as session:
            line = connection_of(session).pgconn
            line.trace(traced.fileno())
            sales.settle(
                session,
                actor=TILL,
                request=sales.SaleRequest(lines=(sales.LineRequest("latte", 1, 500),), code=till.code()),
                key="direct",
                secret=codes.code_secret(till.secret_key),
                now=till.clock.now(),
            )
        line.untrace()
        traced.seek(0)
        rows = [text.split("\t") for text in traced.read().decode(errors="replace").splitlines()]
    # When, from whom (F: the client), how long, what.
    said = Counted((row[1], row[3]) for row in rows if len(row) > 3)
    assert said["B", "ReadyForQuery"] == counted.trips == MOST
    assert said["F", "Execute"] + said["F", "Query"] == counted.statements
    assert said["F", "Parse"] + said["F", "Query"] == len(counted.texts)
