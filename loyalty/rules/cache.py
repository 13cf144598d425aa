"""The programs this process has compiled, by version; and which version it believes to be in force when.

Version numbers of a database are never used twice, so what was compiled stays right for ever. The timeline may be
out of date when another process puts a version into force: whoever settles a sale compares the version with the
one its own locked read names, and where they differ calls ``forget_timeline`` and asks ``program`` for that one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from datetime import datetime
from threading import Lock
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.errors import Missing
from loyalty.rules.models import ProgramVersion
from loyalty.rules.program import Program
from loyalty.rules.view import program_of

KEPT: Final = 64
_CHANGED: Final = "regulars_program_changed"
Timeline = tuple[tuple[datetime, int], ...]


class NoProgram(Missing):
    """No version of the program is in force."""

    code = "no_program"
    text = "No program is in force at {at}: apply one with 'regulars program apply cafe-stars'."


_compiled: OrderedDict[tuple[str, int], Program] = OrderedDict()
_timelines: dict[str, Timeline] = {}
_lock = Lock()


def program(session: Session, version: int) -> Program:
    """Return a version, compiled once per process. Raise NoProgram if there is none of that number."""
    key = (_database(session), version)
    with _lock:
        known = _compiled.get(key)
        if known is not None:
            _compiled.move_to_end(key)
            return known
    made = _load(session, version)
    with _lock:
        _timelines.pop(key[0], None)
        while len(_compiled) >= KEPT:
            _compiled.popitem(last=False)
        return _compiled.setdefault(key, made)


def program_at(session: Session, occurred_at: datetime, *, fresh: bool = False) -> Program:
    """Return the version in force at an instant, as far as this process knows; no round trip when it does.

    With ``fresh`` the database is asked which one it is. Raise NoProgram where none was in force.
    """
    timeline = None if fresh else _timelines.get(_database(session))
    version = _at(timeline, occurred_at) if timeline is not None else None
    if version is None:
        timeline = _read_timeline(session)
        version = _at(timeline, occurred_at)
    if version is None:
        raise NoProgram(at=occurred_at.isoformat(timespec="seconds"))
    found = program(session, version)
    if timeline is not None and _CHANGED not in session.info:
        _timelines[_database(session)] = timeline
    return found


def forget_timeline(session: Session) -> None:
    """Forget which version is in force when: the database is asked again.

    For whoever found that this process was wrong about it.
    """
    _timelines.pop(_database(session), None)


def timeline_changed(session: Session) -> None:
    """Forget the timeline, and remember none from this session: what it sees may not be committed yet."""
    session.info[_CHANGED] = True
    forget_timeline(session)


def _database(session: Session) -> str:
    url = session.get_bind().engine.url
    return f"{url.host}:{url.port}/{url.database}?{url.query}"


def _load(session: Session, version: int) -> Program:
    document = session.scalar(select(ProgramVersion.document).where(ProgramVersion.version == version))
    if document is None:
        raise NoProgram(f"There is no version {version} of the program.", version=version)
    return program_of(document, version)


def _read_timeline(session: Session) -> Timeline:
    rows = session.execute(
        select(ProgramVersion.live_from, ProgramVersion.version)
        .where(ProgramVersion.live_from.is_not(None))
        .order_by(ProgramVersion.live_from, ProgramVersion.version)
    )
    return tuple((row.live_from, row.version) for row in rows if row.live_from is not None)


def _at(timeline: Timeline, at: datetime) -> int | None:
    place = bisect_right(timeline, at, key=lambda each: each[0])
    return timeline[place - 1][1] if place else None
