"""Bring many members over at once: the same rows as ``importing`` writes one by one, in one round trip for fifty.

What another member has is found beforehand; if somebody takes it in between, the database refuses the whole batch
(``UniqueViolation``), nothing is written, and the caller goes on one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from loyalty import changes, codes, ledger
from loyalty.db import Batch, Inserts
from loyalty.errors import Flaw
from loyalty.ledger import AccountState, Books
from loyalty.members import importing
from loyalty.members.contacts import MemberSecret, contact_hash
from loyalty.members.import_rows import MemberRow, RowRefused
from loyalty.members.joining import clean, new_public_id
from loyalty.rules import Program

TOGETHER: Final = 50
FIRST_MARKS: Final = ("profile", "balance", "tier", "wallet")

_IDS: Final = """
    SELECT nextval(pg_get_serial_sequence('member', 'member_id')) FROM generate_series(1, %(number)s::int)
"""
_TAKEN_CONTACTS: Final = "SELECT value_hash FROM identity WHERE value_hash = ANY(%(hashes)s::bytea[])"
_TAKEN_HANDLES: Final = "SELECT handle FROM code_handle WHERE handle = ANY(%(handles)s::text[])"
_ACCOUNT: Final = (
    "INSERT INTO account (member_id, wallet_limit_minor, version) VALUES (%(member_id)s, %(limit)s, 1)"
)
_STANDING: Final = """
    INSERT INTO standing (member_id, tier, tier_since, tier_until, window_milli, advanced_at)
    VALUES (%(member_id)s, %(tier)s, %(tier_since)s, %(tier_until)s, %(window_milli)s, %(now)s)
"""
_TIER_EARNINGS: Final = """
    INSERT INTO tier_earning (member_id, earned_at, seq, part, amount_milli)
    SELECT %(member_id)s::bigint, earned_at, 0, part, amount
    FROM unnest(%(earned)s::timestamptz[], %(parts)s::smallint[], %(amounts)s::bigint[]) AS t (earned_at, part, amount)
"""
_CONTACTS: Final = """
    INSERT INTO identity (value_hash, kind, value, member_id, claimed_at, verified_at)
    SELECT hash, kind, value, %(member_id)s::bigint, %(now)s::timestamptz, %(now)s::timestamptz
    FROM unnest(%(hashes)s::bytea[], %(kinds)s::text[], %(values)s::text[]) AS c (hash, kind, value)
"""
_IMPORTED: Final = ("source", "external_id", "member_id", "row_hash", "imported_at")


def import_members(
    session: Session,
    rows: Sequence[MemberRow],
    *,
    source: str,
    program: Program,
    secret: MemberSecret,
    now: datetime,
) -> dict[str, RowRefused]:
    """Create the members these rows tell of; return, by external id, those that were refused and why.

    The rows' external ids differ, and ``imported_before`` knows none of them. Raise ``UniqueViolation`` (psycopg's)
    where somebody else took an address, card or row meanwhile: nothing of the transaction is left then.
    """
    refused = _taken(session, rows, secret)
    good = [row for row in rows if row.external_id not in refused]
    numbers = new_member_ids(session, len(good))
    for start in range(0, len(good), TOGETHER):
        batch = Batch()
        for row, member_id in zip(good[start : start + TOGETHER], numbers, strict=False):
            _queue(session, batch, row, member_id, source=source, program=program, secret=secret, now=now)
        batch.send(session)
    return refused


def new_member_ids(session: Session, number: int) -> Iterator[int]:
    """Return so many numbers that no member has had."""
    batch = Batch()
    batch.add(_IDS, {"number": number})
    return iter([row[0] for row in batch.send(session)[0]])


def _taken(session: Session, rows: Sequence[MemberRow], secret: MemberSecret) -> dict[str, RowRefused]:
    """Return the rows whose address or card is another member's, or that of an earlier row."""
    hashes = {contact: contact_hash(secret, contact) for row in rows for contact in row.contacts}
    handles = [f"card:{row.card_number}" for row in rows if row.card_number is not None]
    batch = Batch()
    batch.add(_TAKEN_CONTACTS, {"hashes": list(hashes.values())})
    batch.add(_TAKEN_HANDLES, {"handles": handles})
    found_contacts, found_handles = batch.send(session)
    taken = {bytes(row[0]) for row in found_contacts} | {row[0] for row in found_handles}
    refused: dict[str, RowRefused] = {}
    for row in rows:
        keys: list[tuple[str, bytes | str]] = [(contact.kind, hashes[contact]) for contact in row.contacts]
        if row.card_number is not None:
            keys.append(("card_number", f"card:{row.card_number}"))
        flaws = tuple(Flaw(f"/{column}", importing.TAKEN[column]) for column, key in keys if key in taken)
        if flaws:
            refused[row.external_id] = RowRefused(flaws=flaws)
        else:
            taken.update(key for _, key in keys)
    return refused


def _queue(
    session: Session,
    batch: Batch,
    row: MemberRow,
    member_id: int,
    *,
    source: str,
    program: Program,
    secret: MemberSecret,
    now: datetime,
) -> None:
    of = {"member_id": member_id, "now": now}
    batch.add(_ACCOUNT, {**of, "limit": program.settings.wallet_limit_minor})
    _insert_person(batch, row, member_id, source=source, now=now)
    if row.contacts:
        hashes = [contact_hash(secret, contact) for contact in row.contacts]
        kinds, values = [each.kind for each in row.contacts], [each.value for each in row.contacts]
        batch.add(_CONTACTS, {**of, "hashes": hashes, "kinds": kinds, "values": values})
    books = Books(AccountState(member_id=member_id, wallet_limit_minor=program.settings.wallet_limit_minor))
    importing.book(books, row, now)
    if books.drafts:
        ledger.write(session, books, batch)
    tier_since, tier_until = importing.tier_dates(row, program, now)
    batch.add(
        _STANDING,
        {
            **of,
            "tier": row.tier,
            "tier_since": tier_since,
            "tier_until": tier_until,
            "window_milli": sum(milli for milli, _ in row.tier_points),
        },
    )
    earnings = [(earned_at, part, milli) for part, (milli, earned_at) in enumerate(row.tier_points) if milli]
    if earnings:
        earned, parts, amounts = (list(column) for column in zip(*earnings, strict=True))
        batch.add(_TIER_EARNINGS, {**of, "earned": earned, "parts": parts, "amounts": amounts})
    batch.add(changes.MARK, changes.mark_parameters(member_id, 1, FIRST_MARKS, now))


def insert_member(
    inserts: Inserts, row: MemberRow, member_id: int, *, source: str, now: datetime
) -> dict[str, Any]:
    """Add the rows of a member who brings nothing but themself; return the values of ``member``.

    For very many at once. Account, standing and feed are the caller's, who settles the member's past with them. Raise
    ``ValueError`` for a row with contacts, points or money.
    """
    if row.contacts or row.lots or row.tier_points or row.wallet_minor:
        raise ValueError(f"{row.external_id} brings more than themself: import_members")
    return _insert_person(inserts, row, member_id, source=source, now=now)


def _insert_person(
    inserts: Inserts, row: MemberRow, member_id: int, *, source: str, now: datetime
) -> dict[str, Any]:
    """Add the rows that say who somebody is and what finds them at a till; return the values of ``member``."""
    person = _person(row, member_id, now)
    handles = (f"number:{person['account_number']}", f"card:{person['card_number']}")
    inserts.insert("number_state", ("member_id",), [(member_id,)])
    inserts.insert("code_handle", ("handle", "member_id"), [(each, member_id) for each in handles])
    inserts.insert("member", tuple(person), [tuple(person.values())])
    inserts.insert("imported_member", _IMPORTED, [(source, row.external_id, member_id, row.fingerprint, now)])
    return person


def _person(row: MemberRow, member_id: int, now: datetime) -> dict[str, Any]:
    profile = clean(row.profile, now=now)
    return {
        "member_id": member_id,
        "public_id": new_public_id(),
        "account_number": codes.new_account_number(),
        "card_number": row.card_number or codes.new_card_number(),
        "given_name": profile.given_name,
        "family_name": profile.family_name,
        "locale": profile.locale,
        "birthday": profile.birthday,
        "joined_at": row.joined_at or now,
        "tags": list(row.tags),
        "employee": row.employee,
    }
