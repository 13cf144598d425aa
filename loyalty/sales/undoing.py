"""Undo exactly what returned lines caused. Pure: on the books, the state, and the record of the sale.

Of every amount that a line caused, ``floor(total * returned / bought)`` is undone after ``returned`` of its ``bought``
pieces came back; each step undoes the difference to the step before, so that any sequence of partial returns ends
exactly where one whole return does (LEDGER.md § 3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from loyalty.ledger import LotState
from loyalty.rules.split import split
from loyalty.sales.effects import SOURCES, Consequences
from loyalty.sales.state import State
from loyalty.why import Why


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
        """Return what this return takes of an amount that the whole line caused."""
        return total * self.after // self.quantity - total * self.before // self.quantity

    @property
    def gone(self) -> bool:
        """Tell whether nothing is left of the line."""
        return self.after == self.quantity


@dataclass(slots=True)
class Undone:
    """What a return did, to be written and answered."""

    amount_minor: int = 0
    taken_milli: int = 0
    restored_milli: int = 0
    refunds: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    limits: list[tuple[str, str, int, int, bool]] = field(
        default_factory=list[tuple[str, str, int, int, bool]]
    )
    grants_back: list[str] = field(default_factory=list[str])
    coupons_back: list[str] = field(default_factory=list[str])
    stock_back: list[str] = field(default_factory=list[str])


def part_of(by_line: Mapping[str, int], lines: Mapping[str, SoldLine]) -> int:
    """Return what this return takes of an amount that is split over lines."""
    return sum(lines[line].part(amount) for line, amount in by_line.items())


def all_gone(by_line: Mapping[str, int], lines: Mapping[str, SoldLine]) -> bool:
    """Tell whether every line that caused something is wholly returned, and was not before."""
    names = list(by_line) or list(lines)
    now_gone = all(lines[line].gone for line in names)
    was_gone = all(lines[line].before == lines[line].quantity for line in names)
    return now_gone and not was_gone


def take_back_points(
    state: State,
    done: Consequences,
    undone: Undone,
    record: Mapping[str, Sequence[Mapping[str, Any]]],
    lines: Mapping[str, SoldLine],
    *,
    earned_at: datetime,
    forgiven: dict[int, int],
) -> None:
    """Take back what the returned lines earned; points of the sale's own lots that expired are not taken again.

    ``forgiven`` is, per lot of the sale, how much of it expired and was not yet forgiven; it is used up here.
    """
    for earning in record.get("earnings", ()):
        if earning["offer"] is not None or earning["on_return"] != "reverse" or earning.get("undone"):
            continue
        amount = part_of(earning["by_line"], lines)
        if amount:
            take_back_earning(state, done, undone, earning, amount, earned_at=earned_at, forgiven=forgiven)


def take_back_earning(
    state: State,
    done: Consequences,
    undone: Undone,
    earning: Mapping[str, Any],
    amount_milli: int,
    *,
    earned_at: datetime,
    forgiven: dict[int, int],
) -> None:
    """Take back some of one earning, from its own lot first, and take it out of the tier counter."""
    books, standing = state.books, state.standing
    assert books is not None
    assert standing is not None
    lot = earning["lot"]
    lapsed = min(amount_milli, forgiven.get(lot, 0))
    if lapsed:
        forgiven[lot] -= lapsed
    taken = amount_milli - lapsed
    if taken:
        books.take_back(
            taken,
            source=SOURCES[earning["stage"]],
            own=() if lot is None else (lot,),
            shortfall=state.program.settings.negative_points,
            rule=earning["rule"],
            why=Why("returned", {"rule": earning["rule"], "points_milli": taken}),
        )
    undone.taken_milli += taken
    if earning["tier"]:
        done.tier_earned[earned_at] = done.tier_earned.get(earned_at, 0) - amount_milli
        if earned_at > standing.window_from:
            standing.window_milli -= amount_milli
        done.entities.add("tier")


def give_back_rewards(
    state: State,
    done: Consequences,
    undone: Undone,
    record: Mapping[str, Sequence[Mapping[str, Any]]],
    lines: Mapping[str, SoldLine],
    lots: Mapping[int, LotState],
    *,
    now: datetime,
) -> None:
    """Give back what the returned lines' rewards, grants and coupons cost."""
    books = state.books
    assert books is not None
    grace = now + timedelta(days=state.program.settings.restored_points_grace_days)
    for discount in record.get("discounts", ()):
        if uses := discount["uses"]:
            before, after = _shares(discount, lines)
            back = _slice(list(reversed(uses)), before, after)
            if back:
                books.restore(
                    [(lots[number], milli) for number, milli in back],
                    lapsed_until=grace,
                    now=now,
                    rule=discount["key"],
                    why=Why("restored", {"reward": discount["key"], "points_milli": after - before}),
                )
                undone.restored_milli += after - before
        if all_gone(discount["by_line"], lines):
            if discount["grant"]:
                undone.grants_back.append(discount["grant"])
                done.entities.add(f"grant/{discount['grant']}")
            if discount["coupon"] and discount["coupon"] not in undone.coupons_back:
                undone.coupons_back.append(discount["coupon"])
            if discount["source"] == "reward":
                undone.stock_back.append(discount["key"])


def _shares(discount: Mapping[str, Any], lines: Mapping[str, SoldLine]) -> tuple[int, int]:
    """Return how much of a reward's points was given back before this return, and is after it."""
    names = list(discount["by_line"])
    weights = [discount["by_line"][name] for name in names]
    parts = split(discount["points_milli"], weights)
    before = sum(p * lines[name].before // lines[name].quantity for name, p in zip(names, parts, strict=True))
    after = sum(p * lines[name].after // lines[name].quantity for name, p in zip(names, parts, strict=True))
    return before, after


def _slice(uses: Sequence[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    """Return the stretch from ``start`` to ``end`` of amounts laid end to end."""
    back: list[tuple[int, int]] = []
    place = 0
    for number, milli in uses:
        low, high = max(start, place), min(end, place + milli)
        if high > low:
            back.append((number, high - low))
        place += milli
    return back


def give_back_limits(
    undone: Undone,
    record: Mapping[str, Sequence[Mapping[str, Any]]],
    lines: Mapping[str, SoldLine],
    *,
    keep: set[str],
) -> None:
    """Take the returned lines out of the counters of limits and budgets (not those in ``keep``)."""
    for use in record.get("limits", ()):
        if use["limit"] in keep:
            continue
        amount = part_of(use["by_line"], lines) if use["by_line"] else 0
        if not use["by_line"] and all_gone({}, lines):
            amount = use["amount"]
        times = use["times"] if all_gone(use["by_line"], lines) else 0
        if amount or times:
            undone.limits.append((use["limit"], use["period"], times, amount, use["shared"]))


def refund(tenders: list[dict[str, Any]], amount_minor: int) -> list[dict[str, Any]]:
    """Split a refund over the tenders in proportion to what each still holds; note it on them and return the parts."""
    left = [tender["amount_minor"] - tender["refunded_minor"] for tender in tenders]
    parts = split(amount_minor, left)
    refunds: list[dict[str, Any]] = []
    for tender, part in zip(tenders, parts, strict=True):
        if part:
            tender["refunded_minor"] += part
            refunds.append({"kind": tender["kind"], "amount_minor": part, "reference": tender["reference"]})
    return refunds
