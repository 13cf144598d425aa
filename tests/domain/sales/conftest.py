"""The cast of these tests: Ann, who has a phone, and a till at the main street; the demo café's program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from loyalty import codes, ledger, members, rules, sales
from loyalty.actor import SYSTEM, Actor
from loyalty.staff.models import Till

NOON = datetime(2026, 5, 10, 13, tzinfo=UTC)
SECRET = codes.code_secret("a secret of the tests, thirty-two characters or more")
TILL = Actor(
    kind="till",
    id="till-1",
    channel="store",
    store="main-street",
    permissions=frozenset({"sales.settle", "gift_cards.sell"}),
)


@dataclass
class Cafe:
    """A café with a till: sells, takes back, and always audits its books afterwards."""

    session: Session
    now: datetime = NOON
    keys: Any = field(default_factory=lambda: count(1))
    phones: dict[int, Any] = field(default_factory=dict)

    def key(self) -> str:
        return f"key-{next(self.keys)}"

    def at(self, *args: int) -> datetime:
        """Set the clock to a local moment at the store (New York)."""
        zone = rules.program_at(self.session, NOON).zone
        self.now = datetime(*args, tzinfo=zone).astimezone(UTC)  # type: ignore[arg-type]
        return self.now

    def member(self, *, points: int = 0, wallet: int = 0, **profile: Any) -> int:
        program = rules.program_at(self.session, self.now)
        entry = members.Entry(program.entry_tier.key, 50_000)
        member = members.create_member(
            self.session, profile=members.Profile("Ann", "Lee", **profile), entry=entry, now=self.now
        )
        self.session.flush()
        if points:
            sales.adjust(
                self.session,
                actor=SYSTEM,
                member_id=member.member_id,
                points_milli=points * 1000,
                reason="start",
                key=self.key(),
                now=self.now,
            )
        if wallet:
            sales.top_up(
                self.session,
                actor=SYSTEM,
                member_id=member.member_id,
                amount_minor=wallet,
                source="cash",
                key=self.key(),
                now=self.now,
            )
        return member.member_id

    def code(self, member_id: int, *, now: datetime | None = None) -> str:
        """Return a fresh pay code of the member's phone."""
        if member_id not in self.phones:
            private = codes.new_private_key()
            kid = codes.register_key(
                self.session,
                member_id=member_id,
                device_id=f"phone-{member_id}",
                public_key=codes.jwk_of(private),
                now=self.now,
            )
            self.phones[member_id] = [private, kid, 0]
        phone = self.phones[member_id]
        phone[2] += 1
        when = now or self.now
        epoch = codes.epochs_at(SECRET, when)[0].value
        return codes.draw_pay(phone[0], kid=phone[1], counter=phone[2], epoch=epoch, now=when)

    def request(self, member_id: int | None, *lines: Any, **more: Any) -> sales.SaleRequest:
        made = tuple(
            line
            if isinstance(line, sales.LineRequest)
            else sales.LineRequest(line[0], line[2] if len(line) > 2 else 1, line[1])
            for line in lines
        )
        code = self.code(member_id) if member_id is not None else None
        return sales.SaleRequest(lines=made, code=code, **more)

    def sell(self, member_id: int | None, *lines: Any, key: str | None = None, **more: Any) -> dict[str, Any]:
        return self.settle(self.request(member_id, *lines, **more), key=key)

    def settle(self, request: sales.SaleRequest, *, key: str | None = None, **more: Any) -> dict[str, Any]:
        return sales.settle(
            self.session,
            actor=more.pop("actor", TILL),
            request=request,
            key=key or self.key(),
            secret=SECRET,
            now=self.now,
            **more,
        )

    def give_back(self, sale: str, *lines: tuple[str, int], key: str | None = None) -> dict[str, Any]:
        return sales.return_lines(
            self.session,
            actor=TILL,
            sale=sale,
            lines=tuple(sales.ReturnLine(quantity, line=line) for line, quantity in lines),
            key=key or self.key(),
            now=self.now,
        )

    def books(self, member_id: int) -> ledger.Books:
        return ledger.read_books(self.session, member_id)

    def findings(self) -> list[ledger.Finding]:
        return list(ledger.audit(self.session))

    def wait(self, **delta: float) -> None:
        self.now += timedelta(**delta)


@pytest.fixture
def cafe(session: Session) -> Cafe:
    """Return a café with the demo program in force since 2020."""
    start = datetime(2020, 1, 1, tzinfo=UTC)
    rules.apply(session, rules.load_shipped("cafe-stars"), actor=SYSTEM, live_from=start, now=start)
    session.execute(
        insert(Till).values(
            id="till-1",
            name="Till 1",
            store="main-street",
            status="active",
            enrolled_at=start,
            last_seen_at=start,
        )
    )
    return Cafe(session)


MakeCafe = Callable[..., Cafe]
