"""Place an order: the draft becomes a sale and an order, in one transaction, or nothing happens.

The member's row is locked first. Then, in this order: a retry and a draft that was ordered already get their order;
lines, products, time and total must be what the person saw; the sale is settled as every sale is; last, under the lock
of the store's day, the time is taken and the order gets its number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from loyalty import changes, codes, edits, rules, sales
from loyalty.actor import Actor
from loyalty.db import Batch
from loyalty.ids import new_id
from loyalty.orders import fingerprint, menu, order_queries, pickup, policy, queries, showing, touching
from loyalty.orders.models import DraftOrder, Order, OrderNumber
from loyalty.orders.queries import DraftLineView
from loyalty.orders.refusals import (
    DraftChanged,
    DraftDiscarded,
    DraftEmpty,
    DraftUnknown,
    LinesUnavailable,
    PickupUnavailable,
    TotalChanged,
)
from loyalty.record import record
from loyalty.rules.program import Program
from loyalty.rules.specs import OrderAhead, Store
from loyalty.sales import answers
from loyalty.sales.refusals import Overpaid


@record
class Placing:
    """What a person ordered, as they saw it. ``pickup_at`` None: as soon as possible."""

    draft: str
    lines_hash: str
    store: str
    pickup_at: datetime | None
    expected_total_minor: int
    rewards: tuple[sales.RewardClaim, ...] = ()
    coupons: tuple[str, ...] = ()
    tenders: tuple[sales.TenderRequest, ...] = ()
    note: str = ""


def place(
    session: Session,
    *,
    actor: Actor,
    member_id: int,
    asked: Placing,
    key: str,
    secret: codes.CodeSecret,
    now: datetime,
) -> dict[str, Any]:
    """Order a draft and pay for it; return the order as it is shown. A draft is ordered once, whoever asks how often.

    Raise ``DraftUnknown``, ``DraftDiscarded``, ``DraftChanged``, ``DraftEmpty``, ``StoreUnknown``, ``NoOrderAhead``,
    ``LinesUnavailable``, ``PickupUnavailable``, ``TotalChanged``, ``KeyReused``, and what ``sales.settle`` raises.
    """
    policy.check_text(asked.note, "/note", policy.LONGEST_NOTE)
    edits.begin(session, actor=actor, member_id=member_id)
    digest = answers.request_hash_of(asdict(asked))
    stored = order_queries.stored_answer(session, client=actor.client, key=key, member_id=member_id)
    if stored is not None:
        known = session.get_one(Order, (member_id, answers.replay(stored, digest)["order"]))
        return showing.document_of(known)
    order = order_queries.order_of_draft(session, member_id, asked.draft)
    if order is None:
        order = _place(session, actor, member_id, asked, secret, now)
    _remember(session, actor, key, digest, order, now)
    return showing.document_of(order)


def _place(
    session: Session, actor: Actor, member_id: int, asked: Placing, secret: codes.CodeSecret, now: datetime
) -> Order:
    program = rules.program_at(session, now)
    store, ahead = menu.store_of(program, asked.store)
    draft = _draft(session, member_id, asked.draft)
    lines = _lines(session, member_id, asked)
    flaws = menu.unavailable(program, [(line.id, line.content) for line in lines], ahead)
    if flaws:
        raise LinesUnavailable(lines=flaws)
    pickup_time(session, store, ahead, asked.pickup_at, now=now)
    request = _request(asked, lines)
    _require_total(session, actor, asked, request, secret, now)
    receipt = sales.settle(session, actor=actor, request=request, key="", secret=secret, now=now)
    order = _order(member_id, asked, lines, receipt, program, secret, now)
    _number(session, order, store, ahead, asked.pickup_at, now=now)
    session.add(order)
    session.add(
        OrderNumber(
            store=order.store, day=order.day, number=order.number, member_id=member_id, order_id=order.id
        )
    )
    session.flush()
    _submit(session, draft, order, actor, now)
    changes.mark(session, member_id, f"order/{order.id}", now=now)
    return order


def _draft(session: Session, member_id: int, draft_id: str) -> DraftOrder:
    draft = session.get(DraftOrder, (member_id, draft_id))
    if draft is None:
        raise DraftUnknown
    if draft.discarded_at is not None:
        raise DraftDiscarded
    return draft


def _lines(session: Session, member_id: int, asked: Placing) -> list[DraftLineView]:
    lines = queries.draft_lines_of(session, member_id, [asked.draft])
    present = fingerprint.lines_hash((line.id, line.content) for line in lines)
    if present != asked.lines_hash:
        shown = [{"id": line.id, **asdict(line.content)} for line in lines]
        raise DraftChanged(lines=shown, lines_hash=present)
    if not lines:
        raise DraftEmpty
    return lines


def pickup_time(
    session: Session, store: Store, ahead: OrderAhead, wanted: datetime | None, *, now: datetime
) -> tuple[date, datetime]:
    """Return the day and the moment of a pick-up that is free now; raise ``PickupUnavailable``."""
    today = pickup.day_of(now, store.zone)
    day = today if wanted is None else pickup.day_of(wanted, store.zone)
    found = pickup.day_with(ahead, store.zone, day, order_queries.taken(session, store.key, day))
    if wanted is None:
        soonest = pickup.soonest(found, ahead, now)
        if soonest is None:
            open_later = any(slot.at > now for slot in found.slots)
            raise PickupUnavailable(reason="full" if open_later else "closed")
        return day, soonest
    reason = pickup.why_not(found, ahead, store.zone, wanted, now)
    if reason is not None:
        raise PickupUnavailable(reason=reason)
    return day, wanted


def _request(asked: Placing, lines: Sequence[DraftLineView]) -> sales.SaleRequest:
    return sales.SaleRequest(
        lines=tuple(
            sales.LineRequest(
                line.content.sku, line.content.quantity, options=line.content.options, id=line.id
            )
            for line in lines
        ),
        rewards=asked.rewards,
        coupons=asked.coupons,
        tenders=asked.tenders,
        store=asked.store,
    )


def _require_total(
    session: Session,
    actor: Actor,
    asked: Placing,
    request: sales.SaleRequest,
    secret: codes.CodeSecret,
    now: datetime,
) -> None:
    """Raise ``TotalChanged`` unless it costs what the person saw."""
    try:
        _, quote = sales.quote(session, actor=actor, request=request, secret=secret, now=now)
    except Overpaid:
        # It became cheaper than what they were to pay: what it costs is in the quote without payments.
        bare = sales.SaleRequest(
            request.lines, rewards=request.rewards, coupons=request.coupons, store=request.store
        )
        _, quote = sales.quote(session, actor=actor, request=bare, secret=secret, now=now)
    if quote["total_minor"] != asked.expected_total_minor:
        raise TotalChanged(total_minor=quote["total_minor"], quote=quote)


def _order(
    member_id: int,
    asked: Placing,
    lines: Sequence[DraftLineView],
    receipt: dict[str, Any],
    program: Program,
    secret: codes.CodeSecret,
    now: datetime,
) -> Order:
    order_id = new_id(now)
    code = codes.draw_pickup(secret, order_id)
    money = ("currency", "gross_minor", "discount_minor", "total_minor", "earned_milli", "spent_milli")
    return Order(
        member_id=member_id,
        id=order_id,
        draft_id=asked.draft,
        sale_id=receipt["sale"],
        store=asked.store,
        state="placed",
        asap=asked.pickup_at is None,
        placed_at=now,
        changed_at=now,
        note=asked.note,
        line_notes={line.id: line.content.note for line in lines if line.content.note},
        lines=menu.named(program, receipt["lines"]),
        tenders=receipt["tenders"],
        pickup_code=code.short,
        pickup_qr=code.qr,
        **{name: receipt[name] for name in money},
    )


def _number(
    session: Session, order: Order, store: Store, ahead: OrderAhead, wanted: datetime | None, *, now: datetime
) -> None:
    """Give the order its number and take its time: who comes at the same moment waits here and reads after us."""
    day = pickup.day_of(wanted or now, store.zone)
    order.number = order_queries.take_number(session, store.key, day)
    order.day, order.pickup_at = pickup_time(session, store, ahead, wanted, now=now)


def _submit(session: Session, draft: DraftOrder, order: Order, actor: Actor, now: datetime) -> None:
    """Take the draft off all devices: it is an order now."""
    entities = [f"draft/{draft.id}", *touching.present_lines(session, draft)]
    draft.dots = {}
    draft.submitted_as, draft.discarded_at, draft.discarded_by = order.id, now, actor.id
    draft.discarded_version = changes.mark(session, order.member_id, *entities, now=now, deleted=True)
    session.flush()


def _remember(session: Session, actor: Actor, key: str, digest: bytes, order: Order, now: datetime) -> None:
    """Keep which order answers this key; what a retry is shown is how the order stands then."""
    batch = Batch()
    answers.queue_answer(
        batch,
        client=actor.client,
        key=key,
        member_id=order.member_id,
        request_hash=digest,
        answer={"order": order.id},
        now=now,
    )
    batch.send(session)
