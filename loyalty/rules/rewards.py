"""Rewards that a member claims in a basket: may they, can they, and on which piece is it worth most.

A claim is refused, never ignored. Points are checked for all claims of a basket together.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from loyalty.ledger import InsufficientPoints
from loyalty.rules.admission import admit
from loyalty.rules.deals import (
    GiveAmountOff,
    GiveMerchandise,
    GiveOption,
    GivePercentOff,
    Reward,
)
from loyalty.rules.drafts import by_line_of
from loyalty.rules.limits import ration_of
from loyalty.rules.outcome import Discount, Hint
from loyalty.rules.prices import Cut, Piece, limited, percent_of, spread
from loyalty.rules.refusals import RewardNotApplicable, RewardUnknown
from loyalty.why import Why

if TYPE_CHECKING:
    from loyalty.rules.clauses import Clause
    from loyalty.rules.facts import Grant, MemberFacts, RewardClaim
    from loyalty.rules.scene import Scene

FOREVER: Final = datetime.max.replace(tzinfo=UTC)
# A reward on one piece: what it takes off, and what it could have taken off at most.
Gain = tuple[int, int]


def claim_rewards(scene: Scene, claims: Sequence[RewardClaim], warnings: list[Hint]) -> list[Discount]:
    """Take the claimed rewards off the prices, in order. Raise for the first one that cannot be had."""
    member = scene.member
    if member is None:
        raise RewardNotApplicable(reward=claims[0].reward)
    used: set[str] = set()
    paid = [_paid_by(scene, claim, member, used) for claim in claims]
    wanted = sum(
        _reward(scene, claim).price_for(member.tier)
        for claim, grant in zip(claims, paid, strict=True)
        if grant is None and claim.hold is None
    )
    if wanted > member.points_milli:
        raise InsufficientPoints(missing_milli=wanted - member.points_milli)
    scene.spent_milli = wanted
    return [_use(scene, claim, grant, warnings) for claim, grant in zip(claims, paid, strict=True)]


def _reward(scene: Scene, claim: RewardClaim) -> Reward:
    reward = scene.program.rewards.get(claim.reward)
    if reward is None:
        raise RewardUnknown(reward=claim.reward)
    return reward


def _paid_by(scene: Scene, claim: RewardClaim, member: MemberFacts, used: set[str]) -> str | None:
    """Return the grant that pays for a claim; None if points do. Raise if the member may not have the reward.

    A reward that is only granted, claimed without naming a grant, takes the one that ends first.
    """
    reward = _reward(scene, claim)
    clause = scene.compiled.rewards[reward.key]
    admit(scene, clause, RewardNotApplicable(reward=reward.key))
    for limit in clause.limits:
        ration_of(scene, limit).take_time()
    if claim.grant is None and not reward.granted_only:
        return None
    grants = [
        grant
        for grant in member.grants
        if grant.reward == reward.key
        and grant.id not in used
        and claim.grant in (None, grant.id)
        and _valid(scene, grant)
    ]
    if not grants:
        raise RewardNotApplicable(f"There is no grant for the reward {reward.key}.", reward=reward.key)
    chosen = min(grants, key=lambda grant: (grant.valid_until or FOREVER, grant.id)).id
    used.add(chosen)
    return chosen


def _valid(scene: Scene, grant: Grant) -> bool:
    return grant.valid_from <= scene.occurred_at and (
        grant.valid_until is None or scene.occurred_at < grant.valid_until
    )


def _use(scene: Scene, claim: RewardClaim, grant: str | None, warnings: list[Hint]) -> Discount:
    """Use a reward where it is worth most (or on the line that was named). Raise if it is worth nothing."""
    assert scene.member is not None
    reward = _reward(scene, claim)
    clause = scene.compiled.rewards[reward.key]
    cuts, offered = _plan(scene, reward, _lines(scene, clause, claim))
    cuts = _within_money_limits(scene, clause, cuts)
    taken = scene.prices.apply(cuts)
    amount = sum(taken.values())
    if not amount:
        raise RewardNotApplicable(reward=reward.key)
    scene.prices.taken.update((line, piece) for line, piece, _ in cuts if piece >= 0)
    for line, part in taken.items():
        scene.prices.covered[line] += part
    price = 0 if grant is not None else reward.price_for(scene.member.tier)
    by_line = by_line_of(scene, taken)
    if clause.limits:
        again = clause in scene.tallies
        tally = scene.tally(clause)
        tally.times += again
        tally.add_money(amount, by_line)
        tally.add_points(price, ())
    inputs: dict[str, Any] = {"reward": reward.key, "amount_minor": amount, "points_milli": price}
    if offered > amount:
        lost = {"reward": reward.key, "amount_minor": offered - amount}
        warnings.append(Hint("value_lost", reward.key, Why("value_lost", lost)))
    key = "granted" if grant is not None else "reward" if price else "perk"
    return Discount("reward", reward.key, amount, by_line, Why(key, inputs), price, grant, claim.hold)


def _lines(scene: Scene, clause: Clause, claim: RewardClaim) -> tuple[int, ...]:
    """Return the lines a claim may go to."""
    lines = scene.group(clause.bit)
    if clause.condition is not None and clause.condition.per_line:
        lines = scene.chosen(clause, lines) or ()
    if claim.line is not None:
        lines = tuple(line for line in lines if scene.source.lines[line].id == claim.line)
    return lines


def _plan(scene: Scene, reward: Reward, lines: tuple[int, ...]) -> tuple[list[Cut], int]:
    """Return how a reward cuts prices, and how much it could have taken off at most."""
    gives = reward.gives
    if isinstance(gives, (GiveAmountOff, GivePercentOff)) and gives.of == "order":
        whole = sum(scene.prices.net[line] for line in lines)
        if isinstance(gives, GiveAmountOff):
            return spread(scene.prices, lines, gives.amount_minor), gives.amount_minor
        cuts = limited(spread(scene.prices, lines, percent_of(whole, gives.percent)), gives.max_minor)
        return cuts, 0
    free = [
        piece for piece in scene.prices.list_pieces(lines) if (piece[1], piece[2]) not in scene.prices.taken
    ]
    gains = [(piece, _gain(scene, reward, piece)) for piece in free]
    gains = [(piece, gain) for piece, gain in gains if gain[0] > 0]
    if not gains:
        return [], 0
    if getattr(gives, "of", "dearest") == "cheapest":
        (_, line, place), (amount, offered) = min(gains, key=lambda each: each[0][0])
    else:
        (_, line, place), (amount, offered) = max(gains, key=lambda each: each[1][0])
    return [(line, place, amount)], offered


def _gain(scene: Scene, reward: Reward, piece: Piece) -> Gain:
    """Return what a reward takes off one piece, and what it could have (0: it promised no amount)."""
    value, line, _ = piece
    gives = reward.gives
    if isinstance(gives, GiveAmountOff):
        return min(value, gives.amount_minor), gives.amount_minor
    if isinstance(gives, GivePercentOff):
        amount = percent_of(value, gives.percent)
        return min(amount, value if gives.max_minor is None else gives.max_minor), 0
    if isinstance(gives, GiveOption):
        prices = [
            option.price_minor
            for key in scene.source.lines[line].options
            if (option := scene.program.options.get(key)) is not None
            and (not gives.options or key in gives.options)
        ]
        value = min(value, max(prices, default=0))
    maximum = None if isinstance(gives, GiveMerchandise) else gives.max_minor
    return (value, 0) if maximum is None else (min(value, maximum), maximum)


def _within_money_limits(scene: Scene, clause: Clause, cuts: list[Cut]) -> list[Cut]:
    for limit in clause.limits:
        if limit.amount_minor is not None:
            cuts = limited(cuts, ration_of(scene, limit).take(sum(cut[2] for cut in cuts)))
    return cuts
