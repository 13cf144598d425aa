"""What the evaluator answers: effects with their explanation, as plain values.

``by_line`` always sums to the whole it splits: ``((line id, amount), …)``, in basket order, zero parts left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal

from loyalty.record import record
from loyalty.why import Why

ByLine = tuple[tuple[str, int], ...]


@record
class Discount:
    """Money off. ``points_milli`` is what it costs the member (a reward), 0 for rules, coupons and grants.

    ``coupon`` is the id of the code, ``offer_instance`` the received offer that gives it: both are used up by it.
    """

    source: Literal["rule", "reward", "coupon"]
    key: str
    amount_minor: int
    by_line: ByLine
    why: Why
    points_milli: int = 0
    grant: str | None = None
    hold: str | None = None
    coupon: str | None = None
    offer_instance: str | None = None


@record
class Expiry:
    """How long a lot lives, as the program says it; ``loyalty.rules.expiry`` turns it into an instant."""

    kind: Literal["never", "days", "months_end", "inactivity"]
    count: int = 0


@record
class Earning:
    """Points given. ``stage`` is ``base``, ``multiplier`` or ``bonus``; several earnings may share one rule."""

    rule: str
    stage: Literal["base", "multiplier", "bonus"]
    points_milli: int
    by_line: ByLine
    why: Why
    expiry: Expiry
    counts_for_tier: bool = True
    on_return: Literal["reverse", "keep"] = "reverse"
    offer_instance: str | None = None


@record
class Contribution:
    """What one line of this basket adds to a challenge; ``quantity`` is the line's, for exact returns."""

    line: str
    amount: int
    quantity: int


@record
class Progress:
    """A challenge that this occasion moved. Where ``completes``, its award is among the earnings and grants."""

    instance: str
    offer: str
    contributions: tuple[Contribution, ...]
    day: date
    progress: int
    target: int
    completes: bool
    why: Why


@record
class LimitUse:
    """What is counted against a limit: per member, or program-wide (``shared``: a budget)."""

    limit: str
    period: str
    since: datetime
    until: datetime | None
    times: int
    amount: int
    maximum_times: int | None
    maximum_amount: int | None
    shared: bool = False
    by_line: ByLine = ()


@record
class GrantGiven:
    """A reward given to the member, to be used once; or a coupon (then ``reward`` is empty)."""

    rule: str
    reward: str
    valid_from: datetime
    valid_until: datetime | None
    why: Why
    coupon: str | None = None
    offer_instance: str | None = None


@record
class TierSet:
    """A rule puts the member into a tier."""

    rule: str
    tier: str
    until: datetime | None
    why: Why


@record
class Extension:
    """Lots earned before ``earned_before`` that end at all live ``months`` calendar months longer."""

    rule: str
    months: int
    earned_before: datetime
    why: Why


@record
class Message:
    """Something to tell the member (``notify``) or a partner (``partner``), through the outbox."""

    rule: str
    kind: Literal["notify", "partner"]
    data: Mapping[str, Any]
    why: Why


@record
class Hint:
    """A warning (value would be lost) or a near miss (why a rule did not apply): ``code`` for programs."""

    code: str
    key: str
    why: Why


@record
class LineOutcome:
    """What one line costs after all price effects."""

    line: str
    gross_minor: int
    discount_minor: int
    net_minor: int


@record
class Evaluation:
    """Everything the program says about one occasion."""

    lines: tuple[LineOutcome, ...] = ()
    discounts: tuple[Discount, ...] = ()
    earnings: tuple[Earning, ...] = ()
    progress: tuple[Progress, ...] = ()
    limits: tuple[LimitUse, ...] = ()
    grants: tuple[GrantGiven, ...] = ()
    tiers: tuple[TierSet, ...] = ()
    extensions: tuple[Extension, ...] = ()
    messages: tuple[Message, ...] = ()
    warnings: tuple[Hint, ...] = ()
    near_misses: tuple[Hint, ...] = ()

    @property
    def gross_minor(self) -> int:
        """Return what the basket costs before discounts."""
        return sum(line.gross_minor for line in self.lines)

    @property
    def discount_minor(self) -> int:
        """Return what is taken off."""
        return sum(line.discount_minor for line in self.lines)

    @property
    def total_minor(self) -> int:
        """Return what is to be paid."""
        return sum(line.net_minor for line in self.lines)

    @property
    def earned_milli(self) -> int:
        """Return the points given."""
        return sum(earning.points_milli for earning in self.earnings)

    @property
    def spent_milli(self) -> int:
        """Return the points that the claimed rewards cost."""
        return sum(discount.points_milli for discount in self.discounts)
