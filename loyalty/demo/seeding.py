"""A crowd for the demo café: the people, the weeks they come, and what came of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from flask import Flask
from sqlalchemy import func, select

from loyalty import auditing, members, rules
from loyalty.clock import SetClock
from loyalty.config import Settings
from loyalty.db import snapshot, transaction
from loyalty.demo import crowd, serving, setting
from loyalty.demo.crowd import Event
from loyalty.demo.living import Life
from loyalty.errors import Refused
from loyalty.members import Standing

_VERSIONS: Final = 1000


class TooSoon(Refused):
    """The program has not been in force for long enough for anybody to have come."""

    code = "program_too_young"
    text = "The program is in force since {since}: there are no days yet in which somebody could have come."


@dataclass(frozen=True, slots=True)
class Seeding:
    """What will happen: a plan on an application whose clock can be set."""

    app: Flask
    clock: SetClock
    random: Random
    events: list[Event]
    there: int
    currency: str

    def run(self, progress: Callable[[int], None]) -> Mapping[str, Any]:
        """Let it happen, and return what was made: counts, turnover, tiers, and whether the books are clean."""
        life = Life(self.app, self.clock, self.random)
        life.play(self.events, progress=progress)
        with snapshot() as session:
            ids = [members.find(session, each.phone.member) for each in life.people.values()]
            tiers = (
                select(Standing.tier, func.count()).where(Standing.member_id.in_(ids)).group_by(Standing.tier)
            )
            by_tier = {row[0]: row[1] for row in session.execute(tiers)}
            findings = len(list(auditing.audit(session, members=ids)))
        return {
            **life.done,
            "turnover_minor": life.turnover_minor,
            "currency": self.currency,
            "tiers": by_tier,
            "from": self.events[0].at.isoformat(timespec="seconds") if self.events else None,
            "until": self.events[-1].at.isoformat(timespec="seconds") if self.events else None,
            "findings": findings,
            "somebody": max(life.people.values(), key=lambda each: each.points_milli).phone.address,
        }


@contextmanager
def seeding(settings: Settings, *, count: int, days: int, number: int, now: datetime) -> Iterator[Seeding]:
    """Have a crowd planned, and the café open; raise ``TooSoon``."""
    clock, random = SetClock(now), Random(number)
    # The limits on attempts count by the minute: a crowd that lives two months in a minute is no attack.
    own = dataclasses.replace(settings, rate_limits=False)
    with serving.own_app(own, settings.data_dir / "demo" / "seed.log", clock) as app:
        with transaction() as session:
            setting.open_program(
                session, now=now, open_since=max(setting.OPEN_SINCE, timedelta(days=days + 1))
            )
            since = min(
                each.live_from for each in rules.list_versions(session, limit=_VERSIONS) if each.live_from
            )
            first, program = setting.members_so_far(session), rules.program_at(session, now)
        start = max(now - timedelta(days=days), since + timedelta(hours=1)).astimezone(UTC)
        if now - start < timedelta(days=1):
            raise TooSoon(since=since.isoformat(timespec="minutes"))
        guests = crowd.guests(random, count, first=first, start=start, end=now)
        events = crowd.plan(random, guests, start=start, end=now, zone=program.zone)
        yield Seeding(app, clock, random, events, first, program.currency)
