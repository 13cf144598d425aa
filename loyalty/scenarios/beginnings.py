"""How members are at the beginning of a scenario, as plain values; amounts and points as they were written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from loyalty.scenarios.values import Moment


@dataclass(frozen=True, slots=True)
class Lot:
    """Points a member has at the start."""

    points: Decimal
    earned_at: Moment | None
    expires_at: Moment | None
    never: bool


@dataclass(frozen=True, slots=True)
class OfferGiven:
    """An offer a member has at the start."""

    offer: str
    received_at: Moment | None
    seen_at: Moment | None
    activated_at: Moment | None


@dataclass(frozen=True, slots=True)
class CouponGiven:
    """A coupon that is in circulation at the start; ``code`` is what is typed, the key itself if it is ``None``."""

    coupon: str
    code: str | None
    uses: int | None
    valid_until: Moment | None


@dataclass(frozen=True, slots=True)
class GrantGiven:
    """A reward that was given to a member before the start."""

    reward: str
    valid_from: Moment | None
    valid_until: Moment | None


@dataclass(frozen=True, slots=True)
class Member:
    """A member as they are at the start."""

    tier: str | None
    points: Decimal | None
    lots: tuple[Lot, ...]
    owed: Decimal | None
    wallet: Decimal | None
    wallet_limit: Decimal | None
    tier_points: Decimal | None
    tier_since: Moment | None
    tier_until: Moment | None
    joined: Moment | None
    birthday: date | None
    name: str | None
    family_name: str | None
    email: str | None
    phone: str | None
    locale: str | None
    tags: tuple[str, ...]
    employee: bool | None
    favorite_store: str | None
    preferences: Mapping[str, str]
    coupons: tuple[CouponGiven, ...]
    offers: tuple[OfferGiven, ...]
    grants: tuple[GrantGiven, ...]
    visits: int | None
    spent: Decimal | None
    last_visit: Moment | None
