"""What a clause demands beyond tier, channel, store and condition: its time, and whom it is for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from loyalty.record import record
from loyalty.rules.instances import open_instance, opted_in

if TYPE_CHECKING:
    from loyalty.rules.facts import MemberFacts
    from loyalty.rules.program import Offer, Program
    from loyalty.rules.scene import Scene
    from loyalty.rules.specs import Validity, Who

Reason = Literal["time", "offer", "who"]


@record
class Demand:
    """One demand; ``reason`` is what it is about, for whoever explains why it was not met."""

    reason: Reason
    test: Callable[[Scene], bool]


def demands_of(program: Program, deal: Any, source: str) -> tuple[Demand, ...]:
    """Return the demands of a rule, offer, coupon or reward that depend on the moment and the member."""
    found = [*_when(deal.valid), *_whom(program, deal.who)]
    if source == "offer" and deal.challenge is None:
        found.append(Demand("offer", _has_open(program, deal)))
    return tuple(found)


def _when(valid: Validity) -> Iterator[Demand]:
    starts, ends, windows = valid.starts, valid.ends, valid.windows
    if starts is not None or ends is not None:
        first, last = starts or datetime.min, ends or datetime.max  # noqa: DTZ901 - on the store's clock
        yield Demand("time", lambda scene: first <= scene.wall < last)
    if len(windows) == 1:
        only = windows[0]
        yield Demand("time", lambda scene: scene.wall in only)
    elif windows:
        yield Demand("time", lambda scene: any(scene.wall in window for window in windows))


def _whom(program: Program, who: Who) -> Iterator[Demand]:
    """Yield what members must be. Clauses with a ``who`` are never asked about somebody who is no member."""
    if who.segments:
        yield _member(lambda member: not who.segments.isdisjoint(member.segments))
    if who.tags:
        yield _member(lambda member: not who.tags.isdisjoint(member.tags))
    if who.employees is not None:
        yield _member(lambda member: member.employee == who.employees)
    if who.first_purchase is not None:
        yield _member(lambda member: (member.visits == 0) == who.first_purchase)
    if who.days_from is not None or who.days_until is not None:
        yield Demand("who", _member_days(who.days_from or 0, who.days_until))
    if who.offer is not None:
        yield Demand("offer", _opted_in(program, who.offer))


def _member(test: Callable[[MemberFacts], bool]) -> Demand:
    return Demand("who", lambda scene: scene.member is not None and test(scene.member))


def _member_days(first: int, last: int | None) -> Callable[[Scene], bool]:
    def test(scene: Scene) -> bool:
        if scene.member is None:
            return False
        joined = scene.member.joined_at.astimezone(scene.local.tzinfo).date()
        days = (scene.wall.date() - joined).days
        return days >= first and (last is None or days <= last)

    return test


def _opted_in(program: Program, key: str) -> Callable[[Scene], bool]:
    offer = program.offers.get(key)

    def test(scene: Scene) -> bool:
        return (
            offer is not None
            and scene.member is not None
            and opted_in(program, offer, scene.member, scene.occurred_at)
        )

    return test


def _has_open(program: Program, offer: Offer) -> Callable[[Scene], bool]:
    def test(scene: Scene) -> bool:
        return (
            scene.member is not None
            and open_instance(program, offer, scene.member, scene.occurred_at) is not None
        )

    return test
