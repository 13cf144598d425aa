"""Challenges: every way to qualify, windows, repeats, awards, and exact recomputation for returns."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty import rules
from loyalty.rules.facts import OfferInstance, Step
from loyalty.rules.instances import window_of
from loyalty.rules.outcome import Evaluation
from loyalty.rules.program import Program
from tests.domain.rules.small import (
    NOON,
    buy,
    discount,
    earned,
    happens,
    keyed,
    line,
    local,
    member,
    pay,
    points,
    program,
    received,
    rule,
    tax,
)

DAY = timedelta(days=1)


def challenge(
    qualifies_by: str, target: int, *, window: dict[str, Any] | None = None, **parts: Any
) -> dict[str, Any]:
    own = {
        name: parts.pop(name)
        for name in ("comparison", "requires", "repeat_receipt", "purchase_counts_for")
        if name in parts
    }
    return keyed(
        "goal",
        **{
            "kind": "challenge",
            "channels": ["app"],
            "challenge": {
                "qualifies_by": qualifies_by,
                "target": target,
                "window": window or {"from": "receipt", "days": 7},
                **own,
            },
            "then": [points(50_000)],
            **parts,
        },
    )


def of_goal(*arguments: Any, **parts: Any) -> Program:
    return program(offers=[challenge(*arguments, **parts)])


START = local(2026, 3, 8)


def holding(*instances: OfferInstance) -> Any:
    return member("green", offers=instances or (received("goal", at=START),))


def state(outcome: Evaluation) -> list[tuple[str, int, bool]]:
    return [(each.instance, each.progress, each.completes) for each in outcome.progress]


@pytest.mark.parametrize(
    ("qualifies_by", "target", "progress", "contributions"),
    [
        ("accumulated", 3000, 2180, [("a", 1380, 2), ("b", 800, 1)]),
        ("single_purchase", 3000, 2180, [("a", 1380, 2), ("b", 800, 1)]),
        ("items", 5, 3, [("a", 2, 2), ("b", 1, 1)]),
        ("visits", 5, 1, [("a", 1, 2), ("b", 1, 1)]),
        ("distinct_days", 5, 1, [("a", 1, 2), ("b", 1, 1)]),
    ],
)
def test_a_purchase_adds_in_the_unit_of_the_challenge(
    qualifies_by: str, target: int, progress: int, contributions: list[tuple[str, int, int]]
) -> None:
    outcome = buy(
        of_goal(qualifies_by, target),
        line(quantity=2, id="a"),
        line("toast", 800, id="b"),
        tax(55),
        who=holding(),
    )
    (moved,) = outcome.progress
    assert (moved.progress, moved.target, moved.completes) == (progress, target, False)
    assert [(each.line, each.amount, each.quantity) for each in moved.contributions] == contributions
    assert moved.why.key == "progress"


@pytest.mark.parametrize(
    ("comparison", "amount", "completes"),
    [("gte", 1000, True), ("gte", 999, False), ("gt", 1000, False), ("gt", 1001, True)],
)
@pytest.mark.parametrize("qualifies_by", ["accumulated", "single_purchase"])
def test_a_challenge_completes_at_or_above_its_target(
    qualifies_by: str, comparison: str, amount: int, completes: bool
) -> None:
    outcome = buy(of_goal(qualifies_by, 1000, comparison=comparison), line(price=amount), who=holding())
    assert state(outcome) == [("i-goal", amount, completes)]
    assert earned(outcome, "goal") == (50_000 if completes else 0)


def test_sums_accumulate_and_single_purchases_do_not() -> None:
    so_far = received("goal", at=START, progress=900)
    assert state(buy(of_goal("accumulated", 1000), line(price=100), who=holding(so_far))) == [
        ("i-goal", 1000, True)
    ]
    assert state(buy(of_goal("single_purchase", 1000), line(price=100), who=holding(so_far))) == [
        ("i-goal", 900, False)
    ]


def test_the_amount_is_what_was_paid_for_the_lines_that_qualify() -> None:
    of = program(
        rule("half", discount(percent="50")), offers=[challenge("accumulated", 9000, on={"tags": ["drink"]})]
    )
    assert state(buy(of, line(price=1000), line("toast", 800), who=holding())) == [("i-goal", 500, False)]
    of = of_goal("accumulated", 9000, on={"tenders": ["wallet"]})
    assert state(buy(of, line(price=1000), tenders=[pay("wallet", 300)], who=holding())) == [
        ("i-goal", 300, False)
    ]


def test_both_ends_of_the_window_count() -> None:
    of = of_goal("visits", 5)
    end = START + 7 * DAY - timedelta(hours=0)
    assert state(buy(of, line(), at=START, who=holding()))
    assert state(buy(of, line(), at=end, who=holding()))
    assert not state(buy(of, line(), at=end + timedelta(microseconds=1), who=holding()))
    assert not state(buy(of, line(), at=START - timedelta(microseconds=1), who=holding()))
    of = of_goal("visits", 5, window={"from": "receipt", "hours": 48, "includes_end": False})
    assert state(buy(of, line(), at=START + 2 * DAY - timedelta(microseconds=1), who=holding()))
    assert not state(buy(of, line(), at=START + 2 * DAY, who=holding()))


def test_a_fixed_window_ends_with_its_last_day() -> None:
    of = of_goal("visits", 5, window={"from": "fixed", "start": "2026-03-09", "until": "2026-03-10"})
    for at, counts in (
        (local(2026, 3, 8, 23, 59), False),
        (local(2026, 3, 9, 0), True),
        (local(2026, 3, 10, 23, 59), True),
        (local(2026, 3, 11, 0), False),
    ):
        assert bool(state(buy(of, line(), at=at, who=holding()))) is counts


def test_a_window_from_activation_waits_for_it() -> None:
    of = of_goal("visits", 5, window={"from": "activation", "days": 1}, requires="activated")
    active = received("goal", at=START, activated_at=START + DAY)
    assert not state(buy(of, line(), at=START + DAY - timedelta(seconds=1), who=holding(active)))
    assert state(buy(of, line(), at=START + 2 * DAY, who=holding(active)))
    assert not state(buy(of, line(), at=START + 2 * DAY + timedelta(seconds=1), who=holding(active)))
    assert window_of(of, of.offers["goal"], START) is None


@pytest.mark.parametrize(
    ("requires", "did", "counts"),
    [
        ("none", {}, True),
        ("seen", {}, False),
        ("seen", {"seen_at": START}, True),
        ("seen", {"activated_at": START}, True),
        ("activated", {"seen_at": START}, False),
        ("activated", {"activated_at": NOON}, True),
        ("activated", {"activated_at": NOON + timedelta(seconds=1)}, False),
    ],
)
def test_what_an_offer_requires(requires: str, did: dict[str, Any], counts: bool) -> None:
    of = of_goal("visits", 5, requires=requires)
    assert bool(state(buy(of, line(), who=holding(received("goal", at=START, **did))))) is counts


def test_windows_that_were_fixed_at_receipt_stay_as_they_were() -> None:
    instance = received("goal", at=START, window_from=START, window_until=NOON)
    of = of_goal("visits", 5)
    assert state(buy(of, line(), who=holding(instance)))
    assert not state(buy(of, line(), at=NOON + timedelta(seconds=1), who=holding(instance)))


def test_one_purchase_counts_for_all_open_instances_in_order_of_receipt() -> None:
    of = of_goal("accumulated", 1000)
    first, second = (
        received("goal", "first", at=START, progress=500),
        received("goal", "second", at=START + DAY),
    )
    outcome = buy(of, line(price=1000), who=holding(first, second))
    assert state(outcome) == [("first", 1500, True), ("second", 1000, True)]
    assert [each.offer_instance for each in outcome.earnings if each.rule == "goal"] == ["first", "second"]


def test_one_purchase_counts_for_the_oldest_open_instance_only_if_so_set() -> None:
    of = of_goal("accumulated", 1000, purchase_counts_for="oldest_open")
    done = received("goal", "done", at=START - DAY, progress=1000, completed_at=START)
    first, second = received("goal", "first", at=START), received("goal", "second", at=START + DAY)
    assert state(buy(of, line(price=600), who=holding(done, first, second))) == [("first", 600, False)]


def test_completed_instances_keep_counting_but_complete_no_more() -> None:
    done = received("goal", at=START, progress=1200, completed_at=NOON - DAY)
    outcome = buy(of_goal("accumulated", 1000), line(price=600), who=holding(done))
    assert state(outcome) == [("i-goal", 1800, False)]
    assert earned(outcome, "goal") == 0


def test_days_are_the_stores_and_count_once() -> None:
    of = of_goal("distinct_days", 3)
    instance = received("goal", at=START, progress=1, days=frozenset({NOON.date()}))
    (again,) = buy(of, line(), who=holding(instance)).progress
    assert (again.progress, len(again.contributions)) == (1, 1)
    late = local(2026, 3, 11, 1)
    assert buy(of, line(), at=late, store="west", who=holding(instance)).progress[0].day == NOON.date()
    assert buy(of, line(), at=late, store="main", who=holding(instance)).progress[0].progress == 2


def test_an_award_may_be_a_grant_or_a_tier() -> None:
    of = program(
        offers=[
            challenge("visits", 1, then=[{"grant": {"reward": "treat"}}, {"set_tier": {"tier": "gold"}}])
        ],
        rewards=[keyed("treat", granted_only=True, gives={"free_item": {}})],
    )
    outcome = buy(of, line(), who=holding())
    assert [(each.reward, each.offer_instance) for each in outcome.grants] == [("treat", "i-goal")]
    assert [each.tier for each in outcome.tiers] == ["gold"]


def test_an_award_is_split_over_the_lines_that_earned_it() -> None:
    of = of_goal("visits", 1, on={"tags": ["drink"]})
    outcome = buy(of, line(price=300, id="a"), line("toast", 800, id="b"), who=holding())
    assert [each.by_line for each in outcome.earnings if each.rule == "goal"] == [(("a", 50_000),)]


@pytest.mark.parametrize(
    "parts",
    [
        {"where": {"channels": ["app"]}},
        {"who": {"tiers": ["gold"]}},
        {"valid": {"until": "2026-03-01"}},
        {"if": {"field": "order.items", "op": ">", "value": 5}},
    ],
)
def test_a_challenge_restricts_like_a_rule(parts: dict[str, Any]) -> None:
    assert not state(buy(of_goal("visits", 5, **parts), line(), who=holding()))


def test_a_rule_can_move_a_challenge_too() -> None:
    push = {"progress": {"challenge": "goal", "amount": 2}}
    of = program(
        rule("bonus-step", push, on={"tags": ["drink"]}, limits=[{"times": 1, "per": "day"}]),
        rule("mailed", push, when="event:survey"),
        offers=[challenge("items", 5, on={"categories": ["food"]})],
    )
    outcome = buy(of, line(id="a"), line("toast", 800, 2, id="b"), who=holding())
    assert state(outcome) == [("i-goal", 4, False)]
    assert [use.limit for use in outcome.limits] == ["rule:bonus-step:day:times"]
    outcome = happens(of, "event:survey", holding(received("goal", at=START, progress=3)))
    assert state(outcome) == [("i-goal", 5, True)]
    assert outcome.earned_milli == 50_000
    assert [(each.line, each.amount) for each in outcome.progress[0].contributions] == [("", 2)]


KINDS = ["accumulated", "single_purchase", "items", "visits", "distinct_days"]
sales = st.lists(
    st.tuples(
        st.integers(0, 6), st.lists(st.tuples(st.integers(1, 900), st.integers(1, 3)), min_size=1, max_size=3)
    ),
    min_size=1,
    max_size=6,
)


@given(st.sampled_from(KINDS), sales)
def test_progress_from_steps_equals_progress_as_it_happened(qualifies_by: str, bought: Any) -> None:
    of = PROGRAMS[qualifies_by]
    instance = received("goal", at=START)
    steps: list[Step] = []
    for number, (day, goods) in enumerate(sorted(bought, key=lambda each: each[0])):
        at = START + day * DAY + timedelta(minutes=number)
        lines = [line(price=price, quantity=quantity) for price, quantity in goods]
        (moved,) = buy(of, *lines, at=at, who=holding(instance)).progress
        instance = replace(
            instance,
            progress=moved.progress,
            days=instance.days | {moved.day},
            completed_at=at if moved.completes else instance.completed_at,
        )
        steps += [Step(f"s{number}", each.line, each.amount, moved.day, at) for each in moved.contributions]
    progress, complete = rules.challenge_progress(of, "goal", steps)
    assert progress == instance.progress
    assert complete == (instance.completed_at is not None)
    assert rules.challenge_progress(of, "goal", []) == (0, False)


PROGRAMS = {
    kind: of_goal(kind, 3 if kind in ("items", "visits", "distinct_days") else 1500) for kind in KINDS
}


def test_an_award_keeps_to_its_limits() -> None:
    of = of_goal("accumulated", 1000, limits=[{"times": 1, "per": "life"}])
    outcome = buy(
        of, line(price=1000), who=holding(received("goal", "a", at=START), received("goal", "b", at=START))
    )
    assert state(outcome) == [("a", 1000, True), ("b", 1000, True)]
    assert earned(outcome, "goal") == 50_000
    assert [(use.limit, use.times) for use in outcome.limits] == [("offer:goal:life:times", 1)]
    of = of_goal("accumulated", 1000, limits=[{"points_milli": 70_000, "per": "life"}])
    outcome = buy(
        of, line(price=1000), who=holding(received("goal", "a", at=START), received("goal", "b", at=START))
    )
    assert earned(outcome, "goal") == 70_000
    assert [(use.times, use.amount) for use in outcome.limits] == [(2, 70_000)]
