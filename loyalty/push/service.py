"""Which devices want to be told while the app is closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from loyalty.actor import Actor
from loyalty.errors import Flaw, Invalid, Refused
from loyalty.push.encryption import point_of
from loyalty.push.gateway import EndpointRefused, check_endpoint
from loyalty.push.models import PushSubscription

ENDPOINT_MAX: Final = 2000
AUTH_BYTES: Final = 16


class SubscriptionInvalid(Invalid):
    """The subscription is none that messages can be sent to; ``flaws`` say why."""

    code = "subscription_invalid"
    text = "Messages cannot be sent to this subscription."


class PushNotHere(Refused):
    """A kiosk belongs to whoever stands before it: it gets no messages."""

    code = "push_not_here"
    text = "A kiosk gets no messages."


def subscribe(
    session: Session,
    *,
    actor: Actor,
    endpoint: str,
    public_key: bytes,
    auth_secret: bytes,
    key_name: str,
    loopback: bool,
    now: datetime,
) -> None:
    """Let the device that acts be told; again changes where. Raise ``SubscriptionInvalid`` or ``PushNotHere``.

    A browser has one subscription, whoever is signed in: the device that had it before loses it.
    """
    assert actor.member_id is not None
    if actor.channel == "store":
        raise PushNotHere
    _check(endpoint, public_key, auth_secret, loopback=loopback)
    hashed = sha256(endpoint.encode()).digest()
    session.execute(
        delete(PushSubscription).where(
            PushSubscription.endpoint_hash == hashed,
            (PushSubscription.member_id != actor.member_id) | (PushSubscription.device_id != actor.id),
        )
    )
    row = {
        "endpoint": endpoint,
        "endpoint_hash": hashed,
        "public_key": public_key,
        "auth_secret": auth_secret,
        "key_name": key_name,
        "created_at": now,
    }
    session.execute(
        insert(PushSubscription)
        .values(member_id=actor.member_id, device_id=actor.id, **row)
        .on_conflict_do_update(index_elements=["member_id", "device_id"], set_=row)
    )


def unsubscribe(session: Session, *, member_id: int, device_id: str) -> None:
    """Tell a device no more; one that was not told stays so."""
    session.execute(
        delete(PushSubscription).where(
            PushSubscription.member_id == member_id, PushSubscription.device_id == device_id
        )
    )


def drop(session: Session, subscription: PushSubscription) -> None:
    """Forget a subscription that has ended, unless the device has made a new one since."""
    session.execute(
        delete(PushSubscription).where(
            PushSubscription.member_id == subscription.member_id,
            PushSubscription.device_id == subscription.device_id,
            PushSubscription.endpoint_hash == subscription.endpoint_hash,
        )
    )


def subscribed_devices(session: Session, member_id: int) -> Sequence[str]:
    """Return the devices of a member that want to be told."""
    return session.scalars(
        select(PushSubscription.device_id)
        .where(PushSubscription.member_id == member_id)
        .order_by(PushSubscription.device_id)
    ).all()


def subscription_of(session: Session, member_id: int, device_id: str) -> PushSubscription | None:
    """Return where a device is told, if it wants to be."""
    return session.get(PushSubscription, (member_id, device_id), populate_existing=True)


def _check(endpoint: str, public_key: bytes, auth_secret: bytes, *, loopback: bool) -> None:
    flaws: list[Flaw] = []
    try:
        check_endpoint(endpoint, loopback=loopback)
    except EndpointRefused:
        flaws.append(Flaw("/endpoint", "The address of a push service: https://…"))
    try:
        point_of(public_key)
    except ValueError:
        flaws.append(Flaw("/keys/p256dh", "A point of P-256, uncompressed: 65 bytes."))
    if len(auth_secret) != AUTH_BYTES:
        flaws.append(Flaw("/keys/auth", f"{AUTH_BYTES} bytes."))
    if flaws:
        raise SubscriptionInvalid(flaws=tuple(flaws))
