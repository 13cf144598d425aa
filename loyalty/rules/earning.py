"""The stages that give points: base rates, multipliers, fixed bonuses, in that order.

Base points are kept per cell (a line and what pays for it) as integers over one common denominator, so that a
multiplier multiplies exact points and each rule is rounded once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Any

from loyalty.rules.drafts import Draft, ration_draft
from loyalty.rules.split import half_even, split

if TYPE_CHECKING:
    from loyalty.rules.clauses import Bonus, Clause, Group, Plan
    from loyalty.rules.scene import Scene

Shares = list[tuple["Clause", Sequence[int]]]
# What one factor adds: the clause, its factor, and the extra by cell.
Extra = tuple["Clause", tuple[int, int], dict[int, int]]


def earn(scene: Scene, plan: Plan) -> list[Draft]:
    """Return the earnings of a member on an occasion, before rounding."""
    drafts: list[Draft] = []
    base = _base_stage(scene, rate_shares(scene, plan.rates), drafts) if plan.rates else None
    if base is not None and plan.factors:
        _multiplier_stage(scene, plan, base, drafts)
    for group in plan.bonuses:
        _bonus_group(scene, group, drafts)
    return drafts


def base_drafts(scene: Scene, plan: Plan) -> list[Draft]:
    """Return what the base rates of a plan give a member, before rounding."""
    drafts: list[Draft] = []
    _base_stage(scene, rate_shares(scene, plan.rates), drafts)
    return drafts


def rate_shares(scene: Scene, groups: Sequence[Group]) -> Shares:
    """Return which clause earns on which cells. In a ``best`` group each cell goes to the highest rate."""
    cells = scene.cells
    shares: Shares = []
    for group in groups:
        held: Shares = [(clause, cells.of_clause(clause, lines)) for clause, lines in scene.held(group)]
        if group.mode == "best" and len(held) > 1:
            held = _best_rates(held, scene.compiled.scale)
        shares.extend(held)
    return shares


def _best_rates(held: Shares, scale: int) -> Shares:
    best: dict[int, tuple[int, int]] = {}
    for place, (clause, cells) in enumerate(held):
        rate = sum(points * (scale // per) for points, per in clause.rates)
        for cell in cells:
            if cell not in best or rate > best[cell][0]:
                best[cell] = (rate, place)
    return [
        (clause, [cell for cell in cells if best[cell][1] == place])
        for place, (clause, cells) in enumerate(held)
    ]


def _base_stage(scene: Scene, shares: Shares, drafts: list[Draft]) -> list[int]:
    """Draft the base rates; return base points by cell, in ``1/scale`` of a thousandth."""
    cells, scale = scene.cells, scene.compiled.scale
    amounts, lines = cells.amounts, cells.lines
    base = [0] * len(amounts)
    for clause, chosen in shares:
        weights = [amounts[cell] for cell in chosen]
        worth = sum(weights)
        if not worth:
            continue
        for points, per in clause.rates:
            inputs = {"rule": clause.key, "amount_minor": worth, "rate_milli": points, "per_minor": per}
            draft = Draft(
                clause, "base", worth * points, per, [lines[cell] for cell in chosen], weights, "rate", inputs
            )
            if clause.limits:
                ration_draft(scene, draft, worth)
            _explain_rest(scene, worth, chosen, inputs)
            drafts.append(draft)
            if draft.cut:
                weights = split(draft.numerator * scale // draft.denominator, weights)
                for cell, part in zip(chosen, weights, strict=True):
                    base[cell] += part
            else:
                unit = points * (scale // per)
                for cell in chosen:
                    base[cell] += amounts[cell] * unit
    return base


def _explain_rest(scene: Scene, worth: int, chosen: Sequence[int], inputs: dict[str, Any]) -> None:
    """Say in whose tier, and what of the order did not count: by kind of line (``tender``: how it was paid)."""
    assert scene.member is not None
    inputs["tier"] = scene.member.tier
    net = scene.prices.net
    if scene.occasion is not None or sum(net) <= worth:
        return
    rest = list(net)
    for cell in chosen:
        rest[scene.cells.lines[cell]] -= scene.cells.amounts[cell]
    excluded: dict[str, int] = {}
    for place, left in enumerate(rest):
        if left > 0:
            kind = scene.kinds[place].kind if left == net[place] else "tender"
            excluded[kind] = excluded.get(kind, 0) + left
    inputs["excluded"] = excluded


def _multiplier_stage(scene: Scene, plan: Plan, base: list[int], drafts: list[Draft]) -> None:
    """Draft what multipliers add, stacked as the settings say."""
    settings = scene.program.settings
    held = _held_factors(scene, plan.factors)
    if not held:
        return
    if settings.multiplier_base == "base_rate":
        base = _entry_base(scene, len(base))
    # Divisible by every denominator, so that factors multiply integers.
    scale = prod(under for _, shares in held for clause, _ in shares for _, under in clause.factors)
    values = base if scale == 1 else [value * scale for value in base]
    stacked: list[list[Extra]] = []
    for mode, shares in held:
        extras = _group_extras(mode, shares, values)
        stacked.append(extras)
        if settings.multiplier_stacking == "multiply":
            values = _plus(values, extras)
    if settings.multiplier_stacking == "best":
        _keep_best(stacked)
    for extras in stacked:
        for extra in extras:
            _draft_extra(scene, extra, scale * scene.compiled.scale, drafts)


def _held_factors(scene: Scene, groups: Sequence[Group]) -> list[tuple[str, Shares]]:
    """Return the multipliers that hold, with their cells, by group."""
    held: list[tuple[str, Shares]] = []
    for group in groups:
        found = scene.held(group)
        if found:
            shares = [(clause, scene.cells.of_clause(clause, lines)) for clause, lines in found]
            held.append((group.mode, shares))
    return held


def _entry_base(scene: Scene, count: int) -> list[int]:
    """Return the base points by cell that a member of the entry tier would earn."""
    entry = scene.program.entry_tier.key
    assert scene.member is not None
    if scene.member.tier != entry:
        scene = scene.in_tier(entry)
    plan = scene.compiled.plan(scene.when, scene.channel, scene.store, entry)
    scale, amounts = scene.compiled.scale, scene.cells.amounts
    base = [0] * count
    for clause, chosen in rate_shares(scene, plan.rates):
        unit = sum(points * (scale // per) for points, per in clause.rates)
        for cell in chosen:
            base[cell] += amounts[cell] * unit
    return base


def _group_extras(mode: str, shares: Shares, values: list[int]) -> list[Extra]:
    """Return what each factor of a group adds to the values; ``values`` are divisible by every denominator."""
    extras: list[Extra] = []
    running = values
    for clause, cells in shares:
        for numerator, denominator in clause.factors:
            source = running if mode == "multiply" else values
            more = {
                cell: source[cell] * (numerator - denominator) // denominator
                for cell in cells
                if source[cell]
            }
            extras.append((clause, (numerator, denominator), more))
            if mode == "multiply":
                running = _plus(running, extras[-1:])
    if mode == "best" and len(extras) > 1:
        _keep_best([[extra] for extra in extras])
    return extras


def _plus(values: list[int], extras: Iterable[Extra]) -> list[int]:
    total = list(values)
    for _, _, more in extras:
        for cell, amount in more.items():
            total[cell] += amount
    return total


def _keep_best(stacked: list[list[Extra]]) -> None:
    """Leave each cell only to those extras that together add most there; the earlier ones among equals."""
    best: dict[int, tuple[int, int]] = {}
    for place, extras in enumerate(stacked):
        totals: dict[int, int] = {}
        for _, _, more in extras:
            for cell, amount in more.items():
                totals[cell] = totals.get(cell, 0) + amount
        for cell, amount in totals.items():
            if cell not in best or amount > best[cell][0]:
                best[cell] = (amount, place)
    for place, extras in enumerate(stacked):
        for _, _, more in extras:
            for cell in [cell for cell in more if best[cell][1] != place]:
                del more[cell]


def _draft_extra(scene: Scene, extra: Extra, scale: int, drafts: list[Draft]) -> None:
    clause, (numerator, denominator), more = extra
    total = sum(more.values())
    if total <= 0:
        return
    cells = scene.cells
    multiplied = half_even(total * denominator, scale * (numerator - denominator))
    inputs = {"rule": clause.key, "factor": f"{numerator}/{denominator}", "base_milli": multiplied}
    lines = [cells.lines[cell] for cell in more]
    draft = Draft(clause, "multiplier", total, scale, lines, list(more.values()), "factor", inputs)
    if clause.limits:
        ration_draft(scene, draft, cells.worth(list(more)))
    drafts.append(draft)


def _bonus_group(scene: Scene, group: Group, drafts: list[Draft]) -> None:
    held = scene.held(group)
    if not held:
        return
    found = [bonus_drafts(scene, clause, clause.bonuses, lines) for clause, lines in held]
    if group.mode == "best" and len(found) > 1:
        found = [max(found, key=lambda each: sum(Fraction(one.numerator, one.denominator) for one in each))]
    for each in found:
        for draft in each:
            if draft.clause.limits:
                ration_draft(scene, draft, 0)
            drafts.append(draft)


def bonus_drafts(
    scene: Scene,
    clause: Clause,
    bonuses: Sequence[Bonus],
    lines: tuple[int, ...],
    instance: str | None = None,
) -> list[Draft]:
    """Return the fixed earnings of a clause that holds for these lines, before limits and rounding."""
    drafts: list[Draft] = []
    for bonus in bonuses:
        inputs: dict[str, Any] = {"rule": clause.key}
        weights = [scene.prices.net[line] for line in lines]
        key = "award" if instance is not None else "bonus"
        amount: int | Fraction | None = bonus.points_milli
        if bonus.per_item:
            weights = [scene.prices.quantities[line] for line in lines]
            inputs |= {"each_milli": bonus.points_milli, "items": sum(weights)}
            amount, key = bonus.points_milli * sum(weights), "per_item"
        elif bonus.formula is not None:
            if bonus.asks_eligible and scene.occasion is None:
                scene.eligible_minor = scene.worth(clause, lines)
            amount, key = bonus.formula(scene), "formula"
        if amount is None or amount <= 0:
            continue
        drafts.append(
            Draft(
                clause, "bonus", amount.numerator, amount.denominator, lines, weights, key, inputs, instance
            )
        )
    return drafts
