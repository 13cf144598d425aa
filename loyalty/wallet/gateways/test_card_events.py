"""The webhooks of the test-card provider.

Owed in the provider's own transaction, signed, sent until they arrive.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.wallet.gateway import Event, Intent, WebhookMalformed
from loyalty.wallet.gateways import signing
from loyalty.wallet.gateways.models import TestCardEvent

SIGNATURE_HEADER: Final = "Test-Card-Signature"
_LONGEST: Final = timedelta(hours=1)
_GIVEN_UP: Final = 20


@dataclass(frozen=True, slots=True)
class SignedEvent:
    """A webhook as it is sent."""

    id: str
    headers: dict[str, str]
    body: bytes


def owe(session: Session, kind: str, intent: Intent, *, now: datetime) -> None:
    """Write down that something must be told."""
    data: dict[str, Any] = asdict(intent)
    del data["challenge"]
    event_id = f"tce_{secrets.token_hex(12)}"
    session.add(TestCardEvent(id=event_id, type=kind, data=data, created_at=now, due_at=now))


def take_due(session: Session, secret: str, *, now: datetime, limit: int = 20) -> list[SignedEvent]:
    """Take webhooks that are owed. Until ``note_received`` they come again, ever later, then never."""
    rows = session.scalars(
        select(TestCardEvent)
        .where(TestCardEvent.due_at <= now)
        .order_by(TestCardEvent.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.attempts += 1
        row.due_at = (
            now + min(timedelta(seconds=5) * 2**row.attempts, _LONGEST) if row.attempts < _GIVEN_UP else None
        )
    return [sign(secret, row.id, row.type, row.data, now=now) for row in rows]


def note_received(session: Session, event_id: str) -> None:
    """Note that a webhook was answered with 2xx: it is not sent again."""
    row = session.get(TestCardEvent, event_id)
    if row is not None:
        row.due_at = None


def sign(secret: str, event_id: str, kind: str, data: Mapping[str, Any], *, now: datetime) -> SignedEvent:
    """Return a webhook with its signature at ``now``."""
    body = json.dumps({"id": event_id, "type": kind, "test": True, "intent": dict(data)}).encode()
    headers = {"Content-Type": "application/json", SIGNATURE_HEADER: signing.signature(secret, body, now=now)}
    return SignedEvent(event_id, headers, body)


def read_event(secret: str, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Event:
    """Verify the signature and translate; raise ``SignatureInvalid``, ``WebhookMalformed``."""
    header = {name.lower(): value for name, value in headers.items()}.get(SIGNATURE_HEADER.lower(), "")
    signing.check(secret, header, body, now=now)
    try:
        told = json.loads(body)
        intent = Intent(**told["intent"])
        if told["type"] == "payment.refunded":
            total = intent.refunded_minor
            return Event(told["id"], "refund", told["type"], intent, intent.id, refunded_minor=total)
        return Event(told["id"], "intent", told["type"], intent, intent.id)
    except (ValueError, KeyError, TypeError) as error:
        raise WebhookMalformed from error
