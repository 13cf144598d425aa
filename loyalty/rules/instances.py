"""Which of the offers a member received are open: when their window runs, and whether the member did what they ask."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loyalty.rules.facts import MemberFacts, OfferInstance
    from loyalty.rules.program import Offer, Program

OPEN_START = datetime.min.replace(tzinfo=UTC)
Span = tuple[datetime, datetime | None]


def window_of(
    program: Program, offer: Offer, received_at: datetime, activated_at: datetime | None = None
) -> Span | None:
    """Return when an instance of an offer counts, in UTC: its first instant, and its last one (None: no end).

    Both are included. None while the window waits for an activation.
    """
    challenge = offer.challenge
    if challenge is None:
        start = activated_at if offer.requires == "activated" else received_at
        if start is None:
            return None
        return start, None if offer.days is None else _later(program, start, days=offer.days)
    window = challenge.window
    if window.kind == "fixed":
        return _instant(program, window.starts) or OPEN_START, _before(_instant(program, window.ends))
    start = received_at if window.kind == "receipt" else activated_at
    if start is None:
        return None
    if window.days is None and window.hours is None:
        return start, None
    end = _later(program, start, days=window.days or 0, hours=window.hours or 0)
    return start, end if window.includes_end else _before(end)


def _later(program: Program, start: datetime, *, days: int = 0, hours: int = 0) -> datetime:
    """Return an instant some days later at the same time of the program's day, then some hours."""
    local = start.astimezone(program.zone) + timedelta(days=days)
    return local.astimezone(UTC) + timedelta(hours=hours)


def _instant(program: Program, local: datetime | None) -> datetime | None:
    return None if local is None else local.replace(tzinfo=program.zone).astimezone(UTC)


def _before(end: datetime | None) -> datetime | None:
    """Return the last instant before an excluded end: clocks here have microseconds."""
    return None if end is None else end - timedelta(microseconds=1)


def span_of(program: Program, offer: Offer, instance: OfferInstance) -> Span | None:
    """Return the window of an instance: as it was fixed when it was received or activated, else as the offer says."""
    if instance.window_from is not None:
        return instance.window_from, instance.window_until
    span = window_of(program, offer, instance.received_at, instance.activated_at)
    return span if span is None or instance.window_until is None else (span[0], instance.window_until)


def is_open(program: Program, offer: Offer, instance: OfferInstance, at: datetime) -> bool:
    """Say whether an instance counts at an instant; completed ones do until their window ends."""
    requires = offer.challenge.requires if offer.challenge is not None else offer.requires
    if instance.received_at > at or not _did(instance, requires, at):
        return False
    span = span_of(program, offer, instance)
    return span is not None and span[0] <= at and (span[1] is None or at <= span[1])


def _did(instance: OfferInstance, requires: str, at: datetime) -> bool:
    if requires == "none":
        return True
    if requires == "activated":
        return instance.activated_at is not None and instance.activated_at <= at
    seen_at = instance.seen_at or instance.activated_at
    return seen_at is not None and seen_at <= at


def open_instance(program: Program, offer: Offer, member: MemberFacts, at: datetime) -> OfferInstance | None:
    """Return the first received instance of an offer that is open and not completed."""
    for instance in member.offers:
        if (
            instance.offer == offer.key
            and instance.completed_at is None
            and is_open(program, offer, instance, at)
        ):
            return instance
    return None


def opted_in(program: Program, offer: Offer, member: MemberFacts, at: datetime) -> bool:
    """Say whether the member has activated an instance of an offer whose window is open, completed or not."""
    return any(
        instance.offer == offer.key
        and instance.activated_at is not None
        and instance.activated_at <= at
        and is_open(program, offer, instance, at)
        for instance in member.offers
    )
