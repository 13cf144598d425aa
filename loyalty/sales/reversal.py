"""One return on its way: the sale, how much of each line comes back, and everything needed to undo it exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from loyalty.db import Batch
from loyalty.ledger import Books, LotState
from loyalty.ledger import queries as ledger_queries
from loyalty.rules import expiry
from loyalty.rules.facts import OfferInstance, Step
from loyalty.sales import queries
from loyalty.sales.consequences import Consequences
from loyalty.sales.late_holds import OWED
from loyalty.sales.refusals import AlreadyVoided, LineMissing, ReturnTooMuch
from loyalty.sales.requests import ReturnLine
from loyalty.sales.sold import Record, Sold, find
from loyalty.sales.state import Standing, State


@dataclass(slots=True)
class SoldLine:
    """One line of the sale, with how much of it came back before and after this return."""

    line: str
    sku: str
    quantity: int
    net_minor: int
    before: int
    after: int

    def part(self, total: int) -> int:
        """Return what this return takes of an amount that the whole line caused.

        ``floor(total * returned / bought)`` is undone after so many pieces came back; each return undoes the
        difference to the one before, so that all of them together undo the whole (LEDGER.md § 3).
        """
        return total * self.after // self.quantity - total * self.before // self.quantity

    @property
    def gone(self) -> bool:
        """Tell whether nothing is left of the line."""
        return self.after == self.quantity


@dataclass(frozen=True, slots=True)
class Move:
    """One move between tiers, with the tier counter as it stands for that moment today.

    ``lots`` are the [lot, old end, new end] that the move changed in the sale that brought it.
    """

    number: int
    at: datetime
    kind: str
    from_tier: str
    to_tier: str
    prior_since: datetime
    prior_until: datetime | None
    window_from: datetime
    counted_milli: int
    lots: Sequence[Sequence[Any]]


@dataclass(slots=True)
class Found:
    """What a return has to know besides the sale and the member."""

    lots: dict[int, LotState]
    forgiven: dict[int, int]
    offers: dict[str, OfferInstance]
    completed_by: dict[str, str | None]
    steps: dict[str, list[tuple[Step, int]]]
    awarding: dict[str, Sold]
    moves: list[Move]
    last_visit_at: datetime | None
    active_besides: bool
    last_activity_at: datetime | None


@dataclass(slots=True)
class Undone:
    """What a return did besides the books, to be written and answered."""

    amount_minor: int = 0
    taken_milli: int = 0
    restored_milli: int = 0
    refunds: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    limits: list[tuple[str, str, int, int, bool]] = field(
        default_factory=list[tuple[str, str, int, int, bool]]
    )
    steps: list[tuple[int, str, str]] = field(default_factory=list[tuple[int, str, str]])
    grants_back: list[str] = field(default_factory=list[str])
    grants_withdrawn: list[str] = field(default_factory=list[str])
    coupons_back: list[str] = field(default_factory=list[str])
    stock_back: list[str] = field(default_factory=list[str])
    rewritten: dict[str, Sold] = field(default_factory=dict[str, Sold])
    promotions: list[int] = field(default_factory=list[int])


@dataclass(slots=True)
class Reversal:
    """One return: of which sale, how much, when; what it finds and what it does. ``kind`` is return or void."""

    kind: str
    number: str
    state: State
    sold: Sold
    parts: dict[str, SoldLine]
    at: datetime
    now: datetime
    done: Consequences = field(default_factory=Consequences)
    undone: Undone = field(default_factory=Undone)

    @property
    def books(self) -> Books:
        """Return the member's books."""
        assert self.state.books is not None
        return self.state.books

    @property
    def standing(self) -> Standing:
        """Return the member's standing."""
        assert self.state.standing is not None
        return self.state.standing

    @property
    def record(self) -> Record:
        """Return what the sale did."""
        return self.sold.record

    @property
    def everything(self) -> bool:
        """Tell whether nothing is left of the sale."""
        return all(part.gone for part in self.parts.values())

    @property
    def returned(self) -> list[SoldLine]:
        """Return the lines of which something comes back now."""
        return [part for part in self.parts.values() if part.after != part.before]

    def part_of(self, by_line: Mapping[str, int]) -> int:
        """Return what this return takes of an amount that is split over lines."""
        return sum(self.parts[line].part(amount) for line, amount in by_line.items())

    def just_gone(self, by_line: Mapping[str, int]) -> bool:
        """Tell whether the last of the lines that caused something comes back now (none named: of the sale)."""
        parts = [self.parts[line] for line in by_line] or list(self.parts.values())
        return all(part.gone for part in parts) and any(part.before < part.quantity for part in parts)


def parts_of(sold: Sold, wanted: tuple[ReturnLine, ...] | None) -> dict[str, SoldLine]:
    """Return every line of the sale with how much of it comes back now (``None``: all that is left).

    Raise ``LineMissing``, ``ReturnTooMuch``, ``AlreadyVoided``.
    """
    parts = {
        line["line"]: SoldLine(
            line["line"],
            line["sku"],
            line["quantity"],
            line["net_minor"],
            line["returned_quantity"],
            line["returned_quantity"] if wanted is not None else line["quantity"],
        )
        for line in sold.lines
    }
    if wanted is None and all(part.before == part.quantity for part in parts.values()):
        raise AlreadyVoided
    for wish in wanted or ():
        _take(parts, wish)
    return parts


def _take(parts: dict[str, SoldLine], wish: ReturnLine) -> None:
    """Take the wished pieces out of the named line, or out of the lines of that product in their order."""
    fitting = [
        part
        for part in parts.values()
        if (part.line == wish.line if wish.line is not None else part.sku == wish.sku)
    ]
    if not fitting:
        raise LineMissing(line=wish.line or wish.sku)
    left = sum(part.quantity - part.after for part in fitting)
    if wish.quantity > left:
        raise ReturnTooMuch(line=wish.line or wish.sku, left=left)
    rest = wish.quantity
    for part in fitting:
        taken = min(rest, part.quantity - part.after)
        part.after += taken
        rest -= taken


def look_up(session: Session, reversal: Reversal) -> Found:
    """Load what undoing needs, in one round trip (and one for each other sale that completed a challenge)."""
    record, sold = reversal.record, reversal.sold
    own = sorted({e["lot"] for e in record.get("earnings", ()) if e["lot"] is not None})
    spent = sorted({lot for discount in record.get("discounts", ()) for lot, _ in discount["uses"]} - {OWED})
    instances = sorted({entry["instance"] for entry in record.get("progress", ())})
    member = {"member_id": reversal.state.member_id}
    since, until = _month(reversal)
    batch = Batch()
    batch.add(ledger_queries.LOTS_OF, {**member, "lots": sorted({*own, *spent})})
    batch.add(ledger_queries.EXPIRED_OF_LOTS, {**member, "lots": own})
    batch.add(queries.OFFERS_OF, {**member, "instances": instances})
    batch.add(queries.STEPS_OF, {**member, "instances": instances})
    batch.add(queries.TIER_MOVES, member)
    batch.add(queries.LAST_VISIT, {**member, "sale": sold.id})
    batch.add(queries.OTHER_ACTIVITY, {**member, "sale": sold.id, "since": since, "until": until})
    batch.add(queries.TAKEN_OF_SALE, {**member, "sale": sold.id})
    batch.add(queries.LAST_ACTIVITY, {**member, "sale": sold.id})
    lots, expired, offers, steps, moves, last_visit, other, taken, activity = batch.send(session)
    completed_by: dict[str, str | None] = {row[0]: row[9] for row in offers}
    return Found(
        lots={row[0]: reversal.books.lots.get(row[0]) or LotState(*row) for row in lots},
        forgiven=_forgiven(reversal, {row[0]: row[1] for row in expired}, taken[0][0]),
        offers={row[0]: OfferInstance(*row[:8], progress=row[8]) for row in offers},
        completed_by=completed_by,
        steps=_grouped(steps),
        awarding=_awarding(session, sold, completed_by.values()),
        moves=[Move(*row[:9], lots=(row[9] or {}).get("expiry", ())) for row in moves],
        last_visit_at=last_visit[0][0],
        active_besides=other[0][0],
        last_activity_at=activity[0][0],
    )


def _grouped(rows: Sequence[Sequence[Any]]) -> dict[str, list[tuple[Step, int]]]:
    """Return the steps of each instance, each with what it was before any return."""
    grouped: dict[str, list[tuple[Step, int]]] = {}
    for instance, sale, line, amount, original, day, at in rows:
        grouped.setdefault(instance, []).append((Step(sale, line, amount, day, at), original))
    return grouped


def _awarding(session: Session, sold: Sold, completed_by: Any) -> dict[str, Sold]:
    """Return the sales that completed a challenge, by reference; their awards may have to be undone."""
    names = {name for name in completed_by if name is not None and name.startswith("sale:")}
    return {name: sold if name == sold.reference else find(session, name[5:]) for name in sorted(names)}


def _forgiven(reversal: Reversal, expired: dict[int, int], taken: int) -> dict[int, int]:
    """Return, per lot of the sale, the expired points that earlier returns have not yet passed over.

    Earlier returns took what was due less what had expired; what they passed over is what they did not take.
    """
    due = sum(
        amount * reversal.parts[line].before // reversal.parts[line].quantity
        for earning in reversal.record.get("earnings", ())
        if earning["offer"] is None and earning["on_return"] == "reverse"
        for line, amount in earning["by_line"].items()
    )
    passed = max(0, due - taken)
    left: dict[int, int] = {}
    for lot in sorted(expired):
        used = min(passed, expired[lot])
        passed -= used
        left[lot] = expired[lot] - used
    return left


def _month(reversal: Reversal) -> tuple[datetime, datetime]:
    """Return the calendar month of the sale in the program's zone."""
    zone = reversal.state.program.zone
    occurred_at: datetime = reversal.sold.row["occurred_at"]
    first = occurred_at.astimezone(zone).date().replace(day=1)
    return expiry.midnight(first, zone), expiry.midnight(expiry.add_months(first, 1), zone)
