"""Goods that come back without their receipt: refused, or taken with the points they would have earned at least.

Which sale it was is not known, so nothing of a sale is undone: neither limits, challenges, rewards nor a tier that was
reached. What is taken is what the goods earn at the base rate (that of the entry tier, as in ``multiplier_base``), out
of the points and out of the tier counter; what the member no longer has is owed, whatever ``negative_points`` says.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from loyalty import rules, staff
from loyalty.actor import Actor
from loyalty.clock import rfc3339
from loyalty.db import Batch
from loyalty.errors import DomainError, Flaw, Invalid
from loyalty.ids import new_id
from loyalty.jsontext import dumps
from loyalty.ledger import chart
from loyalty.rules.facts import Basket, Line, TenderKind
from loyalty.rules.outcome import Earning
from loyalty.sales import advance, answers, loading, queries, receipts, service, writing
from loyalty.sales.basket import lines_of
from loyalty.sales.consequences import Consequences
from loyalty.sales.refusals import MemberBlocked, NobodyScanned, ReturnNeedsReceipt, TimeInFuture
from loyalty.sales.requests import LineRequest, SaleRequest
from loyalty.sales.state import State, Wanted, Who
from loyalty.why import Why

KIND = "return_without_receipt"


@dataclass(slots=True)
class _GoodsBack:
    """One such return on its way."""

    number: str
    state: State
    at: datetime
    now: datetime
    refund: TenderKind
    lines: tuple[Line, ...] = ()
    before: Consequences = field(default_factory=Consequences)
    done: Consequences = field(default_factory=Consequences)
    taken_milli: int = 0

    @property
    def amount_minor(self) -> int:
        """Return what the goods cost."""
        return sum(_price(line) for line in self.lines)

    @property
    def refunds(self) -> list[dict[str, Any]]:
        """Return what goes back, and how."""
        amount = self.amount_minor
        return [{"kind": self.refund, "amount_minor": amount, "reference": None}] if amount else []


def return_without_receipt(
    session: Session,
    *,
    actor: Actor,
    lines: tuple[LineRequest, ...],
    member_id: int | None,
    refund: TenderKind,
    reason: str,
    key: str,
    now: datetime,
    occurred_at: datetime | None = None,
) -> dict[str, Any]:
    """Take goods back without their sale, as ``return_without_receipt`` allows; once per ``key``.

    ``member_id`` is whoever brings them (``None``: nobody was scanned, then no points are taken); ``refund`` the means
    by which the money goes back, ``wallet`` into the member's. Prices are those of the lines, else the catalog's. The
    program in force now decides; ``occurred_at`` is only when it was, for the books.

    Raise ``PermissionDenied``, ``ReturnNeedsReceipt``, ``NobodyScanned`` (a wallet of nobody), ``MemberBlocked``,
    ``Invalid`` with a flaw per line, ``TimeInFuture``, ``TillRevoked``, ``KeyReused``.
    """
    staff.require(actor, "sales.return_without_receipt")
    asked = {KIND: member_id, "lines": lines, "refund": refund, "reason": reason}
    digest, at = answers.request_hash_of(asked), occurred_at or now
    loaded = _lock(session, actor, lines, member_id, key=key, now=now)
    if loaded.stored is not None:
        return answers.replay(loaded.stored, digest)
    back = _GoodsBack(new_id(now), loaded, at, now, refund)
    try:
        _decide(back, actor, lines)
    except DomainError as error:
        answers.remember_refusal(
            session, error, actor=actor, key=key, digest=digest, member_id=loaded.member_id, now=now
        )
        raise
    if loaded.books is not None:
        loaded.books.finish()
    answer = _answer(back)
    _write(session, back, actor, key=key, digest=digest, answer=answer)
    staff.record(
        session,
        actor=actor,
        what=f"sale.{KIND}",
        about=f"return:{back.number}",
        after={"amount_minor": back.amount_minor, "refund": refund, "reason": reason},
        now=now,
    )
    return answer


def _lock(
    session: Session,
    actor: Actor,
    lines: tuple[LineRequest, ...],
    member_id: int | None,
    *,
    key: str,
    now: datetime,
) -> State:
    wanted = Wanted(
        client=actor.client,
        key=key,
        store=actor.store,
        skus=tuple(line.sku for line in lines),
        till=actor.id if actor.kind == "till" else "",
    )
    loaded = loading.load(
        session, Who(member_id=member_id), wanted, at=now, now=now, lock=member_id is not None
    )
    if loaded is None or (member_id is not None and loaded.person is None):
        raise NobodyScanned
    service.require_till(actor, loaded)
    return loaded


def _decide(back: _GoodsBack, actor: Actor, asked: tuple[LineRequest, ...]) -> None:
    loaded = back.state
    if loaded.program.settings.return_without_receipt == "refuse":
        raise ReturnNeedsReceipt
    if back.at > back.now + service.AHEAD:
        raise TimeInFuture
    if back.refund == "wallet" and loaded.books is None:
        raise NobodyScanned
    if loaded.person is not None and loaded.person.status != "active":
        raise MemberBlocked
    request = SaleRequest(lines=asked)
    back.lines = lines_of(request, loaded.program, prices=loaded.prices, store=actor.store, actor=actor)
    flaws = tuple(
        Flaw(f"/lines/{place}/kind", "A gift card or top-up comes back by its sale only.", "not_allowed")
        for place, line in enumerate(back.lines)
        if line.kind in ("gift_card", "top_up")
    )
    if flaws:
        raise Invalid(flaws=flaws)
    if loaded.books is not None:
        _take(back, actor)


def _take(back: _GoodsBack, actor: Actor) -> None:
    """Take the points and the tier points, and pay what goes back into the wallet."""
    loaded, books, standing = back.state, back.state.books, back.state.standing
    assert books is not None
    assert standing is not None
    back.before = advance.catch_up(loaded, now=back.now)
    books.begin(
        "return",
        at=back.at,
        recorded_at=back.now,
        reference=f"return:{back.number}",
        program_version=loaded.program.version,
    )
    for earning in _earnings(back, actor):
        why = Why("returned", {"rule": earning.rule, "points_milli": earning.points_milli})
        books.take_back(earning.points_milli, source=chart.ISSUED_PURCHASE, rule=earning.rule, why=why)
        back.taken_milli += earning.points_milli
        if earning.counts_for_tier:
            _lower_tier_points(back, earning.points_milli)
    standing.spent_minor = max(0, standing.spent_minor - back.amount_minor)
    if back.refund == "wallet" and back.amount_minor:
        why = Why("refunded", {"amount_minor": back.amount_minor})
        books.load_wallet(back.amount_minor, source=chart.SPENT, why=why, beyond_limit=True)
        back.done.entities.add("wallet")


def _earnings(back: _GoodsBack, actor: Actor) -> tuple[Earning, ...]:
    """Return what the goods earn at the base rate, whatever limits the member has used."""
    facts = back.state.facts(at=back.now, available_milli=0)
    assert facts is not None
    basket = Basket(back.lines, back.now, actor.channel, actor.store)
    return rules.base_earnings(back.state.program, basket, replace(facts, used={}))


def _lower_tier_points(back: _GoodsBack, milli: int) -> None:
    """Lower the tier counter as of the return, since nobody knows when they were earned; never below nothing."""
    standing = back.state.standing
    assert standing is not None
    lowered = min(milli, standing.window_milli)
    if lowered <= 0:
        return
    standing.window_milli -= lowered
    counted = back.done.tier_earned
    counted[back.now] = counted.get(back.now, 0) - lowered
    back.done.entities.add("tier")


def _write(
    session: Session, back: _GoodsBack, actor: Actor, *, key: str, digest: bytes, answer: dict[str, Any]
) -> None:
    batch, loaded = Batch(), back.state
    if loaded.books is not None:
        befores = [back.before] if advance.changed(back.before, loaded) else []
        writing.queue_member(session, batch, loaded, [*befores, back.done], sale=None, now=back.now)
    batch.add(
        queries.INSERT_RETURN,
        {
            "member_id": loaded.member_id,
            "id": back.number,
            "sale": None,
            "kind": KIND,
            "at": back.at,
            "now": back.now,
            "till": actor.id if actor.kind in ("till", "vendor") else None,
            "staff": actor.staff_id,
            "lines": dumps(answer["lines"]),
            "refunds": dumps(back.refunds),
            "amount": back.amount_minor,
            "taken": back.taken_milli,
            "restored": 0,
            "seq": answer["seq"],
        },
    )
    if key:
        answers.queue_answer(
            batch,
            client=actor.client,
            key=key,
            member_id=loaded.member_id,
            request_hash=digest,
            answer=answer,
            now=back.now,
        )
    batch.send(session)


def _price(line: Line) -> int:
    return line.quantity * line.unit_price_minor


def _answer(back: _GoodsBack) -> dict[str, Any]:
    loaded = back.state
    return {
        "return": back.number,
        "kind": KIND,
        "sale": None,
        "occurred_at": rfc3339(back.at),
        "currency": loaded.program.currency,
        "lines": [
            {"line": line.id, "sku": line.sku, "quantity": line.quantity, "amount_minor": _price(line)}
            for line in back.lines
        ],
        "amount_minor": back.amount_minor,
        "refunds": back.refunds,
        "taken_milli": back.taken_milli,
        "restored_milli": 0,
        "member": receipts.balance_of(loaded),
        "seq": loaded.books.account.seq if loaded.books else None,
    }
