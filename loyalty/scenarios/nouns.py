"""What a scenario consists of, as plain values: members at the start, steps, and what is expected of each.

Amounts and points are decimals as they were written; what minor units and instants they are is known when the
program and its stores are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from loyalty.scenarios.beginnings import CouponGiven, Member
from loyalty.scenarios.values import Moment


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a basket; ``price`` is for one piece."""

    sku: str
    quantity: int
    price: Decimal | None
    kind: str | None
    options: tuple[str, ...]
    category: str | None
    tags: tuple[str, ...]
    name: str | None
    id: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A reward the member wants; ``hold`` names a hold of this scenario."""

    reward: str
    line: str | None
    hold: str | None
    grant: bool | None


@dataclass(frozen=True, slots=True)
class Sale:
    """A purchase; ``pay`` are (kind, amount), the amount ``None`` for all that is left."""

    id: str | None
    member: str | None
    lines: tuple[Line, ...]
    rewards: tuple[Claim, ...]
    coupons: tuple[str, ...]
    pay: tuple[tuple[str, Decimal | None], ...]
    tax: Decimal | None
    tip: Decimal | None
    tags: tuple[str, ...]
    own_cup: bool | None
    channel: str | None
    store: str | None
    offline: bool | None
    occurred_at: Moment | None
    uploaded_at: Moment | None
    retry: bool | None
    code: str | None
    screenshot_of: str | None
    drawn_at: Moment | None
    at_till: str | None


@dataclass(frozen=True, slots=True)
class ReturnedLine:
    """So many pieces of one line, named by its own id or its product.

    What only goods without a receipt need to say, because no sale says it: ``price`` and the like.
    """

    sku: str | None
    line: str | None
    quantity: int
    price: Decimal | None
    kind: str | None
    options: tuple[str, ...]
    category: str | None
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Return:
    """Lines of a sale given back; no lines: all of it. No sale: goods without their receipt, ``refund`` how."""

    sale: str | None
    lines: tuple[ReturnedLine, ...]
    member: str | None
    reason: str | None
    store: str | None
    offline: bool | None
    refund: str | None
    occurred_at: Moment | None
    uploaded_at: Moment | None
    retry: bool | None


@dataclass(frozen=True, slots=True)
class Void:
    """A sale undone."""

    sale: str
    member: str | None
    reason: str | None
    store: str | None
    offline: bool | None
    uploaded_at: Moment | None
    retry: bool | None


@dataclass(frozen=True, slots=True)
class TopUp:
    """Money put into the wallet, by ``card`` or ``cash``."""

    member: str | None
    amount: Decimal
    by: str | None
    channel: str | None
    store: str | None
    retry: bool | None


@dataclass(frozen=True, slots=True)
class OfferSent:
    """An offer sent to members, activated or seen by them."""

    members: tuple[str, ...]
    offer: str
    channel: str | None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a member, other than a purchase or top-up."""

    member: str | None
    name: str
    data: Mapping[str, Any]
    channel: str | None
    store: str | None
    retry: bool | None


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Points given or taken by hand."""

    member: str | None
    points: Decimal
    reason: str | None


@dataclass(frozen=True, slots=True)
class Merge:
    """One member's account goes into another's."""

    member: str
    into: str


@dataclass(frozen=True, slots=True)
class Application:
    """Another program comes into force."""

    program: Any
    live_from: Moment | None
    without_notice: str | None


@dataclass(frozen=True, slots=True)
class ReceiptClaim:
    """A member claims the receipt of a sale of nobody."""

    member: str | None
    sale: str


@dataclass(frozen=True, slots=True)
class Hold:
    """A member sets a reward aside; ``id`` is its name in this scenario."""

    member: str | None
    reward: str
    id: str | None


@dataclass(frozen=True, slots=True)
class Release:
    """A member gives a held reward back; ``hold`` is the name of the hold or the reward's key."""

    member: str | None
    hold: str


@dataclass(frozen=True, slots=True)
class Run:
    """Jobs that are run."""

    jobs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """A basket that is only looked at."""

    sale: Sale


Action = (
    Sale
    | Quote
    | Return
    | Void
    | TopUp
    | OfferSent
    | Event
    | Adjustment
    | Merge
    | Application
    | ReceiptClaim
    | Hold
    | Release
    | Run
)


@dataclass(frozen=True, slots=True)
class ChallengeAt:
    """How far a challenge is: its progress (money of a spending challenge in major units), and whether it is done."""

    progress: Decimal | None
    done: bool | None
    target: Decimal | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is expected: values by key of the step's own answer and member, and of members by name."""

    said: Mapping[str, Any]
    members: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Step:
    """One moment: what is done, and what is expected afterwards. ``verb`` is the key it was written under."""

    number: int
    at: Moment | None
    verb: str
    action: Action | None
    expect: Expectation | None
    channel: str | None
    store: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole file (or its ``document`` of that place); ``path`` is where it was read: programs may lie beside it."""

    path: str
    name: str
    about: str | None
    program: Any
    settings: Mapping[str, Any]
    store: str | None
    start: Moment | None
    members: Mapping[str, Member]
    coupons: tuple[CouponGiven, ...]
    steps: tuple[Step, ...]
    through: tuple[str, ...]
    document: int = 0
