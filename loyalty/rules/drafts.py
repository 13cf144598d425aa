"""Earnings before they are rounded: exact fractions of a point, and the one place that rounds them.

``exact`` and ``floor_per_rule`` round each earning for itself; the ``_per_order`` roundings round the sum and give the
whole points to the earnings by largest remainder. An earning is split over its lines only afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from loyalty.rules.expiry import expiry_of
from loyalty.rules.limits import ration_of
from loyalty.rules.outcome import ByLine, Earning
from loyalty.rules.split import half_even, half_up, split
from loyalty.why import Why

if TYPE_CHECKING:
    from loyalty.rules.clauses import Clause
    from loyalty.rules.scene import Scene

POINT: Final = 1000


@dataclass(slots=True, eq=False)
class Draft:
    """An earning of ``numerator / denominator`` thousandths, to be split over ``lines`` by ``weights``.

    ``cap`` is what limits leave (None: no limit); ``cut`` says that a limit made it smaller.
    """

    clause: Clause
    stage: Literal["base", "multiplier", "bonus"]
    numerator: int
    denominator: int
    lines: Sequence[int]
    weights: Sequence[int]
    key: str
    inputs: dict[str, Any]
    instance: str | None = None
    cap: int | None = None
    cut: bool = False
    points_milli: int = field(default=0, init=False)


def by_line_of(scene: Scene, parts: dict[int, int]) -> ByLine:
    """Return amounts by line id in basket order, zero ones left out."""
    lines = scene.source.lines
    return tuple([(lines[place].id, parts[place]) for place in sorted(parts) if parts[place]])


def split_by_line(scene: Scene, lines: Sequence[int], weights: Sequence[int], total: int) -> ByLine:
    """Split a total over lines (a line may come more than once); nothing outside purchases."""
    if scene.basket is None:
        return ()
    shares = split(total, weights)
    if scene.cells.plain:
        goods = scene.basket.lines
        return tuple([(goods[line].id, part) for line, part in zip(lines, shares, strict=True) if part])
    parts: dict[int, int] = {}
    for line, part in zip(lines, shares, strict=True):
        parts[line] = parts.get(line, 0) + part
    return by_line_of(scene, parts)


def ration_draft(scene: Scene, draft: Draft, worth_minor: int) -> None:
    """Make a draft as small as the limits of its clause say; ``worth_minor`` is the money that earns it."""
    for limit in draft.clause.limits:
        if limit.points_milli is not None:
            _cap_points(scene, draft, ration_of(scene, limit).take(_tentative(scene, draft)))
        elif limit.amount_minor is not None and worth_minor:
            allowed = ration_of(scene, limit).take(worth_minor)
            if allowed < worth_minor:
                draft.numerator *= allowed
                draft.denominator *= worth_minor
                draft.cut = True
            parts = split_by_line(scene, draft.lines, draft.weights, allowed)
            scene.tally(draft.clause).add_money(allowed, parts)


def _cap_points(scene: Scene, draft: Draft, allowed: int) -> None:
    draft.cap = allowed if draft.cap is None else min(draft.cap, allowed)
    if allowed < _tentative(scene, draft):
        draft.numerator, draft.denominator, draft.cut = allowed, 1, True


def _tentative(scene: Scene, draft: Draft) -> int:
    """Return the points of a draft as far as they can be known before the whole order is rounded."""
    rounding = scene.program.settings.rounding
    if rounding == "floor_per_rule":
        return draft.numerator // (draft.denominator * POINT) * POINT
    if rounding == "exact":
        return half_even(draft.numerator, draft.denominator)
    return -(-draft.numerator // draft.denominator)


def round_drafts(scene: Scene, drafts: Sequence[Draft]) -> None:
    """Give every draft its points: the only rounding of points there is."""
    rounding = scene.program.settings.rounding
    if rounding in ("exact", "floor_per_rule"):
        for draft in drafts:
            draft.points_milli = _tentative(scene, draft)
        return
    common = 1
    for draft in drafts:
        common *= draft.denominator
    exact = [draft.numerator * (common // draft.denominator) for draft in drafts]
    unit = common * POINT
    total = sum(exact) // unit if rounding == "floor_per_order" else half_up(sum(exact), unit)
    for draft, value in zip(drafts, exact, strict=True):
        draft.points_milli = value // unit * POINT
    rest = total - sum(draft.points_milli for draft in drafts) // POINT
    order = sorted(range(len(drafts)), key=lambda place: exact[place] % unit, reverse=True)
    for place in order:
        draft = drafts[place]
        if rest and (draft.cap is None or draft.points_milli + POINT <= draft.cap):
            draft.points_milli += POINT
            rest -= 1


def earnings_of(scene: Scene, drafts: Sequence[Draft]) -> list[Earning]:
    """Return the earnings of drafts that have their points; count them for the limits."""
    assert scene.member is not None
    bonus_counts = scene.program.settings.bonus_counts_for_tier
    inherited = expiry_of(scene.program, scene.member.tier)
    earnings: list[Earning] = []
    for draft in drafts:
        points, clause, inputs = draft.points_milli, draft.clause, draft.inputs
        if points <= 0:
            continue
        parts = split_by_line(scene, draft.lines, draft.weights, points)
        inputs["points_milli"] = points
        if draft.cut:
            inputs["limited"] = True
        counts = clause.counts_for_tier
        earnings.append(
            Earning(
                clause.key,
                draft.stage,
                points,
                parts,
                Why(draft.key, inputs),
                clause.expiry or inherited,
                counts if counts is not None else draft.stage == "base" or bonus_counts,
                clause.on_return,
                draft.instance,
            )
        )
        if clause.limits:
            scene.tally(clause).add_points(points, parts)
    return earnings
