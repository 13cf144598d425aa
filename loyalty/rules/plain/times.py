"""When and how often: validity, RRULE windows, limits, lengths of life, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from loyalty.rules.plain.vocabulary import EXPIRY_KINDS, PERIODS
from loyalty.rules.windows import parts_of

if TYPE_CHECKING:
    from loyalty.rules.outcome import Expiry
    from loyalty.rules.plain.speaker import Speaker
    from loyalty.rules.specs import Limit, Validity
    from loyalty.rules.windows import Window

_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_ORDINALS: Final = {1: "first", 2: "second", 3: "third", 4: "fourth", -1: "last"}
_EVERY: Final = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}
_SHOWN_TIMES: Final = 6


def validity(speaker: Speaker, valid: Validity) -> Iterator[str]:
    """Yield when something holds: its first and last day, and its windows."""
    if valid.starts and valid.ends:
        yield speaker.say("from_to", a=speaker.moment(valid.starts), b=last_moment(speaker, valid.ends))
    elif valid.starts:
        yield speaker.say("from_day", x=speaker.moment(valid.starts))
    elif valid.ends:
        yield speaker.say("to_day", x=last_moment(speaker, valid.ends))
    if valid.windows:
        yield speaker.either(window(speaker, each) for each in valid.windows)


def last_moment(speaker: Speaker, ends: datetime) -> str:
    """Return the last day before an end that is a midnight; the moment itself otherwise."""
    if ends.time() == time():
        return speaker.day((ends - timedelta(days=1)).date())
    return speaker.moment(ends)


def window(speaker: Speaker, each: Window) -> str:
    """Return one RRULE in words."""
    parts = parts_of(each.text)
    said = [*_days(speaker, parts), *_months(speaker, parts), *_hours(speaker, each)]
    interval = int(parts.get("INTERVAL", "1"))
    unit = _EVERY[parts["FREQ"]]
    if interval > 1:
        said.insert(0, speaker.say(f"every_n_{unit}s", n=speaker.number(interval)))
    elif not any(name in parts for name in ("BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO")):
        said.insert(0, speaker.say(f"every_{unit}"))
    return ", ".join(said)


def _days(speaker: Speaker, parts: dict[str, str]) -> Iterator[str]:
    if "BYDAY" in parts:
        yearly = parts["FREQ"] == "YEARLY" and "BYMONTH" not in parts
        days = (_weekday(speaker, each, yearly=yearly) for each in parts["BYDAY"].split(","))
        yield speaker.say("on_days", x=speaker.both(days))
    if "BYMONTHDAY" in parts:
        numbers = (_day_number(speaker, int(each)) for each in parts["BYMONTHDAY"].split(","))
        yield speaker.say("day_of_month", x=speaker.both(numbers))
    for name, key in (("BYYEARDAY", "days_of_year"), ("BYWEEKNO", "weeks_of_year"), ("BYSETPOS", "only_nth")):
        if name in parts:
            yield speaker.say(
                key, x=speaker.both(_nth(speaker, int(each)) for each in parts[name].split(","))
            )


def _weekday(speaker: Speaker, written: str, *, yearly: bool) -> str:
    day = speaker.weekday(_WEEKDAYS.index(written[-2:]))
    place = written[:-2]
    if not place:
        return day
    nth = _nth(speaker, int(place))
    return speaker.say("nth_day_of_year" if yearly else "nth_day", nth=nth, day=day)


def _nth(speaker: Speaker, place: int) -> str:
    if place in _ORDINALS:
        return speaker.say(_ORDINALS[place])
    return speaker.say("nth" if place > 0 else "nth_last", n=speaker.number(abs(place)))


def _day_number(speaker: Speaker, number: int) -> str:
    if number == -1:
        return speaker.say("last_day")
    return speaker.say("day_number" if number > 0 else "nth_last_day", n=speaker.number(abs(number)))


def _months(speaker: Speaker, parts: dict[str, str]) -> Iterator[str]:
    if "BYMONTH" in parts:
        months = sorted({int(each) for each in parts["BYMONTH"].split(",")})
        yield speaker.say("in_months", x=speaker.both(speaker.month(each) for each in months))


def _hours(speaker: Speaker, each: Window) -> Iterator[str]:
    hours, minutes = sorted(each.hours), sorted(each.minutes)
    if not hours:
        return
    if minutes and len(hours) * len(minutes) <= _SHOWN_TIMES:
        times = (speaker.clock(time(hour, minute)) for hour in hours for minute in minutes)
        yield speaker.say("at_times", x=speaker.both(times))
        return
    runs = (
        speaker.say("hours", a=speaker.clock(time(first)), b=speaker.clock(time((last + 1) % 24)))
        for first, last in _runs(hours)
    )
    yield speaker.both(runs)
    if minutes:
        yield speaker.say("minutes", x=speaker.both(speaker.number(minute) for minute in minutes))


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Return the stretches of numbers that follow each other."""
    runs: list[tuple[int, int]] = []
    for each in numbers:
        if runs and runs[-1][1] == each - 1:
            runs[-1] = (runs[-1][0], each)
        else:
            runs.append((each, each))
    return runs


def limits(speaker: Speaker, given: Iterable[Limit]) -> Iterator[str]:
    """Yield limits per member; of a budget only that it can end."""
    scarce = False
    for limit in given:
        if limit.budget:
            scarce = True
        elif limit.times is not None:
            yield speaker.say("limit_times", n=speaker.count("time", limit.times), per=_per(speaker, limit))
        elif limit.points_milli is not None:
            yield speaker.say("limit_points", x=speaker.points(limit.points_milli), per=_per(speaker, limit))
        elif limit.amount_minor is not None:
            yield speaker.say("limit_money", x=speaker.money(limit.amount_minor), per=_per(speaker, limit))
    if scarce:
        yield speaker.say("while_it_lasts")


def _per(speaker: Speaker, limit: Limit) -> str:
    if limit.per == "hours":
        return speaker.say("per_hours", n=speaker.count("hour", limit.hours or 1))
    return speaker.pick(PERIODS[limit.per])


def life(speaker: Speaker, expiry: Expiry) -> str:
    """Return how long points live: ``do not expire``, ``live to the end of …``."""
    noun = "full_month" if expiry.kind == "months_end" else "day"
    return speaker.pick(EXPIRY_KINDS[expiry.kind], length=speaker.count(noun, expiry.count))
