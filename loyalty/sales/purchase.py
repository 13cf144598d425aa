"""Decide a purchase: pure, on the loaded state. A quote stops here; a sale writes what this decided."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from loyalty import rules
from loyalty.ledger import InsufficientFunds, available_milli, chart
from loyalty.record import record
from loyalty.rules.facts import Basket, Tender
from loyalty.rules.outcome import Evaluation
from loyalty.sales import activity, advance, effects, redeeming
from loyalty.sales.consequences import Consequences, Moment
from loyalty.sales.refusals import Overpaid, SoldOut
from loyalty.sales.requests import TenderRequest
from loyalty.sales.state import State
from loyalty.why import Why


@record
class Payment:
    """How the total is covered: ``due_minor`` nobody has reported as paid, ``change_minor`` goes back in cash."""

    tenders: tuple[TenderRequest, ...]
    due_minor: int
    change_minor: int

    @property
    def wallet_minor(self) -> int:
        """Return what the wallet pays."""
        return sum(tender.amount_minor for tender in self.tenders if tender.kind == "wallet")


@dataclass(slots=True)
class Decision:
    """A decided purchase: what the rules said, how it is paid, and everything that follows.

    ``since`` is what time alone changed between a late sale and the moment it was handed in.
    """

    basket: Basket
    said: Evaluation
    payment: Payment
    before: Consequences
    done: Consequences
    risk_minor: int = 0
    tier_before: str | None = None
    since: list[Consequences] = field(default_factory=list[Consequences])


def evaluate(
    state: State, basket: Basket, tenders: tuple[TenderRequest, ...], *, hints: bool
) -> tuple[Evaluation, Payment]:
    """Return what the program says about a basket and how its tenders cover it.

    Raise ``Overpaid`` and what rewards and coupons are refused for.
    """
    available = available_milli(state.books, basket.occurred_at) if state.books else 0
    facts = state.facts(at=basket.occurred_at, available_milli=available)
    said = rules.evaluate(state.program, basket, facts, hints=hints)
    payment = cover(tenders, said.total_minor)
    if payment.change_minor:
        kept = tuple(Tender(tender.kind, tender.amount_minor) for tender in payment.tenders)
        said = rules.evaluate(state.program, replace(basket, tenders=kept), facts, hints=hints)
    return said, payment


def require_in_stock(state: State, done: Consequences) -> None:
    """Raise ``SoldOut`` for the first reward of which, as the state was loaded, too few are left."""
    for reward, count in sorted(done.stock.items()):
        if state.stock_taken.get(reward, 0) + count > done.stock_limits[reward]:
            raise SoldOut(reward=reward)


def cover(tenders: tuple[TenderRequest, ...], total_minor: int) -> Payment:
    """Lay the tenders against the total: cash last, so that only cash gets change; raise ``Overpaid``."""
    excess = sum(tender.amount_minor for tender in tenders) - total_minor
    if excess <= 0:
        return Payment(tuple(tender for tender in tenders if tender.amount_minor), -excess, 0)
    change, kept = excess, list[TenderRequest]()
    for tender in reversed(tenders):
        back = min(excess, tender.amount_minor) if tender.kind == "cash" else 0
        excess -= back
        if tender.amount_minor > back:
            kept.append(replace(tender, amount_minor=tender.amount_minor - back))
    if excess:
        raise Overpaid(excess_minor=excess)
    return Payment(tuple(reversed(kept)), 0, change)


def decide(
    state: State,
    basket: Basket,
    tenders: tuple[TenderRequest, ...],
    moment: Moment,
    *,
    hints: bool = False,
    trusting: bool = False,
) -> Decision:
    """Decide a purchase on the member's books.

    Raise reward and coupon refusals, ``InsufficientFunds``, ``Overpaid``.

    ``trusting`` is for the queue of an offline till: the goods are gone, so what the wallet no longer covers is booked
    as a loss instead of refused. Such a sale finds the member as they were when it happened: holds, points and a tier
    that ended between then and now end after it.
    """
    before = advance.catch_up(state, now=moment.at if trusting else moment.now)
    said, payment = evaluate(state, basket, tenders, hints=hints)
    if state.books is None or state.standing is None:
        return Decision(basket, said, payment, before, Consequences())
    books = state.books
    tier_before = state.standing.tier
    books.begin(
        "sale",
        at=moment.at,
        recorded_at=moment.now,
        reference=moment.reference,
        program_version=state.program.version,
    )
    risk = _pay(state, payment.wallet_minor, trusting=trusting)
    done = effects.carry_out(state, said, moment)
    said = effects.with_echoes(said, done)
    redeeming.use_coupons(done, basket)
    _visit(state, done, said, payment, moment)
    since = [_since(state, done, moment)] if trusting else []
    if books.lapsing(moment.now):
        # A late sale may earn points whose life is over already.
        books.begin("expiry", at=moment.now, program_version=state.program.version)
        books.expire(moment.now)
    return Decision(basket, said, payment, before, done, risk, tier_before, since)


def _since(state: State, done: Consequences, moment: Moment) -> Consequences:
    """Let the time pass that a late sale lay in the till; its tier points count for a validity that ended meanwhile."""
    assert state.standing is not None
    state.standing.earned_since += done.tier_earned.items()
    return advance.catch_up(state, now=moment.now)


def _pay(state: State, wallet_minor: int, *, trusting: bool) -> int:
    books = state.books
    if not wallet_minor or books is None:
        return 0
    risk = max(0, wallet_minor - books.account.wallet_minor)
    if risk and not trusting:
        raise InsufficientFunds(missing_minor=risk)
    why = Why("wallet_paid", {"amount_minor": wallet_minor})
    if wallet_minor > risk:
        books.spend_wallet(wallet_minor - risk, to=chart.SPENT, why=why)
    if risk:
        books.book_loss(risk, why=Why("offline_risk", {"amount_minor": risk}))
    return risk


def _visit(state: State, done: Consequences, said: Evaluation, payment: Payment, moment: Moment) -> None:
    standing = state.standing
    assert standing is not None
    standing.visits += 1
    standing.spent_minor += said.total_minor
    if standing.last_visit_at is None or standing.last_visit_at < moment.at:
        standing.last_visit_at = moment.at
    activity.stay_alive(state, done, at=moment.at)
    if moment.sale:
        done.entities.add(f"sale/{moment.sale}")
    if payment.wallet_minor:
        done.entities.add("wallet")


def decide_paid(state: State, basket: Basket, tenders: tuple[TenderRequest, ...], moment: Moment) -> Decision:
    """Decide what a sale that was paid long ago earns: prices stand, nothing is spent, no reward is claimed."""
    books, standing = state.books, state.standing
    assert books is not None
    assert standing is not None
    facts = state.facts(at=basket.occurred_at, available_milli=0)
    said = rules.evaluate(state.program, basket, facts, hints=False)
    tier_before = standing.tier
    books.begin(
        "sale",
        at=moment.at,
        recorded_at=moment.now,
        reference=moment.reference,
        program_version=state.program.version,
    )
    done = effects.carry_out(state, said, moment)
    said = effects.with_echoes(said, done)
    total = sum(tender.amount_minor for tender in tenders)
    _visit(state, done, said, Payment((), 0, 0), moment)
    return Decision(
        basket,
        said,
        Payment(tenders, max(0, said.total_minor - total), 0),
        Consequences(),
        done,
        0,
        tier_before,
    )
