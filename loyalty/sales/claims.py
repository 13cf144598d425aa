"""A forgotten visit: whoever holds the receipt of a sale without a member claims its points afterwards, once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from loyalty import codes, messages
from loyalty.actor import Actor
from loyalty.db import Batch
from loyalty.jsontext import dumps
from loyalty.rules.facts import Basket, Line, Tender
from loyalty.sales import advance, answers, occasions, purchase, receipts, state, writing
from loyalty.sales.consequences import Moment
from loyalty.sales.refusals import AlreadyClaimed, ClaimTooLate, MemberBlocked, SaleMissing
from loyalty.sales.requests import TenderRequest
from loyalty.sales.sold import Sold, find


def claim(
    session: Session,
    *,
    actor: Actor,
    member_id: int,
    text: str,
    secret: codes.CodeSecret,
    key: str,
    now: datetime,
) -> dict[str, Any]:
    """Book a sale of nobody for this member, by the rules of its own day; return its receipt.

    What was paid stays as it was: price effects that only members get are not given afterwards. Raise ``CodeInvalid``
    kinds, ``ClaimExpired``, ``ClaimTooLate``, ``AlreadyClaimed`` (also by a return of everything), ``SaleMissing``.
    """
    digest = answers.request_hash_of({"claim": text, "member": member_id})
    code = codes.parse(text)
    if not isinstance(code, codes.ClaimCode):
        raise codes.CodeInvalid("This is not a receipt's code.")
    codes.verify_claim(secret, code, now=now, claim_hours=24 * 90)
    sold = find(session, code.reference.removeprefix("sale:"))
    loaded = occasions.load_member(
        session, member_id, actor=actor, key=key, store=sold.row["store"], at=sold.row["occurred_at"], now=now
    )
    if loaded.stored is not None:
        return answers.replay(loaded.stored, digest)
    _require_claimable(session, loaded, sold, now=now)
    sale: str = sold.row["id"]
    at: datetime = sold.row["occurred_at"]
    before = advance.catch_up(loaded, now=now)
    moment = Moment(at, now, f"sale:{sale}", sale)
    decision = purchase.decide_paid(loaded, _basket(sold), _tenders(sold), moment)
    decision.before = before
    writing.take_shared(session, decision.done, member_id=member_id)
    assert loaded.books is not None
    assert loaded.person is not None
    loaded.books.finish()
    answer = receipts.receipt(
        loaded,
        decision,
        sale=sale,
        at=at,
        version=loaded.books.account.version + 1,
        locale=loaded.person.locale,
    )
    _write(session, loaded, sold, decision, actor, key=key, digest=digest, answer=answer, now=now)
    return answer


def _require_claimable(session: Session, loaded: state.State, sold: Sold, *, now: datetime) -> None:
    """Lock the sale's row (after the account) and look again."""
    batch = Batch()
    batch.add(
        "SELECT claimed_by, state FROM sale WHERE member_id = 0 AND id = %s FOR NO KEY UPDATE",
        (sold.row["id"],),
    )
    (rows,) = batch.send(session)
    if loaded.person is None or loaded.person.status != "active":
        raise MemberBlocked
    if sold.row["member_id"] != state.NOBODY and not rows:
        raise AlreadyClaimed
    if not rows:
        raise SaleMissing
    if (
        rows[0][0] is not None
        or rows[0][1] != "settled"
        or any(line["returned_quantity"] for line in sold.lines)
    ):
        raise AlreadyClaimed
    hours = loaded.program.settings.claim_hours
    if now > sold.row["occurred_at"] + timedelta(hours=hours):
        raise ClaimTooLate(hours=hours)


def _basket(sold: Sold) -> Basket:
    row = sold.row
    return Basket(
        lines=tuple(
            Line(
                line["line"],
                line["sku"],
                line["quantity"],
                line["unit_price_minor"],
                line["kind"],
                tuple(line["options"]),
                line["category"],
                frozenset(line["tags"]),
                line["name"],
            )
            for line in sold.lines
        ),
        occurred_at=row["occurred_at"],
        channel=row["channel"],
        store=row["store"],
        tenders=tuple(Tender(tender["kind"], tender["amount_minor"]) for tender in row["tenders"]),
        tags=frozenset(row["effects"].get("tags", ())),
        paid_minor=tuple(line["net_minor"] for line in sold.lines),
    )


def _tenders(sold: Sold) -> tuple[TenderRequest, ...]:
    return tuple(TenderRequest(t["kind"], t["amount_minor"], t["reference"]) for t in sold.row["tenders"])


def _write(
    session: Session,
    loaded: state.State,
    sold: Sold,
    decision: purchase.Decision,
    actor: Actor,
    *,
    key: str,
    digest: bytes,
    answer: dict[str, Any],
    now: datetime,
) -> None:
    member_id, sale = loaded.member_id, sold.row["id"]
    batch = Batch()
    befores = [decision.before] if advance.changed(decision.before, loaded) else []
    writing.queue_member(session, batch, loaded, [*befores, decision.done], sale=sale, now=now)
    row = {
        **{name: sold.row[name] for name in ("channel", "store", "till", "staff", "occurred_at", "offline")},
        "member_id": member_id,
        "id": sale,
        "recorded_at": now,
        "program_version": loaded.program.version,
        "tier": decision.tier_before,
        "gross_minor": sold.row["gross_minor"],
        "discount_minor": sold.row["discount_minor"],
        "total_minor": sold.row["total_minor"],
        "earned_milli": decision.said.earned_milli,
        "spent_milli": 0,
        "tenders": dumps(sold.row["tenders"]),
        "effects": dumps(
            {**decision.done.record, "tags": sold.row["effects"].get("tags", []), "claimed": True}
        ),
        "seq": loaded.books.account.seq if loaded.books else None,
    }
    lines = [{**line, "position": place} for place, line in enumerate(sold.lines)]
    writing.queue_sale(batch, row, lines)
    batch.add(
        "UPDATE sale SET claimed_by = %s, state = 'claimed' WHERE member_id = 0 AND id = %s",
        (member_id, sale),
    )
    if key:
        answers.queue_answer(
            batch,
            client=actor.client,
            key=key,
            member_id=member_id,
            request_hash=digest,
            answer=answer,
            now=now,
        )
    messages.tell(session, "sale.claimed", {"sale": sale}, member_id=member_id, now=now, batch=batch)
    batch.send(session)
