"""The one evaluator: what the program says about a purchase (``evaluate``) or anything else (``answer``).

Pure: the same program, basket and member always give the same answer. The order of stages is fixed: price effects of
rules and offers, coupons, rewards; then, by what pays for each line, base rates, multipliers, fixed bonuses; then
challenges and their awards. Everything is integers.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from loyalty.errors import Refused
from loyalty.rules.challenges import moves, progress_of
from loyalty.rules.compile import Compiled
from loyalty.rules.discounts import claim_coupons, discount_group
from loyalty.rules.drafts import Draft, earnings_of, ration_draft, round_drafts
from loyalty.rules.earning import base_drafts, bonus_drafts, earn
from loyalty.rules.giving import Gifts
from loyalty.rules.hints import near_misses
from loyalty.rules.limits import ration_of, uses_of
from loyalty.rules.outcome import Discount, Earning, Evaluation, Hint, LimitUse, LineOutcome, Progress
from loyalty.rules.rewards import claim_rewards
from loyalty.rules.scene import Scene
from loyalty.rules.tiers import tier_after

if TYPE_CHECKING:
    from loyalty.rules.clauses import Clause, Plan
    from loyalty.rules.facts import Basket, MemberFacts, Occasion
    from loyalty.rules.program import Program


def evaluate(
    program: Program, basket: Basket, member: MemberFacts | None, *, hints: bool = True
) -> Evaluation:
    """Return everything the program says about a purchase.

    ``member`` None is a customer nobody scanned: public price effects hold, nothing is earned. ``hints`` False leaves
    out why rules nearly applied. Raise what ``refusals`` lists, and ``InsufficientPoints``, for a claimed reward or
    coupon that cannot be had.
    """
    compiled = program.once(Compiled)
    outcome = _purchase(Scene(compiled, basket, None, member), basket, hints=hints)
    if member is not None and program.settings.crossing_purchase == "new_rate":
        tier = tier_after(program, member.tier, member.tier_points_milli + _tier_points(outcome))
        if tier != member.tier:
            scene = Scene(compiled, basket, None, member).in_tier(tier)
            # What the member claimed was theirs to claim in the old tier: then the old answer stands.
            with suppress(Refused):
                return _purchase(scene, basket, hints=hints)
    return outcome


def base_earnings(program: Program, basket: Basket, member: MemberFacts) -> tuple[Earning, ...]:
    """Return what a basket earns at the base rate alone: that of the entry tier, at the prices of its lines."""
    entry = program.entry_tier.key
    scene = Scene(program.once(Compiled), basket, None, member).in_tier(entry)
    scene.finish_prices()
    drafts = base_drafts(scene, scene.compiled.plan("purchase", scene.channel, scene.store, entry))
    round_drafts(scene, drafts)
    return tuple(earnings_of(scene, drafts))


def answer(program: Program, occasion: Occasion, member: MemberFacts) -> Evaluation:
    """Return everything the program says about an occasion other than a purchase."""
    scene = Scene(program.once(Compiled), None, occasion, member)
    plan = scene.compiled.plan(occasion.when, occasion.channel, scene.store, member.tier)
    if occasion.when == "schedule" and "rule" in occasion.data:
        plan = plan.only(occasion.data["rule"])
    progress, drafts, gifts = _points(scene, plan)
    return Evaluation(
        earnings=tuple(earnings_of(scene, drafts)),
        progress=tuple(progress),
        limits=_limit_uses(scene),
        grants=tuple(gifts.grants),
        tiers=tuple(gifts.tiers),
        extensions=tuple(gifts.extensions),
        messages=tuple(gifts.messages),
    )


def _purchase(scene: Scene, basket: Basket, *, hints: bool) -> Evaluation:
    member = scene.member
    plan = scene.compiled.plan(
        "purchase", scene.channel, scene.store, None if member is None else member.tier
    )
    warnings: list[Hint] = []
    discounts: list[Discount] = []
    if basket.paid_minor is not None:
        scene.prices.net[:] = basket.paid_minor
    else:
        for group in plan.cuts:
            discounts += discount_group(scene, group)
    if basket.coupons:
        taken, coupons = claim_coupons(scene, basket.coupons)
        discounts += taken
        plan = plan.with_coupons(coupons)
    if basket.rewards:
        discounts += claim_rewards(scene, basket.rewards, warnings)
    scene.finish_prices()
    lines = _lines(scene, basket)
    if member is None:
        return Evaluation(lines=lines, discounts=tuple(discounts), limits=_limit_uses(scene))
    progress, drafts, gifts = _points(scene, plan)
    return Evaluation(
        lines,
        tuple(discounts),
        tuple(earnings_of(scene, drafts)),
        tuple(progress),
        _limit_uses(scene) if scene.tallies else (),
        tuple(gifts.grants),
        tuple(gifts.tiers),
        tuple(gifts.extensions),
        tuple(gifts.messages),
        tuple(warnings),
        near_misses(scene) if hints else (),
    )


def _lines(scene: Scene, basket: Basket) -> tuple[LineOutcome, ...]:
    prices = scene.prices
    return tuple(
        [
            LineOutcome(line.id, gross, gross - net, net)
            for line, gross, net in zip(basket.lines, prices.gross, prices.net, strict=True)
        ]
    )


def _points(scene: Scene, plan: Plan) -> tuple[list[Progress], list[Draft], Gifts]:
    """Go through the stages that give points and gifts; round once, at the end."""
    drafts = earn(scene, plan)
    gifts = Gifts()
    for clause in plan.others:
        if clause.others and scene.holds(clause) is not None:
            gifts.give(scene, clause)
    progress: list[Progress] = []
    for move in moves(scene, plan):
        moved = progress_of(scene, move)
        progress.append(moved)
        if moved.completes:
            _award(scene, move.clause, moved, drafts, gifts)
    round_drafts(scene, drafts)
    return progress, drafts, gifts


def _award(scene: Scene, clause: Clause, moved: Progress, drafts: list[Draft], gifts: Gifts) -> None:
    """Give what a completed challenge promises, as far as its limits go: points over its lines, and gifts."""
    rations = [ration_of(scene, limit) for limit in clause.limits]
    if any(ration.empty for ration in rations):
        return
    for ration in rations:
        ration.take_time()
    again = clause in scene.tallies
    lines = () if scene.occasion is not None else scene.holds(clause) or scene.group(clause.bit)
    for draft in bonus_drafts(scene, clause, clause.bonuses, lines, moved.instance):
        if clause.limits:
            ration_draft(scene, draft, 0)
        drafts.append(draft)
    gifts.give(scene, clause, moved.instance)
    if clause.limits:
        scene.tally(clause).times += again


def _limit_uses(scene: Scene) -> tuple[LimitUse, ...]:
    return tuple(
        [use for clause, tally in scene.tallies.items() for use in uses_of(clause.limits, tally, scene)]
    )


def _tier_points(outcome: Evaluation) -> int:
    return sum(earning.points_milli for earning in outcome.earnings if earning.counts_for_tier)
