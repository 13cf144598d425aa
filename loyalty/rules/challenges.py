"""Challenges: what a purchase adds to each open instance, and whether that completes it.

Every instance stands for itself. What past lines contributed is kept as steps, so that a return can take out exactly
what came back and ask ``challenge_progress`` again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loyalty.rules.deals import Challenge, Offer
from loyalty.rules.instances import is_open
from loyalty.rules.outcome import Contribution, Progress
from loyalty.rules.split import split
from loyalty.why import Why

if TYPE_CHECKING:
    from loyalty.rules.clauses import Clause, Plan
    from loyalty.rules.facts import OfferInstance, Step
    from loyalty.rules.program import Program
    from loyalty.rules.scene import Scene


@dataclass(slots=True)
class Move:
    """What one occasion adds to one instance, by line (-1: no line)."""

    clause: Clause
    instance: OfferInstance
    amounts: dict[int, int] = field(default_factory=dict[int, int])

    def add(self, amounts: dict[int, int]) -> None:
        """Add amounts by line."""
        for line, amount in amounts.items():
            self.amounts[line] = self.amounts.get(line, 0) + amount


def challenge_progress(program: Program, offer: str, steps: Iterable[Step]) -> tuple[int, bool]:
    """Return how far an instance is by what past lines contributed to it, and whether that completes it.

    Progress is in the challenge's unit: the sum (accumulated, items), the largest purchase (single_purchase), the
    number of visits, or of distinct days.
    """
    challenge = program.offers[offer].challenge
    assert challenge is not None, offer
    counted = [step for step in steps if step.amount > 0]
    if challenge.qualifies_by == "distinct_days":
        progress = len({step.day for step in counted})
    else:
        by_sale: dict[str, list[int]] = {}
        for step in counted:
            by_sale.setdefault(step.sale, []).append(step.amount)
        amounts = [_of_one_sale(challenge, parts) for parts in by_sale.values()]
        progress = max(amounts, default=0) if challenge.qualifies_by == "single_purchase" else sum(amounts)
    return progress, is_complete(challenge, progress)


def is_complete(challenge: Challenge, progress: int) -> bool:
    """Say whether progress completes a challenge."""
    return progress > challenge.target if challenge.comparison == "gt" else progress >= challenge.target


def _of_one_sale(challenge: Challenge, amounts: Iterable[int]) -> int:
    """Return what the lines of one sale count together: a visit is one visit, however many lines qualify."""
    return max(amounts) if challenge.qualifies_by == "visits" else sum(amounts)


def moves(scene: Scene, plan: Plan) -> list[Move]:
    """Return what this occasion adds to the member's open challenges, in order of receipt."""
    assert scene.member is not None
    pushed = _pushed(scene, plan)
    if not scene.member.offers or not (plan.challenges or pushed):
        return []
    found: list[Move] = []
    counted: set[str] = set()
    for instance in scene.member.offers:
        clause = scene.compiled.offers.get(instance.offer)
        if clause is None or not _counts(scene, clause, instance, counted):
            continue
        move = Move(clause, instance)
        if instance.offer in plan.challenges and scene.occasion is None:
            move.add(_qualifying(scene, clause))
        move.add(pushed.get(instance.offer, {}))
        if any(move.amounts.values()):
            counted.add(instance.offer)
            found.append(move)
    return found


def _counts(scene: Scene, clause: Clause, instance: OfferInstance, counted: set[str]) -> bool:
    """Say whether an instance takes part: it is open, and no older one of the offer was meant alone."""
    offer = clause.deal
    if not isinstance(offer, Offer) or offer.challenge is None:
        return False
    if offer.challenge.purchase_counts_for == "oldest_open" and (
        instance.completed_at is not None or instance.offer in counted
    ):
        return False
    return is_open(scene.program, offer, instance, scene.occurred_at)


def _qualifying(scene: Scene, clause: Clause) -> dict[int, int]:
    """Return what the lines that qualify contribute, in the challenge's unit."""
    lines = scene.holds(clause)
    assert isinstance(clause.deal, Offer)
    challenge = clause.deal.challenge
    if lines is None or challenge is None:
        return {}
    if challenge.qualifies_by in ("visits", "distinct_days"):
        return dict.fromkeys(lines, 1)
    if challenge.qualifies_by == "items":
        return {line: scene.prices.quantities[line] for line in lines}
    if not clause.tenders:
        return {line: scene.prices.net[line] for line in lines}
    amounts: dict[int, int] = {}
    for cell in scene.cells.of_clause(clause, lines):
        line = scene.cells.lines[cell]
        amounts[line] = amounts.get(line, 0) + scene.cells.amounts[cell]
    return amounts


def _pushed(scene: Scene, plan: Plan) -> dict[str, dict[int, int]]:
    """Return what rules with a ``progress`` effect add, by offer and line."""
    pushed: dict[str, dict[int, int]] = {}
    for clause in plan.others:
        lines = scene.holds(clause) if clause.pushes else None
        if lines is None:
            continue
        for push in clause.pushes:
            amounts = pushed.setdefault(push.challenge, {})
            for line, part in _by_line(scene, lines, push.amount):
                amounts[line] = amounts.get(line, 0) + part
        scene.tally(clause)
    return pushed


def _by_line(scene: Scene, lines: Sequence[int], amount: int) -> list[tuple[int, int]]:
    if not lines:
        return [(-1, amount)]
    return list(zip(lines, split(amount, [scene.prices.net[line] for line in lines]), strict=True))


def progress_of(scene: Scene, move: Move) -> Progress:
    """Return an instance's progress after a move."""
    assert isinstance(move.clause.deal, Offer)
    offer, instance = move.clause.deal, move.instance
    challenge = offer.challenge
    assert challenge is not None
    day = scene.wall.date()
    added = _of_one_sale(challenge, [amount for amount in move.amounts.values() if amount])
    if challenge.qualifies_by == "distinct_days":
        progress = len(instance.days | {day})
    elif challenge.qualifies_by == "single_purchase":
        progress = max(instance.progress, added)
    else:
        progress = instance.progress + added
    completes = instance.completed_at is None and is_complete(challenge, progress)
    inputs = {
        "offer": offer.key,
        "progress": progress,
        "target": challenge.target,
        "unit": challenge.qualifies_by,
    }
    return Progress(
        instance=instance.id,
        offer=offer.key,
        contributions=_contributions(scene, move),
        day=day,
        progress=progress,
        target=challenge.target,
        completes=completes,
        why=Why("completed" if completes else "progress", inputs),
    )


def _contributions(scene: Scene, move: Move) -> tuple[Contribution, ...]:
    found: list[Contribution] = []
    for place, amount in sorted(move.amounts.items()):
        if not amount:
            continue
        if place < 0:
            found.append(Contribution("", amount, 1))
        else:
            line = scene.source.lines[place]
            found.append(Contribution(line.id, amount, line.quantity))
    return tuple(found)
