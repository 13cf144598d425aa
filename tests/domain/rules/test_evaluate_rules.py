"""Every field of a rule: when, who, where, if, on, then, limits, stack, valid, expiry, on_return."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from loyalty import rules
from loyalty.rules.facts import Used
from loyalty.rules.outcome import Expiry
from tests.domain.rules.small import (
    NOON,
    basket,
    buy,
    check,
    discount,
    double,
    earned,
    happens,
    keyed,
    line,
    local,
    member,
    missing,
    off,
    pay,
    points,
    program,
    rate,
    received,
    rule,
    tax,
)


def gives(*lines: Any, who: Any = None, bought: dict[str, Any] | None = None, **parts: Any) -> int:
    """Return the bonus points of one rule with these parts."""
    of = program(rule("one", points(5000), **parts), bases=False)
    return buy(of, *(lines or (line(),)), who=who, **(bought or {})).earned_milli


WHO = [
    ({"tiers": ["gold"]}, {}, {"tier": "green"}),
    ({"segments": ["vip"]}, {"segments": ["vip", "x"]}, {"segments": ["x"]}),
    ({"tags": ["student"]}, {"tags": ["student"]}, {}),
    ({"employees": True}, {"employee": True}, {}),
    ({"employees": False}, {}, {"employee": True}),
    ({"first_purchase": True}, {"visits": 0}, {"visits": 1}),
    ({"first_purchase": False}, {"visits": 1}, {"visits": 0}),
    (
        {"member_days": {"from": 0, "until": 30}},
        {"joined_at": NOON - timedelta(days=30)},
        {"joined_at": NOON - timedelta(days=31)},
    ),
    ({"member_days": {"from": 365}}, {"joined_at": local(2025, 3, 10)}, {"joined_at": local(2025, 3, 11)}),
]


@pytest.mark.parametrize(("who", "yes", "no"), WHO)
def test_a_rule_is_for_those_it_names(who: dict[str, Any], yes: dict[str, Any], no: dict[str, Any]) -> None:
    of = program(rule("one", points(5000), who=who), bases=False)
    assert buy(of, line(), who=member(**yes)).earned_milli == 5000
    assert buy(of, line(), who=member(**no)).earned_milli == 0


def test_a_rule_for_an_offer_waits_for_its_activation() -> None:
    offer = keyed("promo", kind="information", channels=["app"], then=[], days=7)
    of = program(rule("one", points(5000), who={"offer": "promo"}), bases=False, offers=[offer])
    start = local(2026, 3, 5)
    sent = received("promo", at=start)
    assert buy(of, line(), who=member(offers=(sent,))).earned_milli == 0
    assert missing(buy(of, line(), who=member(offers=(sent,))))["one"] == "activate_first"
    active = replace(sent, activated_at=local(2026, 3, 6))
    assert buy(of, line(), who=member(offers=(active,))).earned_milli == 5000
    assert buy(of, line(), who=member(offers=(active,)), at=local(2026, 3, 12, 13)).earned_milli == 0


@pytest.mark.parametrize(
    ("where", "place", "expected"),
    [
        ({"channels": ["app", "web"]}, {"channel": "app"}, 5000),
        ({"channels": ["app", "web"]}, {"channel": "store"}, 0),
        ({"stores": ["main"]}, {"store": "main"}, 5000),
        ({"stores": ["main"]}, {"store": "west"}, 0),
        ({"stores": ["main"]}, {}, 0),
        ({"store_tags": ["seats"]}, {"store": "main"}, 5000),
        ({"store_tags": ["seats"]}, {"store": "west"}, 0),
    ],
)
def test_a_rule_holds_where_it_says(where: dict[str, Any], place: dict[str, Any], expected: int) -> None:
    assert gives(where=where, bought=place) == expected


ON = [
    ({}, line(), True),
    ({}, tax(50), False),
    ({"kinds": ["delivery"]}, line("d", 300, kind="delivery"), True),
    ({"categories": ["drinks"]}, line(), True),
    ({"categories": ["drinks"]}, line("toast", 800), False),
    ({"categories": ["drinks"]}, line("unlisted", 800, category="drinks"), True),
    ({"tags": ["drink"]}, line(), True),
    ({"tags": ["drink"]}, line("unlisted", 800, category="drinks"), True),
    ({"tags": ["iced"]}, line(tags=["iced"]), True),
    ({"tags": ["iced"]}, line(), False),
    ({"not_tags": ["alcohol"]}, line("merlot", 2000), False),
    ({"skus": ["latte"]}, line(), True),
    ({"skus": ["latte"]}, line("toast", 800), False),
    ({"not_skus": ["latte"]}, line(), False),
    ({"options": ["oat"]}, line(options=("oat", "shot")), True),
    ({"options": ["oat"]}, line(options=("shot",)), False),
]


@pytest.mark.parametrize(("on", "item", "expected"), ON)
def test_a_rule_is_about_the_lines_it_names(on: dict[str, Any], item: Any, expected: bool) -> None:
    assert gives(item, on=on) == (5000 if expected else 0)


def test_listed_goods_keep_the_programs_category_whatever_the_till_says() -> None:
    assert gives(line("merlot", 2000, category="food"), on={"categories": ["food"]}) == 0
    assert (
        gives(
            line("merlot", 2000, category="food"), if_={"field": "line.category", "op": "=", "value": "wine"}
        )
        == 5000
    )


def test_a_rate_only_counts_the_lines_it_is_about() -> None:
    of = program(rule("food", rate(1000), on={"categories": ["food"]}), bases=False)
    outcome = buy(of, line(id="drink"), line("toast", 800, id="food"))
    assert outcome.earnings[0].by_line == (("food", 8000),)


def test_a_condition_on_lines_chooses_lines() -> None:
    many = {"field": "line.quantity", "op": ">=", "value": 3}
    of = program(rule("many", points(1000, per_item=True), if_=many), bases=False)
    outcome = buy(of, line(id="a", quantity=2), line(id="b", quantity=3))
    assert outcome.earnings[0].by_line == (("b", 3000),)


def test_a_condition_on_the_order_sees_what_the_rule_is_about() -> None:
    enough = {"field": "order.eligible_minor", "op": ">=", "value": 1000}
    food = {"on": {"categories": ["food"]}, "if_": enough}
    assert gives(line(price=5000), line("toast", 800), **food) == 0
    assert gives(line("toast", 800), line("cookie", 200), **food) == 5000


def test_the_order_is_measured_after_discounts() -> None:
    enough = {"field": "order.eligible_minor", "op": ">=", "value": 1000}
    of = program(
        rule("one", points(5000), if_=enough),
        rule("ten-off", discount(percent="10"), if_=enough),
        bases=False,
    )
    outcome = buy(of, line(price=1000))
    assert (off(outcome, "ten-off"), outcome.earned_milli) == (100, 0)


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (
            {
                "all": [
                    {"field": "channel", "op": "=", "value": "app"},
                    {"field": "order.items", "op": ">", "value": 1},
                ]
            },
            5000,
        ),
        (
            {
                "any": [
                    {"field": "channel", "op": "=", "value": "web"},
                    {"field": "order.items", "op": ">", "value": 1},
                ]
            },
            5000,
        ),
        ({"not": {"field": "channel", "op": "in", "value": ["web", "store"]}}, 5000),
        ({"field": "member.favorite_store", "op": "!=", "value": "main"}, 0),
        ({"not": {"field": "member.favorite_store", "op": "=", "value": "main"}}, 5000),
        ({"field": "order.categories", "op": "has_all", "value": ["drinks", "food"]}, 5000),
        ({"field": "order.item_tags", "op": "has_none", "value": ["alcohol"]}, 5000),
        ({"field": "order.skus", "op": "has_any", "value": ["merlot"]}, 0),
        ({"field": "time.of_day", "op": "between", "value": ["11:00", "13:00"]}, 5000),
        ({"field": "time.weekday", "op": "=", "value": "TU"}, 5000),
        ({"field": "member.tier_rank", "op": ">=", "value": 1}, 5000),
    ],
)
def test_conditions_mean_what_they_say(tree: dict[str, Any], expected: int) -> None:
    assert gives(line(), line("toast", 800), if_=tree, bought={"channel": "app"}) == expected


def test_tenders_choose_the_share_they_pay() -> None:
    of = program(rule("cash", rate(1000), on={"kinds": ["product"], "tenders": ["cash"]}), bases=False)
    outcome = buy(of, line(price=900, id="a"), tax(100), tenders=[pay("cash", 250), pay("card", 750)])
    assert outcome.earned_milli == 2250
    assert buy(of, line(price=900), tenders=[]).earned_milli == 0


def test_per_item_counts_pieces_and_formulas_compute() -> None:
    of = program(
        rule("pieces", points(2000, per_item=True), on={"categories": ["food"]}),
        rule(
            "tenth",
            {
                "earn": {
                    "formula": {
                        "op": "min",
                        "args": [{"op": "/", "args": [{"field": "order.eligible_minor"}, "1/10"]}, 5000],
                    }
                }
            },
        ),
        bases=False,
    )
    outcome = buy(of, line("toast", 100, quantity=3, id="t"), line(price=33, id="l"))
    assert earned(outcome, "pieces") == 6000
    assert earned(outcome, "tenth") == 3330
    assert buy(of, line(price=10_000)).earned_milli == 5000


def test_a_formula_that_asks_what_is_not_there_gives_nothing() -> None:
    of = program(
        rule("one", {"earn": {"formula": {"op": "/", "args": [1000, {"field": "member.visits"}]}}}),
        bases=False,
    )
    assert buy(of, line(), who=member(visits=4)).earned_milli == 250
    assert buy(of, line(), who=member(visits=0)).earned_milli == 0


GROUPED = {"group": "g", "mode": "best"}


def test_of_competing_bonuses_the_best_wins_and_the_key_breaks_ties() -> None:
    of = program(
        rule("b", points(3000), stack=GROUPED),
        rule("a", points(3000), stack=GROUPED),
        rule("c", points(2000), stack=GROUPED),
        bases=False,
    )
    assert [each.rule for each in buy(of, line()).earnings] == ["a"]


def test_priority_goes_before_the_key() -> None:
    of = program(
        rule("b", points(3000), stack=GROUPED | {"priority": 1}),
        rule("a", points(3000), stack=GROUPED),
        bases=False,
    )
    assert [each.rule for each in buy(of, line()).earnings] == ["b"]


def test_an_exclusive_rule_silences_the_rest_of_its_group_only() -> None:
    of = program(
        rule("small", points(1000), stack={"group": "g", "mode": "add", "exclusive": True}),
        rule("large", points(9000), stack={"group": "g", "mode": "add", "priority": 9}),
        rule("other", points(500)),
        bases=False,
    )
    assert {each.rule for each in buy(of, line()).earnings} == {"small", "other"}


def test_rates_of_a_best_group_compete_line_by_line() -> None:
    best = {"group": "base", "mode": "best"}
    of = program(
        rule("all", rate(1000), stack=best),
        rule("drinks", rate(2000), on={"tags": ["drink"]}, stack=best),
        bases=False,
    )
    outcome = buy(of, line(price=500, id="d"), line("toast", 1000, id="f"))
    assert {each.rule: each.by_line for each in outcome.earnings} == {
        "all": (("f", 10_000),),
        "drinks": (("d", 10_000),),
    }


def test_rates_of_an_add_group_add() -> None:
    of = program(
        rule("more", rate(500), stack={"group": "g", "mode": "add"}), rule("all", rate(1000)), bases=False
    )
    assert buy(of, line(price=1000)).earned_milli == 15_000


@pytest.mark.parametrize(("mode", "milli"), [("add", 40_000), ("multiply", 60_000), ("best", 30_000)])
def test_multipliers_of_one_group_work_together_as_it_says(mode: str, milli: int) -> None:
    stack = {"group": "g", "mode": mode}
    of = program(
        rule("base", rate(1000)),
        rule("two", double("2"), stack=stack),
        rule("three", double("3"), stack=stack),
        rule("add-one", double("2"), if_={"field": "order.tags", "op": "has", "value": "x"}),
        bases=False,
    )
    assert buy(of, line(price=1000)).earned_milli == milli
    assert buy(of, line(price=1000), tags={"x"}).earned_milli == milli + 10_000


@pytest.mark.parametrize(
    ("valid", "expected"),
    [
        ({"from": "2026-03-10"}, True),
        ({"from": "2026-03-11"}, False),
        ({"until": "2026-03-10"}, True),
        ({"until": "2026-03-09"}, False),
        ({"from": "2026-03-10T12:00", "until": "2026-03-10T12:01"}, True),
        ({"until": "2026-03-10T12:00"}, False),
        ({"windows": ["FREQ=WEEKLY;BYDAY=MO,TU;BYHOUR=12"]}, True),
        ({"windows": ["FREQ=WEEKLY;BYDAY=MO,TU;BYHOUR=14,15"]}, False),
        ({"windows": ["FREQ=WEEKLY;BYDAY=MO", "FREQ=MONTHLY;BYMONTHDAY=10"]}, True),
        ({"from": None, "until": None}, True),
    ],
)
def test_a_rule_holds_at_its_times(valid: dict[str, Any], expected: bool) -> None:
    assert gives(valid=valid) == (5000 if expected else 0)


def test_time_is_the_stores() -> None:
    valid = {"windows": ["FREQ=DAILY;BYHOUR=9"]}
    assert gives(valid=valid, bought={"store": "west"}) == 5000
    assert gives(valid=valid, bought={"store": "main"}) == 0


def test_points_live_as_rule_tier_or_program_says() -> None:
    own = {"kind": "days", "count": 30}
    of = program(
        rule("own", points(1000), expiry=own),
        rule("inherit", points(1000), expiry="inherit"),
        expiry={"kind": "inactivity", "count": 365},
    )
    outcome = buy(of, line(), who=member("green"))
    assert {each.rule: each.expiry for each in outcome.earnings} == {
        "green-base": Expiry("months_end", 6),
        "inherit": Expiry("months_end", 6),
        "own": Expiry("days", 30),
    }


def test_what_a_return_does_is_carried_along() -> None:
    of = program(rule("kept", points(1000), on_return="keep"), rule("one", points(1000)))
    assert {each.rule: each.on_return for each in buy(of, line()).earnings}["kept"] == "keep"
    assert {each.rule: each.on_return for each in buy(of, line()).earnings}["one"] == "reverse"


def test_rules_answer_only_what_they_are_for() -> None:
    of = program(
        rule("both", points(1000), when=["purchase", "visit"]),
        rule(
            "mailed",
            points(2000),
            when="event:newsletter",
            if_={"field": "event.text.list", "op": "=", "value": "news"},
        ),
        rule("count", {"earn": {"formula": {"field": "event.number.stars"}}}, when="event:newsletter"),
        bases=False,
    )
    assert buy(of, line()).earned_milli == 1000
    assert happens(of, "visit").earned_milli == 1000
    assert happens(of, "event:newsletter", data={"list": "news", "stars": 700}).earned_milli == 2700
    assert happens(of, "event:newsletter", data={"list": "other"}).earned_milli == 0
    assert happens(of, "signup").earnings == ()


@pytest.mark.parametrize(
    "when", ["signup", "referral", "tier_reached", "challenge_done", "birthday", "visit", "schedule"]
)
def test_every_occasion_can_earn(when: str) -> None:
    valid = {"windows": ["FREQ=DAILY"]} if when == "schedule" else {}
    of = program(rule("one", points(1000), when=when, valid=valid), bases=False)
    assert happens(of, when).earned_milli == 1000


def test_a_top_up_can_earn_by_rate() -> None:
    of = program(
        rule("one", rate(1000, 100), when="top_up", limits=[{"points_milli": 25_000, "per": "order"}]),
        bases=False,
    )
    outcome = happens(of, "top_up", amount_minor=1250)
    assert (outcome.earned_milli, outcome.earnings[0].by_line) == (12_500, ())
    assert happens(of, "top_up", amount_minor=9999).earned_milli == 25_000


def test_a_scheduled_moment_is_only_for_its_own_rule() -> None:
    of = program(
        rule("daily", points(1000), when="schedule", valid={"windows": ["FREQ=DAILY"]}),
        rule("monday", points(7000), when="schedule", valid={"windows": ["FREQ=WEEKLY;BYDAY=MO;BYHOUR=9"]}),
    )
    due = list(rules.scheduled(of, local(2026, 3, 8, 12), local(2026, 3, 10, 12)))
    assert due == [
        (local(2026, 3, 9, 0), "daily"),
        (local(2026, 3, 9, 9), "monday"),
        (local(2026, 3, 10, 0), "daily"),
    ]
    outcome = happens(of, "schedule", at=local(2026, 3, 9, 9), data={"rule": "monday"})
    assert [each.rule for each in outcome.earnings] == ["monday"]


def test_a_rule_can_do_everything_else() -> None:
    of = program(
        rule(
            "much",
            {"grant": {"reward": "treat", "valid_days": 14}},
            {"grant": {"coupon": "welcome"}},
            {"set_tier": {"tier": "gold", "valid_months": 3}},
            {"extend_expiry": {"months": 2}},
            {"notify": {"text": {"en": "Hello"}}},
            {"partner": {"partner": "air", "points_milli": 9000}},
            when="signup",
        ),
        rewards=[keyed("treat", granted_only=True, gives={"free_item": {}})],
        coupons=[keyed("welcome", kind="personal", then=[discount(percent="10")])],
    )
    outcome = happens(of, "signup", member("green"))
    treat, welcome = outcome.grants
    assert (treat.reward, treat.valid_until) == ("treat", local(2026, 3, 24, 0))
    assert (welcome.coupon, welcome.reward, welcome.valid_until) == ("welcome", "", None)
    assert [(each.tier, each.until) for each in outcome.tiers] == [("gold", local(2026, 6, 10, 0))]
    assert [(each.months, each.earned_before) for each in outcome.extensions] == [(2, local(2026, 3, 1, 0))]
    assert [(each.kind, each.data) for each in outcome.messages] == [
        ("notify", {"text": {"en": "Hello"}}),
        ("partner", {"partner": "air", "points_milli": 9000}),
    ]


def test_a_stranger_gets_public_prices_and_nothing_else() -> None:
    of = program(
        rule("public", discount(percent="10")),
        rule("gold-only", discount(percent="50"), who={"tiers": ["gold"]}),
        rule("members", discount(percent="50"), if_={"field": "member.known", "op": "=", "value": True}),
        rule("bonus", points(1000)),
    )
    outcome = rules.evaluate(of, basket(line(price=1000)), None)
    check(outcome)
    assert outcome.total_minor == 900
    assert (outcome.earnings, outcome.near_misses) == ((), ())


def test_limits_of_a_public_price_are_counted_only_as_budgets() -> None:
    limits = [{"times": 1, "per": "day"}, {"amount_minor": 5000, "per": "program", "budget": True}]
    of = program(rule("public", discount(percent="10"), limits=limits))
    outcome = rules.evaluate(of, basket(line(price=1000)), None)
    assert [(use.limit, use.amount, use.shared) for use in outcome.limits] == [
        ("rule:public:program:amount_minor:budget", 100, True)
    ]


def used(of: Any, key: str, times: int = 0, amount: int = 0, at: Any = NOON) -> dict[tuple[str, str], Used]:
    return {
        (limit.key, period.key): Used(times, amount, period.since, period.until)
        for limit, period in rules.limit_periods(of, at, None)
        if limit.key.startswith(key)
    }


@pytest.mark.parametrize(
    ("per", "period"),
    [
        ("day", "2026-03-10"),
        ("week", "2026-W11"),
        ("calendar_month", "2026-03"),
        ("year", "2026"),
        ("life", "life"),
        ("program", "program"),
        ({"hours": 4}, "4h"),
    ],
)
def test_a_limit_counts_in_its_period(per: Any, period: str) -> None:
    of = program(rule("one", points(5000), limits=[{"times": 2, "per": per}]), bases=False)
    (use,) = buy(of, line()).limits
    assert (use.period, use.times, use.maximum_times) == (period, 1, 2)
    assert buy(of, line(), who=member(used=used(of, "rule:one", 1))).earned_milli == 5000
    spent = buy(of, line(), who=member(used=used(of, "rule:one", 2)))
    assert (spent.earned_milli, spent.limits) == (0, ())
    assert missing(spent) == {"one": "used_up"}


def test_what_is_left_of_a_limit_caps_what_is_given() -> None:
    of = program(rule("one", rate(1000), limits=[{"points_milli": 12_000, "per": "day"}]), bases=False)
    outcome = buy(
        of, line(price=800, id="a"), line(price=400, id="b"), who=member(used=used(of, "rule:one", 1, 6000))
    )
    (earning,) = outcome.earnings
    assert (earning.points_milli, earning.by_line) == (6000, (("a", 4000), ("b", 2000)))
    assert earning.why.inputs["limited"] is True
    (use,) = outcome.limits
    assert (use.amount, use.by_line, use.maximum_amount) == (6000, earning.by_line, 12_000)


def test_a_capped_rate_is_doubled_as_far_as_it_was_given() -> None:
    of = program(
        rule("one", rate(1000), limits=[{"points_milli": 6000, "per": "order"}]),
        rule("two", double()),
        bases=False,
    )
    assert buy(of, line(price=1000)).earned_milli == 12_000


def test_a_money_limit_on_a_rate_caps_what_earns() -> None:
    of = program(
        rule("one", rate(1500), limits=[{"amount_minor": 1000, "per": "calendar_month"}]), bases=False
    )
    outcome = buy(of, line(price=800), line(price=800), who=member(used=used(of, "rule:one", 1, 400)))
    assert outcome.earned_milli == 9000
    assert [(use.amount, use.maximum_amount) for use in outcome.limits] == [(600, 1000)]


def test_a_multiplier_can_be_capped() -> None:
    of = program(rule("two", double(), limits=[{"points_milli": 5000, "per": "order"}]))
    assert buy(of, line(price=1000)).earned_milli == 17_000


def test_two_effects_of_a_rule_share_its_limit() -> None:
    of = program(
        rule("one", points(4000), points(3000), limits=[{"points_milli": 5000, "per": "life"}]), bases=False
    )
    outcome = buy(of, line())
    assert [each.points_milli for each in outcome.earnings] == [4000, 1000]
    assert [(use.times, use.amount) for use in outcome.limits] == [(1, 5000)]


def test_whole_points_never_exceed_a_limit() -> None:
    of = program(
        rule("one", rate(1000), limits=[{"points_milli": 5500, "per": "order"}]),
        bases=False,
        settings={"rounding": "half_up_per_order"},
    )
    assert buy(of, line(price=1000)).earned_milli == 5000


def test_a_visit_window_starts_with_the_first_use_and_ends_by_itself() -> None:
    of = program(rule("one", points(5000), limits=[{"times": 1, "per": {"hours": 4}}]), bases=False)
    (use,) = buy(of, line()).limits
    assert (use.since, use.until) == (NOON, NOON + timedelta(hours=4))
    counter = {(use.limit, use.period): Used(1, 0, use.since, use.until)}
    who = member(used=counter)
    assert buy(of, line(), who=who, at=NOON + timedelta(hours=3, minutes=59)).earned_milli == 0
    (again,) = buy(of, line(), who=who, at=NOON + timedelta(hours=4)).limits
    assert again.since == NOON + timedelta(hours=4)


def test_a_limit_follows_the_stores_clock() -> None:
    of = program(rule("one", points(5000), limits=[{"times": 1, "per": "day"}]))
    late = local(2026, 3, 11, 1)
    assert buy(of, line(), at=late, store="main").limits[0].period == "2026-03-11"
    assert buy(of, line(), at=late, store="west").limits[0].period == "2026-03-10"


def test_a_limit_counts_nothing_when_the_rule_gives_nothing() -> None:
    of = program(rule("two", double(), limits=[{"times": 3, "per": "day"}]), bases=False)
    assert buy(of, line()).limits == ()
