"""Carry out what the evaluator said: on the books in memory, and as rows to be written.

The same for a purchase, a top-up, a custom event or a birthday: pure, so that every consequence can be tested and
a quote can be computed by the same code as a sale.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from loyalty import rules
from loyalty.ids import new_id
from loyalty.ledger import Books, available_milli, chart, why_json
from loyalty.rules import expiry
from loyalty.rules.facts import Grant, Occasion, OfferInstance, Used
from loyalty.rules.outcome import (
    Earning,
    Evaluation,
    Extension,
    LimitUse,
    Progress,
)
from loyalty.sales import redeeming, standing
from loyalty.sales.consequences import Consequences, Moment, OfferChange, StepRow
from loyalty.sales.standing import TierMove
from loyalty.sales.state import State

SOURCES: Final = {
    "base": chart.ISSUED_PURCHASE,
    "multiplier": chart.ISSUED_PURCHASE,
    "bonus": chart.ISSUED_BONUS,
}


# Rules that answer what rules did (a tier reached by a bonus, …) end here, whatever the program says.
ROUNDS: Final = 8


def carry_out(state: State, said: Evaluation, moment: Moment) -> Consequences:
    """Apply everything the evaluator said, and what follows from it; a ledger transaction must be open."""
    done = Consequences()
    assert state.books is not None
    for discount in said.discounts:
        redeeming.redeem(state, state.books, done, discount, moment)
    follow(state, done, said, moment)
    return done


def follow(
    state: State,
    done: Consequences,
    said: Evaluation,
    moment: Moment,
    *,
    rounds: int = ROUNDS,
    cause: str | None = None,
) -> None:
    """Apply earnings and all that may follow from them; rules that answer their own effects end at eight rounds.

    ``cause`` is the occasion that these effects brought about themselves: ``tier_reached`` or ``challenge_done``.
    """
    books = state.books
    assert books is not None
    moved = len(done.moves)
    _earn(state, books, done, said.earnings, moment, cause)
    for progress in said.progress:
        _advance(state, done, progress, moment)
    for extension in said.extensions:
        _extend(state, books, done, extension, moment)
    for grant in said.grants:
        grant_id = new_id(moment.now)
        if grant.coupon:
            redeeming.give_coupon(done, grant, grant_id)
            continue
        done.grants_given.append((grant_id, grant.reward, grant.rule, grant.valid_from, grant.valid_until))
        done.entities.add(f"grant/{grant_id}")
        done.note(
            "grants",
            id=grant_id,
            reward=grant.reward,
            rule=grant.rule,
            offer=grant.offer_instance,
            why=why_json(grant.why),
        )
        state.grants.append(Grant(grant_id, grant.reward, grant.valid_from, grant.valid_until))
    for limit in said.limits:
        _count(state, done, limit)
    for message in said.messages:
        done.messages.append((message.kind, {"rule": message.rule, **message.data}))
    for put in said.tiers:
        standing.put(state, done, put.tier, until=put.until, at=moment.at, sale=moment.sale)
    standing.promote(state, done, at=moment.at, sale=moment.sale)
    if rounds:
        _echo(state, done, said, done.moves[moved:], moment, rounds - 1)


def _echo(
    state: State, done: Consequences, said: Evaluation, moves: list[TierMove], moment: Moment, rounds: int
) -> None:
    """Let the rules answer what these effects brought about: challenges done, tiers reached."""
    for progress in said.progress:
        if progress.completes:
            occasion = Occasion("challenge_done", moment.at, data={"challenge": progress.offer})
            _answer(state, done, occasion, moment, rounds, progress.instance)
    for move in moves:
        if state.program.tier_rank(move.to_tier) > state.program.tier_rank(move.from_tier):
            occasion = Occasion("tier_reached", moment.at, data={"tier": move.to_tier})
            _answer(state, done, occasion, moment, rounds, None)


def _answer(
    state: State, done: Consequences, occasion: Occasion, moment: Moment, rounds: int, instance: str | None
) -> None:
    """Carry out what the rules say to an occasion; ``instance`` is the challenge whose award it belongs to."""
    if not any(occasion.when in rule.when for rule in state.program.rules.values()):
        return
    assert state.books is not None
    assert state.standing is not None
    facts = state.facts(at=moment.at, available_milli=available_milli(state.books, moment.now))
    assert facts is not None
    said = rules.answer(state.program, occasion, replace(facts, tier=state.standing.tier))
    if instance is not None:
        said = replace(
            said,
            earnings=tuple(replace(each, offer_instance=instance) for each in said.earnings),
            grants=tuple(replace(each, offer_instance=instance) for each in said.grants),
        )
    done.echoes.append(said)
    follow(state, done, said, moment, rounds=rounds, cause=occasion.when)


def with_echoes(said: Evaluation, done: Consequences) -> Evaluation:
    """Return what the evaluator said of a purchase together with what followed from it."""
    if not done.echoes:
        return said
    return replace(
        said,
        earnings=(*said.earnings, *(each for echo in done.echoes for each in echo.earnings)),
        grants=(*said.grants, *(each for echo in done.echoes for each in echo.grants)),
        extensions=(*said.extensions, *(each for echo in done.echoes for each in echo.extensions)),
    )


def _earn(
    state: State,
    books: Books,
    done: Consequences,
    earnings: tuple[Earning, ...],
    moment: Moment,
    cause: str | None,
) -> None:
    """Post every earning by itself; what shares an expiry shares a lot."""
    assert state.standing is not None
    inherited = expiry.expiry_of(state.program, state.standing.tier_then or state.standing.tier)
    made: dict[tuple[datetime | None, str | None], int] = {}
    for earning in earnings:
        if not earning.points_milli:
            continue
        lot_rule = None if earning.expiry == inherited else earning.rule
        expires = expiry.expires_at(state.program, earning.expiry, moment.at)
        lot = books.earn(
            earning.points_milli,
            source=SOURCES[earning.stage],
            expires_at=expires,
            rule=earning.rule,
            why=earning.why,
            into=made.get((expires, lot_rule)),
            lot_rule=lot_rule,
        )
        if lot is not None:
            made[expires, lot_rule] = lot
        if earning.counts_for_tier:
            done.tier_earned[moment.at] = done.tier_earned.get(moment.at, 0) + earning.points_milli
            if moment.at > state.standing.window_from:
                state.standing.window_milli += earning.points_milli
            done.entities.add("tier")
        done.note(
            "earnings",
            rule=earning.rule,
            stage=earning.stage,
            points_milli=earning.points_milli,
            by_line=dict(earning.by_line),
            lot=lot,
            tier=earning.counts_for_tier,
            on_return=earning.on_return,
            offer=earning.offer_instance,
            cause=cause,
            why=why_json(earning.why),
        )


def _advance(state: State, done: Consequences, progress: Progress, moment: Moment) -> None:
    place = next(i for i, offer in enumerate(state.offers) if offer.id == progress.instance)
    offer = state.offers[place]
    completed_at = moment.at if progress.completes else offer.completed_at
    by = moment.reference if progress.completes else state.completed_by.get(offer.id)
    if progress.completes:
        state.completed_by[offer.id] = moment.reference
    state.offers[place] = replace(
        offer, progress=progress.progress, completed_at=completed_at, days=offer.days | {progress.day}
    )
    done.offers[offer.id] = OfferChange(progress.progress, completed_at, by)
    done.steps += [
        StepRow(offer.id, moment.reference, part.line, part.amount, progress.day, moment.at)
        for part in progress.contributions
        if part.amount
    ]
    done.entities.add(f"challenge/{offer.id}")
    done.note(
        "progress",
        instance=offer.id,
        offer=offer.offer,
        by_line={part.line: part.amount for part in progress.contributions},
        progress=progress.progress,
        target=progress.target,
        completes=progress.completes,
        why=why_json(progress.why),
    )


def _extend(state: State, books: Books, done: Consequences, extension: Extension, moment: Moment) -> None:
    """Let lots earned before this month live longer; lots whose expiry a rule fixed keep theirs."""
    dates: dict[int, datetime | None] = {}
    for lot in books.lots.values():
        if lot.rule is not None or lot.expires_at is None or lot.expires_at <= moment.at:
            continue
        if lot.earned_at < extension.earned_before:
            dates[lot.lot] = expiry.extended(state.program, lot.expires_at, extension.months)
    if dates:
        moved = {number: books.lots[number].expires_at for number in dates}
        books.move_expiry(dates)
        done.note(
            "extensions",
            rule=extension.rule,
            months=extension.months,
            earned_before=extension.earned_before.isoformat(),
            lots=[[number, was.isoformat() if was else None] for number, was in moved.items()],
            why=why_json(extension.why),
        )


def _count(state: State, done: Consequences, use: LimitUse) -> None:
    done.limits.append(use)
    counters = state.shared if use.shared else state.used
    known = counters.get((use.limit, use.period))
    if known is not None and (known.until is None or known.until > use.since):
        counters[use.limit, use.period] = replace(
            known, times=known.times + use.times, amount=known.amount + use.amount
        )
    else:
        counters[use.limit, use.period] = Used(use.times, use.amount, use.since, use.until)
    done.note(
        "limits",
        limit=use.limit,
        period=use.period,
        times=use.times,
        amount=use.amount,
        by_line=dict(use.by_line),
        shared=use.shared,
        since=use.since.isoformat(),
    )


def lapsed(offer: OfferInstance, now: datetime) -> bool:
    """Tell whether nothing can happen to an offer any more: its window, and a day for late tills, is over."""
    return offer.window_until is not None and offer.window_until + timedelta(days=1) < now
