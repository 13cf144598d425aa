"""The cells of an import: how each column is read into our units, and what would be right where it is not.

A cell is text (CSV) or the JSON value of the same meaning. ``IMPORT_COLUMNS`` says which there are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, Final

from loyalty import codes
from loyalty.members import contacts
from loyalty.members.contacts import Contact, ContactInvalid
from loyalty.rules import Program
from loyalty.rules.expiry import midnight
from loyalty.rules.nearest import nearest

POINTS_MAX: Final = 10**9
LOTS_MAX: Final = 1000
_EXTERNAL_ID: Final = re.compile(r"[\x21-\x7e]{1,100}", re.ASCII)
_TAG: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Entry:
    """Points with a day and perhaps an end, as a cell says it."""

    amount_milli: int
    earned_at: datetime
    expires_at: datetime | None = None
    end_said: bool = False


@dataclass(frozen=True, slots=True)
class ImportContext:
    """What a cell is read against."""

    program: Program
    now: datetime
    region: str | None


class WrongCell(ValueError):
    """A cell cannot be read; the text says what would be right."""


Reader = Callable[[ImportContext, Any], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: how a cell is read, and what it means (for ``--help``)."""

    read: Reader
    about: str


def _text(_: ImportContext, cell: Any) -> str:
    if not isinstance(cell, str):
        raise WrongCell("Must be text.")
    return cell


def _external_id(_: ImportContext, cell: Any) -> str:
    text = str(cell) if type(cell) is int else cell
    if not isinstance(text, str) or not _EXTERNAL_ID.fullmatch(text):
        raise WrongCell("1 to 100 printable ASCII characters without spaces.")
    return text


def _contact(kind: str, context: ImportContext, cell: Any) -> Contact:
    try:
        if kind == "email":
            return contacts.email(_text(context, cell))
        return contacts.phone(str(cell), region=context.region)
    except ContactInvalid:
        right = (
            "An address such as ann@example.com."
            if kind == "email"
            else "A number with its country such as +12125550123, or --region for numbers without."
        )
        raise WrongCell(right) from None


def _card(_: ImportContext, cell: Any) -> str:
    text = str(cell).replace(" ", "").replace("-", "")
    try:
        if isinstance(codes.parse(text), codes.CardCode):
            return text
    except codes.CodeInvalid:
        pass
    raise WrongCell("17 digits, the first a 9, the last the Luhn check digit.")


def _day(_: ImportContext, cell: Any) -> date:
    try:
        if isinstance(cell, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", cell, re.ASCII):
            return date.fromisoformat(cell)
    except ValueError:
        pass
    raise WrongCell("A day such as 1990-02-28.")


def _instant(context: ImportContext, cell: Any) -> datetime:
    """Read a day (its first instant in the program's zone) or an instant with its offset."""
    right = "A day such as 2026-03-15, or an instant such as 2026-03-15T09:30:00Z."
    if not isinstance(cell, str):
        raise WrongCell(right)
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", cell, re.ASCII):
            return midnight(date.fromisoformat(cell), context.program.zone)
        found = datetime.fromisoformat(cell)
    except (ValueError, OverflowError):
        raise WrongCell(right) from None
    if found.tzinfo is None:
        raise WrongCell(right)
    return found.astimezone(UTC)


def _past(context: ImportContext, cell: Any) -> datetime:
    found = _instant(context, cell)
    if found > context.now:
        raise WrongCell("Must not be in the future.")
    return found


def _future(context: ImportContext, cell: Any) -> datetime:
    found = _instant(context, cell)
    if found <= context.now:
        raise WrongCell("Must be in the future: it is over already.")
    return found


def _tier(context: ImportContext, cell: Any) -> str:
    if not isinstance(cell, str) or cell not in context.program.tiers:
        near = nearest(str(cell), context.program.tiers)
        raise WrongCell(f"One of the program's tiers ({', '.join(context.program.tiers)}){near}")
    return cell


def _number(cell: Any, digits: int, what: str) -> int:
    """Read a non-negative decimal with at most ``digits`` decimals as an integer in its smallest unit."""
    try:
        value = Decimal(cell if isinstance(cell, str) else str(cell))
    except InvalidOperation:
        raise WrongCell(what) from None
    if isinstance(cell, bool) or not value.is_finite() or not 0 <= value <= POINTS_MAX:
        raise WrongCell(what)
    scaled = value.scaleb(digits)
    if scaled != scaled.to_integral_value():
        raise WrongCell(what)
    return int(scaled)


def _points(_: ImportContext, cell: Any) -> int:
    return _number(cell, 3, "Points such as 120 or 120.5, at most three decimals.")


def _money(context: ImportContext, cell: Any) -> int:
    digits = context.program.currency_digits
    return _number(cell, digits, f"An amount in {context.program.currency} with at most {digits} decimals.")


def _entries(context: ImportContext, cell: Any, *, ends: bool) -> tuple[Entry, ...]:
    """Read ``120 2026-03-15 2026-10-01; 300 2026-04-02 never`` or the same as a list of objects."""
    parts = [part for part in cell.split(";") if part.strip()] if isinstance(cell, str) else _list(cell)
    if len(parts) > LOTS_MAX:
        raise WrongCell(f"At most {LOTS_MAX} entries.")
    return tuple(_entry(context, part, place, ends=ends) for place, part in enumerate(parts, 1))


def _list(cell: Any) -> list[Any]:
    if not isinstance(cell, list):
        raise WrongCell("Text as in a CSV file, or a list.")
    return cell  # pyright: ignore[reportUnknownVariableType] - its items are looked at one by one


def _entry(context: ImportContext, part: Any, place: int, *, ends: bool) -> Entry:
    names = ("points", "earned_at", "expires_at")[: 3 if ends else 2]
    if isinstance(part, Mapping):
        if unknown := [name for name in part if name not in names]:
            raise WrongCell(f"Entry {place}: there is no {unknown[0]}{nearest(str(unknown[0]), names)}")
        cells = [part.get(name) for name in names]
    else:
        words = str(part).split()
        cells = [*words, *[None] * (len(names) - len(words))]
    if len(cells) != len(names) or cells[0] is None or cells[1] is None:
        right = "120 2026-03-15 2026-10-01 (or never)" if ends else "120 2026-03-15"
        raise WrongCell(f"Entry {place}: expected points and days, such as {right}.")
    try:
        milli, earned_at = _points(context, cells[0]), _past(context, cells[1])
        if not ends or cells[2] is None:
            return Entry(milli, earned_at)
        return Entry(
            milli, earned_at, None if cells[2] == "never" else _future(context, cells[2]), end_said=True
        )
    except WrongCell as wrong:
        raise WrongCell(f"Entry {place}: {wrong}") from None


def _tags(_: ImportContext, cell: Any) -> tuple[str, ...]:
    found = cell.replace(",", " ").split() if isinstance(cell, str) else _list(cell)
    if not all(isinstance(tag, str) and _TAG.fullmatch(tag) for tag in found):
        raise WrongCell("Tags of lower-case letters, digits, _ and -, separated by spaces.")
    return tuple(found)


def _flag(_: ImportContext, cell: Any) -> bool:
    said = str(cell).lower() if isinstance(cell, str | bool | int) else ""
    if said in ("yes", "true", "1"):
        return True
    if said in ("no", "false", "0"):
        return False
    raise WrongCell("yes or no.")


IMPORT_COLUMNS: Final[Mapping[str, Column]] = {
    "external_id": Column(
        _external_id, "The member's id in the old system; an import can be run again by it."
    ),
    "email": Column(partial(_contact, "email"), "Signs the member in."),
    "phone": Column(partial(_contact, "phone"), "Signs the member in; with its country, or --region."),
    "given_name": Column(_text, "At most 100 characters."),
    "family_name": Column(_text, "At most 100 characters."),
    "locale": Column(_text, "A language such as en or fr-CA."),
    "birthday": Column(_day, "A day such as 1990-02-28."),
    "joined_at": Column(_past, "When the member joined the old program: a day or an instant."),
    "card_number": Column(_card, "A printed card of ours that shall go on working."),
    "tier": Column(_tier, "One of the program's tiers; the first one if empty."),
    "tier_since": Column(_past, "When that tier was reached."),
    "tier_until": Column(_future, "First day without that tier; if empty, as if it was reached today."),
    "tier_points": Column(
        partial(_entries, ends=False), "What counts for tiers: 480 2026-01-05; 30 2026-02-01"
    ),
    "points": Column(_points, "The balance as one lot, earned when the member joined."),
    "lots": Column(
        partial(_entries, ends=True),
        "The balance with its dates: 120 2026-03-15 2026-10-01; 300 2026-04-02 never (points, day earned, first day "
        "without them; without a third date they end as the program says).",
    ),
    "wallet": Column(_money, "Stored value, such as 20.00."),
    "tags": Column(_tags, "Tags, separated by spaces."),
    "employee": Column(_flag, "yes or no."),
}
