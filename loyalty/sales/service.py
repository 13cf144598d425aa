"""Quote and settle: the one road of a sale, whichever door it came through."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from loyalty import codes, messages, wallet
from loyalty.actor import Actor
from loyalty.db import Batch
from loyalty.errors import Denied, DomainError, PaymentDeclined, Refused
from loyalty.ids import new_id
from loyalty.ledger import InsufficientPoints
from loyalty.offers import code_hash
from loyalty.rules.facts import Basket
from loyalty.sales import advance, basket, contention, identity, purchase, receipts, state, writing
from loyalty.sales.effects import Moment
from loyalty.sales.purchase import Decision
from loyalty.sales.refusals import (
    KeyReused,
    NobodyScanned,
    SaleExists,
    TillRevoked,
    TimeInFuture,
    Underpaid,
)
from loyalty.sales.requests import SaleRequest
from loyalty.sales.state import State, Wanted, Who

ATTEMPTS: Final = 4
# How far a till's clock may be ahead of the server's.
AHEAD: Final = timedelta(minutes=2)
_KINDS: Final = {"Refused": Refused, "Denied": Denied, "PaymentDeclined": PaymentDeclined}


def request_hash_of(values: dict[str, Any]) -> bytes:
    """Return the hash by which a retry is told from another request: of the request's values, not of its bytes."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=_plain).encode()).digest()


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else str(value)


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
    shown = identity.presented(request, actor)
    sale = request.id or new_id(now)
    loaded = _load(session, request, actor, shown, sale=sale, key="", at=now, now=now, lock=False)
    identified = identity.identify(shown, loaded, secret=secret, reference=_reference(sale), at=now)
    made = basket.basket_of(request, loaded, actor=actor, at=now)
    wallet = sum(tender.amount_minor for tender in request.tenders if tender.kind == "wallet")
    identity.require_may_spend(identified, wallet_minor=wallet, rewards=bool(request.rewards))
    advance.catch_up(loaded, now=now)
    standing = receipts.balance_of(loaded)
    moment = Moment(now, now, _reference(sale))
    decision = _decide(session, loaded, made, request, moment, hints=True)
    if request.id and identified.verified and identified.verified.first_seen:
        codes.bind(session, identified.verified, reference=_reference(sale), now=now)
    chosen = locale or (loaded.person.locale if loaded.person else loaded.program.locales[0])
    return loaded, {**receipts.quote(loaded, decision, at=now, locale=chosen), "member": standing}


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
    digest = request_hash_of(asdict(request))
    for left in reversed(range(ATTEMPTS)):
        try:
            return _settle(session, actor, request, key, digest, secret, now, late, locale, then)
        except writing.BudgetGone:
            # Somebody took the rest of a budget between our reading and our taking: decide again without it.
            if not left:
                raise
    raise AssertionError("unreachable")


def _settle(
    session: Session,
    actor: Actor,
    request: SaleRequest,
    key: str,
    digest: bytes,
    secret: codes.CodeSecret,
    now: datetime,
    late: bool,
    locale: str | None,
    then: Callable[[State, Decision, str], None] | None,
) -> dict[str, Any]:
    at = request.occurred_at or now
    sale = request.id or new_id(now)
    shown = identity.presented(request, actor)
    loaded = _load(session, request, actor, shown, sale=sale, key=key, at=at, now=now, lock=True)
    if loaded.stored is not None:
        return replay(loaded.stored, digest)
    try:
        if at > now + AHEAD:
            raise TimeInFuture
        if loaded.sale_exists:
            raise SaleExists
        identified = identity.identify(
            shown, loaded, secret=secret, reference=_reference(sale), at=at, late=late
        )
        identity.require_own_tenders(request, actor)
        made = basket.basket_of(request, loaded, actor=actor, at=at)
        moment = Moment(at, now, _reference(sale), sale)
        decision = _decide(session, loaded, made, request, moment, trusting=late)
        identity.require_may_spend(
            identified,
            wallet_minor=decision.payment.wallet_minor,
            rewards=any(discount.source == "reward" for discount in decision.said.discounts),
        )
        if actor.kind == "member" and decision.payment.due_minor:
            raise Underpaid(due_minor=decision.payment.due_minor)
        writing.take_shared(session, decision.done, member_id=loaded.member_id)
        if actor.kind == "member":
            _use_payments(session, loaded, decision, sale=sale, now=now)
    except DomainError as error:
        remember_refusal(
            session, error, actor=actor, key=key, digest=digest, member_id=loaded.member_id, now=now
        )
        raise
    chosen = locale or (loaded.person.locale if loaded.person else loaded.program.locales[0])
    version = loaded.books.account.version + 1 if loaded.books else None
    if loaded.books:
        loaded.books.finish()
    answer = receipts.receipt(loaded, decision, sale=sale, at=at, version=version, locale=chosen)
    _write(
        session,
        loaded,
        decision,
        actor,
        identified,
        sale=sale,
        key=key,
        digest=digest,
        at=at,
        now=now,
        late=late,
        answer=answer,
    )
    if then is not None:
        then(loaded, decision, sale)
    return answer


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
    request: SaleRequest,
    moment: Moment,
    *,
    hints: bool = False,
    trusting: bool = False,
) -> Decision:
    """Decide a purchase; where points are missing, say whether they were spent since the scan."""
    try:
        return purchase.decide(loaded, made, request.tenders, moment, hints=hints, trusting=trusting)
    except InsufficientPoints as error:
        raise contention.explained(session, loaded, error, at=moment.at) from None


def _reference(sale: str) -> str:
    return f"sale:{sale}"


def _load(
    session: Session,
    request: SaleRequest,
    actor: Actor,
    shown: identity.Presented,
    *,
    sale: str,
    key: str,
    at: datetime,
    now: datetime,
    lock: bool,
) -> State:
    code = shown.code
    wanted = Wanted(
        client=actor.client,
        key=key,
        kid=code.kid if isinstance(code, codes.PayCode) else "",
        code_use=code.use_key if isinstance(code, codes.PayCode | codes.NumberCode) else "",
        coupon_hashes=tuple(code_hash(each) for each in request.coupons),
        rewards=tuple(claim.reward for claim in request.rewards),
        store=request.store or actor.store,
        skus=tuple(line.sku for line in request.lines),
        till=actor.id if actor.kind == "till" else "",
        sale_id=request.id or "",
    )
    loaded = state.load(
        session, shown.who or Who(), wanted, at=at, now=now, lock=lock and shown.who is not None
    )
    if loaded is None or (shown.who is not None and loaded.person is None):
        raise NobodyScanned("Nobody has this code.") if code is None else codes.CodeUnknown
    require_till(actor, loaded)
    return loaded


def require_till(actor: Actor, loaded: State) -> None:
    """Raise ``TillRevoked`` unless the till that acts is enrolled now, whatever its token says."""
    if actor.kind == "till" and loaded.till_status != "active":
        raise TillRevoked


def replay(stored: state.StoredAnswer, digest: bytes) -> dict[str, Any]:
    """Give the stored answer again, or raise the stored refusal; raise ``KeyReused`` for another request."""
    if stored.request_hash != digest:
        raise KeyReused
    if not stored.refused:
        return stored.answer
    kind = _KINDS[stored.answer["kind"]]
    error = kind(stored.answer["detail"], **stored.answer["data"])
    error.code = stored.answer["code"]  # pyright: ignore[reportAttributeAccessIssue] - the code of the first refusal
    raise error


def remember_refusal(
    session: Session,
    error: DomainError,
    *,
    actor: Actor,
    key: str,
    digest: bytes,
    member_id: int,
    now: datetime,
) -> None:
    """Store that this request was refused, so that a retry is refused alike; bad input and lock trouble are not."""
    kind = next((name for name, cls in _KINDS.items() if isinstance(error, cls)), None)
    if kind is None or not key:
        return
    batch = Batch()
    answer = {"kind": kind, "code": error.code, "detail": error.detail, "data": error.data}
    writing.queue_answer(
        batch,
        client=actor.client,
        key=key,
        member_id=member_id,
        request_hash=digest,
        answer=answer,
        now=now,
        refused=True,
    )
    batch.send(session)
    error.keeps = True


def _write(
    session: Session,
    loaded: State,
    decision: Decision,
    actor: Actor,
    identified: identity.Identified,
    *,
    sale: str,
    key: str,
    digest: bytes,
    at: datetime,
    now: datetime,
    late: bool,
    answer: dict[str, Any],
) -> None:
    batch = Batch()
    if loaded.books is not None:
        before = [decision.before] if advance.changed(decision.before, loaded) else []
        writing.queue_member(session, batch, loaded, [*before, decision.done], sale=sale, now=now)
    _queue_sale(batch, loaded, decision, actor, sale=sale, at=at, now=now, late=late)
    if key:
        writing.queue_answer(
            batch,
            client=actor.client,
            key=key,
            member_id=loaded.member_id,
            request_hash=digest,
            answer=answer,
            now=now,
        )
    verified = identified.verified
    if verified is not None and verified.first_seen:
        writing.queue_code_use(batch, verified, reference=_reference(sale), now=now)
    if decision.risk_minor and verified is not None and verified.kid is not None:
        batch.add(
            "UPDATE device_key SET status = 'suspended' WHERE member_id = %s AND kid = %s AND status = 'active'",
            (verified.member_id, verified.kid),
        )
    messages.tell(
        session,
        "sale.settled",
        {"sale": sale, "version": answer["version"]},
        member_id=loaded.member_id or None,
        now=now,
        batch=batch,
    )
    batch.send(session)


def _queue_sale(
    batch: Batch,
    loaded: State,
    decision: Decision,
    actor: Actor,
    *,
    sale: str,
    at: datetime,
    now: datetime,
    late: bool,
) -> None:
    said, payment, made = decision.said, decision.payment, decision.basket
    tenders = [
        {"kind": t.kind, "amount_minor": t.amount_minor, "reference": t.reference, "refunded_minor": 0}
        for t in payment.tenders
    ]
    if payment.due_minor:
        tenders.append(
            {"kind": "other", "amount_minor": payment.due_minor, "reference": None, "refunded_minor": 0}
        )
    outcomes = {line.line: line for line in said.lines}
    row = {
        "member_id": loaded.member_id,
        "id": sale,
        "channel": made.channel,
        "store": made.store,
        "till": actor.id if actor.kind in ("till", "vendor") else None,
        "staff": actor.staff_id,
        "occurred_at": at,
        "recorded_at": now,
        "program_version": loaded.program.version,
        "tier": (loaded.standing.tier_then or decision.tier_before) if loaded.standing else None,
        "gross_minor": said.gross_minor,
        "discount_minor": said.discount_minor,
        "total_minor": said.total_minor,
        "earned_milli": said.earned_milli,
        "spent_milli": said.spent_milli,
        "offline": late,
        "tenders": json.dumps(tenders),
        "effects": json.dumps(
            {**decision.done.record, "tags": sorted(made.tags), "risk_minor": decision.risk_minor}
        ),
        "seq": loaded.books.account.seq if loaded.books else None,
    }
    lines = [
        {
            "line": line.id,
            "position": place,
            "sku": line.sku,
            "name": line.name,
            "kind": line.kind,
            "category": line.category,
            "quantity": line.quantity,
            "unit_price_minor": line.unit_price_minor,
            "discount_minor": outcomes[line.id].discount_minor,
            "net_minor": outcomes[line.id].net_minor,
            "options": list(line.options),
            "tags": sorted(line.tags),
        }
        for place, line in enumerate(made.lines)
    ]
    writing.queue_sale(batch, row, lines)
