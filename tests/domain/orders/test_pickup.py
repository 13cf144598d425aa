"""When an order can be picked up: on ordinary days, and on those on which the clock jumps."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from loyalty.orders import pickup
from loyalty.rules.specs import Hours, OrderAhead

NEW_YORK = ZoneInfo("America/New_York")
MONDAY = date(2026, 3, 2)
# New York, Paris, Lord Howe (half an hour), Chile (at midnight), Apia (a day that never was), and one without any.
ZONES = [
    "America/New_York",
    "Europe/Paris",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Pacific/Apia",
    "Asia/Tokyo",
]


def ahead(
    hours: Hours = ((450, 600), (720, 1080)),
    *,
    lead: int = 8,
    every: int = 5,
    most: int | None = 2,
    days: int = 1,
    closed: frozenset[date] = frozenset(),
) -> OrderAhead:
    return OrderAhead(lead, every, most, days, (hours,) * 7, closed, frozenset())


def at(hour: int, minute: int = 0, day: date = MONDAY) -> datetime:
    return datetime.combine(day, time(hour, minute), NEW_YORK).astimezone(UTC)


def walls(moments: list[datetime]) -> list[str]:
    return [moment.astimezone(NEW_YORK).strftime("%H:%M") for moment in moments]


@st.composite
def weeks(draw: st.DrawFn) -> Hours:
    marks = sorted(draw(st.sets(st.integers(0, 1440), min_size=2, max_size=6)))
    return tuple((start, end) for start, end in zip(marks[::2], marks[1::2], strict=False))


days = st.dates(date(2011, 1, 1), date(2030, 1, 1))


@given(zone=st.sampled_from(ZONES), day=days, hours=weeks(), every=st.integers(1, 60))
def test_times_are_in_the_hours_of_their_day_whatever_the_clock_does(
    zone: str, day: date, hours: Hours, every: int
) -> None:
    where = ZoneInfo(zone)
    times = pickup.times_of(ahead(hours, every=every), where, day)
    jumps = jumps_on(where, day)
    for start, end in times:
        assert start < end <= start + timedelta(minutes=every)
        if not jumps:
            assert pickup.day_of(start, where) == day
            wall = start.astimezone(where)
            minutes = wall.hour * 60 + wall.minute
            assert any(opens <= minutes < closes for opens, closes in hours)
    for (_, end), (start, _) in pairwise(times):
        assert end <= start
    if not jumps:
        assert len(times) == sum(-(-(closes - opens) // every) for opens, closes in hours)


def jumps_on(zone: ZoneInfo, day: date) -> bool:
    offsets = {datetime.combine(day, time(), zone).replace(hour=hour).utcoffset() for hour in range(24)} | {
        datetime.combine(day + timedelta(days=1), time(), zone).utcoffset()
    }
    return len(offsets) > 1


def test_an_hour_that_the_clock_skips_has_no_times_and_one_that_it_shows_twice_has_them_twice() -> None:
    night = ahead(((60, 240),), every=30, lead=1)
    spring, autumn = date(2026, 3, 8), date(2026, 11, 1)
    skipped = [start for start, _ in pickup.times_of(night, NEW_YORK, spring)]
    assert walls(skipped) == ["01:00", "01:30", "03:00", "03:30"]
    twice = [start for start, _ in pickup.times_of(night, NEW_YORK, autumn)]
    assert walls(twice) == ["01:00", "01:30", "01:00", "01:30", "02:00", "02:30", "03:00", "03:30"]
    assert all(after - before == timedelta(minutes=30) for before, after in pairwise(twice))


def test_a_store_that_closes_at_midnight_takes_orders_until_then() -> None:
    times = pickup.times_of(ahead(((1380, 1440),), every=25), NEW_YORK, MONDAY)
    assert walls([start for start, _ in times]) == ["23:00", "23:25", "23:50"]
    assert times[-1][1] == at(0, day=date(2026, 3, 3))


def test_a_closed_day_and_a_day_without_hours_have_no_times() -> None:
    assert pickup.times_of(ahead(closed=frozenset({MONDAY})), NEW_YORK, MONDAY) == []
    assert pickup.times_of(ahead(()), NEW_YORK, MONDAY) == []


def test_full_and_past_times_are_not_offered() -> None:
    taken = [at(8, 30), at(8, 30), at(8, 35), at(8, 37)]
    day = pickup.day_with(ahead(), NEW_YORK, MONDAY, taken)
    free = pickup.free_slots(day, ahead(), at(8, 20))
    assert walls([slot.at for slot in free])[:2] == ["08:40", "08:45"]
    assert [slot.left for slot in pickup.free_slots(day, ahead(most=None), at(8, 20))][:1] == [2]
    unlimited = pickup.day_with(ahead(most=None), NEW_YORK, MONDAY, taken)
    assert pickup.free_slots(unlimited, ahead(most=None), at(8, 20))[0] == pickup.Slot(at(8, 30), None)


@pytest.mark.parametrize(
    ("now", "taken", "soonest"),
    [
        (at(8, 20), [], at(8, 28)),
        (at(8, 20) + timedelta(seconds=1), [], at(8, 29)),
        (at(5), [], at(7, 30)),
        (at(9, 58), [], at(12)),
        (at(8, 20), [at(8, 25), at(8, 29)], at(8, 30)),
        (at(17, 51), [], at(17, 59)),
        (at(17, 52), [], None),
        (at(20), [], None),
    ],
)
def test_as_soon_as_possible(now: datetime, taken: list[datetime], soonest: datetime | None) -> None:
    assert pickup.soonest(pickup.day_with(ahead(), NEW_YORK, MONDAY, taken), ahead(), now) == soonest


@given(minutes=st.integers(0, 1439), taken=st.lists(st.integers(0, 1439), max_size=40))
def test_the_soonest_is_never_too_soon_nor_full_and_no_chosen_time_is_refused(
    minutes: int, taken: list[int]
) -> None:
    now = at(0) + timedelta(minutes=minutes)
    day = pickup.day_with(ahead(), NEW_YORK, MONDAY, [at(0) + timedelta(minutes=each) for each in taken])
    for slot in pickup.free_slots(day, ahead(), now):
        assert pickup.why_not(day, ahead(), NEW_YORK, slot.at, now) is None
    soonest = pickup.soonest(day, ahead(), now)
    assume(soonest is not None)
    assert soonest is not None
    assert soonest >= now + timedelta(minutes=8)
    (within,) = [slot for slot in day.slots if slot.at <= soonest < day.ends[slot.at]]
    assert within.left != 0


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (at(8, 30), None),
        (at(8, 31), "closed"),
        (at(11), "closed"),
        (at(8, 25), "past"),
        (at(8, 40), "full"),
        (at(8, 30, date(2026, 3, 3)), None),
        (at(8, 30, date(2026, 3, 4)), "too_far"),
        (at(8, 30, date(2026, 3, 1)), "past"),
    ],
)
def test_a_wanted_time_is_refused_with_its_reason(wanted: datetime, why: str | None) -> None:
    day = pickup.day_of(wanted, NEW_YORK)
    found = pickup.day_with(ahead(), NEW_YORK, day, [at(8, 40)] * 2)
    assert pickup.why_not(found, ahead(), NEW_YORK, wanted, at(8, 20)) == why
