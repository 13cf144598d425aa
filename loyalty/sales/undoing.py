"""Undo exactly what returned lines caused: claw back first, then restore. Pure: on the member's books in memory.

Any sequence of partial returns of everything equals one whole return and leaves the member as if the sale had never
been.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from loyalty import rules
from loyalty.ledger import chart
from loyalty.rules import expiry
from loyalty.rules.facts import Step
from loyalty.rules.split import split
from loyalty.sales import activity
from loyalty.sales.consequences import OfferChange
from loyalty.sales.effects import SOURCES
from loyalty.sales.late_holds import OWED
from loyalty.sales.reversal import Found, Reversal
from loyalty.sales.standing import relive
from loyalty.why import Why


def undo(reversal: Reversal, found: Found) -> None:
    """Undo everything the returned lines did to the member; a ledger transaction must be open."""
    occurred_at: datetime = reversal.sold.row["occurred_at"]
    for earning in reversal.record.get("earnings", ()):
        if earning["offer"] is None and earning["on_return"] == "reverse" and not earning.get("undone"):
            amount = _amount_of(reversal, earning)
            if amount:
                _take_back(reversal, earning, amount, earned_at=occurred_at, forgiven=found.forgiven)
    for instance in sorted(found.steps):
        _undo_progress(reversal, found, instance)
    for discount in reversal.record.get("discounts", ()):
        _give_back_reward(reversal, found, discount)
    for coupon in reversal.record.get("coupons", ()):
        if reversal.just_gone(dict.fromkeys(coupon["lines"], 0)):
            reversal.undone.coupons_back.append(coupon["id"])
    _give_back_limits(reversal, found)
    _give_back_money(reversal)
    reversal.standing.spent_minor -= reversal.undone.amount_minor
    _undo_promotions(reversal, found)
    if reversal.just_gone({}):
        reversal.standing.visits -= 1
        reversal.standing.last_visit_at = found.last_visit_at
        if not found.active_besides:
            _undo_extensions(reversal)
        for kept in reversal.record.get("activity", ()):
            activity.undo(
                reversal.state, kept["lots"], last_activity=found.last_activity_at, now=reversal.now
            )


def _amount_of(reversal: Reversal, earning: Mapping[str, Any]) -> int:
    """Return what this return takes of an earning; one that no line caused by itself goes with the last of the sale."""
    if earning["by_line"]:
        return reversal.part_of(earning["by_line"])
    return earning["points_milli"] if reversal.just_gone({}) else 0


def refund(tenders: list[dict[str, Any]], amount_minor: int) -> list[dict[str, Any]]:
    """Split a refund over the tenders in proportion to what each still holds; note it on them and return the parts."""
    left = [tender["amount_minor"] - tender["refunded_minor"] for tender in tenders]
    refunds: list[dict[str, Any]] = []
    for tender, part in zip(tenders, split(amount_minor, left), strict=True):
        if part:
            tender["refunded_minor"] += part
            refunds.append({"kind": tender["kind"], "amount_minor": part, "reference": tender["reference"]})
    return refunds


def _take_back(
    reversal: Reversal,
    earning: Mapping[str, Any],
    amount_milli: int,
    *,
    earned_at: datetime,
    forgiven: dict[int, int],
) -> None:
    """Take back some of one earning, from its own lot first, and take it out of the tier counter.

    Points of that lot that expired are not taken again: ``forgiven`` is how many, and is used up here.
    """
    books, standing, lot = reversal.books, reversal.standing, earning["lot"]
    lapsed = min(amount_milli, forgiven.get(lot, 0))
    if lapsed:
        forgiven[lot] -= lapsed
    taken = amount_milli - lapsed
    if taken:
        books.take_back(
            taken,
            source=SOURCES[earning["stage"]],
            own=() if lot is None else (lot,),
            shortfall=reversal.state.program.settings.negative_points,
            rule=earning["rule"],
            why=Why("returned", {"rule": earning["rule"], "points_milli": taken}),
        )
    reversal.undone.taken_milli += taken
    if earning["tier"]:
        counted = reversal.done.tier_earned
        counted[earned_at] = counted.get(earned_at, 0) - amount_milli
        if earned_at > standing.window_from:
            standing.window_milli -= amount_milli
        reversal.done.entities.add("tier")


def _undo_progress(reversal: Reversal, found: Found, instance: str) -> None:
    """Lower what the returned lines contributed; a challenge that falls below its target loses its award."""
    steps: list[Step] = []
    for known, original in found.steps[instance]:
        step = known
        if step.sale == reversal.sold.id and step.line in reversal.parts:
            part = reversal.parts[step.line]
            amount = original - original * part.after // part.quantity
            reversal.undone.steps.append((amount, instance, step.line))
            step = Step(step.sale, step.line, amount, step.day, step.occurred_at)
        if step.amount:
            steps.append(step)
    offer = found.offers[instance]
    progress, complete = rules.challenge_progress(reversal.state.program, offer.offer, steps)
    change = OfferChange(progress, offer.completed_at, found.completed_by[instance])
    if offer.completed_at is not None and not complete:
        _undo_award(reversal, found, instance)
        change = OfferChange(progress, None, None)
    reversal.done.offers[instance] = change
    reversal.done.entities.add(f"challenge/{instance}")


def _undo_award(reversal: Reversal, found: Found, instance: str) -> None:
    """Take back what a challenge gave, in whichever sale it was completed."""
    awarding = found.awarding.get(found.completed_by[instance] or "")
    if awarding is None:
        return
    for earning in awarding.record.get("earnings", ()):
        if earning["offer"] == instance and not earning.get("undone"):
            earning["undone"] = True
            _take_back(
                reversal,
                earning,
                earning["points_milli"],
                earned_at=awarding.row["occurred_at"],
                forgiven={},
            )
    for grant in awarding.record.get("grants", ()):
        if grant["offer"] == instance and not grant.get("undone"):
            grant["undone"] = True
            reversal.undone.grants_withdrawn.append(grant["id"])
            reversal.done.entities.add(f"grant/{grant['id']}")
    if awarding is not reversal.sold:
        reversal.undone.rewritten[awarding.id] = awarding


def _give_back_reward(reversal: Reversal, found: Found, discount: Mapping[str, Any]) -> None:
    """Give back what a reward, grant or coupon of the returned lines cost."""
    undone = reversal.undone
    before, after = _points_of_reward(reversal, discount)
    back = _stretch(list(reversed(discount["uses"])), before, after)
    if back:
        _restore(reversal, found, discount["key"], back)
    if not reversal.just_gone(discount["by_line"]):
        return
    if discount["grant"]:
        undone.grants_back.append(discount["grant"])
        reversal.done.entities.add(f"grant/{discount['grant']}")
    if discount["offer"]:
        reversal.done.offers[discount["offer"]] = OfferChange(0, None, None)
        reversal.done.entities.add(f"challenge/{discount['offer']}")
    if discount["source"] == "reward":
        undone.stock_back.append(discount["key"])


def _restore(reversal: Reversal, found: Found, reward: str, back: Sequence[tuple[int, int]]) -> None:
    """Give points back to the lots they were taken from; what was owed for them is not owed any more."""
    total = sum(milli for _, milli in back)
    owed = sum(milli for number, milli in back if number == OWED)
    why = Why("restored", {"reward": reward, "points_milli": total})
    until = reversal.now + timedelta(days=reversal.state.program.settings.restored_points_grace_days)
    if owed:
        reversal.books.earn(owed, source=chart.REDEEMED, expires_at=until, rule=reward, why=why)
    reversal.books.restore(
        [(found.lots[number], milli) for number, milli in back if number != OWED],
        lapsed_until=until,
        now=reversal.now,
        rule=reward,
        why=why,
    )
    reversal.undone.restored_milli += total


def _points_of_reward(reversal: Reversal, discount: Mapping[str, Any]) -> tuple[int, int]:
    """Return how many of a reward's points were given back before this return, and are after it."""
    lines = [reversal.parts[line] for line in discount["by_line"]]
    shares = split(discount["points_milli"], list(discount["by_line"].values()))
    before = sum(milli * line.before // line.quantity for line, milli in zip(lines, shares, strict=True))
    after = sum(milli * line.after // line.quantity for line, milli in zip(lines, shares, strict=True))
    return before, after


def _stretch(uses: Sequence[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    """Return the stretch from ``start`` to ``end`` of amounts laid end to end."""
    back: list[tuple[int, int]] = []
    place = 0
    for number, milli in uses:
        low, high = max(start, place), min(end, place + milli)
        if high > low:
            back.append((number, high - low))
        place += milli
    return back


def _give_back_limits(reversal: Reversal, found: Found) -> None:
    """Take the returned lines out of the counters of limits and budgets.

    A monthly extension stays used if the member was active in that month by something else.
    """
    kept = tuple(
        f"rule:{extension['rule']}:"
        for extension in reversal.record.get("extensions", ())
        if found.active_besides
    )
    for use in reversal.record.get("limits", ()):
        if kept and use["limit"].startswith(kept):
            continue
        gone = reversal.just_gone(use["by_line"])
        amount = reversal.part_of(use["by_line"]) if use["by_line"] else use["amount"] * gone
        times = use["times"] * gone
        if amount or times:
            reversal.undone.limits.append((use["limit"], use["period"], times, amount, use["shared"]))


def _give_back_money(reversal: Reversal) -> None:
    """Put what the wallet paid back into it; other tenders are refunded where they were taken."""
    for part in reversal.undone.refunds:
        if part["kind"] == "wallet":
            why = Why("refunded", {"amount_minor": part["amount_minor"]})
            reversal.books.load_wallet(part["amount_minor"], source=chart.SPENT, why=why, beyond_limit=True)
            reversal.done.entities.add("wallet")


def _undo_extensions(reversal: Reversal) -> None:
    """Give lots the end they had before this sale was the month's activity.

    Points must not lapse by a return (some may just have been given back): where that end is over, the lot lives for
    the days of grace.
    """
    books, program = reversal.books, reversal.state.program
    grace = reversal.now + timedelta(days=program.settings.restored_points_grace_days)
    for extension in reversal.record.get("extensions", ()):
        dates: dict[int, datetime | None] = {}
        for number, text in extension["lots"]:
            lot, was = books.lots.get(number), datetime.fromisoformat(text)
            if lot is not None and lot.expires_at == expiry.extended(program, was, extension["months"]):
                dates[number] = was if was > reversal.now else grace
        books.move_expiry(dates)


def _take_back_greeting(reversal: Reversal, found: Found) -> None:
    """Take back what this sale gave for reaching the tier that is lost with it."""
    earnings: list[dict[str, Any]] = reversal.sold.row["effects"].get("earnings", [])
    for earning in earnings:
        if earning.get("cause") == "tier_reached" and earning["offer"] is None and not earning.get("undone"):
            if earning["on_return"] == "reverse" and not reversal.just_gone({}):
                occurred_at: datetime = reversal.sold.row["occurred_at"]
                _take_back(
                    reversal, earning, earning["points_milli"], earned_at=occurred_at, forgiven=found.forgiven
                )
            earning["undone"] = True


def _undo_promotions(reversal: Reversal, found: Found) -> None:
    """Undo promotions whose tier points, as they stand now, would not have reached the tier."""
    standing, books, program = reversal.standing, reversal.books, reversal.state.program
    for move in found.moves:
        if (move.kind, move.to_tier, move.at) != ("promotion", standing.tier, standing.tier_since):
            return
        counted = move.counted_milli + sum(
            milli for at, milli in reversal.done.tier_earned.items() if move.window_from < at <= move.at
        )
        known = program.tiers.get(move.to_tier)
        if known is None or counted >= known.points_milli:
            return
        reversal.undone.promotions.append(move.number)
        _take_back_greeting(reversal, found)
        standing.tier, standing.tier_since, standing.tier_until = (
            move.from_tier,
            move.prior_since,
            move.prior_until,
        )
        reversal.done.entities.add("tier")
        books.move_expiry(
            {
                lot: datetime.fromisoformat(text)
                for lot, text, _ in move.lots
                if text is not None and lot in books.lots and books.lots[lot].expires_at is None
            }
        )
        relive(program, books, move.to_tier, move.from_tier, at=reversal.at, losing=True, policy="original")
