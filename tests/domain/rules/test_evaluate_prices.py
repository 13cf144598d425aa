"""Price effects: how much comes off, of which lines, in which order, and never below zero."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from loyalty import rules
from loyalty.rules.facts import Used
from loyalty.rules.refusals import (
    CouponNotApplicable,
    LimitReached,
    NotHere,
    NotNow,
    TierTooLow,
    UsedThisPeriod,
)
from tests.domain.rules.small import (
    NOON,
    basket,
    buy,
    check,
    code,
    discount,
    double,
    earned,
    keyed,
    line,
    local,
    member,
    missing,
    off,
    points,
    program,
    received,
    rule,
    tax,
)

DEAR, CHEAP = line("latte", 1000, 2, id="dear"), line("cookie", 300, 3, id="cheap")


def by_line(effect: dict[str, Any], **parts: Any) -> dict[str, int]:
    """Return what one rule takes off two lattes at $10.00 and three cookies at $3.00."""
    outcome = buy(program(rule("one", effect, **parts)), DEAR, CHEAP, tax(55))
    return {each.line: each.discount_minor for each in outcome.lines if each.discount_minor}


@pytest.mark.parametrize(
    ("effect", "expected"),
    [
        (discount(percent="10"), {"dear": 200, "cheap": 90}),
        (discount(percent="10", of="lines"), {"dear": 200, "cheap": 90}),
        (discount(percent="10", max_minor=145), {"dear": 100, "cheap": 45}),
        (discount(percent="12.5"), {"dear": 250, "cheap": 113}),  # 362.5 is rounded once, up
        (discount(amount_minor=290), {"dear": 200, "cheap": 90}),
        (discount(amount_minor=100), {"dear": 69, "cheap": 31}),
        (discount(amount_minor=9999), {"dear": 2000, "cheap": 900}),
        (discount(amount_minor=400, of="lines"), {"dear": 800, "cheap": 900}),
        (discount(amount_minor=400, of="lines", max_minor=170), {"dear": 80, "cheap": 90}),
        (discount(percent="50", of="cheapest"), {"cheap": 150}),
        (discount(percent="50", of="dearest"), {"dear": 500}),
        (discount(amount_minor=400, of="cheapest"), {"cheap": 300}),
        (discount(percent="50", of="dearest", max_minor=120), {"dear": 120}),
        ({"free_item": {}}, {"dear": 1000}),
        ({"free_item": {"max_minor": 600}}, {"dear": 600}),
        ({"free_item": {"of": "cheapest"}}, {"cheap": 300}),
        ({"fixed_price": {"price_minor": 500}}, {"dear": 1000}),
        ({"fixed_price": {"price_minor": 100}}, {"dear": 1800, "cheap": 600}),
        ({"buy_x_get_y": {"buy": 2, "get": 1}}, {"cheap": 300}),
        ({"buy_x_get_y": {"buy": 1, "get": 1}}, {"cheap": 600}),
        ({"buy_x_get_y": {"buy": 1, "get": 1, "percent": "50"}}, {"cheap": 300}),
        ({"buy_x_get_y": {"buy": 1, "get": 1, "of": "dearest"}}, {"dear": 2000}),
        ({"buy_x_get_y": {"buy": 2, "get": 2}}, {"cheap": 600}),
        ({"buy_x_get_y": {"buy": 5, "get": 1}}, {}),
        ({"buy_x_get_y": {"buy": 4, "get": 3}}, {"cheap": 300}),
    ],
)
def test_a_price_effect_takes_off_what_it_says(effect: dict[str, Any], expected: dict[str, int]) -> None:
    assert by_line(effect) == expected


def test_effects_work_one_after_the_other_in_the_order_of_priority_and_key() -> None:
    ten, off_two = rule("b", discount(percent="10")), rule("a", discount(amount_minor=200))
    assert buy(program(ten, off_two), line(price=1000)).total_minor == 720
    assert buy(program(ten | {"stack": {"priority": 1}}, off_two), line(price=1000)).total_minor == 700


@pytest.mark.parametrize(("mode", "total"), [("best", 500), ("add", 200), ("multiply", 350)])
def test_discounts_of_one_group_work_together_as_it_says(mode: str, total: int) -> None:
    stack = {"group": "sale", "mode": mode}
    of = program(
        rule("half", discount(percent="50"), stack=stack), rule("thirty", discount(percent="30"), stack=stack)
    )
    outcome = buy(of, line(price=1000))
    assert outcome.total_minor == total


def test_nothing_costs_less_than_nothing() -> None:
    of = program(*(rule(f"r{place}", discount(amount_minor=400)) for place in range(4)))
    outcome = buy(of, line(price=1000))
    assert (outcome.total_minor, outcome.discount_minor) == (0, 1000)
    assert [each.amount_minor for each in outcome.discounts] == [400, 400, 200]


def test_a_piece_that_is_already_cheaper_is_cheaper_for_the_next_effect() -> None:
    of = program(rule("a", {"free_item": {}}), rule("b", discount(percent="50", of="dearest")))
    outcome = buy(of, line(price=1000, quantity=2))
    assert [each.amount_minor for each in outcome.discounts] == [1000, 500]
    of = program(
        rule("a", {"free_item": {}}), rule("b", discount(percent="10")), rule("c", {"free_item": {}})
    )
    outcome = buy(of, line(price=1000, quantity=2))
    assert [each.amount_minor for each in outcome.discounts] == [1000, 100, 900]


def test_a_discount_stops_at_what_is_left_of_its_limit() -> None:
    of = program(
        rule("one", discount(percent="50"), limits=[{"amount_minor": 600, "per": "program", "budget": True}])
    )
    ((limit, period),) = rules.limit_periods(of, NOON, None)
    used = {(limit.key, period.key): Used(3, 350, period.since, None)}
    outcome = buy(of, line(price=1000, id="a"), line("cookie", 1000, id="b"), who=member(used=used))
    assert off(outcome, "one") == 250
    (use,) = outcome.limits
    assert (use.shared, use.amount, use.by_line, use.maximum_amount) == (
        True,
        250,
        (("a", 125), ("b", 125)),
        600,
    )
    used = {(limit.key, period.key): Used(3, 600, period.since, None)}
    assert buy(of, line(price=1000), who=member(used=used)).discounts == ()


def test_points_are_earned_on_what_is_paid() -> None:
    of = program(rule("half", discount(percent="50")))
    assert buy(of, line(price=1000), who=member("green")).earned_milli == 5000


WELCOME = keyed("welcome", kind="personal", then=[discount(percent="20", max_minor=500)])


def test_a_coupon_comes_after_the_rules_and_names_its_code() -> None:
    of = program(rule("ten", discount(percent="10")), coupons=[WELCOME])
    outcome = buy(of, line(price=1000), coupons=[code("welcome")])
    assert [(each.source, each.amount_minor, each.coupon) for each in outcome.discounts] == [
        ("rule", 100, None),
        ("coupon", 180, "id-welcome"),
    ]


def test_a_coupon_can_give_points_a_multiplier_or_a_grant() -> None:
    of = program(
        coupons=[
            keyed("pts", kind="multi", then=[points(7000)], limits=[{"times": 1, "per": "day"}]),
            keyed("dbl", kind="multi", then=[double()]),
            keyed("gift", kind="multi", then=[{"grant": {"reward": "treat"}}]),
        ],
        rewards=[keyed("treat", granted_only=True, gives={"free_item": {}})],
    )
    outcome = buy(of, line(price=1000), coupons=[code("pts"), code("dbl"), code("gift")])
    assert (earned(outcome, "pts"), earned(outcome, "dbl")) == (7000, 12_000)
    assert [each.reward for each in outcome.grants] == ["treat"]
    assert [(use.limit, use.times) for use in outcome.limits] == [("coupon:pts:day:times", 1)]


REFUSED = [
    ({"who": {"tiers": ["reserve"]}}, TierTooLow),
    ({"where": {"channels": ["app"]}}, NotHere),
    ({"where": {"stores": ["west"]}}, NotHere),
    ({"valid": {"until": "2026-03-09"}}, NotNow),
    ({"valid": {"windows": ["FREQ=DAILY;BYHOUR=8"]}}, NotNow),
    ({"on": {"categories": ["wine"]}}, CouponNotApplicable),
    ({"if": {"field": "order.eligible_minor", "op": ">", "value": 5000}}, CouponNotApplicable),
    ({"who": {"segments": ["vip"]}}, CouponNotApplicable),
]


@pytest.mark.parametrize(("parts", "refusal"), REFUSED)
def test_a_coupon_that_does_not_fit_says_why(parts: dict[str, Any], refusal: type[Exception]) -> None:
    of = program(coupons=[{**WELCOME, **parts}])
    with pytest.raises(refusal):
        buy(of, line(price=1000), coupons=[code("welcome")])


def test_a_coupon_that_nobody_knows_is_refused() -> None:
    with pytest.raises(CouponNotApplicable):
        buy(program(), line(), coupons=[code("welcome")])


@pytest.mark.parametrize(("per", "refusal"), [("day", UsedThisPeriod), ("life", LimitReached)])
def test_a_used_up_coupon_is_refused(per: str, refusal: type[Exception]) -> None:
    of = program(coupons=[{**WELCOME, "limits": [{"times": 1, "per": per}]}])
    ((limit, period),) = rules.limit_periods(of, NOON, None)
    used = {(limit.key, period.key): Used(1, 0, period.since, period.until)}
    with pytest.raises(refusal):
        buy(of, line(), who=member(used=used), coupons=[code("welcome")])
    with pytest.raises(refusal):
        buy(of, line(), coupons=[code("welcome"), replace(code("welcome"), id="second")])


def test_a_public_coupon_works_for_a_stranger_and_points_alone_do_not() -> None:
    of = program(coupons=[WELCOME, keyed("pts", kind="multi", then=[points(7000)])])
    outcome = rules.evaluate(of, basket(line(price=1000), coupons=[code("welcome")]), None)
    check(outcome)
    assert outcome.total_minor == 800
    with pytest.raises(CouponNotApplicable):
        rules.evaluate(of, basket(line(), coupons=[code("pts")]), None)


def test_an_exclusive_coupon_tolerates_no_other_of_its_group() -> None:
    group = {"group": "codes", "exclusive": True}
    of = program(
        coupons=[
            WELCOME,
            {**WELCOME, "key": "x", "stack": group},
            {**WELCOME, "key": "y", "stack": {"group": "codes"}},
        ]
    )
    assert buy(of, line(price=1000), coupons=[code("welcome"), code("x")]).total_minor == 640
    for order in (("x", "y"), ("y", "x")):
        with pytest.raises(CouponNotApplicable):
            buy(of, line(price=1000), coupons=[code(each) for each in order])


SECOND = keyed(
    "second",
    kind="coupon",
    channels=["app"],
    then=[{"buy_x_get_y": {"buy": 1, "get": 1, "percent": "50"}}],
    requires="activated",
    days=7,
)
HAPPY = keyed(
    "happy", kind="multiplier", channels=["app"], then=[double("1.5")], limits=[{"times": 1, "per": "day"}]
)


def test_an_open_offer_takes_off_and_names_the_instance_it_used() -> None:
    of = program(offers=[SECOND])
    sent = received("second", at=local(2026, 3, 9))
    waiting = buy(of, line(quantity=2), who=member(offers=(sent,)))
    assert (waiting.discounts, missing(waiting)) == ((), {"second": "activate_first"})
    active = replace(sent, activated_at=local(2026, 3, 9, 13))
    outcome = buy(of, line(quantity=2), who=member(offers=(active,)))
    assert [(each.source, each.offer_instance, each.amount_minor) for each in outcome.discounts] == [
        ("coupon", "i-second", 345)
    ]
    assert buy(of, line(quantity=2), who=member(offers=(replace(active, completed_at=NOON),))).discounts == ()
    assert buy(of, line(quantity=2), who=member(offers=(active,)), at=local(2026, 3, 17)).discounts == ()


def test_two_instances_of_one_offer_work_once_per_order_the_older_first() -> None:
    of = program(offers=[{**SECOND, "requires": "none"}])
    offers = tuple(received("second", f"i{place}", at=local(2026, 3, 5 + place)) for place in range(2))
    outcome = buy(of, line(quantity=2), who=member(offers=offers))
    assert [each.offer_instance for each in outcome.discounts] == ["i0"]


def test_an_offered_multiplier_multiplies_within_its_limits() -> None:
    of = program(offers=[HAPPY])
    who = member("green", offers=(received("happy"),))
    outcome = buy(of, line(price=1000), who=who)
    assert outcome.earned_milli == 15_000
    (use,) = outcome.limits
    used = {(use.limit, use.period): Used(1, 0, use.since, use.until)}
    assert buy(of, line(price=1000), who=replace(who, used=used)).earned_milli == 10_000
    assert buy(of, line(price=1000), who=member("green")).earned_milli == 10_000


def test_two_codes_of_one_coupon_count_twice() -> None:
    of = program(coupons=[{**WELCOME, "limits": [{"times": 2, "per": "day"}]}])
    outcome = buy(of, line(price=1000), coupons=[code("welcome"), replace(code("welcome"), id="second")])
    assert [each.amount_minor for each in outcome.discounts] == [200, 160]
    assert [use.times for use in outcome.limits] == [2]
