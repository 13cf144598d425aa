"""The golden examples of RULES.md § 7 that the evaluator decides alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from loyalty import ledger, rules
from loyalty.rules import tiers
from loyalty.rules.facts import Step, Used
from loyalty.rules.outcome import Expiry
from loyalty.rules.refusals import UsedThisPeriod
from tests.domain.rules.small import (
    DOUBLE_DAY,
    OWN_CUP,
    buy,
    claim,
    double,
    earned,
    happens,
    keyed,
    line,
    local,
    member,
    off,
    pay,
    points,
    program,
    rate,
    received,
    rule,
    tax,
    tip,
)

FREE = {"free_item": {"on": {"not_tags": ["alcohol"]}, "max_minor": 1000}}
LADDER = [
    keyed("ladder-60", price_milli=60_000, gives={"amount_off": {"amount_minor": 200}}),
    keyed("ladder-200", price_milli=200_000, gives=FREE),
    keyed("ladder-300", price_milli=300_000, gives={"free_item": {"max_minor": 1600}}),
]


@pytest.mark.parametrize(("tier", "milli"), [("green", 6900), ("gold", 8280), ("reserve", 11730)])
def test_e1_a_latte_earns_by_tier_and_not_on_tax_and_tip(tier: str, milli: int) -> None:
    outcome = buy(program(), line(price=690), tax(55), tip(100), who=member(tier))
    assert outcome.earned_milli == milli
    assert outcome.total_minor == 845


@pytest.mark.parametrize(("rounding", "milli"), [("exact", 82110), ("floor_per_rule", 77000)])
def test_e2_seven_visits_lose_nothing_unless_rounded(rounding: str, milli: int) -> None:
    of = program(settings={"rounding": rounding})
    assert sum(buy(of, line(price=690), who=member("reserve")).earned_milli for _ in range(7)) == milli


@pytest.mark.parametrize(("base", "milli"), [("tier_rate", 30_000), ("base_rate", 27_500)])
def test_e3_own_cup_doubles_the_tier_rate_or_the_base_rate(base: str, milli: int) -> None:
    of = program(OWN_CUP, settings={"multiplier_base": base})
    assert buy(of, line(price=1250), tags={"own-cup"}).earned_milli == milli


@pytest.mark.parametrize(("stacking", "milli"), [("add", 36_000), ("multiply", 48_000), ("best", 24_000)])
def test_e4_two_doublings_stack_as_the_setting_says(stacking: str, milli: int) -> None:
    of = program(OWN_CUP, DOUBLE_DAY, settings={"multiplier_stacking": stacking})
    assert buy(of, line(price=1000), tags={"own-cup", "double"}).earned_milli == milli


def test_e5_the_fourth_own_cup_of_the_day_is_single() -> None:
    of = program(OWN_CUP)
    ((limit, period),) = rules.limit_periods(of, local(2026, 3, 10), None)
    assert (limit.key, period.key) == ("rule:own-cup:day:times", "2026-03-10")
    for used, milli in ((2, 24_000), (3, 12_000)):
        who = member(used={(limit.key, period.key): Used(used, 0, period.since, period.until)})
        outcome = buy(of, line(price=1000), who=who, tags={"own-cup"})
        assert outcome.earned_milli == milli
    assert [(use.limit, use.times) for use in buy(of, line(), tags={"own-cup"}).limits] == [(limit.key, 1)]


TOP_UPS = [
    rule(
        f"top-up-{dollars}",
        points(stars * 1000),
        when="top_up",
        if_={"field": "occasion.amount_minor", "op": ">=", "value": dollars * 100},
        stack={"group": "top-up", "mode": "best", "priority": dollars},
    )
    for dollars, stars in ((30, 10), (50, 25))
]


@pytest.mark.parametrize(("amount", "milli"), [(6000, 25_000), (3000, 10_000), (2999, 0), (5000, 25_000)])
def test_e6_a_top_up_earns_one_step_and_no_base_points(amount: int, milli: int) -> None:
    of = program(*TOP_UPS, rule("activity", {"extend_expiry": {"months": 1}}, when=["purchase", "top_up"]))
    outcome = happens(of, "top_up", amount_minor=amount)
    assert outcome.earned_milli == milli
    assert [each.months for each in outcome.extensions] == [1]


def test_e7_wine_and_gift_cards_do_not_earn() -> None:
    outcome = buy(
        program(),
        line("merlot", 2000),
        line("toast", 800, id="toast"),
        line("card", 2500, kind="gift_card"),
        who=member("green"),
    )
    (earning,) = outcome.earnings
    assert earning.by_line == (("toast", 8000),)


def test_e8_two_points_by_wallet_and_one_otherwise() -> None:
    wallet = rule("wallet", rate(2000), on={"kinds": ["product"], "tenders": ["wallet"]})
    other = rule(
        "other", rate(1000), on={"kinds": ["product"], "tenders": ["cash", "card", "gift_card", "other"]}
    )
    outcome = buy(
        program(wallet, other, bases=False), line(price=2000), tenders=[pay("wallet", 1200), pay("card", 800)]
    )
    assert outcome.earned_milli == 32_000
    best = {"group": "base", "mode": "best"}
    competing = program(wallet | {"stack": best}, rule("all", rate(1000), stack=best), bases=False)
    assert buy(competing, line(price=2000), tenders=[pay("wallet", 1200)]).earned_milli == 32_000


def test_e9_a_200_reward_takes_10_dollars_off_and_the_rest_earns() -> None:
    outcome = buy(
        program(rewards=LADDER),
        line(price=1125),
        who=member("green", points_milli=264_000),
        rewards=[claim("ladder-200")],
    )
    (discount,) = outcome.discounts
    assert (discount.points_milli, discount.amount_minor) == (200_000, 1000)
    assert (outcome.total_minor, outcome.earned_milli) == (125, 1250)
    assert outcome.warnings == ()


def test_e10_a_60_reward_on_a_cheap_cookie_warns_of_the_value_lost() -> None:
    of = program(rewards=LADDER)
    outcome = buy(of, line("cookie", 150), who=member(points_milli=60_000), rewards=[claim("ladder-60")])
    assert (outcome.spent_milli, off(outcome, "ladder-60")) == (60_000, 150)
    (warning,) = outcome.warnings
    assert (warning.code, warning.why.inputs["amount_minor"]) == ("value_lost", 50)
    assert rules.explain(of, warning.why, "en").startswith("$0.50 is lost")


def test_e11_264_points_do_not_buy_the_300_reward() -> None:
    with pytest.raises(ledger.InsufficientPoints) as refusal:
        buy(program(rewards=LADDER), line(), who=member(points_milli=264_000), rewards=[claim("ladder-300")])
    assert refusal.value.code == "insufficient_points"
    assert refusal.value.data == {"missing_milli": 36_000}


def test_e12_crossing_a_tier_counts_from_the_next_purchase() -> None:
    of, at = program(), local(2026, 5, 10)
    first = buy(of, line(price=1000), at=at, who=member("green", tier_points_milli=492_000))
    assert first.earned_milli == 10_000
    tier = rules.tier_after(of, "green", 492_000 + first.earned_milli)
    assert tier == "gold"
    assert rules.valid_until(of, at) == local(2027, 5, 10, 0)
    assert buy(of, line(price=1000), at=at, who=member(tier)).earned_milli == 12_000


def test_e14_too_few_tier_points_in_the_year_lead_back_to_green() -> None:
    of = program()
    assert rules.tier_window(of, local(2027, 5, 10, 0), local(2025, 1, 1)) == local(2026, 5, 10, 0)
    assert rules.demotion(of, "gold", 490_000) == "green"
    assert rules.demotion(of, "gold", 500_000) == "gold"


def test_e15_and_e16_green_points_end_with_the_sixth_month_and_activity_adds_one() -> None:
    of = program(
        rule(
            "activity",
            {"extend_expiry": {"months": 1}},
            when=["purchase", "top_up"],
            limits=[{"times": 1, "per": "calendar_month"}],
        )
    )
    until = rules.expires_at(of, rules.expiry_of(of, "green"), local(2026, 3, 15))
    assert until == local(2026, 10, 1, 0)
    first = happens(of, "top_up", member("green"), local(2026, 9, 12), amount_minor=2000)
    (extension,) = first.extensions
    assert extension.earned_before == local(2026, 9, 1, 0)
    assert rules.extended(of, until, extension.months) == local(2026, 11, 1, 0)
    (use,) = first.limits
    used = {(use.limit, use.period): Used(use.times, use.amount, use.since, use.until)}
    again = happens(of, "top_up", member("green", used=used), local(2026, 9, 30), amount_minor=2000)
    assert again.extensions == ()


def test_e17_points_know_which_line_earned_them() -> None:
    of = program(
        rule("a-bonus", points(10_000), on={"skus": ["latte"]}),
        rule("b-bonus", points(20_000), on={"skus": ["toast"]}),
    )
    outcome = buy(
        of,
        line("latte", 1000, id="A"),
        line("toast", 1000, id="B"),
        line("cookie", 2000, id="C"),
        who=member("green"),
    )
    assert outcome.earned_milli == 70_000
    parts = {"A": 0, "B": 0, "C": 0}
    for earning in outcome.earnings:
        for name, part in earning.by_line:
            parts[name] += part
    assert parts == {"A": 20_000, "B": 30_000, "C": 20_000}


THREE_DAYS = keyed(
    "three-days",
    kind="challenge",
    channels=["app"],
    on={"tags": ["drink"]},
    challenge={
        "qualifies_by": "distinct_days",
        "target": 3,
        "window": {"from": "fixed", "start": "2026-06-01", "until": "2026-06-14"},
        "requires": "activated",
    },
    then=[points(75_000)],
)


def test_e20_a_challenge_counts_days_from_its_activation() -> None:
    of = program(offers=[THREE_DAYS])
    days: list[date] = []
    steps: list[Step] = []
    for day in (2, 5, 8, 9):
        activated = local(2026, 6, 3) if day > 2 else None
        instance = received(
            "three-days",
            activated_at=activated,
            days=frozenset(days),
            progress=len(days),
            at=local(2026, 5, 30),
        )
        outcome = buy(of, line(), at=local(2026, 6, day), who=member("green", offers=(instance,)))
        if day == 2:
            assert outcome.progress == ()
            assert [each.code for each in outcome.near_misses if each.key == "three-days"] == [
                "activate_first"
            ]
            continue
        (progress,) = outcome.progress
        days.append(progress.day)
        steps.append(Step(f"s{day}", progress.contributions[0].line, 1, progress.day, local(2026, 6, day)))
        assert (progress.progress, progress.completes) == (len(days), day == 9)
        assert earned(outcome, "three-days") == (75_000 if day == 9 else 0)
    assert rules.challenge_progress(of, "three-days", steps) == (3, True)
    assert rules.challenge_progress(of, "three-days", [each for each in steps if each.day.day != 8]) == (
        2,
        False,
    )


BIRTHDAYS = [
    rule(
        f"birthday-{tier}",
        {"grant": {"reward": "birthday-item", "valid_days": days}},
        when="birthday",
        who={"tiers": [tier]},
    )
    for tier, days in (("green", 1), ("gold", 7), ("reserve", 30))
]


@pytest.mark.parametrize(("tier", "days"), [("green", 1), ("gold", 7), ("reserve", 30)])
def test_e21_a_leap_birthday_is_kept_on_28_february(tier: str, days: int) -> None:
    of = program(*BIRTHDAYS, rewards=[keyed("birthday-item", granted_only=True, gives=FREE)])
    day = rules.birthday_on(of, date(1992, 2, 29), 2027)
    assert day == date(2027, 2, 28)
    (grant,) = happens(of, "birthday", member(tier), datetime(2027, 2, 28, 9, 30, tzinfo=UTC)).grants
    assert grant.valid_from == local(2027, 2, 28, 0)
    assert grant.valid_until == local(2027, 2, 28, 0) + timedelta(days=days) - (
        timedelta(hours=1) if days == 30 else timedelta()  # the clocks change on 14 March
    )
    assert rules.birthday_on(program(settings={"leap_birthday": "mar_1"}), date(1992, 2, 29), 2027) == date(
        2027, 3, 1
    )


def test_e22_the_monday_option_is_for_one_monday_of_the_month() -> None:
    of = program(
        rewards=[
            keyed(
                "monday-option",
                price_milli=0,
                gives={"option_upgrade": {"max_minor": 100}},
                valid={"windows": ["FREQ=WEEKLY;BYDAY=MO"]},
                limits=[{"times": 1, "per": "calendar_month"}],
            )
        ]
    )
    latte = line(price=770, options=("oat",))
    first = buy(of, latte, at=local(2026, 3, 16), rewards=[claim("monday-option")])
    assert off(first, "monday-option") == 80
    (use,) = first.limits
    used = {(use.limit, use.period): Used(use.times, use.amount, use.since, use.until)}
    with pytest.raises(UsedThisPeriod) as refusal:
        buy(of, latte, at=local(2026, 3, 23), who=member(used=used), rewards=[claim("monday-option")])
    assert refusal.value.code == "used_this_period"
    assert (
        buy(
            of, latte, at=local(2026, 4, 6), who=member(used=used), rewards=[claim("monday-option")]
        ).discount_minor
        == 80
    )


@pytest.mark.parametrize("name", rules.SHIPPED)
def test_the_shipped_programs_give_the_golden_numbers(name: str) -> None:
    of = rules.compile_program(rules.load_shipped(name))
    drink = next(sku for sku in of.products if sku == "caramel-latte")
    latte = line(drink, 690)
    for tier, milli in (("green", 6900), ("gold", 8280), ("reserve", 11730)):
        assert buy(of, latte, tax(55), tip(100), who=member(tier)).earned_milli == milli
    assert buy(of, line(drink, 1250), tags={"own-cup"}).earned_milli == 30_000
    outcome = buy(
        of, line(drink, 1125), who=member("green", points_milli=264_000), rewards=[claim("ladder-200")]
    )
    assert (outcome.total_minor, outcome.earned_milli) == (125, 1250)
    for amount, milli in ((6000, 25_000), (3000, 10_000), (2999, 0)):
        assert happens(of, "top_up", amount_minor=amount).earned_milli == milli


def test_a_doubled_green_member_doubles_the_entry_rate_too() -> None:
    of = program(OWN_CUP, settings={"multiplier_base": "base_rate"})
    assert buy(of, line(price=1250), who=member("green"), tags={"own-cup"}).earned_milli == 25_000
    assert tiers.tier_after(of, "gold", 0) == "gold"
    assert rules.expires_at(of, Expiry("never"), local(2026, 1, 1)) is None
    assert double("3")["multiply"] == {"factor": "3"}
