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
from typing import Any, Final, Literal, NamedTuple, cast

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
    """Something that happened to one person: an offer Received or Viewed, or a Transaction of so many cents."""

    seq: int
    hour: int
    kind: Literal["R", "V", "T"]
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
    for where, row in _rows(path, _MEMBER_COLUMNS):
        person, joined_on, age, gender = row
        try:
            joined = date.fromisoformat(joined_on)
        except ValueError:
            raise LogUnreadable(where, f"joined_on is {joined_on!r}, not a date.") from None
        if age and not age.isdecimal():
            raise LogUnreadable(where, f"age is {age!r}, not a number.")
        if not person or person in members:
            raise LogUnreadable(where, f"person {person!r} is there already." if person else "has no person.")
        members[person] = LoggedMember(person, joined, age, gender)
    if not members:
        raise LogUnreadable(path.name, "has no members.")
    return list(members.values())


def _read_events(path: Path, log: Log) -> None:
    """Sort the events by person, and count the log's own completions apart."""
    persons, last = {each.person for each in log.members}, -1
    for where, row in _rows(path, _EVENT_COLUMNS):
        seq, person, hour, kind, offer, cents, reward = row
        if person not in persons:
            raise LogUnreadable(where, f"person {person!r} is not among the members.")
        try:
            event = _event(log, int(seq), int(hour), kind, offer, cents)
            dollars = int(reward) if kind == "C" else 0
        except ValueError as error:
            raise LogUnreadable(where, f"{error}.") from None
        mine = log.events.setdefault(person, [])
        if event.seq <= last:
            raise LogUnreadable(where, f"seq {seq} comes after seq {last}.")
        if mine and event.hour < mine[-1].hour:
            raise LogUnreadable(where, f"hour {hour} comes after hour {mine[-1].hour}.")
        log.sizes[person] += 1
        last = event.seq
        if kind == "C":
            log.completions[person, log.offers[event.offer].key, event.hour] += 1
            log.reward_dollars += dollars
        else:
            mine.append(event)


def _event(log: Log, seq: int, hour: int, kind: str, offer: str, cents: str) -> Event:
    """Return an event; raise ``ValueError`` saying what is wrong."""
    if not 0 <= hour <= _LONGEST_HOURS:
        raise ValueError(f"hour is {hour}")
    if kind == "T":
        if int(cents) < 0:
            raise ValueError(f"cents is {cents}")
        return Event(seq, hour, "T", -1, int(cents))
    if kind not in ("R", "V", "C"):
        raise ValueError(f"kind is {kind!r}, not R, V, T or C")
    if int(offer) not in log.offers:
        raise ValueError(f"offer {offer} is not among the offers")
    return Event(seq, hour, cast("Literal['R', 'V']", kind), int(offer), 0)


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[str, list[str]]]:
    """Yield every row with where it stands."""
    try:
        with lzma.open(path, "rt", encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            if tuple(next(rows, ())) != columns:
                raise LogUnreadable(path.name, f"does not begin with {','.join(columns)}.")
            for number, row in enumerate(rows, 2):
                where = f"{path.name} line {number}"
                if len(row) != len(columns):
                    raise LogUnreadable(where, f"has {len(row)} columns, not {len(columns)}.")
                yield where, row
    except (lzma.LZMAError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise LogUnreadable(path.name, f"cannot be read: {error}.") from None
