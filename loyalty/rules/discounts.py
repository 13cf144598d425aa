"""Price effects that nobody pays points for: those of rules and open offers, then those of claimed coupons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from loyalty.rules.admission import admit
from loyalty.rules.drafts import by_line_of
from loyalty.rules.instances import open_instance
from loyalty.rules.limits import ration_of
from loyalty.rules.outcome import Discount
from loyalty.rules.prices import Cut, limited
from loyalty.rules.program import Offer
from loyalty.rules.refusals import CouponNotApplicable
from loyalty.why import Why

if TYPE_CHECKING:
    from loyalty.rules.clauses import Clause, Group
    from loyalty.rules.facts import CouponClaim
    from loyalty.rules.scene import Held, Scene


def discount_group(scene: Scene, group: Group) -> list[Discount]:
    """Apply the price effects of one group.

    ``best``: only what takes off most; ``add``: all, each of the price before the group; ``multiply``, and groups of
    one: each of what the one before left.
    """
    held = scene.held(group)
    if len(held) > 1 and group.mode != "multiply":
        planned = [_plan(scene, clause, lines) for clause, lines in held]
        if group.mode == "best":
            planned = [max(planned, key=_total)]
        return [each for clause, cuts in planned for each in _apply(scene, clause, cuts)]
    return _in_turn(scene, held)


def _in_turn(scene: Scene, held: Held) -> list[Discount]:
    found: list[Discount] = []
    for clause, lines in held:
        for plan in clause.cuts:
            found += _apply(scene, clause, plan(scene.prices, lines))
    return found


def _plan(scene: Scene, clause: Clause, lines: tuple[int, ...]) -> tuple[Clause, list[Cut]]:
    return clause, [cut for plan in clause.cuts for cut in plan(scene.prices, lines)]


def _total(planned: tuple[Clause, list[Cut]]) -> int:
    return sum(cut[2] for cut in planned[1])


def _apply(scene: Scene, clause: Clause, cuts: list[Cut], claim: CouponClaim | None = None) -> list[Discount]:
    """Take cuts off as far as limits and prices go; return the discount, if there is any."""
    for limit in clause.limits:
        if limit.amount_minor is not None:
            cuts = limited(cuts, ration_of(scene, limit).take(sum(cut[2] for cut in cuts)))
    taken = scene.prices.apply(cuts)
    amount = sum(taken.values())
    if not amount:
        return []
    by_line = by_line_of(scene, taken)
    if clause.limits:
        scene.tally(clause).add_money(amount, by_line)
    inputs: dict[str, Any] = {clause.source: clause.key, "amount_minor": amount}
    instance = _instance(scene, clause)
    source = "rule" if clause.source == "rule" else "coupon"
    code = None if claim is None else claim.id
    return [
        Discount(
            source,
            clause.key,
            amount,
            by_line,
            Why("discount", inputs),
            coupon=code,
            offer_instance=instance,
        )
    ]


def _instance(scene: Scene, clause: Clause) -> str | None:
    """Return the received offer that a discount comes from."""
    if not isinstance(clause.deal, Offer) or scene.member is None:
        return None
    found = open_instance(scene.program, clause.deal, scene.member, scene.occurred_at)
    return None if found is None else found.id


def claim_coupons(scene: Scene, claims: Sequence[CouponClaim]) -> tuple[list[Discount], list[Clause]]:
    """Apply claimed coupons in order; return their discounts, and all their clauses for the stages of points.

    Raise for the first one that may not be used, that takes nothing off and gives nothing else, or that excludes
    another claimed one of its group.
    """
    discounts: list[Discount] = []
    clauses: list[Clause] = []
    for claim in claims:
        clause = scene.compiled.coupons.get(claim.coupon)
        if clause is None or not _together(clause, clauses):
            raise CouponNotApplicable(coupon=claim.coupon)
        again = clause in clauses
        if not again:
            clauses.append(clause)
        admit(scene, clause, CouponNotApplicable(coupon=claim.coupon))
        for limit in clause.limits:
            ration_of(scene, limit).take_time()
        lines = scene.group(clause.bit)
        if clause.condition is not None:
            lines = scene.chosen(clause, lines) or ()
        scene.keep(clause, lines)
        found: list[Discount] = []
        for plan in clause.cuts:
            found += _apply(scene, clause, plan(scene.prices, lines), claim)
        if not found and not _gives_more(scene, clause):
            raise CouponNotApplicable(coupon=claim.coupon)
        if clause.limits:
            scene.tally(clause).times += again
        discounts += found
    return discounts, clauses


def _together(clause: Clause, others: Sequence[Clause]) -> bool:
    """Say whether a coupon goes with those claimed before it: an exclusive one silences the rest of its group."""
    rivals = [
        other for other in others if clause.group and other.group == clause.group and other is not clause
    ]
    return not any(clause.exclusive or other.exclusive for other in rivals)


def _gives_more(scene: Scene, clause: Clause) -> bool:
    if scene.member is None:
        return False
    return bool(clause.rates or clause.factors or clause.bonuses or clause.others or clause.pushes)
