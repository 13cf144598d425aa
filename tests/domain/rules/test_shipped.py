"""The two programs that come with Regulars keep what RULES.md § 7 says of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from loyalty import rules
from loyalty.rules.program import (
    Earn,
    GiveAmountOff,
    GiveFreeItem,
    GiveOption,
    GrantEffect,
    Multiply,
    Program,
)
from loyalty.rules.settings import Settings

both = pytest.mark.parametrize("name", rules.SHIPPED)


def compiled(name: str) -> Program:
    return rules.compile_program(rules.load_shipped(name), version=1)


def texts(value: Any) -> Iterator[dict[str, str]]:
    if isinstance(value, dict):
        if value and set(value) <= {"en", "fr"}:
            yield value
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


@both
def test_it_has_no_flaws_and_every_text_in_english_and_french(name: str) -> None:
    document = rules.load_shipped(name)
    assert rules.check(document) == ()
    assert document["locales"] == ["en", "fr"]
    found = list(texts(document))
    assert len(found) > 60
    for each in found:
        assert set(each) == {"en", "fr"}, each


@both
def test_a_copy_is_given_each_time(name: str) -> None:
    rules.load_shipped(name)["tiers"].clear()
    assert len(rules.load_shipped(name)["tiers"]) == 3


def test_only_two_names_are_shipped() -> None:
    with pytest.raises(rules.NotShipped):
        rules.load_shipped("../settings")


@both
def test_tiers_rates_and_expiry_are_those_of_the_reference(name: str) -> None:
    program = compiled(name)
    assert [(tier.key, tier.points_milli) for tier in program.tiers.values()] == [
        ("green", 0),
        ("gold", 500_000),
        ("reserve", 2_500_000),
    ]
    assert [tier.expiry.kind for tier in program.tiers.values() if tier.expiry] == [
        "months_end",
        "never",
        "never",
    ]
    assert program.tier_policy.valid_months == program.tier_policy.window_months == 12
    rates = {
        next(iter(rule.who.tiers)): rule.effects[0]
        for key, rule in program.rules.items()
        if key.endswith("-base")
    }
    assert rates == {"green": Earn(1000, 100), "gold": Earn(1200, 100), "reserve": Earn(1700, 100)}
    for key in ("green-base", "gold-base", "reserve-base", "own-cup"):
        assert program.rules[key].on.kinds == {"product"}
        assert program.rules[key].on.not_tags == {"alcohol"}


@both
def test_the_settings_are_the_defaults(name: str) -> None:
    assert compiled(name).settings == Settings()


@both
def test_the_ladder_costs_and_gives_what_the_reference_says(name: str) -> None:
    rewards = compiled(name).rewards
    gives = {key: rewards[f"ladder-{key}"].gives for key in (25, 60, 100, 200, 300, 400)}
    assert all(rewards[f"ladder-{key}"].price_milli == key * 1000 for key in gives)
    assert isinstance(gives[25], GiveOption)
    assert gives[25].max_minor == 100
    assert isinstance(gives[60], GiveAmountOff)
    assert gives[60].amount_minor == 200
    caps = [gift.max_minor for key in (100, 200, 300, 400) if isinstance(gift := gives[key], GiveFreeItem)]
    assert caps == [600, 1000, 1600, 2000]


@both
def test_own_cup_doubles_once_per_order_and_three_times_a_day(name: str) -> None:
    rule = compiled(name).rules["own-cup"]
    assert rule.effects == (Multiply(2),)
    assert [(limit.times, limit.per) for limit in rule.limits] == [(1, "order"), (3, "day")]


@both
def test_birthdays_last_by_tier_and_the_monday_option_comes_once_a_month(name: str) -> None:
    program = compiled(name)
    for tier, days in (("green", 1), ("gold", 7), ("reserve", 30)):
        assert program.rules[f"birthday-{tier}"].effects == (GrantEffect("birthday-item", None, days),)
    monday = program.rewards["monday-option"]
    assert monday.price_milli == 0
    assert monday.valid.covers(datetime(2026, 3, 16, 9, tzinfo=program.zone))
    assert not monday.valid.covers(datetime(2026, 3, 17, 9, tzinfo=program.zone))
    assert [(limit.times, limit.per) for limit in monday.limits] == [(1, "calendar_month")]
    assert program.rewards["birthday-item"].granted_only


@both
def test_the_goods_that_scenarios_name_are_there(name: str) -> None:
    program = compiled(name)
    for sku in ("caramel-latte", "latte", "cappuccino", "cookie", "croissant", "toast", "wine", "beans"):
        assert sku in program.products
    for sku in ("caramel-latte", "latte", "cappuccino"):
        assert "drink" in program.products[sku].tags
        assert {"size", "milk", "shots", "syrup", "own-cup"} <= set(program.products[sku].option_groups)
    assert "alcohol" in program.products["wine"].tags
    assert {"oat", "own-cup"} <= set(program.options)
    assert program.default_store is not None
    assert program.default_store.key == "main-street"
    assert {"harbor", "station"} <= set(program.stores)
    assert program.offers["three-days"].challenge is not None


def test_the_cafe_has_the_spread_of_a_real_menu() -> None:
    program = compiled("cafe-stars")
    menu = [
        product.price_minor
        for product in program.products.values()
        if product.category not in ("home", "evening")
    ]
    assert len(menu) == 97
    assert len({product.category for product in program.products.values()}) == 15
    assert len(program.option_groups) >= 24
    assert (min(menu), max(menu)) == (150, 950)
    assert max(product.price_minor for product in program.products.values()) == 2500
    assert all(
        group.minimum <= group.maximum <= len(group.options) for group in program.option_groups.values()
    )


def test_the_cafe_keeps_the_rules_of_the_reference() -> None:
    cafe, reference = (rules.load_shipped(name) for name in rules.SHIPPED)
    words = ("name", "text")

    def bare(rule: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in rule.items() if key not in words}

    assert [bare(rule) for rule in cafe["rules"]] == [bare(rule) for rule in reference["rules"]]
    rewards = {reward["key"]: bare(reward) for reward in cafe["rewards"]}
    for reward in reference["rewards"]:
        assert rewards[reward["key"]] == bare(reward)
    for key in ("settings", "tier_policy", "expiry", "currency", "timezone"):
        assert cafe[key] == reference[key]
