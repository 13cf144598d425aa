"""Returns and voids: lines of a sale given back, and everything they caused undone exactly."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from loyalty import messages, rules, wallet
from loyalty.actor import Actor
from loyalty.db import Batch
from loyalty.errors import Denied, DomainError
from loyalty.ids import new_id
from loyalty.ledger import LotState, chart
from loyalty.ledger import queries as ledger_queries
from loyalty.rules import expiry
from loyalty.rules.facts import OfferInstance, Step
from loyalty.sales import advance, queries, receipts, service, state, undoing, writing
from loyalty.sales.effects import Consequences, OfferChange
from loyalty.sales.refusals import AlreadyVoided, LineMissing, ReturnTooMuch, SaleMissing
from loyalty.sales.requests import ReturnLine
from loyalty.sales.standing import relive
from loyalty.sales.state import State, Wanted, Who
from loyalty.sales.undoing import SoldLine, Undone
from loyalty.why import Why

Record = Mapping[str, Sequence[Mapping[str, Any]]]


class ReturnDenied(Denied):
    """Only the store takes goods back."""

    code = "returns_at_the_store"
    text = "Goods are given back at the store."


@dataclass(slots=True)
class Sold:
    """A sale as it stands: its row by column name, and its lines."""

    row: dict[str, Any]
    lines: list[dict[str, Any]]

    @property
    def reference(self) -> str:
        """Return the name of the sale in ledger and codes."""
        return f"sale:{self.row['id']}"


def find(session: Session, sale: str) -> Sold:
    """Load a sale and its lines; raise ``SaleMissing``."""
    batch = Batch()
    batch.add(queries.SALE, {"sale": sale})
    batch.add(queries.SALE_LINES, {"sale": sale})
    rows, lines = batch.send(session)
    if not rows:
        raise SaleMissing
    names, line_names = queries.SALE_COLUMNS.split(", "), queries.LINE_COLUMNS.split(", ")
    return Sold(
        dict(zip(names, rows[0], strict=True)), [dict(zip(line_names, line, strict=True)) for line in lines]
    )


def return_lines(
    session: Session,
    *,
    actor: Actor,
    sale: str,
    lines: tuple[ReturnLine, ...],
    key: str,
    now: datetime,
    occurred_at: datetime | None = None,
    return_id: str | None = None,
) -> dict[str, Any]:
    """Take lines of a sale back: refund, points taken and given back, limits, challenges, tier; once per ``key``.

    Raise ``SaleMissing``, ``LineMissing``, ``ReturnTooMuch``, ``ReturnDenied``, ``KeyReused``, and
    ``InsufficientPoints`` where the program refuses to let points be owed.
    """
    wanted = {"sale": sale, "lines": [asdict(line) for line in lines]}
    return _give_back(session, actor, sale, lines, "return", key, wanted, now, occurred_at, return_id)


def void(
    session: Session, *, actor: Actor, sale: str, key: str, now: datetime, occurred_at: datetime | None = None
) -> dict[str, Any]:
    """Undo everything that is left of a sale; raise ``AlreadyVoided`` where nothing is, and what returns raise."""
    return _give_back(session, actor, sale, None, "void", key, {"void": sale}, now, occurred_at, None)


def _give_back(
    session: Session,
    actor: Actor,
    sale: str,
    lines: tuple[ReturnLine, ...] | None,
    kind: str,
    key: str,
    wanted: dict[str, Any],
    now: datetime,
    occurred_at: datetime | None,
    return_id: str | None,
) -> dict[str, Any]:
    if actor.kind == "member":
        raise ReturnDenied
    digest = service.request_hash_of(wanted)
    member_id = find(session, sale).row["member_id"]
    at = occurred_at or now
    loaded = state.load(
        session,
        Who(member_id=member_id),
        Wanted(client=actor.client, key=key, till=actor.id if actor.kind == "till" else ""),
        at=now,
        now=now,
    )
    if loaded is None:
        raise SaleMissing
    service.require_till(actor, loaded)
    if loaded.stored is not None:
        return service.replay(loaded.stored, digest)
    if member_id == state.NOBODY:
        _lock_sale(session, sale)
    try:
        answer, batch = _decide(session, actor, loaded, sale, lines, kind, now, at, return_id)
    except DomainError as error:
        service.remember_refusal(
            session, error, actor=actor, key=key, digest=digest, member_id=member_id, now=now
        )
        raise
    if key:
        writing.queue_answer(
            batch,
            client=actor.client,
            key=key,
            member_id=member_id,
            request_hash=digest,
            answer=answer,
            now=now,
        )
    batch.send(session)
    for refund in answer["refunds"]:
        if refund["kind"] == "card" and refund["reference"] and member_id != state.NOBODY:
            wallet.refund_sale(
                session,
                member_id=member_id,
                payment_id=refund["reference"],
                amount_minor=refund["amount_minor"],
                key=f"return:{answer['return']}",
                now=now,
            )
    return answer


def _lock_sale(session: Session, sale: str) -> None:
    """A sale of nobody has no account to lock: its own row is the lock."""
    batch = Batch()
    batch.add("SELECT id FROM sale WHERE member_id = 0 AND id = %s FOR NO KEY UPDATE", (sale,))
    batch.send(session)


def _decide(
    session: Session,
    actor: Actor,
    loaded: State,
    sale: str,
    lines: tuple[ReturnLine, ...] | None,
    kind: str,
    now: datetime,
    at: datetime,
    return_id: str | None,
) -> tuple[dict[str, Any], Batch]:
    sold = find(session, sale)  # again, now that the lock is held
    if sold.row["member_id"] != loaded.member_id:
        raise SaleMissing
    parts = _parts(sold, lines)
    _void_gift_cards(session, sold, parts, now=now)
    done, undone = Consequences(), Undone()
    before = advance.catch_up(loaded, now=now)
    record: dict[str, Any] = sold.row["effects"]
    batch = Batch()
    undone.amount_minor = sum(part.part(part.net_minor) for part in parts.values())
    tenders: list[dict[str, Any]] = sold.row["tenders"]
    undone.refunds = undoing.refund(tenders, undone.amount_minor)
    number = return_id or new_id(now)
    if loaded.books is not None:
        _undo_member(session, batch, loaded, sold, record, parts, done, undone, kind=kind, at=at, now=now)
        befores = [before] if advance.changed(before, loaded) else []
        done.entities.add(f"sale/{sale}")
        writing.queue_member(session, batch, loaded, [*befores, done], sale=sale, now=now)
    _queue_undone(batch, loaded.member_id, undone)
    _queue_return(
        batch, actor, loaded, sold, parts, undone, tenders, record, kind=kind, number=number, at=at, now=now
    )
    messages.tell(
        session,
        "sale.returned",
        {"sale": sale, "return": number},
        member_id=loaded.member_id or None,
        now=now,
        batch=batch,
    )
    return _answer(loaded, sold, parts, undone, kind=kind, number=number, at=at, now=now), batch


def _parts(sold: Sold, wanted: tuple[ReturnLine, ...] | None) -> dict[str, SoldLine]:
    """Return every line of the sale with how much of it comes back now; raise what is wrong with the wish."""
    parts = {
        line["line"]: SoldLine(
            line["line"],
            line["sku"],
            line["quantity"],
            line["net_minor"],
            line["returned_quantity"],
            line["returned_quantity"] if wanted is not None else line["quantity"],
        )
        for line in sold.lines
    }
    if wanted is None:
        if all(part.before == part.quantity for part in parts.values()):
            raise AlreadyVoided
        return parts
    for wish in wanted:
        _take(parts, wish)
    return parts


def _void_gift_cards(session: Session, sold: Sold, parts: Mapping[str, SoldLine], *, now: datetime) -> None:
    """Void the gift cards that come back; raise ``GiftCardUsed`` where one was used meanwhile."""
    for line in sold.lines:
        part = parts[line["line"]]
        if line["kind"] == "gift_card" and part.after > part.before:
            with session.begin_nested():
                wallet.void_gift_cards(
                    session,
                    sale=sold.row["id"],
                    sale_line=part.line,
                    quantity=part.after - part.before,
                    now=now,
                )


def _take(parts: dict[str, SoldLine], wish: ReturnLine) -> None:
    """Take the wished pieces out of the named line, or out of the lines of that product in their order."""
    fitting = [
        part
        for part in parts.values()
        if (part.line == wish.line if wish.line is not None else part.sku == wish.sku)
    ]
    if not fitting:
        raise LineMissing(line=wish.line or wish.sku)
    left = sum(part.quantity - part.after for part in fitting)
    if wish.quantity > left:
        raise ReturnTooMuch(line=wish.line or wish.sku, left=left)
    rest = wish.quantity
    for part in fitting:
        taken = min(rest, part.quantity - part.after)
        part.after += taken
        rest -= taken


def _undo_member(
    session: Session,
    batch: Batch,
    loaded: State,
    sold: Sold,
    record: dict[str, Any],
    parts: dict[str, SoldLine],
    done: Consequences,
    undone: Undone,
    *,
    kind: str,
    at: datetime,
    now: datetime,
) -> None:
    books, standing = loaded.books, loaded.standing
    assert books is not None
    assert standing is not None
    found = _load_more(session, loaded, sold, record, parts)
    books.begin(
        kind, at=at, recorded_at=now, reference=sold.reference, program_version=loaded.program.version
    )
    occurred_at: datetime = sold.row["occurred_at"]
    undoing.take_back_points(
        loaded, done, undone, record, parts, earned_at=occurred_at, forgiven=found.forgiven
    )
    _undo_challenges(session, batch, loaded, sold, record, parts, done, undone, found)
    undoing.give_back_rewards(loaded, done, undone, record, parts, found.lots, now=now)
    undoing.give_back_limits(undone, record, parts, keep=found.keep)
    for refund in undone.refunds:
        if refund["kind"] == "wallet":
            books.load_wallet(
                refund["amount_minor"],
                source=chart.SPENT,
                why=Why("refunded", {"amount_minor": refund["amount_minor"]}),
                beyond_limit=True,
            )
            done.entities.add("wallet")
    standing.spent_minor -= undone.amount_minor
    if undoing.all_gone({}, parts):
        standing.visits -= 1
        standing.last_visit_at = found.last_visit_at
        if not found.keep:
            _undo_extensions(loaded, record)
    _undo_promotions(batch, loaded, done, found.moves, at=at)


@dataclass(slots=True)
class Found:
    """What a return has to know besides the sale."""

    lots: dict[int, LotState]
    forgiven: dict[int, int]
    offers: dict[str, OfferInstance]
    completed_by: dict[str, str | None]
    steps: dict[str, list[tuple[Step, int]]]
    moves: list[tuple[Any, ...]]
    last_visit_at: datetime | None
    keep: set[str]


def _load_more(
    session: Session, loaded: State, sold: Sold, record: Record, parts: Mapping[str, SoldLine]
) -> Found:
    books = loaded.books
    assert books is not None
    own = sorted({earning["lot"] for earning in record.get("earnings", ()) if earning["lot"] is not None})
    spent = sorted({lot for discount in record.get("discounts", ()) for lot, _ in discount["uses"]})
    instances = sorted({entry["instance"] for entry in record.get("progress", ())})
    member = {"member_id": loaded.member_id}
    occurred_at: datetime = sold.row["occurred_at"]
    since, until = _month(loaded, occurred_at)
    batch = Batch()
    batch.add(ledger_queries.LOTS_OF, {**member, "lots": sorted({*own, *spent})})
    batch.add(ledger_queries.EXPIRED_OF_LOTS, {**member, "lots": own})
    batch.add(queries.OFFERS_OF, {**member, "instances": instances})
    batch.add(queries.STEPS_OF, {**member, "instances": instances})
    batch.add(queries.TIER_MOVES, member)
    batch.add(queries.LAST_VISIT, {**member, "sale": sold.row["id"]})
    batch.add(queries.OTHER_ACTIVITY, {**member, "sale": sold.row["id"], "since": since, "until": until})
    batch.add(queries.RETURNED_OF_LOTS, {**member, "sale": sold.row["id"]})
    lots, expired, offers, steps, moves, ((last_visit,),), ((other,),), returns = batch.send(session)
    gone = {lot: books.lots.get(lot) or LotState(lot, *rest) for lot, *rest in lots}
    grouped: dict[str, list[tuple[Step, int]]] = {}
    for instance, sale, line, amount, original, day, step_at in steps:
        grouped.setdefault(instance, []).append((Step(sale, line, amount, day, step_at), original))
    keep: set[str] = set()
    if other:
        prefixes = tuple(f"rule:{entry['rule']}:" for entry in record.get("extensions", ()))
        keep = {
            use["limit"] for use in record.get("limits", ()) if prefixes and use["limit"].startswith(prefixes)
        }
    return Found(
        lots=gone,
        forgiven=_forgiven(dict(expired), record, parts, returns),
        offers={row[0]: OfferInstance(*row[:8], progress=row[8]) for row in offers},
        completed_by={row[0]: row[9] for row in offers},
        steps=grouped,
        moves=moves,
        last_visit_at=last_visit,
        keep=keep or ({"*"} if other else set()),
    )


def _forgiven(
    expired: dict[int, int], record: Record, parts: Mapping[str, SoldLine], returns: Sequence[Any]
) -> dict[int, int]:
    """Return, per lot of the sale, the expired points that earlier returns have not yet passed over.

    Earlier returns took what was due less what had expired; what they passed over is what they did not take.
    """
    due_before: dict[int, int] = {}
    for earning in record.get("earnings", ()):
        if earning["lot"] is None or earning["offer"] is not None:
            continue
        due_before[earning["lot"]] = due_before.get(earning["lot"], 0) + sum(
            amount * parts[line].before // parts[line].quantity for line, amount in earning["by_line"].items()
        )
    taken = sum(row[0] for row in returns)
    passed = max(0, sum(due_before.values()) - taken)
    left: dict[int, int] = {}
    for lot in sorted(expired):
        used = min(passed, expired[lot])
        passed -= used
        left[lot] = expired[lot] - used
    return left


def _month(loaded: State, occurred_at: datetime) -> tuple[datetime, datetime]:
    zone = loaded.program.zone
    first: date = occurred_at.astimezone(zone).date().replace(day=1)
    return expiry.midnight(first, zone), expiry.midnight(expiry.add_months(first, 1), zone)


def _undo_challenges(
    session: Session,
    batch: Batch,
    loaded: State,
    sold: Sold,
    record: Record,
    parts: Mapping[str, SoldLine],
    done: Consequences,
    undone: Undone,
    found: Found,
) -> None:
    """Lower what the returned lines contributed; a challenge that falls below its target loses its award."""
    sale: str = sold.row["id"]
    for instance in sorted(found.steps):
        steps: list[Step] = []
        for known, original in found.steps[instance]:
            step = known
            if step.sale == sale and step.line in parts:
                part = parts[step.line]
                amount = original - original * part.after // part.quantity
                batch.add(
                    """UPDATE challenge_step SET amount = %s
                       WHERE member_id = %s AND instance = %s AND sale = %s AND line = %s""",
                    (amount, loaded.member_id, instance, sale, step.line),
                )
                step = Step(step.sale, step.line, amount, step.day, step.occurred_at)
            if step.amount:
                steps.append(step)
        offer = found.offers[instance]
        progress, complete = rules.challenge_progress(loaded.program, offer.offer, steps)
        change = OfferChange(progress, offer.completed_at, found.completed_by[instance])
        if offer.completed_at is not None and not complete:
            _undo_award(session, batch, loaded, sold, instance, found, done, undone)
            change = OfferChange(progress, None, None)
        done.offers[instance] = change
        done.entities.add(f"challenge/{instance}")


def _undo_award(
    session: Session,
    batch: Batch,
    loaded: State,
    sold: Sold,
    instance: str,
    found: Found,
    done: Consequences,
    undone: Undone,
) -> None:
    """Take back what a challenge gave, wherever it was completed."""
    by = (found.completed_by[instance] or "").removeprefix("sale:")
    awarded = sold if by == sold.row["id"] else find(session, by)
    record: dict[str, Any] = awarded.row["effects"]
    touched = False
    for earning in record.get("earnings", ()):
        if earning["offer"] == instance and not earning.get("undone"):
            earning["undone"] = touched = True
            undoing.take_back_earning(
                loaded,
                done,
                undone,
                earning,
                earning["points_milli"],
                earned_at=awarded.row["occurred_at"],
                forgiven={},
            )
    for grant in record.get("grants", ()):
        if grant["rule"] == found.offers[instance].offer and not grant.get("undone"):
            grant["undone"] = touched = True
            batch.add(
                """UPDATE reward_grant SET withdrawn_at = now()
                   WHERE member_id = %s AND id = %s AND used_by IS NULL""",
                (loaded.member_id, grant["id"]),
            )
            done.entities.add(f"grant/{grant['id']}")
    if touched and awarded is not sold:
        batch.add(
            "UPDATE sale SET effects = %s::jsonb WHERE member_id = %s AND id = %s",
            (json.dumps(record), loaded.member_id, by),
        )


def _undo_extensions(loaded: State, record: Record) -> None:
    """Give lots the end they had before this sale was the month's activity."""
    books = loaded.books
    assert books is not None
    for extension in record.get("extensions", ()):
        dates: dict[int, datetime | None] = {}
        for number, text in extension["lots"]:
            lot = books.lots.get(number)
            was = datetime.fromisoformat(text)
            if lot is not None and lot.expires_at == expiry.extended(
                loaded.program, was, extension["months"]
            ):
                dates[number] = was
        books.move_expiry(dates)


def _undo_promotions(
    batch: Batch, loaded: State, done: Consequences, moves: Sequence[tuple[Any, ...]], *, at: datetime
) -> None:
    """Undo promotions whose tier points, as they stand now, would not have reached the tier."""
    standing, books = loaded.standing, loaded.books
    assert standing is not None
    assert books is not None
    for number, moved_at, kind, was, tier, prior_since, prior_until, window_from, counted, detail in moves:
        if kind != "promotion" or tier != standing.tier or moved_at != standing.tier_since:
            return
        now_counted = counted + sum(
            milli for earned_at, milli in done.tier_earned.items() if window_from < earned_at <= moved_at
        )
        known = loaded.program.tiers.get(tier)
        if known is None or now_counted >= known.points_milli:
            return
        batch.add(
            "UPDATE tier_change SET kind = 'undone' WHERE member_id = %s AND number = %s",
            (loaded.member_id, number),
        )
        standing.tier, standing.tier_since, standing.tier_until = was, prior_since, prior_until
        done.entities.add("tier")
        old = {lot: text for lot, text, _ in (detail or {}).get("expiry", ())}
        books.move_expiry(
            {
                lot: datetime.fromisoformat(text)
                for lot, text in old.items()
                if text is not None and lot in books.lots and books.lots[lot].expires_at is None
            }
        )
        relive(loaded.program, books, tier, was, at=at, losing=True, policy="original")


def _queue_undone(batch: Batch, member_id: int, undone: Undone) -> None:
    for limit, period, times, amount, shared in undone.limits:
        batch.add(
            queries.GIVE_BACK_BUDGET if shared else queries.GIVE_BACK_LIMIT,
            {"limit": limit, "period": period, "times": times, "amount": amount, "member_id": member_id},
        )
    if undone.grants_back:
        batch.add(
            "UPDATE reward_grant SET used_by = NULL WHERE member_id = %s AND id = ANY(%s)",
            (member_id, undone.grants_back),
        )
    if undone.coupons_back:
        batch.add(
            "UPDATE coupon_code SET uses_left = uses_left + 1 WHERE id = ANY(%s)",
            (sorted(undone.coupons_back),),
        )
    for reward in sorted(undone.stock_back):
        batch.add("UPDATE reward_stock SET taken = greatest(taken - 1, 0) WHERE reward = %s", (reward,))


def _queue_return(
    batch: Batch,
    actor: Actor,
    loaded: State,
    sold: Sold,
    parts: Mapping[str, SoldLine],
    undone: Undone,
    tenders: list[dict[str, Any]],
    record: Mapping[str, Any],
    *,
    kind: str,
    number: str,
    at: datetime,
    now: datetime,
) -> None:
    everything = all(part.gone for part in parts.values())
    returned = [part for part in parts.values() if part.after != part.before]
    batch.add(
        """UPDATE sale SET returned_minor = returned_minor + %s, tenders = %s::jsonb, effects = %s::jsonb, state = %s
           WHERE member_id = %s AND id = %s""",
        (
            undone.amount_minor,
            json.dumps(tenders),
            json.dumps(record),
            ("voided" if kind == "void" else "returned") if everything else "settled",
            loaded.member_id,
            sold.row["id"],
        ),
    )
    batch.add(
        """UPDATE sale_line SET returned_quantity = r.quantity
           FROM unnest(%s::text[], %s::bigint[]) AS r (line, quantity)
           WHERE sale_line.member_id = %s AND sale_line.sale_id = %s AND sale_line.line = r.line""",
        (
            [part.line for part in returned],
            [part.after for part in returned],
            loaded.member_id,
            sold.row["id"],
        ),
    )
    batch.add(
        """INSERT INTO sale_return (member_id, id, sale_id, kind, occurred_at, recorded_at, till, staff, lines, refunds,
                                    amount_minor, taken_milli, restored_milli, seq)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s::jsonb, %s, %s, %s, %s)""",
        (
            loaded.member_id,
            number,
            sold.row["id"],
            kind,
            at,
            now,
            actor.id if actor.kind in ("till", "vendor") else None,
            actor.staff_id,
            json.dumps([{"line": part.line, "quantity": part.after - part.before} for part in returned]),
            json.dumps(undone.refunds),
            undone.amount_minor,
            undone.taken_milli,
            undone.restored_milli,
            loaded.books.account.seq if loaded.books else None,
        ),
    )


def _answer(
    loaded: State,
    sold: Sold,
    parts: Mapping[str, SoldLine],
    undone: Undone,
    *,
    kind: str,
    number: str,
    at: datetime,
    now: datetime,
) -> dict[str, Any]:
    return {
        "return": number,
        "kind": kind,
        "sale": sold.row["id"],
        "occurred_at": receipts.instant(at),
        "currency": loaded.program.currency,
        "lines": [
            {
                "line": part.line,
                "sku": part.sku,
                "quantity": part.after - part.before,
                "amount_minor": part.part(part.net_minor),
            }
            for part in parts.values()
            if part.after != part.before
        ],
        "amount_minor": undone.amount_minor,
        "refunds": undone.refunds,
        "taken_milli": undone.taken_milli,
        "restored_milli": undone.restored_milli,
        "member": receipts.balance_of(loaded),
        "seq": loaded.books.account.seq if loaded.books else None,
    }
