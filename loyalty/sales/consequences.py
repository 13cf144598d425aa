"""What follows from an occasion besides the books: rows to be written, and the record by which they can be undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from loyalty.record import record
from loyalty.rules.outcome import Evaluation, LimitUse
from loyalty.sales.standing import TierMove


@record
class Moment:
    """When and by what an effect happens. ``reference`` names the sale, top-up or event."""

    at: datetime
    now: datetime
    reference: str
    sale: str | None = None


@dataclass(slots=True)
class StepRow:
    """One line's contribution to a challenge, to be written; ``reference`` is the sale or event it came from."""

    instance: str
    reference: str
    line: str
    amount: int
    day: date
    at: datetime


@dataclass(slots=True)
class OfferChange:
    """Where an offer instance stands after the occasion."""

    progress: int
    completed_at: datetime | None
    completed_by: str | None
    done: bool = False


@dataclass(slots=True)
class Consequences:
    """Everything to be written besides the books, and the record by which it can be undone."""

    tier_earned: dict[datetime, int] = field(default_factory=dict[datetime, int])
    moves: list[TierMove] = field(default_factory=list[TierMove])
    limits: list[LimitUse] = field(default_factory=list[LimitUse])
    offers: dict[str, OfferChange] = field(default_factory=dict[str, OfferChange])
    steps: list[StepRow] = field(default_factory=list[StepRow])
    grants_given: list[tuple[str, str, str, datetime, datetime | None]] = field(
        default_factory=list[tuple[str, str, str, datetime, "datetime | None"]]
    )
    coupons_given: list[tuple[str, str, str, datetime, datetime | None]] = field(
        default_factory=list[tuple[str, str, str, datetime, "datetime | None"]]
    )
    grants_used: list[str] = field(default_factory=list[str])
    coupons_used: list[str] = field(default_factory=list[str])
    stock: Counter[str] = field(default_factory=Counter[str])
    stock_limits: dict[str, int] = field(default_factory=dict[str, int])
    messages: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list[tuple[str, Mapping[str, Any]]])
    entities: set[str] = field(default_factory=set[str])
    record: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])
    echoes: list[Evaluation] = field(default_factory=list[Evaluation])

    def note(self, kind: str, **entry: Any) -> None:
        """Keep what was done, so that a return can undo it and "why?" can be answered."""
        self.record.setdefault(kind, []).append(entry)
