"""The cast of these tests: Ann and Ben, and how they come in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from loyalty import members

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECRET = members.member_secret("a secret of the tests, thirty-two characters or more")
ENTRY = members.Entry(tier="green", wallet_limit_minor=50_000)
ANN = members.email("ann@example.com")
BEN = members.email("ben@example.com")


def sent_code(session: Session, contact: members.Contact) -> str:
    """Return the code that was sent to an address, and take it out of the outbox as a worker would."""
    rows = session.execute(
        text(
            "DELETE FROM outbox WHERE topic = 'sign_in_code' AND payload->>'to' = :to RETURNING payload->>'code'"
        ),
        {"to": contact.value},
    )
    return rows.scalar_one()


SignIn = Callable[..., members.SignedIn]


@pytest.fixture
def sign_in(session: Session) -> SignIn:
    """Return a function that signs an address in, whole: ask, read the mail, answer."""

    def run(contact: members.Contact = ANN, *, now: datetime = NOON, **more: Any) -> members.SignedIn:
        members.request_code(session, contact=contact, secret=SECRET, locale="en", now=now)
        return members.sign_in(
            session,
            contact=contact,
            code=sent_code(session, contact),
            device=more.get("device", members.NewDevice("Ann's phone", "app")),
            profile=more.get("profile", members.Profile("Ann", "Lee")),
            entry=ENTRY,
            secret=SECRET,
            now=now,
        )

    return run
