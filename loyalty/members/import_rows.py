"""Rows of somebody else's member export, read into plain values, with every fault named by its column.

Which cells there are and how each is read, is in ``import_cells``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from loyalty.errors import Flaw, Invalid
from loyalty.members.contacts import Contact
from loyalty.members.import_cells import IMPORT_COLUMNS, Entry, ImportContext, WrongCell
from loyalty.members.joining import Profile, clean
from loyalty.members.refusals import ProfileInvalid
from loyalty.rules import expires_at, expiry_of
from loyalty.rules.nearest import nearest


class RowRefused(Invalid):
    """A row cannot be imported; ``flaws`` name each column and what would be right."""

    code = "row_refused"
    text = "The row cannot be imported."


@dataclass(frozen=True, slots=True)
class OldLot:
    """Points earned elsewhere, with the dates they had there (``expires_at`` ``None``: never)."""

    amount_milli: int
    earned_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One member as the export tells it, checked and in our units."""

    external_id: str
    fingerprint: bytes
    profile: Profile
    contacts: tuple[Contact, ...]
    card_number: str | None
    joined_at: datetime | None
    tier: str
    tier_since: datetime | None
    tier_until: datetime | None
    lots: tuple[OldLot, ...]
    tier_points: tuple[tuple[int, datetime], ...]
    wallet_minor: int
    tags: tuple[str, ...]
    employee: bool


def read_row(cells: Mapping[str, Any], context: ImportContext) -> MemberRow:
    """Return a row in our units; raise ``RowRefused`` with a flaw for each cell that is wrong."""
    read: dict[str, Any] = {}
    flaws: list[Flaw] = []
    for name, column in IMPORT_COLUMNS.items():
        cell = cells.get(name)
        if isinstance(cell, str):
            cell = cell.strip()
        try:
            read[name] = None if cell in (None, "", []) else column.read(context, cell)
        except WrongCell as wrong:
            flaws.append(Flaw(f"/{name}", str(wrong)))
    if read.get("external_id") is None and not any(flaw.pointer == "/external_id" for flaw in flaws):
        flaws.append(Flaw("/external_id", "Is missing: the member's id in the old system."))
    flaws += _flaws_together(read, context)
    if flaws:
        raise RowRefused(flaws=tuple(flaws))
    return _row(read, fingerprint(cells), context)


def fingerprint(cells: Mapping[str, Any]) -> bytes:
    """Return the SHA-256 of what a row says, whatever the order of its columns and the white space around."""
    said = {name: cell.strip() if isinstance(cell, str) else cell for name, cell in cells.items()}
    return sha256(
        repr(sorted((name, cell) for name, cell in said.items() if cell not in (None, "", []))).encode()
    ).digest()


def unknown_columns(names: Sequence[str]) -> tuple[Flaw, ...]:
    """Return a flaw for each column that there is not, with the nearest one that there is."""
    return tuple(
        Flaw(f"/{name}", f"There is no such column{nearest(name, IMPORT_COLUMNS)}")
        for name in names
        if name not in IMPORT_COLUMNS
    )


def _flaws_together(read: Mapping[str, Any], context: ImportContext) -> list[Flaw]:
    flaws: list[Flaw] = []
    limit = context.program.settings.wallet_limit_minor
    if read.get("wallet") is not None and read["wallet"] > limit:
        flaws.append(Flaw("/wallet", f"At most {limit} minor units fit into a wallet."))
    if read.get("points") is not None and read.get("lots"):
        flaws.append(Flaw("/points", "Give points or lots, not both."))
    if read.get("tier_until") is not None and read.get("tier") in (None, context.program.entry_tier.key):
        flaws.append(Flaw("/tier_until", f"The tier {context.program.entry_tier.key} has no end."))
    try:
        clean(_profile(read), now=context.now)
    except ProfileInvalid as refusal:
        flaws += refusal.flaws
    return flaws


def _profile(read: Mapping[str, Any]) -> Profile:
    return Profile(
        read.get("given_name") or "",
        read.get("family_name") or "",
        read.get("locale") or "en",
        read.get("birthday"),
    )


def _row(read: Mapping[str, Any], hashed: bytes, context: ImportContext) -> MemberRow:
    tier = read["tier"] or context.program.entry_tier.key
    asked: tuple[Entry, ...] = read["lots"] or ()
    if read["points"]:
        asked = (Entry(read["points"], read["joined_at"] or context.now),)
    return MemberRow(
        external_id=read["external_id"],
        fingerprint=hashed,
        profile=_profile(read),
        contacts=tuple(each for each in (read["email"], read["phone"]) if each is not None),
        card_number=read["card_number"],
        joined_at=read["joined_at"],
        tier=tier,
        tier_since=read["tier_since"],
        tier_until=read["tier_until"],
        lots=tuple(_lot(context, tier, entry) for entry in asked),
        tier_points=tuple((entry.amount_milli, entry.earned_at) for entry in read["tier_points"] or ()),
        wallet_minor=read["wallet"] or 0,
        tags=tuple(sorted(set(read["tags"] or ()))),
        employee=bool(read["employee"]),
    )


def _lot(context: ImportContext, tier: str, entry: Entry) -> OldLot:
    """Return a lot; one whose end is not said ends as the program says, counted from the day it was earned."""
    if entry.end_said:
        return OldLot(entry.amount_milli, entry.earned_at, entry.expires_at)
    life = expiry_of(context.program, tier)
    until = expires_at(context.program, life, entry.earned_at)
    if until is not None and until <= context.now:
        # Gone already by our rules; the old system still counts it, so it gets what points earned now get.
        until = expires_at(context.program, life, context.now)
    return OldLot(entry.amount_milli, entry.earned_at, until)
