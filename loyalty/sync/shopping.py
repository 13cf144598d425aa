"""Documents of what a member has been offered, holds, and bought: tier, offers, challenges, grants, holds, sales.

An offer and its challenge are two things: what was done with it, and how far it is. So each changes by itself.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy.orm import Session

from loyalty import ledger, members, offers, rewards, sales
from loyalty.clock import rfc3339
from loyalty.sync.protocol import Document

Keys = Collection[str] | None
NEWEST: Final = 50


def tier(session: Session, member_id: int, _keys: Keys) -> dict[str, Document]:
    """Return the tier as it was last written."""
    try:
        standing = members.standing(session, member_id)
    except members.MemberUnknown:
        return {}
    return {
        "": {
            "tier": standing.tier,
            "since": rfc3339(standing.tier_since),
            "until": rfc3339(standing.tier_until),
            "tier_points_milli": standing.window_milli,
        }
    }


def offer(session: Session, member_id: int, keys: Keys) -> dict[str, Document]:
    """Return offers: what was done with them."""
    return {
        row.id: {
            "id": row.id,
            "offer": row.offer,
            "channel": row.channel,
            "received_at": rfc3339(row.received_at),
            "seen_at": rfc3339(row.seen_at),
            "activated_at": rfc3339(row.activated_at),
            "window_from": rfc3339(row.window_from),
            "window_until": rfc3339(row.window_until),
        }
        for row in offers.instances_of(session, member_id, keys)
        if not row.done
    }


def challenge(session: Session, member_id: int, keys: Keys) -> dict[str, Document]:
    """Return how far offers are that count something."""
    return {
        row.id: {
            "id": row.id,
            "offer": row.offer,
            "progress": row.progress,
            "completed_at": rfc3339(row.completed_at),
        }
        for row in offers.instances_of(session, member_id, keys)
        if not row.done and (row.progress or row.completed_at is not None)
    }


def grant(session: Session, member_id: int, keys: Keys) -> dict[str, Document]:
    """Return rewards that were given and not used."""
    return {
        row.id: {
            "id": row.id,
            "reward": row.reward,
            "valid_from": rfc3339(row.valid_from),
            "valid_until": rfc3339(row.valid_until),
        }
        for row in rewards.open_grants(session, member_id, keys)
    }


def coupon(session: Session, member_id: int, keys: Keys) -> dict[str, Document]:
    """Return coupon codes that the member keeps and can still use."""
    return {
        each.id: {
            "id": each.id,
            "code": each.code,
            "coupon": each.coupon.key,
            "name": dict(each.coupon.name),
            "text": dict(each.coupon.text),
            "valid_from": rfc3339(each.valid_from),
            "valid_until": rfc3339(each.valid_until),
            "kept_at": rfc3339(each.kept_at),
        }
        for each in offers.kept_coupons_of(session, member_id, keys)
    }


def hold(session: Session, member_id: int, keys: Keys) -> dict[str, Document]:
    """Return what is set aside."""
    return {
        each.id: {
            "id": each.id,
            "unit": each.unit,
            "amount": each.amount,
            "until": rfc3339(each.until),
            "purpose": each.purpose,
        }
        for each in ledger.open_holds(session, member_id)
        if keys is None or each.id in keys
    }


def sale(session: Session, member_id: int, keys: Keys) -> dict[str, Document]:
    """Return the newest sales (older ones are paged, not synchronized), or these."""
    found = sales.history(session, member_id, limit=NEWEST, only=None if keys is None else list(keys))
    return {each["sale"]: _sale(each) for each in found}


def _sale(document: dict[str, Any]) -> Document:
    shown = {key: value for key, value in document.items() if key not in ("effects", "tenders")}
    return {**shown, "id": document["sale"], "occurred_at": rfc3339(document["occurred_at"])}
