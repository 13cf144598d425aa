"""Carry out what the evaluator said: on the books in memory, and as rows to be written.

The same for a purchase, a top-up, a custom event or a birthday: pure, so that every consequence can be tested and
a quote can be computed by the same code as a sale.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from loyalty import rules
from loyalty.ids import new_id
from loyalty.ledger import Books, available_milli, chart, why_json
from loyalty.offers import new_code
from loyalty.record import record
from loyalty.rules import expiry
from loyalty.rules.facts import Basket, Grant, Occasion, OfferInstance, Used
from loyalty.rules.outcome import (
    Discount,
    Earning,
    Evaluation,
    Extension,
    GrantGiven,
    LimitUse,
    Progress,
)
from loyalty.sales import late_holds, standing
from loyalty.sales.standing import TierMove
from loyalty.sales.state import State

SOURCES: Final = {
    "base": chart.ISSUED_PURCHASE,
    "multiplier": chart.ISSUED_PURCHASE,
    "bonus": chart.ISSUED_BONUS,
}


# Rules that answer what rules did (a tier reached by a bonus, …) end here, whatever the program says.
ROUNDS: Final = 8


@record
class Moment:
    """When and by what an effect happens. ``reference`` names the sale, top-up or event."""

    at: datetime
    now: datetime
    reference: str
    sale: str | None = None


@dataclass(slots=True)
class StepRow:
    """One line's contribution to a challenge, to be written; ``reference`` is the sale or event it came from."""

    instance: str
    reference: str
    line: str
    amount: int
    day: date
    at: datetime


@dataclass(slots=True)
class OfferChange:
    """Where an offer instance stands after the occasion."""

    progress: int
    completed_at: datetime | None
    completed_by: str | None
    done: bool = False


@dataclass(slots=True)
class Consequences:
    """Everything to be written besides the books, and the record by which it can be undone."""

    tier_earned: dict[datetime, int] = field(default_factory=dict[datetime, int])
    moves: list[TierMove] = field(default_factory=list[TierMove])
    limits: list[LimitUse] = field(default_factory=list[LimitUse])
    offers: dict[str, OfferChange] = field(default_factory=dict[str, OfferChange])
    steps: list[StepRow] = field(default_factory=list[StepRow])
    grants_given: list[tuple[str, str, str, datetime, datetime | None]] = field(
        default_factory=list[tuple[str, str, str, datetime, "datetime | None"]]
    )
    coupons_given: list[tuple[str, str, str, datetime, datetime | None]] = field(
        default_factory=list[tuple[str, str, str, datetime, "datetime | None"]]
    )
    grants_used: list[str] = field(default_factory=list[str])
    coupons_used: list[str] = field(default_factory=list[str])
    stock: Counter[str] = field(default_factory=Counter[str])
    stock_limits: dict[str, int] = field(default_factory=dict[str, int])
    messages: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list[tuple[str, Mapping[str, Any]]])
    entities: set[str] = field(default_factory=set[str])
    record: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])
    echoes: list[Evaluation] = field(default_factory=list[Evaluation])

    def note(self, kind: str, **entry: Any) -> None:
        """Keep what was done, so that a return can undo it and "why?" can be answered."""
        self.record.setdefault(kind, []).append(entry)


def carry_out(state: State, said: Evaluation, moment: Moment) -> Consequences:
    """Apply everything the evaluator said, and what follows from it; a ledger transaction must be open."""
    done = Consequences()
    assert state.books is not None
    for discount in said.discounts:
        _redeem(state, state.books, done, discount, moment)
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
            _give_coupon(done, grant, grant_id)
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


def _redeem(state: State, books: Books, done: Consequences, discount: Discount, moment: Moment) -> None:
    uses: list[tuple[int, int]] = []
    if discount.hold is not None:
        owing = state.program.settings.negative_points
        uses = late_holds.capture(books, discount, at=moment.at, shortfall=owing)
        done.entities.add(f"hold/{discount.hold}")
    elif discount.points_milli:
        uses = books.spend(discount.points_milli, rule=discount.key, why=discount.why)
    if discount.source == "reward":
        reward = state.program.rewards.get(discount.key)
        if reward is not None and reward.stock is not None:
            done.stock[discount.key] += 1
            done.stock_limits[discount.key] = reward.stock
    if discount.grant is not None:
        done.grants_used.append(discount.grant)
        done.entities.add(f"grant/{discount.grant}")
    if discount.offer_instance is not None:
        _complete(state, done, discount.offer_instance, moment)
    done.note(
        "discounts",
        source=discount.source,
        key=discount.key,
        amount_minor=discount.amount_minor,
        by_line=dict(discount.by_line),
        points_milli=discount.points_milli,
        uses=uses,
        grant=discount.grant,
        coupon=discount.coupon,
        offer=discount.offer_instance,
        why=why_json(discount.why),
    )


def _give_coupon(done: Consequences, grant: GrantGiven, coupon_id: str) -> None:
    """Give a personal coupon code; its letters go to the member's inbox and nowhere else."""
    code = new_code(secrets.choice)
    done.coupons_given.append((coupon_id, grant.coupon or "", code, grant.valid_from, grant.valid_until))
    done.messages.append(("notify", {"rule": grant.rule, "text": {"en": code, "fr": code}}))


def _complete(state: State, done: Consequences, instance: str, moment: Moment) -> None:
    """A coupon that came as an offer is good once."""
    for place, offer in enumerate(state.offers):
        if (
            offer.id == instance
            and offer.completed_at is None
            and state.program.offers[offer.offer].kind == "coupon"
        ):
            state.offers[place] = replace(offer, completed_at=moment.at)
            state.completed_by[instance] = moment.reference
            done.offers[instance] = OfferChange(offer.progress, moment.at, moment.reference)
            done.entities.add(f"challenge/{instance}")


def use_coupons(done: Consequences, basket: Basket) -> None:
    """Use up every coupon code that was presented and admitted, whatever it gave."""
    for claim in basket.coupons:
        cut = [entry["by_line"] for entry in done.record.get("discounts", ()) if entry["coupon"] == claim.id]
        done.coupons_used.append(claim.id)
        done.note("coupons", id=claim.id, lines=sorted({line for by_line in cut for line in by_line}))


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
