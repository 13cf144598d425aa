"""Two members who are one person become one: the books, the standing and who signs in.

One transaction locks both accounts, the lower ``member_id`` first, and writes both. LEDGER.md § 2 advises two
transactions for two members; here a half-merged person (points gone from one account and not yet in the other, a phone
that signs in to an empty one) would be worse than a rare wait: a merge happens once in a person's life, every
writer of either member waits for the same two rows, and nobody else locks two. On several servers it is one two-phase
commit. Between the two books everything passes through the clearing accounts, which are empty afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from loyalty import codes, ledger, news, rules
from loyalty.ledger import Books, LotState, chart
from loyalty.ledger.models import Account, Lot
from loyalty.members.models import (
    ContactIdentity,
    Device,
    ImportedMember,
    Member,
    RefreshToken,
    Standing,
    TierChange,
    TierEarning,
)
from loyalty.members.refusals import CannotMerge, HoldsOpen, MemberUnknown
from loyalty.rules import Program

KIND: Final = "merge"


@dataclass(frozen=True, slots=True)
class Merge:
    """What a merge did to the books, for everything else that has to follow.

    ``lots`` gives each of the merged member's lots its number with the survivor; ``version`` is the survivor's
    version in the change feed; ``seq`` the number of the survivor's ledger transaction.
    """

    survivor: int
    merged: int
    lots: Mapping[int, int]
    seq: int
    version: int
    now: datetime


def merge_books(session: Session, *, survivor: int, merged: int, program: Program, now: datetime) -> Merge:
    """Move everything this package and the ledger know of ``merged`` to ``survivor``.

    Lots keep their dates, tier points their days; the better tier stays and the sum may reach a higher one.
    Addresses, devices, cards and numbers go on working and name the survivor, whose profile wins. Raise
    ``CannotMerge``, ``HoldsOpen`` or ``MemberUnknown``.
    """
    books = {each: ledger.open_books(session, each) for each in sorted({survivor, merged})}
    into, out = require_mergeable(session, survivor=survivor, merged=merged)
    _end_holds(books[merged], now)
    lots = _move(books[survivor], books[merged], _all_lots(session, books[merged]), into, out, now=now)
    version = 1 + max(each.account.version for each in books.values())
    seq = ledger.write(session, books[survivor])
    ledger.write(session, books[merged])
    _begin_epoch(session, survivor, merged, version)
    _move_profile(session, into, out)
    _move_tier(session, survivor, merged, seq, program, now)
    for model in (ContactIdentity, Device, RefreshToken, ImportedMember):
        session.execute(update(model).where(model.member_id == merged).values(member_id=survivor))
    codes.merge(session, survivor=survivor, merged=merged)
    session.expire_all()
    return Merge(survivor, merged, lots, seq, version, now)


def require_mergeable(session: Session, *, survivor: int, merged: int) -> tuple[Member, Member]:
    """Return both members, if they can be merged; raise ``CannotMerge`` or ``MemberUnknown``."""
    if survivor == merged:
        raise CannotMerge("A member cannot be merged with themself.")
    into = session.get(Member, survivor, populate_existing=True)
    out = session.get(Member, merged, populate_existing=True)
    if into is None or out is None or "erased" in (into.status, out.status):
        raise MemberUnknown
    if into.status != "active":
        raise CannotMerge("The member who shall remain is not active.")
    if out.status == "merged":
        raise CannotMerge("The other member was merged already.")
    return into, out


# Books


def _end_holds(books: Books, now: datetime) -> None:
    for hold in books.ended_holds(now):
        books.begin("hold_expired", at=hold.until, recorded_at=now, reference=f"hold:{hold.id}")
        books.release_hold(hold.id, state="expired")
    if any(hold.state == "open" for hold in books.holds.values()):
        raise HoldsOpen


def _all_lots(session: Session, books: Books) -> list[LotState]:
    """Return every lot, spent ones too: a return may still give points back to them."""
    numbers = session.scalars(
        select(Lot.lot).where(Lot.member_id == books.account.member_id).order_by(Lot.lot)
    )
    known = ledger.load_lots(session, books, list(numbers))
    return [known[number] for number in sorted(known)]


def _move(
    into: Books, out: Books, lots: Sequence[LotState], survivor: Member, merged: Member, *, now: datetime
) -> dict[int, int]:
    """Post both sides, through the clearing accounts, and return the lots' new numbers."""
    free = {lot.lot: lot.free_milli for lot in lots}
    owed, wallet = out.account.owed_milli, out.account.wallet_minor
    out.begin(KIND, at=now, reference=f"merge:{survivor.public_id}").detail = {"into": survivor.public_id}
    if out.account.points_milli:
        out.spend(out.account.points_milli, to=chart.POINTS_IN_TRANSIT)
    if owed:
        out.earn(owed, source=chart.POINTS_IN_TRANSIT, expires_at=None)
    if wallet:
        out.spend_wallet(wallet, to=chart.IN_TRANSIT)
    into.begin(KIND, at=now, reference=f"merge:{merged.public_id}").detail = {"from": merged.public_id}
    numbers = {lot.lot: _receive(into, lot, free[lot.lot]) for lot in lots}
    if owed:
        into.take_back(owed, source=chart.POINTS_IN_TRANSIT)
    if wallet:
        into.load_wallet(wallet, source=chart.IN_TRANSIT, beyond_limit=True)
    return numbers


def _receive(books: Books, lot: LotState, free_milli: int) -> int:
    """Take a lot in with its dates and its original size, so that what was spent of it can come back to it."""
    number = None
    if free_milli:
        number = books.earn(
            free_milli,
            source=chart.POINTS_IN_TRANSIT,
            expires_at=lot.expires_at,
            rule=lot.rule,
            earned_at=lot.earned_at,
        )
    if number is None:  # nothing left of it, or all of it repaid what the survivor owed
        books.account.lot_count += 1
        number = books.account.lot_count
        origin = books.drafts[-1].seq
        books.lots[number] = LotState(number, 0, 0, 0, lot.earned_at, lot.expires_at, origin, None, lot.rule)
        books.new_lots.append(number)
    books.lots[number].original_milli = lot.original_milli
    return number


def _begin_epoch(session: Session, survivor: int, merged: int, version: int) -> None:
    """Make every device of both start again, at a version above both feeds, which moved things carry on from."""
    for each in (survivor, merged):
        session.execute(
            update(Account)
            .where(Account.member_id == each)
            .values(epoch=Account.epoch + 1, version=version)
            .execution_options(synchronize_session=False)
        )
        news.look(session, each)


# The person


def _move_profile(session: Session, into: Member, out: Member) -> None:
    """Fill what the survivor has not said, and leave nothing personal on the other row."""
    into.given_name = into.given_name or out.given_name
    into.family_name = into.family_name or out.family_name
    into.birthday = into.birthday or out.birthday
    into.favorite_store = into.favorite_store or out.favorite_store
    into.joined_at = min(into.joined_at, out.joined_at)
    into.tags = sorted({*into.tags, *out.tags})
    into.employee = into.employee or out.employee
    out.given_name = out.family_name = ""
    out.birthday = out.favorite_store = None
    out.tags, out.employee = [], False
    out.status, out.merged_into = "merged", into.member_id
    session.flush()


# Tiers


def _move_tier(
    session: Session, survivor: int, merged: int, seq: int, program: Program, now: datetime
) -> None:
    mine = session.get(Standing, survivor, populate_existing=True)
    theirs = session.get(Standing, merged, populate_existing=True)
    if mine is None or theirs is None:
        raise MemberUnknown
    _move_tier_points(session, survivor, merged, seq)
    mine.visits += theirs.visits
    mine.spent_minor += theirs.spent_minor
    mine.last_visit_at = max((at for at in (mine.last_visit_at, theirs.last_visit_at) if at), default=None)
    mine.window_milli = _tier_points_since(session, survivor, mine.window_from)
    before = (mine.tier, mine.tier_since, mine.tier_until)
    if program.tier_rank(theirs.tier) > program.tier_rank(mine.tier):
        mine.tier, mine.tier_since, mine.tier_until = theirs.tier, theirs.tier_since, theirs.tier_until
    elif theirs.tier == mine.tier and mine.tier_until and theirs.tier_until:
        mine.tier_since = min(mine.tier_since, theirs.tier_since)
        mine.tier_until = max(mine.tier_until, theirs.tier_until)
    reached = rules.tier_after(program, mine.tier, mine.window_milli)
    promoted = reached != mine.tier
    if promoted:
        mine.tier, mine.tier_since, mine.tier_until = reached, now, rules.valid_until(program, now)
    if mine.tier != before[0]:
        _note_tier_change(session, mine, before, promoted=promoted, now=now)
    theirs.visits = theirs.spent_minor = theirs.window_milli = 0
    theirs.last_visit_at = theirs.tier_until = None
    session.flush()


def _move_tier_points(session: Session, survivor: int, merged: int, seq: int) -> None:
    """Give the survivor the other's tier points with their days, numbered as parts of the merge."""
    part = func.row_number().over(order_by=(TierEarning.earned_at, TierEarning.seq, TierEarning.part))
    moved = select(
        literal(survivor), TierEarning.earned_at, literal(seq), part, TierEarning.amount_milli
    ).where(TierEarning.member_id == merged)
    session.execute(
        insert(TierEarning).from_select(["member_id", "earned_at", "seq", "part", "amount_milli"], moved)
    )
    session.execute(delete(TierEarning).where(TierEarning.member_id == merged))


def _tier_points_since(session: Session, member_id: int, since: datetime) -> int:
    total = session.scalar(
        select(func.coalesce(func.sum(TierEarning.amount_milli), 0)).where(
            TierEarning.member_id == member_id, TierEarning.earned_at > since
        )
    )
    return int(total or 0)


def _note_tier_change(
    session: Session, mine: Standing, before: tuple[str, datetime, Any], *, promoted: bool, now: datetime
) -> None:
    number = session.scalar(
        select(func.coalesce(func.max(TierChange.number), 0)).where(TierChange.member_id == mine.member_id)
    )
    session.add(
        TierChange(
            member_id=mine.member_id,
            number=int(number or 0) + 1,
            at=now,
            kind="promotion" if promoted else "set",
            from_tier=before[0],
            to_tier=mine.tier,
            prior_since=before[1],
            prior_until=before[2],
            window_from=mine.window_from,
        )
    )
