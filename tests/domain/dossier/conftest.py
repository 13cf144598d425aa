"""The café of the sales tests, and people with addresses and phones in it."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from loyalty import members
from loyalty.members import devices, identities, sessions
from tests.domain.sales.conftest import Cafe, cafe

__all__ = ["MEMBER_SECRET", "People", "cafe"]

MEMBER_SECRET = members.member_secret("a secret of the tests, thirty-two characters or more")


class People:
    """Members who signed in with an address."""

    def __init__(self, session: Session, cafe: Cafe) -> None:
        self.session = session
        self.cafe = cafe

    def join(self, address: str, name: str = "Ann", **more: object) -> int:
        member_id = self.cafe.member(**more)
        contact, now = members.email(address), self.cafe.now
        identities.claim(self.session, contact=contact, member_id=member_id, secret=MEMBER_SECRET, now=now)
        identities.verify(self.session, contact=contact, member_id=member_id, secret=MEMBER_SECRET, now=now)
        self.device(member_id, f"{name}'s phone", now)
        return member_id

    def device(self, member_id: int, name: str, now: datetime) -> members.DeviceSession:
        device_id = devices.enroll(
            self.session, member_id=member_id, name=name, platform="app", known_id=None, now=now
        )
        return sessions.start(
            self.session,
            member_id=member_id,
            device_id=device_id,
            platform="app",
            secret=MEMBER_SECRET,
            now=now,
        )


@pytest.fixture
def people(session: Session, cafe: Cafe) -> People:
    """Return how people join this café."""
    return People(session, cafe)
