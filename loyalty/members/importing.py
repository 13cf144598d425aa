"""Bring a member over from another system, with balance, lots and dates; once, however often the import is run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from loyalty import changes, codes, ledger, rules
from loyalty.errors import Flaw
from loyalty.ledger import Books, chart
from loyalty.members import identities
from loyalty.members.contacts import MemberSecret
from loyalty.members.import_rows import MemberRow, RowRefused
from loyalty.members.joining import Entry, create_member
from loyalty.members.models import ImportedMember, Member, Standing, TierEarning
from loyalty.rules import Program

KIND: Final = "import"
TAKEN: Final[Mapping[str, str]] = {
    "email": "Belongs to another member already; merge them afterwards.",
    "phone": "Belongs to another member already; merge them afterwards.",
    "card_number": "Belongs to another member already.",
}


def imported_before(
    session: Session, *, source: str, fingerprints: Mapping[str, bytes]
) -> dict[str, RowRefused | None]:
    """Return which of these rows (by external id) an earlier run imported, and why not again where they differ."""
    found = session.execute(
        select(ImportedMember.external_id, ImportedMember.row_hash, ImportedMember.imported_at).where(
            ImportedMember.source == source, ImportedMember.external_id.in_(list(fingerprints))
        )
    )
    return {
        row.external_id: None
        if row.row_hash == fingerprints[row.external_id]
        else _refused("external_id", f"Was imported with other values on {row.imported_at:%Y-%m-%d}.")
        for row in found
    }


def import_member(
    session: Session, row: MemberRow, *, source: str, program: Program, secret: MemberSecret, now: datetime
) -> int:
    """Create the member a row tells of and return its number; ``imported_before`` comes first.

    ``source`` names the old system; with the row's external id it names the member for ever. Raise ``RowRefused``
    for a row that another run is importing, or whose address or card is another member's. Run it in a savepoint.
    """
    entry = Entry(program.entry_tier.key, program.settings.wallet_limit_minor)
    member = create_member(session, profile=row.profile, entry=entry, now=now, joined_at=row.joined_at)
    member.tags, member.employee = list(row.tags), row.employee
    _name(session, member.member_id, row, source, now)
    _claim(session, member, row, secret, now)
    books = ledger.open_books(session, member.member_id)
    book(books, row, now)
    ledger.write(session, books)
    _stand(session, member.member_id, row, program, now)
    changes.mark(session, member.member_id, "profile", "balance", "tier", "wallet", now=now)
    return member.member_id


def _name(session: Session, member_id: int, row: MemberRow, source: str, now: datetime) -> None:
    named = session.execute(
        insert(ImportedMember)
        .values(
            source=source,
            external_id=row.external_id,
            member_id=member_id,
            row_hash=row.fingerprint,
            imported_at=now,
        )
        .on_conflict_do_nothing()
        .returning(ImportedMember.member_id)
    ).first()
    if named is None:
        raise _refused("external_id", "Another run has just imported it.")


def _refused(column: str, detail: str) -> RowRefused:
    return RowRefused(flaws=(Flaw(f"/{column}", detail),))


def _claim(session: Session, member: Member, row: MemberRow, secret: MemberSecret, now: datetime) -> None:
    """Give the member the row's addresses and card; what is another member's is a flaw of the row."""
    flaws: list[Flaw] = []
    for contact in row.contacts:
        owner = identities.claim(session, contact=contact, member_id=member.member_id, secret=secret, now=now)
        if owner != member.member_id:
            flaws.append(
                Flaw(f"/{contact.kind}", "Belongs to another member already; merge them afterwards.")
            )
            continue
        # The old system let the member in by it; the first sign-in here proves it again.
        identities.verify(session, contact=contact, member_id=member.member_id, secret=secret, now=now)
    if row.card_number is not None:
        if codes.keep_card(session, member.member_id, row.card_number):
            member.card_number = row.card_number
        else:
            flaws.append(Flaw("/card_number", TAKEN["card_number"]))
    if flaws:
        raise RowRefused(flaws=tuple(flaws))
    session.flush()


def book(books: Books, row: MemberRow, now: datetime) -> None:
    """Post the row's points, each lot with its dates, and its stored value into the member's books."""
    books.begin(KIND, at=now, reference="import")
    for lot in sorted(row.lots, key=lambda lot: lot.earned_at):
        if lot.amount_milli:
            books.earn(
                lot.amount_milli, source=chart.IMPORTED, expires_at=lot.expires_at, earned_at=lot.earned_at
            )
    if row.wallet_minor:
        books.load_wallet(row.wallet_minor, source=chart.LOADS_IMPORTED)
    books.finish()


def tier_dates(row: MemberRow, program: Program, now: datetime) -> tuple[datetime, datetime | None]:
    """Return since when and until when the row's tier is the member's."""
    until = None
    if program.tier_rank(row.tier):
        until = row.tier_until or rules.valid_until(program, now)
    return row.tier_since or row.joined_at or now, until


def _stand(session: Session, member_id: int, row: MemberRow, program: Program, now: datetime) -> None:
    standing = session.get_one(Standing, member_id)
    standing.tier = row.tier
    standing.tier_since, standing.tier_until = tier_dates(row, program, now)
    standing.window_milli = sum(milli for milli, _ in row.tier_points)
    session.add_all(
        TierEarning(member_id=member_id, earned_at=earned_at, seq=0, part=part, amount_milli=milli)
        for part, (milli, earned_at) in enumerate(row.tier_points)
        if milli
    )
    session.flush()
