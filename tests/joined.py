"""A member who has joined and signed in on a device, made by the domain: for tests of everything else.

::

    with transaction() as session:
        ann = join(session, "ann@example.com", now=clock.now())
    headers = ann.headers(clock.now())            # within the app's context
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from loyalty import changes, codes, members
from loyalty.members import devices, identities


@dataclass(frozen=True, slots=True)
class Joined:
    """Who joined, and the device they are signed in on, with the key it signs pay codes with."""

    member_id: int
    public_id: str
    device_id: str
    kid: str
    key: Any

    def headers(self, now: datetime) -> dict[str, str]:
        """Return the headers of a request of this device."""
        from loyalty.web.site import current
        from mobile_api.who import access_token

        return {"Authorization": f"Bearer {access_token(current(), device_id=self.device_id, now=now)}"}

    def pay_code(self, secret_key: str, *, counter: int, now: datetime) -> str:
        """Return the code that the device shows at ``now``; the counter must grow."""
        epoch = codes.epochs_at(codes.code_secret(secret_key), now)[0].value
        return codes.draw_pay(self.key, kid=self.kid, counter=counter, epoch=epoch, now=now)


def join(
    session: Session,
    address: str | None = "ann@example.com",
    *,
    now: datetime,
    tier: str = "green",
    platform: Literal["app", "web", "kiosk"] = "app",
    given_name: str = "Ann",
    wallet_limit_minor: int = 50_000,
    secret_key: str = "Zm9yIHRlc3RzIG9ubHksIG5ldmVyIHNlcnZlZCE0NzExMDgxNQ",
) -> Joined:
    """Create a member who is signed in on one device with a registered key."""
    entry = members.Entry(tier=tier, wallet_limit_minor=wallet_limit_minor)
    member = members.create_member(session, profile=members.Profile(given_name), entry=entry, now=now)
    if address is not None:
        contact, secret = members.contact(address), members.member_secret(secret_key)
        identities.claim(session, contact=contact, member_id=member.member_id, secret=secret, now=now)
        identities.verify(session, contact=contact, member_id=member.member_id, secret=secret, now=now)
    changes.lock(session, member.member_id)
    device_id = devices.enroll(
        session,
        member_id=member.member_id,
        name=f"{given_name}'s {platform}",
        platform=platform,
        known_id=None,
        now=now,
    )
    key = codes.new_private_key()
    kid = members.register_key(
        session, member_id=member.member_id, device_id=device_id, public_key=codes.jwk_of(key), now=now
    )
    return Joined(member.member_id, member.public_id, device_id, kid, key)
