"""The small parts of the evaluator, each for itself: splitting, windows, formulas, conditions, dates."""
# ruff: noqa: DTZ001 - dateutil and windows count on the wall clock

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from loyalty import rules
from loyalty.rules.cells import tender_shares
from loyalty.rules.conditions import compile_condition
from loyalty.rules.expiry import add_months
from loyalty.rules.facts import Used
from loyalty.rules.formula import check_formula, compile_formula
from loyalty.rules.outcome import Expiry
from loyalty.rules.split import half_even, half_up, split
from loyalty.rules.windows import Window, window
from tests.domain.rules.small import local, pay, program, rule
from tests.domain.rules.small import points as gives_points


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=30))
def test_parts_add_up_and_are_nearly_their_share(total: int, weights: list[int]) -> None:
    parts = split(total, weights)
    assert sum(parts) == total
    whole = sum(weights) or len(weights)
    for part, weight in zip(parts, weights if sum(weights) else [1] * len(weights), strict=True):
        assert abs(part - Fraction(total * weight, whole)) < 1
    if sum(weights) and total <= whole:
        assert all(part <= weight for part, weight in zip(parts, weights, strict=True))


def test_equal_remainders_go_to_the_earlier_part() -> None:
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    assert split(2, [1, 1, 1]) == [1, 1, 0]
    assert split(1, [0, 0]) == [1, 0]
    assert split(0, []) == []


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**6))
def test_half_even_is_pythons_rounding_of_fractions(numerator: int, denominator: int) -> None:
    assert half_even(numerator, denominator) == round(Fraction(numerator, denominator))


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"), [(5, 2, 3), (7, 2, 4), (1, 3, 0), (2, 3, 1), (0, 5, 0)]
)
def test_half_up_rounds_halves_up(numerator: int, denominator: int, rounded: int) -> None:
    assert half_up(numerator, denominator) == rounded


@given(
    st.lists(st.integers(0, 5000), min_size=1, max_size=8),
    st.lists(
        st.tuples(st.sampled_from(["wallet", "cash", "card", "gift_card", "other"]), st.integers(1, 9000)),
        max_size=5,
    ),
)
def test_tender_shares_of_a_line_add_up_to_its_price(nets: list[int], tenders: list[tuple[str, int]]) -> None:
    shares = tender_shares(nets, [pay(kind, amount) for kind, amount in tenders])
    assert [sum(parts) for parts in zip(*shares.values(), strict=True)] == nets if shares else not any(nets)
    for kind, parts in shares.items():
        assert all(part >= 0 for part in parts)
        if kind != "other":
            assert sum(parts) <= sum(amount for name, amount in tenders if name == kind)


RULES = [
    "FREQ=WEEKLY;BYDAY=MO,TU",
    "FREQ=DAILY",
    "FREQ=DAILY;INTERVAL=3",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR",
    "FREQ=MONTHLY;BYDAY=1MO",
    "FREQ=MONTHLY;BYDAY=-1FR",
    "FREQ=MONTHLY;BYMONTHDAY=-1,15",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=YEARLY;BYMONTH=6,7",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
    "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
    "FREQ=YEARLY;BYYEARDAY=-1",
]


@pytest.mark.parametrize("text", RULES)
def test_a_window_has_the_days_that_dateutil_says(text: str) -> None:
    start = date(2024, 1, 1)
    said = {
        each.date()
        for each in rrulestr(text, dtstart=datetime(2024, 1, 1)).between(
            datetime(2024, 1, 1), datetime(2028, 12, 31), inc=True
        )
    }
    mine = window(text)
    days = [start + timedelta(days=number) for number in range(5 * 365)]
    assert {day for day in days if mine.has_day(day)} == {day for day in days if day in said}


def test_a_window_is_open_for_whole_hours_or_minutes() -> None:
    happy = window("FREQ=WEEKLY;BYDAY=MO,TU;BYHOUR=14,15")
    monday = datetime(2026, 3, 9)
    assert [hour for hour in range(24) if monday.replace(hour=hour, minute=59) in happy] == [14, 15]
    assert monday + timedelta(days=2, hours=14) not in happy
    quarter = Window("FREQ=DAILY;BYHOUR=9;BYMINUTE=0,1")
    assert monday.replace(hour=9, minute=1) in quarter
    assert monday.replace(hour=9, minute=2) not in quarter
    assert monday.replace(hour=9) in window("RRULE:FREQ=DAILY;BYHOUR=9")


def test_without_intervals_a_window_has_always_been_there() -> None:
    assert date(2019, 3, 4) in {
        date(2019, 3, day)
        for day in range(1, 32)
        if window("FREQ=MONTHLY;BYDAY=1MO").has_day(date(2019, 3, day))
    }
    assert not window("FREQ=DAILY;INTERVAL=2").has_day(date(2019, 3, 4))
    assert window("FREQ=WEEKLY", date(2026, 3, 10)).has_day(date(2026, 3, 17))
    assert window("FREQ=MONTHLY", date(2026, 3, 10)).has_day(date(2026, 4, 10))
    assert window("FREQ=YEARLY", date(2026, 3, 10)).has_day(date(2027, 3, 10))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "MO",
        "FREQ=HOURLY",
        "FREQ=DAILY;BYHOUR=24",
        "FREQ=DAILY;BYHOUR=x",
        "FREQ=DAILY;COUNT=3",
        "FREQ=DAILY;BYMINUTE=3",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=MONTHLY;BYDAY=9MO",
        "FREQ=DAILY;FREQ=DAILY",
        "FREQ=DAILY;BYHOUR=",
    ],
)
def test_a_wrong_window_says_what_was_expected(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        Window(text)


def test_occurrences_follow_the_wall_clock_through_both_changes() -> None:
    zone = ZoneInfo("America/New_York")
    nine = window("FREQ=DAILY;BYHOUR=2;BYMINUTE=30")
    spring = list(nine.occurrences(zone, local(2026, 3, 7), local(2026, 3, 9, 12)))
    assert [each.astimezone(zone).strftime("%d %H:%M") for each in spring] == ["08 03:30", "09 02:30"]
    autumn = list(
        window("FREQ=DAILY;BYHOUR=1").occurrences(zone, local(2026, 10, 31, 12), local(2026, 11, 1, 12))
    )
    assert autumn == [datetime(2026, 11, 1, 5, tzinfo=UTC)]
    both = list(nine.occurrences(zone, local(2026, 5, 1, 2, 30), local(2026, 5, 3, 2, 30)))
    assert both == [local(2026, 5, 2, 2, 30), local(2026, 5, 3, 2, 30)]


def context(**parts: Any) -> Any:
    defaults = {
        "basket": None,
        "member": None,
        "occasion": None,
        "line": None,
        "eligible_minor": 0,
        "store": None,
    }
    return SimpleNamespace(**{**defaults, **parts})


numbers = st.one_of(st.integers(-100, 100), st.sampled_from(["1/3", "0.5", "-2.25", "7"]))
trees = st.recursive(
    numbers,
    lambda inner: st.one_of(
        st.builds(
            lambda op, args: {"op": op, "args": args},
            st.sampled_from(["+", "*", "min", "max", "-"]),
            st.lists(inner, min_size=2, max_size=3),
        ),
        st.builds(lambda a, b: {"op": "/", "args": [a, b]}, inner, inner),
        st.builds(lambda a: {"op": "floor", "args": [a]}, inner),
    ),
    max_leaves=12,
)


def reckon(tree: Any) -> Fraction | None:
    if not isinstance(tree, dict):
        return Fraction(tree)
    node = cast("dict[str, Any]", tree)
    values = [reckon(each) for each in node["args"]]
    if any(value is None for value in values):
        return None
    known = [value for value in values if value is not None]
    if node["op"] == "/":
        return known[0] / known[1] if known[1] else None
    if node["op"] == "floor":
        return Fraction(known[0].numerator // known[0].denominator)
    if node["op"] in ("min", "max"):
        return min(known) if node["op"] == "min" else max(known)
    total = known[0]
    for value in known[1:]:
        total = {"+": total + value, "-": total - value, "*": total * value}[node["op"]]
    return total


@given(trees)
def test_a_formula_is_exact_and_never_a_float(tree: Any) -> None:
    if check_formula(tree, ""):
        return
    value = compile_formula(tree)(context())
    assert value == reckon(tree)
    assert not isinstance(value, float)


@pytest.mark.parametrize(
    ("tree", "pointer"),
    [
        (1.5, "/f"),
        (True, "/f"),
        ("x", "/f"),
        ("1e9", "/f"),
        ("1/0", "/f"),
        (None, "/f"),
        ({"field": "nothing"}, "/f/field"),
        ({"field": "member.tier"}, "/f/field"),
        ({"field": "line.quantity"}, "/f/field"),
        ({"op": "pow", "args": [1, 2]}, "/f/op"),
        ({"op": "/", "args": [1]}, "/f/args"),
        ({"op": "+", "args": [1, {"op": "floor", "args": []}]}, "/f/args/1/args"),
        ({"op": "+", "args": "x"}, "/f/args"),
        ({"op": "+"}, "/f"),
    ],
)
def test_a_wrong_formula_says_where(tree: Any, pointer: str) -> None:
    assert [flaw.pointer for flaw in check_formula(tree, "/f")][:1] == [pointer]


def test_a_formula_is_neither_deep_nor_long() -> None:
    deep: Any = 1
    for _ in range(9):
        deep = {"op": "floor", "args": [deep]}
    assert "levels" in check_formula(deep, "/f")[0].detail
    wide: Any = {"op": "+", "args": [{"op": "+", "args": [1] * 20}] * 11}
    assert "200" in check_formula(wide, "/f")[-1].detail


def test_a_comparison_with_nothing_is_false_and_not_turns_it() -> None:
    for op, value in (("=", "x"), ("!=", "x"), ("in", ["x"]), ("not_in", ["x"])):
        tree = {"field": "member.favorite_store", "op": op, "value": value}
        condition, opposite = compile_condition(tree), compile_condition({"not": tree})
        assert condition is not None
        assert opposite is not None
        assert condition.test(context()) is False
        assert opposite.test(context()) is True
    has = compile_condition({"field": "order.tags", "op": "has_none", "value": ["x"]})
    assert has is not None
    assert has.test(context()) is False
    assert compile_condition(None) is None


@given(st.dates(date(1990, 1, 1), date(2090, 12, 31)), st.integers(-60, 60))
def test_adding_months_keeps_the_day_or_takes_the_last(day: date, months: int) -> None:
    moved = add_months(day, months)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day == day.day or (moved.day < day.day and (moved + timedelta(days=1)).day == 1)


def test_points_end_at_midnights_of_the_program() -> None:
    of = program()
    at = local(2026, 1, 31, 23, 59)
    for expiry, end in (
        (Expiry("never"), None),
        (Expiry("days", 30), local(2026, 3, 3, 0)),
        (Expiry("months_end", 1), local(2026, 3, 1, 0)),
        (Expiry("months_end", 0), local(2026, 2, 1, 0)),
        (Expiry("inactivity", 10), local(2026, 2, 11, 0)),
    ):
        assert rules.expires_at(of, expiry, at) == end
    assert rules.expires_at(of, Expiry("inactivity", 10), at, local(2026, 2, 5)) == local(2026, 2, 16, 0)
    assert rules.extended(of, local(2026, 9, 1, 0), 1) == local(2026, 10, 1, 0)


POLICIES = [
    ("full", "reserve", 0, "green"),
    ("full", "reserve", 600_000, "gold"),
    ("one_step", "reserve", 0, "gold"),
    ("one_step", "gold", 0, "green"),
    ("one_step", "reserve", 600_000, "gold"),
    ("none", "reserve", 0, "reserve"),
    ("full", "gold", 2_600_000, "reserve"),
    ("none", "gold", 2_600_000, "reserve"),
]


@pytest.mark.parametrize(("demotion", "tier", "tier_points", "after"), POLICIES)
def test_a_tier_ends_as_the_policy_says(demotion: str, tier: str, tier_points: int, after: str) -> None:
    assert rules.demotion(program(tier_policy={"demotion": demotion}), tier, tier_points) == after


def test_grace_days_come_after_the_validity() -> None:
    until = local(2027, 5, 10, 0)
    assert rules.demotion_at(program(), until) == until
    assert rules.demotion_at(program(tier_policy={"grace_days": 14}), until) == local(2027, 5, 24, 0)


@pytest.mark.parametrize(
    ("window_", "start"),
    [
        ({"kind": "rolling_months", "months": 12}, local(2025, 3, 10, 0)),
        ({"kind": "rolling_months", "months": 6}, local(2025, 9, 10, 0)),
        ({"kind": "calendar_year"}, local(2026, 1, 1, 0)),
        ({"kind": "anniversary"}, local(2025, 7, 4, 0)),
    ],
)
def test_tier_points_count_in_the_window_of_the_policy(window_: dict[str, Any], start: datetime) -> None:
    of = program(tier_policy={"window": window_})
    assert rules.tier_window(of, local(2026, 3, 10), local(2023, 7, 4)) == start


def test_an_anniversary_window_starts_on_the_very_day() -> None:
    of = program(tier_policy={"window": {"kind": "anniversary"}})
    assert rules.tier_window(of, local(2026, 7, 4), local(2023, 7, 4)) == local(2026, 7, 4, 0)


def test_birthdays_are_kept_on_their_day() -> None:
    of = program()
    assert rules.birthday_on(of, date(1990, 5, 17), 2026) == date(2026, 5, 17)
    assert rules.birthday_on(of, date(1992, 2, 29), 2028) == date(2028, 2, 29)


def test_limit_periods_name_what_must_be_loaded() -> None:
    limits = [{"times": 1, "per": per} for per in ("order", "day", "week", "life")] + [
        {"times": 1, "per": {"hours": 2}}
    ]
    of = program(rule("one", gives_points(1), limits=limits))
    said = {
        (limit.key, period.key) for limit, period in rules.limit_periods(of, local(2026, 12, 31, 23), "west")
    }
    assert said == {
        ("rule:one:day:times", "2026-12-31"),
        ("rule:one:week:times", "2026-W53"),
        ("rule:one:life:times", "life"),
        ("rule:one:2h:times", "2h"),
    }
    assert said == {
        (limit.key, period.key) for limit, period in of.limit_periods(local(2026, 12, 31, 23), "west")
    }
    assert Used(0, 0, local(2026, 1, 1), None).times == 0
