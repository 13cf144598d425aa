"""Loading a member's state under the lock, in one round trip; what comes back is read here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy.orm import Session

from loyalty import codes, db, rules
from loyalty.db import Batch
from loyalty.errors import Busy
from loyalty.ledger import queries as ledger_queries
from loyalty.rules import tiers
from loyalty.rules.facts import Grant, OfferInstance, Used
from loyalty.rules.program import Program
from loyalty.sales import queries
from loyalty.sales.state import NOBODY, CouponRow, Person, Standing, State, StoredAnswer, Wanted, Who


def load(
    session: Session, who: Who, wanted: Wanted, *, at: datetime, now: datetime, lock: bool = True
) -> State | None:
    """Lock the member (unless only looking) and load what the decision needs; ``None``: there is no such member.

    One round trip, two where this process has not yet compiled the program in force at ``at``, or where the member
    was merged away while we waited. Raise ``Busy`` where that happens again and again.
    """
    program = rules.program_at(session, at)
    for _ in range(3):
        rows = _send(session, who, wanted, program, at=at, now=now, lock=lock)
        accounts, (row,) = rows[0], rows[3]
        if accounts and row[0] not in (None, accounts[0][0]):
            continue  # merged while we waited: the code names the survivor now, whose row is to be locked
        version = row[_VERSION]
        if version == program.version:
            return _state(program, rows)
        rules.forget_timeline(session)
        program = rules.program(session, version)
    raise Busy


def _send(
    session: Session, who: Who, wanted: Wanted, program: Program, *, at: datetime, now: datetime, lock: bool
) -> list[list[tuple[Any, ...]]]:
    lock_sql, lots_sql, holds_sql, state_sql = statements(
        who.expression, anniversary=program.tier_policy.window == "anniversary", lock=lock
    )
    parameters = _parameters(who, wanted, program, at=at, now=now)
    batch = Batch()
    batch.add(lock_sql, parameters)
    batch.add(lots_sql, parameters)
    batch.add(holds_sql, parameters)
    batch.add(state_sql, parameters)
    return batch.send(session, longest_seconds=db.SOON)


@lru_cache(maxsize=16)
def statements(who: str, *, anniversary: bool, lock: bool) -> tuple[str, str, str, str]:
    """Return the four statements of a load for one way of naming the member."""
    window = queries.ANNIVERSARY if anniversary else queries.ROLLING
    return (
        (queries.LOCK if lock else queries.READ).replace("WHO", who),
        queries.LOTS.replace("WHO", who),
        queries.HOLDS.replace("WHO", who),
        queries.STATE.replace("WHO", who).replace("WINDOW", window),
    )


def _parameters(who: Who, wanted: Wanted, program: Program, *, at: datetime, now: datetime) -> dict[str, Any]:
    mine: list[tuple[str, str]] = []
    shared: list[tuple[str, str]] = []
    for limit, period in program.limit_periods(at, wanted.store):
        (shared if limit.budget else mine).append((limit.key, period.key))
    return {
        "member_id": NOBODY if who.member_id is None else who.member_id,
        "handle": who.handle,
        "public_id": who.public_id,
        "now": now,
        "at": at,
        "window_from": tiers.tier_window(program, now, now),
        "limit_keys": [key for key, _ in mine],
        "periods": [period for _, period in mine],
        "budget_keys": [key for key, _ in shared],
        "budget_periods": [period for _, period in shared],
        "coupon_hashes": list(wanted.coupon_hashes),
        "store": wanted.store,
        "skus": list(wanted.skus),
        "rewards": list(wanted.rewards),
        "client": wanted.client,
        "key": wanted.key,
        "kid": wanted.kid,
        "code_use": wanted.code_use,
        "till": wanted.till,
        "sale_id": wanted.sale_id,
    }


_VERSION: Final = 35  # where the version in force stands in a row of STATE


def _state(program: Program, rows: list[list[tuple[Any, ...]]]) -> State | None:
    accounts, lots, holds, (row,) = rows
    state = State(program)
    (limits, offers, grants, coupons, prices, budgets, stock, stored, device, use, till) = row[24:35]
    preferences, state.sale_exists = row[36:38]
    state.prices = prices or {}
    state.stock_taken = stock or {}
    state.till_status = till
    state.coupons = {bytes.fromhex(digest): _coupon(rest) for digest, *rest in coupons or ()}
    state.stored = _stored(stored)
    state.shared = {
        (key, period): Used(times, amount, _LONG_AGO, None) for key, period, times, amount in budgets or ()
    }
    if row[0] is None:
        return state
    if not accounts:
        return None
    state.books = ledger_queries.books_of(accounts[0], lots, holds)
    state.person = Person(
        *row[:8],
        tags=frozenset(row[8]),
        employee=row[9],
        favorite_store=row[10],
        preferences=preferences or {},
    )
    state.standing = _standing(row)
    state.used = {
        (key, period): Used(times, amount, _instant(since), _maybe(until))
        for key, period, since, until, times, amount in limits or ()
    }
    for entry in offers or ():
        state.offers.append(_offer(entry))
        if entry[9]:
            state.completed_by[entry[0]] = entry[9]
    state.grants = [
        Grant(i, reward, _instant(since), _maybe(until)) for i, reward, since, until in grants or ()
    ]
    if device:
        kid, device_id, public_key, counter, status = device
        state.device = codes.DeviceKeyState(row[0], device_id, kid, public_key, counter, status)
    if use:
        state.use = codes.Use(use[0], _instant(use[1]))
    return state


_LONG_AGO: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _standing(row: Sequence[Any]) -> Standing:
    (
        tier,
        since,
        until,
        visits,
        last_visit,
        spent,
        advanced,
        old_from,
        old_milli,
        new_from,
        between,
        earned,
        then,
    ) = row[11:24]
    moved = old_milli - between if new_from >= old_from else old_milli + between
    return Standing(
        tier=tier,
        tier_since=since,
        tier_until=until,
        visits=visits,
        last_visit_at=last_visit,
        spent_minor=spent,
        advanced_at=advanced,
        window_from=new_from,
        window_milli=moved,
        earned_since=[(_instant(at), milli) for at, milli in earned or ()],
        tier_then=then,
    )


def _offer(entry: Sequence[Any]) -> OfferInstance:
    offer_id, offer, received, seen, activated, completed, since, until, progress, _, days = entry
    return OfferInstance(
        id=offer_id,
        offer=offer,
        received_at=_instant(received),
        seen_at=_maybe(seen),
        activated_at=_maybe(activated),
        completed_at=_maybe(completed),
        window_from=_maybe(since),
        window_until=_maybe(until),
        progress=progress,
        days=frozenset(date.fromisoformat(day) for day in days or ()),
    )


def _coupon(rest: Sequence[Any]) -> CouponRow:
    coupon_id, coupon, member_id, uses_left, valid_from, valid_until = rest
    return CouponRow(coupon_id, coupon, member_id, uses_left, _maybe(valid_from), _maybe(valid_until))


def _stored(value: Sequence[Any] | None) -> StoredAnswer | None:
    return None if value is None else StoredAnswer(bytes.fromhex(value[0]), value[1], value[2])


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _maybe(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
