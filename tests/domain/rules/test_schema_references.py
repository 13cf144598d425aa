"""What a program says about itself must hold together."""

from __future__ import annotations

from typing import Any

import pytest

from loyalty import rules
from tests.domain.rules.test_schema import MINIMAL, RULE, flaws, only, program, with_rule

TIERS = [
    {"key": "green", "name": {"en": "Green"}, "points_milli": 0},
    {"key": "gold", "name": {"en": "Gold"}, "points_milli": 500_000},
]
GOODS: dict[str, Any] = {
    "categories": [{"key": "drinks", "name": {"en": "Drinks"}, "tags": ["drink"]}],
    "option_groups": [
        {"key": "milk", "name": {"en": "Milk"}, "options": [{"key": "oat", "name": {"en": "Oat"}}]}
    ],
    "products": [{"sku": "latte", "name": {"en": "Latte"}, "category": "drinks", "price_minor": 400}],
    "stores": [{"key": "harbor", "name": {"en": "Harbor"}, "tags": ["terrace"]}],
}
REWARD: dict[str, Any] = {
    "key": "item",
    "name": {"en": "Item"},
    "price_milli": 100_000,
    "gives": {"free_item": {"max_minor": 600}},
}


def full(**parts: Any) -> dict[str, Any]:
    return program(**{"tiers": TIERS, **GOODS, "rewards": [REWARD], **parts})


def rule(**parts: Any) -> dict[str, Any]:
    return full(rules=[{**RULE, **parts}])


def condition(tree: Any) -> dict[str, Any]:
    return rule(**{"if": tree})


@pytest.mark.parametrize(
    ("parts", "pointer", "detail"),
    [
        ({"who": {"tiers": ["golt"]}}, "who/tiers/0", "tier of this program, not golt; did you mean gold?"),
        ({"who": {"offer": "x"}}, "who/offer", "offer of this program, not x"),
        (
            {"where": {"stores": ["habor"]}},
            "where/stores/0",
            "store of this program, not habor; did you mean harbor?",
        ),
        ({"where": {"store_tags": ["x"]}}, "where/store_tags/0", "store tag of this program"),
        ({"on": {"skus": ["late"]}}, "on/skus/0", "product of this program, not late; did you mean latte?"),
        ({"on": {"not_skus": ["late"]}}, "on/not_skus/0", "product of this program"),
        (
            {"on": {"categories": ["drink"]}},
            "on/categories/0",
            "category of this program, not drink; did you mean drinks?",
        ),
        (
            {"on": {"options": ["oats"]}},
            "on/options/0",
            "option of this program, not oats; did you mean oat?",
        ),
        (
            {"then": [{"grant": {"reward": "itm"}}]},
            "then/0/grant/reward",
            "reward of this program, not itm; did you mean item?",
        ),
        ({"then": [{"grant": {"coupon": "x"}}]}, "then/0/grant/coupon", "coupon of this program"),
        (
            {"then": [{"progress": {"challenge": "x"}}]},
            "then/0/progress/challenge",
            "challenge of this program",
        ),
        ({"then": [{"set_tier": {"tier": "x"}}]}, "then/0/set_tier/tier", "tier of this program"),
    ],
)
def test_a_name_that_is_not_there_is_told_with_the_nearest(
    parts: dict[str, Any], pointer: str, detail: str
) -> None:
    flaw = only(rule(**parts))
    assert flaw.pointer == f"/rules/0/{pointer}"
    assert detail in flaw.detail


def test_a_program_that_lists_no_goods_takes_them_as_tills_name_them() -> None:
    assert rules.check(with_rule(on={"skus": ["latte"], "categories": ["drinks"], "options": ["oat"]})) == ()


@pytest.mark.parametrize(
    ("kind", "key"),
    [("tiers", "key"), ("categories", "key"), ("products", "sku"), ("stores", "key"), ("rewards", "key")],
)
def test_a_key_is_given_once(kind: str, key: str) -> None:
    document = full()
    document[kind].append(dict(document[kind][0]))
    assert f"/{kind}/{len(document[kind]) - 1}/{key}" in flaws(document)


def test_an_option_key_is_unique_across_groups() -> None:
    document = full()
    document["option_groups"].append({**document["option_groups"][0], "key": "foam"})
    assert only(document).pointer == "/option_groups/1/options/0/key"


def test_tiers_begin_at_zero_and_rise() -> None:
    document = program(tiers=[{**TIERS[0], "points_milli": 5}, {**TIERS[1], "points_milli": 5}])
    assert flaws(document) == {
        "/tiers/0/points_milli": "expected 0: the first tier is the entry tier",
        "/tiers/1/points_milli": "expected more than 5, the tier before it",
    }


def test_currency_timezone_and_locales_must_exist() -> None:
    document = program(currency="USX", timezone="Nowhere/City", locales=["en", "en", "xx"])
    assert set(flaws(document)) == {"/currency", "/timezone", "/locales/1", "/locales/2"}
    assert only(full(stores=[{**GOODS["stores"][0], "timezone": "Mars"}])).pointer == "/stores/0/timezone"


def test_every_text_has_the_first_locale_and_no_locale_of_another_program() -> None:
    document = program(
        locales=["fr", "en"], name={"en": "Small"}, tiers=[{**TIERS[0], "name": {"fr": "Vert", "de": "x"}}]
    )
    assert flaws(document) == {
        "/name": "expected this text in fr, the first of the program's locales",
        "/tiers/0/name/de": "expected only the program's locales (fr, en)",
    }


@pytest.mark.parametrize(
    ("valid", "pointer"),
    [
        ({"from": "2026-03-10", "until": "2026-03-09"}, "until"),
        ({"from": "2026-02-30"}, "from"),
        ({"from": "2026-03-10T10:00", "until": "2026-03-10T09:00"}, "until"),
        ({"windows": ["FREQ=HOURLY"]}, "windows/0"),
        ({"windows": ["FREQ=WEEKLY;BYDAY=XX"]}, "windows/0"),
        ({"windows": ["FREQ=WEEKLY;COUNT=3"]}, "windows/0"),
    ],
)
def test_a_validity_that_cannot_be_is_refused(valid: dict[str, Any], pointer: str) -> None:
    assert only(rule(valid=valid)).pointer == f"/rules/0/valid/{pointer}"


def test_the_last_day_counts_whole() -> None:
    document = rule(
        valid={"from": "2026-03-10", "until": "2026-03-10", "windows": ["FREQ=WEEKLY;BYDAY=TU;BYHOUR=14"]}
    )
    assert rules.check(document) == ()


@pytest.mark.parametrize(
    ("leaf", "pointer", "detail"),
    [
        (("order.elligible_minor", ">", 0), "field", "did you mean order.eligible_minor?"),
        (("order.gross_minor", "has", 0), "op", "expected one of =, !=, <"),
        (("order.gross_minor", ">", "5"), "value", "expected an integer"),
        (("order.gross_minor", "between", [5, 1]), "value", "the lower one first"),
        (("order.gross_minor", "in", 5), "value", "expected a list"),
        (("member.employee", "=", 1), "value", "expected true or false"),
        (("member.tier", "=", "golt"), "value", "did you mean gold?"),
        (("member.tier", "in", ["gold", "golt"]), "value/1", "did you mean gold?"),
        (("order.categories", "has_any", ["drink"]), "value/0", "did you mean drinks?"),
        (("channel", "=", "phone"), "value", "expected one of app, web, store"),
        (("time.date", ">", "2026-02-30"), "value", "a date like"),
        (("time.of_day", "<", "9:00"), "value", "a time of day like"),
        (("time.weekday", "=", "Monday"), "value", "MO, TU"),
        (("event.number.", ">", 1), "field", "expected a known field"),
    ],
)
def test_a_comparison_must_suit_its_field(leaf: tuple[str, str, Any], pointer: str, detail: str) -> None:
    flaw = only(condition(dict(zip(("field", "op", "value"), leaf, strict=True))))
    assert flaw.pointer == f"/rules/0/if/{pointer}"
    assert detail in flaw.detail


def test_families_of_fields_take_any_name() -> None:
    for leaf in (
        ("event.number.age", ">=", 3),
        ("event.text.kind", "=", "a"),
        ("member.preference.milk", "in", ["oat"]),
    ):
        assert rules.check(condition(dict(zip(("field", "op", "value"), leaf, strict=True)))) == ()


def test_a_condition_has_at_most_eight_levels_and_two_hundred_nodes() -> None:
    leaf: Any = {"field": "member.known", "op": "=", "value": True}
    deep = leaf
    for _ in range(7):
        deep = {"not": deep}
    assert rules.check(condition(deep)) == ()
    assert only(condition({"not": deep})).pointer == "/rules/0/if" + "/not" * 8
    wide = {"all": [{"any": [leaf] * 98}, {"any": [leaf] * 99}]}
    assert rules.check(condition(wide)) == ()
    assert only(condition({"not": wide})).detail == "expected at most 200 nodes, not 201"


def test_formulas_are_checked_for_fields_arguments_and_depth() -> None:
    for formula, place in (
        ({"op": "/", "args": [1]}, "/args"),
        ({"field": "member.tier"}, "/field"),
        ({"op": "+", "args": [{"field": "order.nothing"}]}, "/args/0/field"),
    ):
        flaw = only(rule(then=[{"earn": {"formula": formula}}]))
        assert flaw.pointer == f"/rules/0/then/0/earn/formula{place}"


def test_a_limit_is_told_apart_by_period_and_measure() -> None:
    limits: list[Any] = [{"times": 1, "per": "day"}, {"times": 2, "per": "day"}]
    assert only(rule(limits=limits)).pointer == "/rules/0/limits/1"
    limits = [
        {"times": 1, "per": "day"},
        {"points_milli": 2, "per": "day"},
        {"times": 1, "per": {"hours": 4}},
    ]
    assert rules.check(rule(limits=limits)) == ()
    keys = [limit.key for limit in rules.compile_program(rule(limits=limits)).rules["base"].limits]
    assert keys == ["rule:base:day:times", "rule:base:day:points_milli", "rule:base:4h:times"]
    assert only(rule(limits=[{"times": 1, "per": "order", "budget": True}])).code == "impossible"


@pytest.mark.parametrize(
    ("when", "effect", "flawed"),
    [
        ("purchase", {"discount": {"percent": "10"}}, False),
        ("top_up", {"discount": {"percent": "10"}}, True),
        (["top_up", "purchase"], {"discount": {"percent": "10"}}, False),
        ("signup", {"multiply": {"factor": "2"}}, True),
        ("signup", {"earn": {"points_milli": 1, "per_minor": 1}}, True),
        ("top_up", {"earn": {"points_milli": 1, "per_minor": 1}}, False),
        ("top_up", {"earn": {"points_milli": 1, "per_item": True}}, True),
        ("event:poll", {"earn": {"points_milli": 1}}, False),
    ],
)
def test_effects_must_be_possible_on_the_occasion(when: Any, effect: Any, flawed: bool) -> None:
    assert bool(rules.check(rule(when=when, then=[effect]))) is flawed


def test_a_scheduled_rule_says_when() -> None:
    assert (
        only(rule(when="schedule", then=[{"notify": {"text": {"en": "Hi"}}}])).pointer
        == "/rules/0/valid/windows"
    )


def test_an_expiry_that_ends_says_when() -> None:
    assert only(rule(expiry={"kind": "days"})).pointer == "/rules/0/expiry/count"
    assert rules.check(rule(expiry={"kind": "never"})) == ()
    assert rules.check(rule(expiry="inherit")) == ()


def test_a_reward_has_a_price_for_every_tier_or_is_only_granted() -> None:
    bare = {key: value for key, value in REWARD.items() if key != "price_milli"}
    assert only(full(rewards=[bare])).pointer == "/rewards/0/price_milli"
    assert rules.check(full(rewards=[{**bare, "granted_only": True}])) == ()
    by_tier = {**REWARD, "price_milli": {"gold": 80_000}}
    assert "entry tier" in only(full(rewards=[by_tier])).detail
    by_tier["price_milli"] = {"green": 100_000, "gold": 80_000}
    reward = rules.compile_program(full(rewards=[by_tier])).rewards["item"]
    assert (reward.price_for("green"), reward.price_for("gold"), reward.price_for("lost")) == (
        100_000,
        80_000,
        100_000,
    )
    by_tier["price_milli"] = {"green": 1, "golt": 1}
    assert "did you mean gold?" in only(full(rewards=[by_tier])).detail


OFFER: dict[str, Any] = {
    "key": "three",
    "name": {"en": "Three"},
    "kind": "challenge",
    "challenge": {"qualifies_by": "visits", "target": 3, "window": {"from": "receipt", "days": 7}},
    "then": [{"earn": {"points_milli": 1}}],
}


@pytest.mark.parametrize(
    ("parts", "pointer"),
    [
        ({"challenge": None}, "challenge"),
        ({"kind": "multiplier"}, "challenge"),
        ({"kind": "multiplier", "challenge": None}, "then"),
        ({"kind": "information", "challenge": None}, "then"),
        ({"kind": "coupon", "challenge": None, "then": []}, "then"),
        ({"then": [{"discount": {"percent": "5"}}]}, "then/0/discount"),
    ],
)
def test_the_kind_of_an_offer_says_what_it_has(parts: dict[str, Any], pointer: str) -> None:
    assert f"/offers/0/{pointer}" in flaws(full(offers=[{**OFFER, **parts}]))


@pytest.mark.parametrize(
    "window",
    [
        {"from": "receipt"},
        {"from": "receipt", "start": "2026-06-01", "until": "2026-06-14"},
        {"from": "fixed", "days": 3},
        {"from": "fixed", "start": "2026-06-01"},
        {"from": "fixed", "start": "2026-06-14", "until": "2026-06-01"},
        {"from": "fixed", "start": "2026-06-01", "until": "2026-06-31"},
        {"from": "activation", "days": 3},
        {"from": "receipt", "days": 3, "hours": 3},
    ],
)
def test_the_window_of_a_challenge_must_make_sense(window: dict[str, Any]) -> None:
    challenge = {**OFFER["challenge"], "window": window}
    assert rules.check(full(offers=[{**OFFER, "challenge": challenge}]))


def test_no_more_distinct_days_than_the_window_has() -> None:
    window = {"from": "fixed", "start": "2026-06-01", "until": "2026-06-03"}
    challenge: dict[str, Any] = {"qualifies_by": "distinct_days", "target": 3, "window": window}
    assert rules.check(full(offers=[{**OFFER, "challenge": challenge}])) == ()
    challenge["target"] = 4
    assert only(full(offers=[{**OFFER, "challenge": challenge}])).pointer == "/offers/0/challenge/target"


def test_a_single_use_code_is_used_once() -> None:
    coupon: dict[str, Any] = {
        "key": "c",
        "name": {"en": "C"},
        "kind": "single",
        "then": [{"discount": {"percent": "5"}}],
    }
    assert rules.compile_program(full(coupons=[coupon])).coupons["c"].uses == 1
    assert only(full(coupons=[{**coupon, "uses": 2}])).pointer == "/coupons/0/uses"


def test_an_on_that_leaves_nothing_is_refused() -> None:
    assert only(rule(on={"tags": ["drink"], "not_tags": ["drink"]})).pointer == "/rules/0/on"
    assert only(rule(on={"skus": ["latte"], "not_skus": ["latte"]})).pointer == "/rules/0/on"


def test_goods_have_a_price_known_groups_and_options_enough() -> None:
    product = {
        "sku": "x",
        "name": {"en": "X"},
        "category": "drink",
        "option_groups": ["mlik"],
        "prices": {"habor": 1},
    }
    assert flaws(full(products=[product])) == {
        "/products/0/category": "expected a category of this program, not drink; did you mean drinks?",
        "/products/0/option_groups/0": "expected an option group of this program, not mlik; did you mean milk?",
        "/products/0/prices/habor": "expected a store of this program, not habor; did you mean harbor?",
        "/products/0/price_minor": "expected a price, or open_price",
    }
    group = {**GOODS["option_groups"][0], "min": 2}
    assert only(full(option_groups=[group])).pointer == "/option_groups/0/min"


def test_changing_the_document_afterwards_does_not_change_the_program() -> None:
    document = program()
    compiled = rules.compile_program(document)
    document["tiers"][0]["name"]["en"] = "Changed"
    assert compiled.tiers["all"].name == MINIMAL["tiers"][0]["name"]


def test_the_rule_that_the_design_shows_is_right() -> None:
    shown = {
        "key": "gold-shown",
        "name": {"en": "Gold: 1.2 stars per $1", "fr": "Or : 1,2 étoile par dollar"},
        "when": "purchase",
        "who": {"tiers": ["gold"]},
        "where": {"channels": ["app", "web", "store"]},
        "if": {"all": [{"field": "order.eligible_minor", "op": ">", "value": 0}]},
        "on": {"kinds": ["product"], "not_tags": ["alcohol"]},
        "then": [{"earn": {"points_milli": 1200, "per_minor": 100, "wallet": "stars"}}],
        "limits": [{"times": 1, "per": "order"}],
        "stack": {"group": "base", "mode": "best", "priority": 10},
        "valid": {"from": "2026-03-10", "until": None, "windows": ["FREQ=WEEKLY;BYDAY=MO,TU;BYHOUR=14,15"]},
        "expiry": "inherit",
        "on_return": "reverse",
    }
    assert rules.check(full(locales=["en", "fr"], rules=[shown])) == ()
    cafe = rules.load_shipped("cafe-stars")
    cafe["rules"].append(shown)
    assert rules.check(cafe) == ()
    shown["then"] = [{"earn": {"points_milli": 1200, "wallet": "miles"}}]
    assert only(cafe).pointer == "/rules/10/then/0/earn/wallet"
