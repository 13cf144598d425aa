"""Everything a decision needs to know about a member, loaded under the lock in one round trip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from loyalty import codes
from loyalty.ledger import Books
from loyalty.record import record
from loyalty.rules.facts import Grant, MemberFacts, OfferInstance, Used
from loyalty.rules.program import Program
from loyalty.sales import queries

NOBODY: Final = 0


@record
class Who:
    """How the member is named: by id, by the handle of a scanned code, by public id, or not at all."""

    member_id: int | None = None
    handle: str | None = None
    public_id: str | None = None

    @property
    def expression(self) -> str:
        """Return the SQL that stands for the member's id."""
        if self.handle is not None:
            return queries.BY_HANDLE
        if self.public_id is not None:
            return queries.BY_PUBLIC_ID
        return queries.BY_ID


@record
class Wanted:
    """What one occasion has to look up besides the member: keys, codes, coupons, prices."""

    client: str = ""
    key: str = ""
    kid: str = ""
    code_use: str = ""
    coupon_hashes: tuple[bytes, ...] = ()
    rewards: tuple[str, ...] = ()
    store: str | None = None
    skus: tuple[str, ...] = ()
    till: str = ""
    sale_id: str = ""


@dataclass(slots=True)
class Person:
    """Who the member is, as far as rules and tills may know."""

    member_id: int
    public_id: str
    given_name: str
    family_name: str
    locale: str
    birthday: date | None
    joined_at: datetime
    status: str
    tags: frozenset[str]
    employee: bool
    favorite_store: str | None
    preferences: Mapping[str, str]


@dataclass(slots=True)
class Standing:
    """Tier and running totals. ``window_milli`` is the tier counter: what was earned since ``window_from``."""

    tier: str
    tier_since: datetime
    tier_until: datetime | None
    visits: int
    last_visit_at: datetime | None
    spent_minor: int
    advanced_at: datetime
    window_from: datetime
    window_milli: int
    earned_since: list[tuple[datetime, int]] = field(default_factory=list[tuple[datetime, int]])
    tier_then: str | None = None


@record
class StoredAnswer:
    """The answer an idempotency key was given before."""

    request_hash: bytes
    refused: bool
    answer: dict[str, Any]


@record
class CouponRow:
    """A coupon code as it stands."""

    id: str
    coupon: str
    member_id: int | None
    uses_left: int | None
    valid_from: datetime | None
    valid_until: datetime | None


@dataclass(slots=True)
class State:
    """A member (or nobody) as of now, and what the occasion asked for."""

    program: Program
    books: Books | None = None
    person: Person | None = None
    standing: Standing | None = None
    used: dict[tuple[str, str], Used] = field(default_factory=dict[tuple[str, str], Used])
    shared: dict[tuple[str, str], Used] = field(default_factory=dict[tuple[str, str], Used])
    offers: list[OfferInstance] = field(default_factory=list[OfferInstance])
    completed_by: dict[str, str] = field(default_factory=dict[str, str])
    grants: list[Grant] = field(default_factory=list[Grant])
    coupons: dict[bytes, CouponRow] = field(default_factory=dict[bytes, CouponRow])
    prices: dict[str, int] = field(default_factory=dict[str, int])
    stock_taken: dict[str, int] = field(default_factory=dict[str, int])
    stored: StoredAnswer | None = None
    device: codes.DeviceKeyState | None = None
    use: codes.Use | None = None
    till_status: str | None = None
    sale_exists: bool = False

    @property
    def member_id(self) -> int:
        """Return the member's id, 0 for nobody."""
        return self.person.member_id if self.person else NOBODY

    def facts(self, *, at: datetime, available_milli: int) -> MemberFacts | None:
        """Return what rules may know about the member at the moment of the occasion; ``None`` for nobody."""
        if self.person is None or self.standing is None:
            return None
        person, standing = self.person, self.standing
        return MemberFacts(
            tier=standing.tier_then or standing.tier,
            joined_at=person.joined_at,
            points_milli=available_milli,
            tier_points_milli=standing.window_milli,
            tier_since=standing.tier_since,
            tier_until=standing.tier_until,
            birthday=person.birthday,
            locale=person.locale,
            tags=person.tags,
            employee=person.employee,
            visits=standing.visits,
            last_visit_at=standing.last_visit_at,
            spent_minor=standing.spent_minor,
            favorite_store=person.favorite_store,
            preferences=person.preferences,
            used={**self.used, **self.shared},
            offers=tuple(self.offers),
            grants=tuple(self.grants),
        )
