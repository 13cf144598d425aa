"""Quote and settle: the one road of a sale, whichever door it came through."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from loyalty import codes, messages, wallet
from loyalty.actor import Actor
from loyalty.db import Batch
from loyalty.errors import DomainError
from loyalty.ids import new_id
from loyalty.ledger import InsufficientPoints
from loyalty.offers import code_hash
from loyalty.rules.facts import Basket
from loyalty.sales import (
    advance,
    answers,
    basket,
    contention,
    identity,
    late_holds,
    loading,
    purchase,
    receipts,
    writing,
)
from loyalty.sales.purchase import Decision
from loyalty.sales.refusals import (
    NobodyScanned,
    SaleExists,
    TillRevoked,
    TimeInFuture,
    Underpaid,
)
from loyalty.sales.requests import SaleRequest
from loyalty.sales.rows import Asked, sale_rows
from loyalty.sales.state import State, Wanted, Who

ATTEMPTS: Final = 4
# How far a till's clock may be ahead of the server's.
AHEAD: Final = timedelta(minutes=2)


def quote(
    session: Session,
    *,
    actor: Actor,
    request: SaleRequest,
    secret: codes.CodeSecret,
    now: datetime,
    locale: str | None = None,
) -> tuple[State, dict[str, Any]]:
    """Say what a basket costs and brings now, by the very code that settles it; return the state it was made of too.

    Where the request names the sale's ``id``, a scanned code is bound to it, so that the same scan can settle it
    minutes later. Raise what ``settle`` raises.
    """
    asked = Asked(actor, request, request.id or new_id(now), now, now)
    shown = identity.presented(request, actor)
    loaded = _load(session, asked, shown, lock=False)
    identified = identity.identify(shown, loaded, secret=secret, reference=asked.reference, at=now)
    made = basket.basket_of(request, loaded, actor=actor, at=now)
    paid = sum(tender.amount_minor for tender in request.tenders if tender.kind == "wallet")
    identity.require_may_spend(identified, wallet_minor=paid, rewards=bool(request.rewards))
    advance.catch_up(loaded, now=now)
    standing = receipts.balance_of(loaded)
    decision = _decide(session, loaded, made, asked, hints=True)
    purchase.require_in_stock(loaded, decision.done)
    if request.id and identified.verified and identified.verified.first_seen:
        codes.bind(session, identified.verified, reference=asked.reference, now=now)
    answer = receipts.quote(loaded, decision, at=now, locale=locale or _locale(loaded))
    return loaded, {**answer, "member": standing}


def settle(
    session: Session,
    *,
    actor: Actor,
    request: SaleRequest,
    key: str,
    secret: codes.CodeSecret,
    now: datetime,
    late: bool = False,
    locale: str | None = None,
    then: Callable[[State, Decision, str], None] | None = None,
) -> dict[str, Any]:
    """Settle a sale once: verify the code, decide, write everything with its answer; return the receipt.

    The same ``key`` with the same request gets the same answer again, also a refusal; with another request
    ``KeyReused``. ``late`` is for the queue of an offline till: the sale took place at ``request.occurred_at``, the
    program in force then decides, and what the wallet no longer covers is a loss, not a refusal. ``then`` does in the
    same transaction what belongs to the sale elsewhere (gift cards that it sold).

    Raise ``CodeInvalid`` and the other reasons of a code, ``MemberBlocked``, ``InsufficientPoints``,
    ``InsufficientFunds``, reward and coupon refusals, ``Overpaid``, ``Underpaid`` (a customer's own purchase),
    ``SaleExists``, ``TillRevoked``.
    """
    digest = answers.request_hash_of(request)
    sale, at = request.id or new_id(now), request.occurred_at or now
    asked = Asked(actor, request, sale, at, now, key, digest, late)
    for left in reversed(range(ATTEMPTS)):
        try:
            return _settle(session, asked, secret, locale, then)
        except writing.BudgetGone:
            # Somebody took the rest of a budget between our reading and our taking: decide again without it.
            if not left:
                raise
    raise AssertionError("unreachable")


def _settle(
    session: Session,
    asked: Asked,
    secret: codes.CodeSecret,
    locale: str | None,
    then: Callable[[State, Decision, str], None] | None,
) -> dict[str, Any]:
    shown = identity.presented(asked.request, asked.actor)
    loaded = _load(session, asked, shown, lock=True)
    if loaded.stored is not None:
        return answers.replay(loaded.stored, asked.digest)
    try:
        identified, decision = _admit(session, loaded, asked, shown, secret)
    except DomainError as error:
        answers.remember_refusal(
            session,
            error,
            actor=asked.actor,
            key=asked.key,
            digest=asked.digest,
            member_id=loaded.member_id,
            now=asked.now,
        )
        raise
    version = loaded.books.account.version + 1 if loaded.books else None
    if loaded.books:
        loaded.books.finish()
    answer = receipts.receipt(
        loaded, decision, sale=asked.sale, at=asked.at, version=version, locale=locale or _locale(loaded)
    )
    _write(session, loaded, decision, asked, identified, answer)
    if then is not None:
        then(loaded, decision, asked.sale)
    return answer


def _admit(
    session: Session, loaded: State, asked: Asked, shown: identity.Presented, secret: codes.CodeSecret
) -> tuple[identity.Identified, Decision]:
    """Decide the sale and require everything that it needs; nothing is written but what is taken from others."""
    if asked.at > asked.now + AHEAD:
        raise TimeInFuture
    if loaded.sale_exists:
        raise SaleExists
    identified = identity.identify(
        shown, loaded, secret=secret, reference=asked.reference, at=asked.at, late=asked.late
    )
    identity.require_own_tenders(asked.request, asked.actor)
    made = basket.basket_of(asked.request, loaded, actor=asked.actor, at=asked.at)
    identity.require_may_sell(made, asked.actor)
    if asked.late:
        late_holds.bring_back(session, loaded, asked.request.rewards, at=asked.at)
    decision = _decide(session, loaded, made, asked, trusting=asked.late)
    identity.require_may_spend(
        identified,
        wallet_minor=decision.payment.wallet_minor,
        rewards=any(discount.source == "reward" for discount in decision.said.discounts),
    )
    if asked.actor.kind == "member" and decision.payment.due_minor:
        raise Underpaid(due_minor=decision.payment.due_minor)
    writing.take_shared(session, decision.done, member_id=loaded.member_id)
    if asked.actor.kind == "member":
        _use_payments(session, loaded, decision, sale=asked.sale, now=asked.now)
    return identified, decision


def _locale(loaded: State) -> str:
    return loaded.person.locale if loaded.person else loaded.program.locales[0]


def _use_payments(session: Session, loaded: State, decision: Decision, *, sale: str, now: datetime) -> None:
    """Use up the card payments that a customer's own purchase names; all of them or none."""
    cards = [tender for tender in decision.payment.tenders if tender.kind == "card"]
    if not cards:
        return
    assert loaded.books is not None
    loaded.books.finish()
    with session.begin_nested():
        for tender in cards:
            wallet.use_for_sale(
                session,
                member_id=loaded.member_id,
                payment_id=tender.reference,
                amount_minor=tender.amount_minor,
                sale=sale,
                seq=loaded.books.account.seq,
                now=now,
            )


def _decide(
    session: Session,
    loaded: State,
    made: Basket,
    asked: Asked,
    *,
    hints: bool = False,
    trusting: bool = False,
) -> Decision:
    """Decide a purchase; where points are missing, say whether they were spent since the scan."""
    try:
        return purchase.decide(
            loaded, made, asked.request.tenders, asked.moment, hints=hints, trusting=trusting
        )
    except InsufficientPoints as error:
        raise contention.explained(session, loaded, error, at=asked.at) from None


def _load(session: Session, asked: Asked, shown: identity.Presented, *, lock: bool) -> State:
    """Load what the sale needs; raise ``CodeUnknown`` where a code is nobody's, ``TillRevoked``."""
    request, actor, code = asked.request, asked.actor, shown.code
    wanted = Wanted(
        client=actor.client,
        key=asked.key,
        kid=code.kid if isinstance(code, codes.PayCode) else "",
        code_use=code.use_key if isinstance(code, codes.PayCode | codes.NumberCode) else "",
        coupon_hashes=tuple(code_hash(each) for each in request.coupons),
        rewards=tuple(claim.reward for claim in request.rewards),
        store=request.store or actor.store,
        skus=tuple(line.sku for line in request.lines),
        till=actor.id if actor.kind == "till" else "",
        sale_id=request.id or "",
    )
    loaded = loading.load(
        session,
        shown.who or Who(),
        wanted,
        at=asked.at,
        now=asked.now,
        lock=lock and shown.who is not None,
    )
    if loaded is None or (shown.who is not None and loaded.person is None):
        raise NobodyScanned("Nobody has this code.") if code is None else codes.CodeUnknown
    require_till(actor, loaded)
    return loaded


def require_till(actor: Actor, loaded: State) -> None:
    """Raise ``TillRevoked`` unless the till that acts is enrolled now, whatever its token says."""
    if actor.kind == "till" and loaded.till_status != "active":
        raise TillRevoked


def _write(
    session: Session,
    loaded: State,
    decision: Decision,
    asked: Asked,
    identified: identity.Identified,
    answer: dict[str, Any],
) -> None:
    batch, now = Batch(), asked.now
    if loaded.books is not None:
        befores = [decision.before] if advance.changed(decision.before, loaded) else []
        done = [*befores, decision.done, *decision.since]
        writing.queue_member(session, batch, loaded, done, sale=asked.sale, now=now)
    writing.queue_sale(batch, *sale_rows(loaded, decision, asked))
    if asked.key:
        answers.queue_answer(
            batch,
            client=asked.actor.client,
            key=asked.key,
            member_id=loaded.member_id,
            request_hash=asked.digest,
            answer=answer,
            now=now,
        )
    verified = identified.verified
    if verified is not None and verified.first_seen:
        writing.queue_code_use(batch, verified, reference=asked.reference, now=now)
    if decision.risk_minor and verified is not None and verified.kid is not None:
        batch.add(
            "UPDATE device_key SET status = 'suspended' WHERE member_id = %s AND kid = %s AND status = 'active'",
            (verified.member_id, verified.kid),
        )
    messages.tell(
        session,
        "sale.settled",
        {"sale": asked.sale, "version": answer["version"]},
        member_id=loaded.member_id or None,
        now=now,
        batch=batch,
    )
    batch.send_last(session)
