"""Two members with a history of everything that leaves rows, clean until somebody tampers with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from loyalty import auditing, ledger, rules, sales
from loyalty.actor import SYSTEM, Actor
from loyalty.auditing import Found
from loyalty.ledger import RootKey
from loyalty.staff.models import Till
from tests.domain.sales.conftest import Cafe

KEY = RootKey.of("a secret of the tests, thirty-two characters or more")


@dataclass
class Books:
    """A café whose books can be audited, and tampered with as somebody could who owns the database."""

    cafe: Cafe
    ann: int
    bob: int

    @property
    def session(self) -> Session:
        return self.cafe.session

    def audit(self, **how: Any) -> list[Found]:
        self.session.flush()
        return list(auditing.audit(self.session, keys=[KEY], **how))

    def root(self) -> ledger.Root | None:
        return ledger.take_root(self.session, key=KEY, now=self.cafe.now)

    def tamper(self, statement: str, **values: Any) -> None:
        """Change rows with every trigger and foreign key switched off."""
        self.session.execute(text("SET LOCAL session_replication_role = replica"))
        changed = self.session.execute(text(statement), {"ann": self.ann, "bob": self.bob, **values})
        assert changed.rowcount, "nothing was tampered with"  # type: ignore[attr-defined]
        self.session.execute(text("SET LOCAL session_replication_role = origin"))


@pytest.fixture
def cafe(session: Session) -> Cafe:
    start = datetime(2020, 1, 1, tzinfo=UTC)
    rules.apply(session, rules.load_shipped("cafe-stars"), actor=SYSTEM, live_from=start, now=start)
    till = {"id": "till-1", "name": "Till 1", "store": "main-street", "status": "active"}
    session.execute(insert(Till).values(**till, enrolled_at=start, last_seen_at=start))
    return Cafe(session)


@pytest.fixture
def books(cafe: Cafe) -> Books:
    """Ann bought with a reward and her wallet, returned a line, holds a reward; Bob bought once; a root is taken."""
    ann, bob = cafe.member(points=300, wallet=5000), cafe.member()
    cafe.sell(
        ann,
        ("latte", 600),
        ("toast", 800),
        rewards=(sales.RewardClaim("ladder-60"),),
        tenders=(sales.TenderRequest("wallet", 1200),),
        id="s1",
    )
    cafe.wait(minutes=5)
    cafe.give_back("s1", ("2", 1))
    cafe.sell(bob, ("latte", 450), tenders=(sales.TenderRequest("cash", 450),), id="s2")
    phone = Actor(kind="member", id="phone", channel="app", member_id=ann)
    sales.hold_reward(cafe.session, actor=phone, member_id=ann, reward="ladder-100", key="hold", now=cafe.now)
    made = Books(cafe, ann, bob)
    assert made.root() is not None
    return made
