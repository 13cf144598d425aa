"""From decided consequences to rows: a fixed number of statements, whatever the number of lines, rules and lots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from loyalty import changes, codes, db, ledger, messages
from loyalty.db import Batch
from loyalty.errors import DomainError
from loyalty.offers import code_hash
from loyalty.rules.outcome import LimitUse
from loyalty.sales import budgets
from loyalty.sales.consequences import Consequences
from loyalty.sales.refusals import CouponUsedUp, SoldOut
from loyalty.sales.state import State

SHARED: Final = "shared"


class BudgetGone(Exception):
    """Somebody else took what was left of a budget meanwhile: decide again."""


def queue_member(
    session: Session,
    batch: Batch,
    state: State,
    done: Sequence[Consequences],
    *,
    sale: str | None,
    now: datetime,
) -> int:
    """Queue everything of the member that changed, and return their new version."""
    books, standing = state.books, state.standing
    assert books is not None
    assert standing is not None
    ledger.write(session, books, batch, bump=True)
    entities: set[str] = set().union(*(each.entities for each in done))
    entities.add("balance")
    version = books.account.version + 1
    changes.queue(batch, books.account.member_id, version, entities, now)
    _queue_standing(batch, state)
    for each in done:
        _queue_tiers(batch, state, each)
        _queue_limits(batch, books.account.member_id, [use for use in each.limits if not use.shared])
        _queue_offers(batch, books.account.member_id, each, sale=sale)
        _queue_grants(batch, books.account.member_id, each, sale=sale, now=now)
    notes = [
        messages.Note(f"rule.{kind}", data, books.account.member_id)
        for each in done
        for kind, data in each.messages
    ]
    messages.tell_all(session, notes, now=now, batch=batch)
    return version


def _queue_standing(batch: Batch, state: State) -> None:
    standing = state.standing
    assert standing is not None
    batch.add(
        """UPDATE standing SET tier = %s, tier_since = %s, tier_until = %s, visits = %s, last_visit_at = %s,
           spent_minor = %s, window_from = %s, window_milli = %s, advanced_at = %s WHERE member_id = %s""",
        (
            standing.tier,
            standing.tier_since,
            standing.tier_until,
            standing.visits,
            standing.last_visit_at,
            standing.spent_minor,
            standing.window_from,
            standing.window_milli,
            standing.advanced_at,
            state.member_id,
        ),
    )


def _queue_tiers(batch: Batch, state: State, done: Consequences) -> None:
    earned = sorted(done.tier_earned.items())
    seq = state.books.account.seq if state.books else 0
    batch.insert(
        "tier_earning",
        ("member_id", "earned_at", "seq", "part", "amount_milli"),
        [(state.member_id, at, seq, part, milli) for part, (at, milli) in enumerate(earned)],
    )
    if done.moves:
        batch.add(
            """INSERT INTO tier_change
                   (member_id, number, at, kind, from_tier, to_tier, prior_since, prior_until, window_from, sale)
               SELECT %(member_id)s,
                      (SELECT coalesce(max(number), 0) FROM tier_change WHERE member_id = %(member_id)s) + n, m.*
               FROM unnest(%(n)s::int[], %(at)s::timestamptz[], %(kind)s::text[], %(was)s::text[], %(to)s::text[],
                           %(since)s::timestamptz[], %(until)s::timestamptz[], %(window)s::timestamptz[],
                           %(sale)s::text[])
                    AS t (n, at, kind, was, into_tier, since, until, window_from, sale),
                    LATERAL (SELECT t.at, t.kind, t.was, t.into_tier, t.since, t.until, t.window_from, t.sale) AS m""",
            {
                "member_id": state.member_id,
                "n": list(range(1, len(done.moves) + 1)),
                "at": [move.at for move in done.moves],
                "kind": [move.kind for move in done.moves],
                "was": [move.from_tier for move in done.moves],
                "to": [move.to_tier for move in done.moves],
                "since": [move.prior_since for move in done.moves],
                "until": [move.prior_until for move in done.moves],
                "window": [move.window_from for move in done.moves],
                "sale": [move.sale for move in done.moves],
            },
        )


def _queue_limits(batch: Batch, member_id: int, uses: Iterable[LimitUse]) -> None:
    """Count what was used; a counter whose window is over (a visit window) begins anew."""
    merged: dict[tuple[str, str], list[Any]] = {}
    for use in uses:
        row = merged.setdefault((use.limit, use.period), [use.since, use.until, 0, 0])
        row[2] += use.times
        row[3] += use.amount
    batch.insert(
        "limit_counter AS old",
        ("member_id", "limit_key", "period", "since", "until", "times", "amount"),
        [(member_id, *key, *row) for key, row in sorted(merged.items())],
        """ON CONFLICT (member_id, limit_key, period) DO UPDATE SET
             since = CASE WHEN old.until <= excluded.since THEN excluded.since ELSE old.since END,
             until = CASE WHEN old.until <= excluded.since THEN excluded.until ELSE old.until END,
             times = CASE WHEN old.until <= excluded.since THEN 0 ELSE old.times END + excluded.times,
             amount = CASE WHEN old.until <= excluded.since THEN 0 ELSE old.amount END + excluded.amount""",
    )


def _queue_offers(batch: Batch, member_id: int, done: Consequences, *, sale: str | None) -> None:
    if done.offers:
        changed = list(done.offers.items())
        batch.add(
            """UPDATE offer_instance AS o SET progress = c.progress, completed_at = c.completed_at,
                      completed_by = c.completed_by, done = c.done
               FROM unnest(%s::text[], %s::bigint[], %s::timestamptz[], %s::text[], %s::bool[])
                    AS c (id, progress, completed_at, completed_by, done)
               WHERE o.member_id = %s AND o.id = c.id""",
            (
                [offer for offer, _ in changed],
                [change.progress for _, change in changed],
                [change.completed_at for _, change in changed],
                [change.completed_by for _, change in changed],
                [change.done for _, change in changed],
                member_id,
            ),
        )
    if done.steps:
        batch.add(
            """INSERT INTO challenge_step (member_id, instance, sale, line, amount, original, day, occurred_at)
               SELECT %s, instance, sale, line, amount, amount, day, at
               FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::date[], %s::timestamptz[])
                    AS s (instance, sale, line, amount, day, at)
               ON CONFLICT (member_id, instance, sale, line) DO UPDATE SET
                 amount = challenge_step.amount + excluded.amount,
                 original = challenge_step.original + excluded.original""",
            (
                member_id,
                [step.instance for step in done.steps],
                [sale or step.reference for step in done.steps],
                [step.line for step in done.steps],
                [step.amount for step in done.steps],
                [step.day for step in done.steps],
                [step.at for step in done.steps],
            ),
        )


def _queue_grants(
    batch: Batch, member_id: int, done: Consequences, *, sale: str | None, now: datetime
) -> None:
    if done.grants_given:
        ids, rewards, rules, since, until = zip(*done.grants_given, strict=True)
        batch.add(
            """INSERT INTO reward_grant (member_id, id, reward, rule, given_at, valid_from, valid_until)
               SELECT %s, id, reward, rule, %s, since, until
               FROM unnest(%s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[])
                    AS g (id, reward, rule, since, until)""",
            (member_id, now, list(ids), list(rewards), list(rules), list(since), list(until)),
        )
    if done.coupons_given:
        ids, coupons, codes_given, since, until = zip(*done.coupons_given, strict=True)
        batch.add(
            """INSERT INTO coupon_code (code_hash, id, coupon, member_id, last_four, uses_left, valid_from, valid_until,
                                        created_at)
               SELECT hash, id, coupon, %s, last_four, 1, since, until, %s
               FROM unnest(%s::bytea[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[])
                    AS c (hash, id, coupon, last_four, since, until)""",
            (
                member_id,
                now,
                [code_hash(code) for code in codes_given],
                list(ids),
                list(coupons),
                [code[-4:] for code in codes_given],
                list(since),
                list(until),
            ),
        )
    if done.grants_used:
        batch.add(
            "UPDATE reward_grant SET used_by = %s WHERE member_id = %s AND id = ANY(%s)",
            (sale or "used", member_id, done.grants_used),
        )


def take_shared(session: Session, done: Consequences, *, member_id: int) -> None:
    """Take from program-wide budgets, stock and coupon codes, in key order, after the member's lock.

    Raise ``BudgetGone`` (decide again), ``SoldOut`` or ``CouponUsedUp``. One round trip, none where nothing shared is
    touched.
    """
    wanted = budgets.takings([use for use in done.limits if use.shared], member_id=member_id)
    if not (wanted or done.stock or done.coupons_used):
        return
    batch = Batch()
    batch.add(f"SAVEPOINT {SHARED}")
    budgets.queue(batch, wanted)
    stock = sorted(done.stock.items())
    for reward, count in stock:
        batch.add(
            """INSERT INTO reward_stock AS s (reward, taken) VALUES (%(reward)s, %(count)s)
               ON CONFLICT (reward) DO UPDATE SET taken = s.taken + excluded.taken
               WHERE s.taken + excluded.taken <= %(limit)s RETURNING taken""",
            {"reward": reward, "count": count, "limit": done.stock_limits[reward]},
        )
    coupons = sorted(done.coupons_used)
    for coupon in coupons:
        batch.add(
            """UPDATE coupon_code SET uses_left = uses_left - 1
               WHERE id = %s AND (uses_left IS NULL OR uses_left > 0) RETURNING id""",
            (coupon,),
        )
    _, taken, *answers = batch.send(session, longest_seconds=db.SOON)
    try:
        if len(taken) < len(wanted):
            raise BudgetGone
        _require_taken(done, answers, [reward for reward, _ in stock])
    except (BudgetGone, DomainError):
        undo = Batch()
        undo.add(f"ROLLBACK TO SAVEPOINT {SHARED}")
        undo.send(session)
        raise


def _require_taken(done: Consequences, answers: list[list[tuple[Any, ...]]], rewards: Sequence[str]) -> None:
    for reward, rows in zip(rewards, answers, strict=False):
        if not rows or rows[0][0] > done.stock_limits[reward]:
            raise SoldOut(reward=reward)
    for rows in answers[len(rewards) :]:
        if not rows:
            raise CouponUsedUp


def queue_code_use(batch: Batch, verified: codes.Verified, *, reference: str, now: datetime) -> None:
    """Queue that a code was seen by this check, and the device's counter."""
    batch.add(
        """INSERT INTO code_use (member_id, code, reference, used_at) VALUES (%s, %s, %s, %s)
           ON CONFLICT (member_id, code) DO NOTHING""",
        (verified.member_id, verified.use_key, reference, now),
    )
    if verified.kid is not None:
        batch.add(
            "UPDATE device_key SET counter = greatest(counter, %s) WHERE member_id = %s AND kid = %s",
            (verified.counter, verified.member_id, verified.kid),
        )


def queue_sale(batch: Batch, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> None:
    """Queue a sale and its lines (columns of ``sale`` and ``sale_line``)."""
    batch.add(_SALE, row)
    owner = (row["member_id"], row["id"])
    batch.insert(
        "sale_line", _LINE_COLUMNS, [(*owner, *[line[name] for name in _LINE_NAMES]) for line in lines]
    )


_SALE_NAMES: Final = (
    "member_id", "id", "channel", "store", "till", "staff", "occurred_at", "recorded_at", "program_version", "tier",
    "gross_minor", "discount_minor", "total_minor", "earned_milli", "spent_milli", "offline", "tenders", "effects",
    "seq",
)  # fmt: skip
_SALE: Final = (
    f"INSERT INTO sale ({', '.join(_SALE_NAMES)}) VALUES ("
    + ", ".join(f"%({name})s" + ("::jsonb" if name in ("tenders", "effects") else "") for name in _SALE_NAMES)
    + ")"
)
_LINE_NAMES: Final = (
    "line", "position", "sku", "name", "kind", "category", "quantity", "unit_price_minor", "discount_minor",
    "net_minor", "options", "tags",
)  # fmt: skip
_LINE_COLUMNS: Final = ("member_id", "sale_id", *_LINE_NAMES)
