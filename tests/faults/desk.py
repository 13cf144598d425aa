"""One till and one member before the real application in this process, its database at the end of a wire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import insert, text
from werkzeug.test import TestResponse

from loyalty import auditing, rules
from loyalty.actor import SYSTEM
from loyalty.clock import SetClock
from loyalty.db import transaction
from loyalty.staff.models import Till
from loyalty.web.site import current
from pos_adapter.who import till_token
from tests.joined import Joined, join
from tests.wire import Frame, Line, Wire

SALES = "/pos/v1/sales"
START = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass
class Desk:
    """A till with its token, and Ann with her phone."""

    client: FlaskClient
    clock: SetClock
    secret_key: str
    wire: Wire
    ann: Joined
    token: str
    number: int = 0

    def request(self) -> dict[str, Any]:
        """Return a new sale, with its own key and a fresh code: the arguments of ``post``."""
        self.number += 1
        code = self.ann.pay_code(self.secret_key, counter=self.number, now=self.clock.now())
        body = {"code": code, "lines": [{"sku": "latte", "quantity": 1, "price_minor": 500}]}
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": f"network-{self.number:06d}"}
        return {"json": body, "headers": headers}

    def unnamed(self) -> dict[str, Any]:
        """Return a new sale to Ann without a code: nothing but its key makes it unique."""
        request = self.request()
        request["json"] = {"member": self.ann.public_id, "lines": request["json"]["lines"]}
        return request

    def post(self, request: dict[str, Any]) -> TestResponse:
        """Send a sale."""
        return self.client.post(SALES, **request)

    def sales(self) -> int:
        """Return how many sales are there."""
        with transaction() as session:
            return int(session.scalar(text("SELECT count(*) FROM sale")) or 0)

    def findings(self) -> list[str]:
        """Return what the audit finds."""
        with transaction() as session:
            return [each.what for each in auditing.audit(session)]


def open_desk(client: FlaskClient, clock: SetClock, secret_key: str, wire: Wire) -> Desk:
    """Return a desk at which one sale has been settled, so that everything is warm."""
    now = clock.now()
    with transaction() as session:
        rules.apply(session, rules.load_shipped("cafe-stars"), actor=SYSTEM, live_from=START, now=START)
        till = {"id": "till-1", "name": "Till 1", "store": "main-street", "status": "active"}
        session.execute(insert(Till).values(**till, enrolled_at=now, last_seen_at=now))
        ann = join(session, now=now)
    token = till_token(current(), till_id="till-1", generation=1, now=now)
    desk = Desk(client, clock, secret_key, wire, ann, token)
    assert desk.post(desk.request()).status_code == 200
    return desk


Cut = Callable[[Line], None]


def at_frame(number: int, cut: Cut) -> Callable[[Line, bool, Frame], bool]:
    """Return a meddler that cuts a line when so many frames have passed, once.

    Rows do not count: a member has one lot more after each sale.
    """
    passed = 0

    def meddle(line: Line, from_client: bool, frame: Frame) -> bool:
        nonlocal passed
        passed += from_client or frame.kind != b"D"
        if passed != number:
            return True
        cut(line)
        return False

    return meddle


def is_committed(from_client: bool, frame: Frame) -> bool:
    """Tell whether this is the server's word that a transaction is committed."""
    return not from_client and frame.kind == b"C" and frame.body.startswith(b"COMMIT")
