"""What tests of money from outside stand on: a café whose program is in force, a desk, Ann with a phone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from flask import Flask

from loyalty import checkout, ledger, rules, wallet
from loyalty.actor import SYSTEM, Actor
from loyalty.checkout import Desk
from loyalty.clock import SetClock
from loyalty.config import Settings
from loyalty.db import transaction
from loyalty.wallet import PaymentRow
from tests.joined import Joined, join

_keys = count(1)


def put_program_in_force() -> None:
    """Have the demo café's program in force since 2020."""
    start = datetime(2020, 1, 1, tzinfo=UTC)
    with transaction() as session:
        rules.apply(session, rules.load_shipped("cafe-stars"), actor=SYSTEM, live_from=start, now=start)


@dataclass
class Counter:
    """A desk with people at it, on a clock that stands still until told otherwise."""

    app: Flask
    settings: Settings
    clock: SetClock

    @property
    def desk(self) -> Desk:
        return checkout.desk_of(self.settings, self.clock)

    @property
    def gateway(self) -> Any:
        return self.desk.gateway

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def join(self, address: str = "ann@example.com", **more: Any) -> Joined:
        with transaction() as session:
            return join(session, address, now=self.now, **more)

    def key(self) -> str:
        return f"key-{next(_keys)}"

    def top_up(
        self, who: Joined, amount_minor: int = 2_000, method: str = "test_success", key: str | None = None
    ) -> PaymentRow:
        payment, _ = checkout.top_up(
            self.desk, actor=actor_of(who), amount_minor=amount_minor, method=method, key=key or self.key()
        )
        return payment

    def wallet(self, who: Joined) -> int:
        return self.books(who).account.wallet_minor

    def books(self, who: Joined) -> ledger.Books:
        with transaction() as session:
            return ledger.read_books(session, who.member_id)

    def payment(self, who: Joined, payment_id: str) -> PaymentRow:
        with transaction() as session:
            return session.get_one(PaymentRow, (who.member_id, payment_id))

    def findings(self) -> list[Any]:
        with transaction() as session:
            return [*ledger.audit(session), *wallet.audit(session)]

    def wait(self, **delta: float) -> None:
        self.clock.set(self.now + timedelta(**delta))


def actor_of(who: Joined) -> Actor:
    """Return the member acting on their device."""
    return Actor(kind="member", id=who.device_id, channel="app", member_id=who.member_id)
