"""Reading the rewards log: a folder with offers, members and events, checked row by row.

``compact_offers.json``, ``members.csv.xz`` and ``compact_events.csv.xz``; their columns are the fields below. The order
of the events is the order of causes.
"""

from __future__ import annotations

import csv
import hashlib
import json
import lzma
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from loyalty.errors import Invalid

OFFERS, MEMBERS, EVENTS = "compact_offers.json", "members.csv.xz", "compact_events.csv.xz"
FILES: Final = (OFFERS, MEMBERS, EVENTS)
_MEMBER_COLUMNS: Final = ("person", "joined_on", "age", "gender")
_EVENT_COLUMNS: Final = ("seq", "person", "hour", "kind", "offer", "cents", "reward")
_LONGEST_HOURS: Final = 24 * 366 * 10


class LogUnreadable(Invalid):
    """A file of the log is missing, broken, or says what no log says."""

    code = "log_unreadable"
    text = "{where}: {what}"

    def __init__(self, where: str, what: str) -> None:
        super().__init__(where=where, what=what)


@dataclass(frozen=True, slots=True)
class LoggedOffer:
    """One offer of the log. ``difficulty`` and ``reward`` are whole dollars."""

    idx: int
    kind: Literal["bogo", "discount", "informational"]
    difficulty: int
    reward: int
    duration_hours: int
    channels: tuple[str, ...]

    @property
    def key(self) -> str:
        """Return the offer's key in the program."""
        return f"o{self.idx}"


@dataclass(frozen=True, slots=True)
class LoggedMember:
    """One member of the log; ``age`` and ``gender`` are empty where they were not given."""

    person: str
    joined_on: date
    age: str
    gender: str


class Event(NamedTuple):
    """Something that happened to one person: an offer Received, Viewed or Completed, a Transaction of so many cents."""

    seq: int
    hour: int
    kind: Literal["R", "V", "T", "C"]
    offer: int
    cents: int


@dataclass(slots=True)
class Log:
    """The whole log: what is to be played, and what it says came of it.

    ``start`` is the moment of hour 0: the log says only hours, so it is the midnight after the last member joined.
    ``completions`` counts what was completed: (person, offer's key, hour). ``sizes`` counts every event of a person,
    those completions included.
    """

    sha256: str
    start: datetime
    offers: dict[int, LoggedOffer]
    members: list[LoggedMember]
    events: dict[str, list[Event]]
    completions: Counter[tuple[str, str, int]] = field(default_factory=Counter[tuple[str, str, int]])
    reward_dollars: int = 0
    sizes: Counter[str] = field(default_factory=Counter[str])

    @property
    def size(self) -> int:
        """Return how many events there are."""
        return self.sizes.total()


def midnight(day: date) -> datetime:
    """Return the first instant of a day, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def read_log(folder: Path) -> Log:
    """Read the log in a folder; raise ``LogUnreadable`` with file and line."""
    if not folder.is_dir():
        raise LogUnreadable(str(folder), "there is no such folder.")
    digest = hashlib.sha256()
    for name in FILES:
        try:
            digest.update((folder / name).read_bytes())
        except OSError as error:
            raise LogUnreadable(str(folder / name), f"{error.strerror or error}.") from None
    members = _members(folder / MEMBERS)
    start = midnight(max(each.joined_on for each in members)) + timedelta(days=1)
    log = Log(digest.hexdigest(), start, _offers(folder / OFFERS), members, {})
    _read_events(folder / EVENTS, log)
    return log


def _offers(path: Path) -> dict[int, LoggedOffer]:
    try:
        listed: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise LogUnreadable(path.name, f"is not JSON: {error}.") from None
    offers: dict[int, LoggedOffer] = {}
    for place, each in enumerate(listed):
        try:
            offer = LoggedOffer(
                *(int(each["idx"]), each["type"], int(each["difficulty"]), int(each["reward"])),
                *(int(each["duration_h"]), tuple(each["channels"])),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise LogUnreadable(f"{path.name} offer {place}", f"{type(error).__name__} {error}.") from None
        if offer.kind not in ("bogo", "discount", "informational"):
            raise LogUnreadable(f"{path.name} offer {place}", f"{offer.kind!r} is no type of offer.")
        offers[offer.idx] = offer
    return offers


def _members(path: Path) -> list[LoggedMember]:
    members: dict[str, LoggedMember] = {}
    for number, (person, joined_on, age, gender) in _rows(path, _MEMBER_COLUMNS):
        try:
            if not person or person in members:
                raise ValueError(f"person {person!r} is there already" if person else "has no person")
            if age and not age.isdecimal():
                raise ValueError(f"age is {age!r}, not a number")
            members[person] = LoggedMember(person, date.fromisoformat(joined_on), age, gender)
        except ValueError as error:
            raise LogUnreadable(f"{path.name} line {number}", f"{error}.") from None
    if not members:
        raise LogUnreadable(path.name, "has no members.")
    return list(members.values())


def _read_events(path: Path, log: Log) -> None:
    """Sort the events by person, and count the log's own completions apart."""
    for member in log.members:
        log.events[member.person] = []
    last = -1
    for number, row in _rows(path, _EVENT_COLUMNS):
        person, kind = row[1], row[3]
        try:
            event = _event(log, row)
            if event.seq <= last:
                raise ValueError(f"seq {event.seq} comes after seq {last}")
            mine = log.events.get(person)
            if mine is None:
                raise ValueError(f"person {person!r} is not among the members")
            if mine and event.hour < mine[-1].hour:
                raise ValueError(f"hour {event.hour} comes after hour {mine[-1].hour}")
            last = event.seq
            log.sizes[person] += 1
            if kind != "C":
                mine.append(event)
                continue
            log.completions[person, log.offers[event.offer].key, event.hour] += 1
            log.reward_dollars += int(row[6])
        except ValueError as error:
            raise LogUnreadable(f"{path.name} line {number}", f"{error}.") from None


def _event(log: Log, row: list[str]) -> Event:
    """Return an event; raise ``ValueError`` saying what is wrong."""
    seq, _, hour_said, kind, offer, cents, _ = row
    hour = int(hour_said)
    if not 0 <= hour <= _LONGEST_HOURS:
        raise ValueError(f"hour is {hour}")
    if kind == "T":
        paid = int(cents)
        if paid < 0:
            raise ValueError(f"cents is {cents}")
        return Event(int(seq), hour, kind, -1, paid)
    if kind not in ("R", "V", "C"):
        raise ValueError(f"kind is {kind!r}, not R, V, T or C")
    if int(offer) not in log.offers:
        raise ValueError(f"offer {offer} is not among the offers")
    return Event(int(seq), hour, kind, int(offer), 0)


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
    """Yield every row with the number of its line."""
    try:
        with lzma.open(path, "rt", encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            if tuple(next(rows, ())) != columns:
                raise LogUnreadable(path.name, f"does not begin with {','.join(columns)}.")
            for number, row in enumerate(rows, 2):
                if len(row) != len(columns):
                    raise LogUnreadable(
                        f"{path.name} line {number}", f"has {len(row)} columns, not {len(columns)}."
                    )
                yield number, row
    except (lzma.LZMAError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise LogUnreadable(path.name, f"cannot be read: {error}.") from None
