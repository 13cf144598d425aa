"""Returns and voids: lines of a sale given back, and everything they caused undone exactly."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from loyalty import messages, staff, wallet
from loyalty.actor import Actor
from loyalty.clock import rfc3339
from loyalty.db import Batch
from loyalty.errors import Denied, DomainError
from loyalty.ids import new_id
from loyalty.jsontext import dumps
from loyalty.sales import advance, answers, loading, queries, receipts, service, undoing, writing
from loyalty.sales.refusals import SaleMissing
from loyalty.sales.requests import ReturnLine
from loyalty.sales.reversal import Reversal, look_up, parts_of
from loyalty.sales.sold import find
from loyalty.sales.state import NOBODY, State, Wanted, Who


class ReturnDenied(Denied):
    """Only the store takes goods back."""

    code = "returns_at_the_store"
    text = "Goods are given back at the store."


def return_lines(
    session: Session,
    *,
    actor: Actor,
    sale: str,
    lines: tuple[ReturnLine, ...],
    key: str,
    now: datetime,
    occurred_at: datetime | None = None,
) -> dict[str, Any]:
    """Take lines of a sale back: refund, points taken and given back, limits, challenges, tier; once per ``key``.

    Raise ``SaleMissing``, ``LineMissing``, ``ReturnTooMuch``, ``ReturnDenied``, ``KeyReused``, ``GiftCardUsed``, and
    ``InsufficientPoints`` where the program refuses to let points be owed.
    """
    asked = {"sale": sale, "lines": [asdict(line) for line in lines]}
    return _once(session, actor, sale, lines, key=key, asked=asked, now=now, at=occurred_at or now)


def void(
    session: Session, *, actor: Actor, sale: str, key: str, now: datetime, occurred_at: datetime | None = None
) -> dict[str, Any]:
    """Undo everything that is left of a sale; raise ``AlreadyVoided`` where nothing is, and what returns raise."""
    return _once(session, actor, sale, None, key=key, asked={"void": sale}, now=now, at=occurred_at or now)


def _once(
    session: Session,
    actor: Actor,
    sale: str,
    lines: tuple[ReturnLine, ...] | None,
    *,
    key: str,
    asked: dict[str, Any],
    now: datetime,
    at: datetime,
) -> dict[str, Any]:
    if actor.kind == "member":
        raise ReturnDenied
    digest = answers.request_hash_of(asked)
    loaded = _lock(session, actor, sale, key=key, now=now)
    if loaded.stored is not None:
        return answers.replay(loaded.stored, digest)
    batch = Batch()
    try:
        reversal = _decide(session, loaded, sale, lines, at=at, now=now)
    except DomainError as error:
        answers.remember_refusal(
            session, error, actor=actor, key=key, digest=digest, member_id=loaded.member_id, now=now
        )
        raise
    answer = _answer(reversal)
    _queue(session, batch, reversal, actor)
    if key:
        answers.queue_answer(
            batch,
            client=actor.client,
            key=key,
            member_id=loaded.member_id,
            request_hash=digest,
            answer=answer,
            now=now,
        )
    batch.send(session)
    _refund_cards(session, reversal)
    staff.record(
        session,
        actor=actor,
        what=f"sale.{reversal.kind}",
        about=reversal.sold.reference,
        after={"amount_minor": answer["amount_minor"], "return": reversal.number},
        now=now,
    )
    return answer


def _lock(session: Session, actor: Actor, sale: str, *, key: str, now: datetime) -> State:
    """Lock whoever the sale belongs to; a sale of nobody has no account, so its own row is the lock."""
    member_id = find(session, sale).row["member_id"]
    till = actor.id if actor.kind == "till" else ""
    wanted = Wanted(client=actor.client, key=key, till=till)
    loaded = loading.load(session, Who(member_id=member_id), wanted, at=now, now=now)
    if loaded is None:
        raise SaleMissing
    service.require_till(actor, loaded)
    if member_id == NOBODY:
        batch = Batch()
        batch.add("SELECT id FROM sale WHERE member_id = 0 AND id = %s FOR NO KEY UPDATE", (sale,))
        batch.send(session)
    return loaded


def _decide(
    session: Session,
    loaded: State,
    sale: str,
    lines: tuple[ReturnLine, ...] | None,
    *,
    at: datetime,
    now: datetime,
) -> Reversal:
    sold = find(session, sale)  # again, now that the lock is held
    if sold.row["member_id"] != loaded.member_id:
        raise SaleMissing
    kind = "void" if lines is None else "return"
    reversal = Reversal(kind, new_id(now), loaded, sold, parts_of(sold, lines), at, now)
    reversal.undone.amount_minor = sum(part.part(part.net_minor) for part in reversal.parts.values())
    reversal.undone.refunds = undoing.refund(sold.row["tenders"], reversal.undone.amount_minor)
    if loaded.books is not None:
        advance.catch_up(loaded, now=now, done=reversal.done)
        found = look_up(session, reversal)
        loaded.books.begin(
            kind,
            at=at,
            recorded_at=now,
            reference=sold.reference,
            program_version=loaded.program.version,
        )
        undoing.undo(reversal, found)
        reversal.done.entities.add(f"sale/{sale}")
    _void_gift_cards(session, reversal)
    return reversal


def _void_gift_cards(session: Session, reversal: Reversal) -> None:
    """Void the gift cards that come back; raise ``GiftCardUsed`` where one was used meanwhile."""
    kinds = {line["line"]: line["kind"] for line in reversal.sold.lines}
    returned = [part for part in reversal.returned if kinds[part.line] == "gift_card"]
    if not returned:
        return
    with session.begin_nested():
        for part in returned:
            wallet.void_gift_cards(
                session,
                sale=reversal.sold.id,
                sale_line=part.line,
                quantity=part.after - part.before,
                now=reversal.now,
            )


def _refund_cards(session: Session, reversal: Reversal) -> None:
    """Send what our own card payments paid back to the card."""
    for part in reversal.undone.refunds:
        if part["kind"] == "card" and part["reference"] and reversal.state.member_id != NOBODY:
            wallet.refund_sale(
                session,
                member_id=reversal.state.member_id,
                payment_id=part["reference"],
                amount_minor=part["amount_minor"],
                key=f"return:{reversal.number}",
                now=reversal.now,
            )


def _queue(session: Session, batch: Batch, reversal: Reversal, actor: Actor) -> None:
    loaded, sold = reversal.state, reversal.sold
    if loaded.books is not None:
        writing.queue_member(session, batch, loaded, [reversal.done], sale=sold.id, now=reversal.now)
    _queue_undone(batch, reversal)
    _queue_return(batch, reversal, actor)
    messages.tell(
        session,
        "sale.returned",
        {"sale": sold.id, "return": reversal.number},
        member_id=loaded.member_id or None,
        now=reversal.now,
        batch=batch,
    )


def _queue_undone(batch: Batch, reversal: Reversal) -> None:
    undone, member_id = reversal.undone, reversal.state.member_id
    for limit, period, times, amount, shared in undone.limits:
        batch.add(
            queries.GIVE_BACK_BUDGET if shared else queries.GIVE_BACK_LIMIT,
            {"limit": limit, "period": period, "times": times, "amount": amount, "member_id": member_id},
        )
    for statement, wanted in (
        (queries.GIVE_BACK_GRANTS, undone.grants_back),
        (queries.UNDO_PROMOTIONS, undone.promotions),
    ):
        if wanted:
            batch.add(statement, {"member_id": member_id, "these": wanted})
    if undone.grants_withdrawn:
        batch.add(
            queries.WITHDRAW_GRANTS,
            {"member_id": member_id, "these": undone.grants_withdrawn, "now": reversal.now},
        )
    if undone.coupons_back:
        batch.add(queries.GIVE_BACK_COUPONS, {"these": sorted(undone.coupons_back)})
    if undone.stock_back:
        batch.add(queries.GIVE_BACK_STOCK, {"these": sorted(undone.stock_back)})
    if undone.steps:
        amounts, instances, lines = (list(column) for column in zip(*undone.steps, strict=True))
        batch.add(
            queries.LOWER_STEPS,
            {
                "member_id": member_id,
                "sale": reversal.sold.id,
                "amounts": amounts,
                "instances": instances,
                "lines": lines,
            },
        )
    for other in undone.rewritten.values():
        batch.add(
            queries.REWRITE_EFFECTS,
            {"member_id": member_id, "sale": other.id, "effects": dumps(other.record)},
        )


def _queue_return(batch: Batch, reversal: Reversal, actor: Actor) -> None:
    sold, undone, returned = reversal.sold, reversal.undone, reversal.returned
    names = {"member_id": reversal.state.member_id, "sale": sold.id}
    ended = "voided" if reversal.kind == "void" else "returned"
    batch.add(
        queries.LOWER_SALE,
        {
            **names,
            "amount": undone.amount_minor,
            "tenders": dumps(sold.row["tenders"]),
            "effects": dumps(sold.record),
            "state": ended if reversal.everything else "settled",
        },
    )
    batch.add(
        queries.LOWER_LINES,
        {**names, "lines": [part.line for part in returned], "quantities": [part.after for part in returned]},
    )
    batch.add(
        queries.INSERT_RETURN,
        {
            **names,
            "id": reversal.number,
            "kind": reversal.kind,
            "at": reversal.at,
            "now": reversal.now,
            "till": actor.id if actor.kind in ("till", "vendor") else None,
            "staff": actor.staff_id,
            "lines": dumps([{"line": part.line, "quantity": part.after - part.before} for part in returned]),
            "refunds": dumps(undone.refunds),
            "amount": undone.amount_minor,
            "taken": undone.taken_milli,
            "restored": undone.restored_milli,
            "seq": reversal.state.books.account.seq if reversal.state.books else None,
        },
    )


def _answer(reversal: Reversal) -> dict[str, Any]:
    undone, loaded = reversal.undone, reversal.state
    if loaded.books is not None:
        loaded.books.finish()
    return {
        "return": reversal.number,
        "kind": reversal.kind,
        "sale": reversal.sold.id,
        "occurred_at": rfc3339(reversal.at),
        "currency": loaded.program.currency,
        "lines": [
            {
                "line": part.line,
                "sku": part.sku,
                "quantity": part.after - part.before,
                "amount_minor": part.part(part.net_minor),
            }
            for part in reversal.returned
        ],
        "amount_minor": undone.amount_minor,
        "refunds": undone.refunds,
        "taken_milli": undone.taken_milli,
        "restored_milli": undone.restored_milli,
        "member": receipts.balance_of(loaded),
        "seq": loaded.books.account.seq if loaded.books else None,
    }
