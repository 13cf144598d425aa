"""Every setting that the evaluator reads, at every value."""

from __future__ import annotations

import pytest

from tests.domain.rules.small import (
    OWN_CUP,
    buy,
    claim,
    double,
    earned,
    keyed,
    line,
    member,
    pay,
    points,
    program,
    rate,
    rule,
    tax,
)

TWO_OFF = keyed("two-off", price_milli=50_000, gives={"amount_off": {"amount_minor": 200}})


@pytest.mark.parametrize(
    ("rounding", "milli"),
    # 6.99 at 1.7 is 11.883; the bonus 2.5; together 14.383.
    [
        ("exact", 14_383),
        ("floor_per_rule", 13_000),
        ("floor_per_order", 14_000),
        ("half_up_per_order", 14_000),
    ],
)
def test_points_are_rounded_once_where_the_program_says(rounding: str, milli: int) -> None:
    of = program(rule("bonus", points(2500)), settings={"rounding": rounding})
    assert buy(of, line(price=699), who=member("reserve")).earned_milli == milli


def test_half_up_rounds_the_sum_of_the_order_up() -> None:
    of = program(rule("bonus", points(2700)), settings={"rounding": "half_up_per_order"})
    outcome = buy(of, line(price=699), who=member("reserve"))
    assert outcome.earned_milli == 15_000
    # 11.883 and 2.7: the whole points go to the larger remainder.
    assert (earned(outcome, "reserve-base"), earned(outcome, "bonus")) == (12_000, 3000)


def test_a_rate_is_rounded_for_the_lines_together_not_for_each() -> None:
    lines = [line(price=333, id=f"l{place}") for place in range(3)]
    of = program(rule("third", rate(1000, 300)), bases=False)
    outcome = buy(of, *lines)
    assert outcome.earned_milli == 3330  # 9.99 / 3, where thrice 1.11 would be the same, and
    of = program(rule("third", rate(1000, 700)), bases=False)
    outcome = buy(of, *lines)
    assert outcome.earned_milli == 1427  # 999000/700 = 1427.14, where thrice round(475.71) would be 1428
    assert outcome.earnings[0].by_line == (("l0", 476), ("l1", 476), ("l2", 475))


def test_thousandths_are_rounded_half_to_even() -> None:
    of = program(rule("half", rate(1, 2)), bases=False)
    assert buy(of, line(price=5)).earned_milli == 2
    assert buy(of, line(price=7)).earned_milli == 4


def test_a_multiplier_multiplies_exact_points_not_rounded_ones() -> None:
    of = program(OWN_CUP, settings={"rounding": "floor_per_rule"})
    outcome = buy(of, line(price=1290), tags={"own-cup"})  # 15.48, and another 15.48
    assert outcome.earned_milli == 30_000
    triple = program(rule("triple", double("3")), settings={"rounding": "floor_per_rule"})
    assert buy(triple, line(price=1290)).earned_milli == 15_000 + 30_000  # 30.96 down, not twice 15


@pytest.mark.parametrize(("stacking", "milli"), [("add", 18_000), ("multiply", 19_500), ("best", 15_000)])
def test_fractional_factors_stack_exactly(stacking: str, milli: int) -> None:
    of = program(
        rule("base", rate(1000)),
        rule("half-more", double("1.5")),
        rule("some-more", double("1.3")),
        bases=False,
        settings={"multiplier_stacking": stacking},
    )
    assert buy(of, line(price=1000)).earned_milli == milli


def test_best_takes_the_best_multiplier_of_each_line() -> None:
    of = program(
        rule("drinks", double("3"), on={"tags": ["drink"]}),
        rule("all", double("2")),
        settings={"multiplier_stacking": "best"},
    )
    outcome = buy(of, line("latte", 500, id="d"), line("toast", 1000, id="f"), who=member("green"))
    assert {each.rule: each.by_line for each in outcome.earnings} == {
        "green-base": (("d", 5000), ("f", 10_000)),
        "drinks": (("d", 10_000),),
        "all": (("f", 10_000),),
    }


@pytest.mark.parametrize(("crossing", "milli"), [("old_rate", 10_000), ("new_rate", 12_000)])
def test_the_purchase_that_crosses_a_tier_earns_at_the_old_or_new_rate(crossing: str, milli: int) -> None:
    of = program(settings={"crossing_purchase": crossing})
    assert buy(of, line(price=1000), who=member("green", tier_points_milli=492_000)).earned_milli == milli
    assert buy(of, line(price=700), who=member("green", tier_points_milli=492_000)).earned_milli == 7000


def test_a_reward_of_the_old_tier_can_be_used_by_the_purchase_that_crosses() -> None:
    of = program(
        rewards=[TWO_OFF | {"who": {"tiers": ["green"]}}], settings={"crossing_purchase": "new_rate"}
    )
    who = member("green", points_milli=50_000, tier_points_milli=492_000)
    outcome = buy(of, line(price=1200), who=who, rewards=[claim("two-off")])
    assert (outcome.total_minor, outcome.earned_milli) == (1000, 10_000)


@pytest.mark.parametrize("counts", [True, False])
def test_bonus_points_count_for_the_tier_or_not(counts: bool) -> None:
    of = program(
        OWN_CUP,
        rule("bonus", points(5000)),
        rule("always", points(1000), counts_for_tier=True),
        rule("never", points(1000), counts_for_tier=False),
        settings={"bonus_counts_for_tier": counts},
    )
    outcome = buy(of, line(price=1000), tags={"own-cup"})
    assert {each.rule: each.counts_for_tier for each in outcome.earnings} == {
        "gold-base": True,
        "own-cup": counts,
        "bonus": counts,
        "always": True,
        "never": False,
    }


def test_points_that_do_not_count_do_not_cross_a_tier() -> None:
    of = program(
        rule("bonus", points(100_000)),
        settings={"bonus_counts_for_tier": False, "crossing_purchase": "new_rate"},
    )
    outcome = buy(of, line(price=1000), who=member("green", tier_points_milli=480_000))
    assert earned(outcome, "green-base") == 10_000


@pytest.mark.parametrize(("earns", "milli"), [(True, 10_000), (False, 4000)])
def test_the_part_paid_by_wallet_earns_or_not(earns: bool, milli: int) -> None:
    of = program(settings={"earn_on_stored_value": earns})
    outcome = buy(
        of, line(price=1000), who=member("green"), tenders=[pay("wallet", 500), pay("gift_card", 100)]
    )
    assert outcome.earned_milli == milli
    if not earns:
        assert outcome.earnings[0].why.inputs["excluded"] == {"tender": 600}


def test_wallet_money_is_spread_over_all_lines_taxes_included() -> None:
    of = program(settings={"earn_on_stored_value": False})
    outcome = buy(of, line(price=900), tax(100), who=member("green"), tenders=[pay("wallet", 500)])
    assert outcome.earned_milli == 4500


@pytest.mark.parametrize(("earns", "milli"), [(False, 8000), (True, 10_000)])
def test_the_part_covered_by_a_reward_earns_or_not(earns: bool, milli: int) -> None:
    of = program(rewards=[TWO_OFF], settings={"earn_on_points_discount": earns})
    outcome = buy(of, line(price=1000), who=member("green", points_milli=50_000), rewards=[claim("two-off")])
    assert (outcome.total_minor, outcome.earned_milli) == (800, milli)


def test_settings_about_wallet_and_rewards_work_together() -> None:
    of = program(rewards=[TWO_OFF], settings={"earn_on_points_discount": True, "earn_on_stored_value": False})
    outcome = buy(
        of,
        line(price=1000),
        who=member("green", points_milli=50_000),
        rewards=[claim("two-off")],
        tenders=[pay("wallet", 300), pay("card", 500)],
    )
    assert outcome.earned_milli == 7000


def test_a_currency_without_decimals_counts_in_its_own_units() -> None:
    of = program(rule("yen", rate(1000, 100)), bases=False, currency="JPY")
    assert buy(of, line(price=690)).earned_milli == 6900
    assert of.currency_digits == 0
