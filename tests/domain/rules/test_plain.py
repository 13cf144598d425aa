"""The program in plain words: every part of the format has words in both languages, and nothing secret is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from loyalty import rules
from loyalty.rules import fields, plain, words
from loyalty.rules.plain import effects, setting_words, vocabulary, wording
from loyalty.rules.plain.conditions import condition
from loyalty.rules.plain.deals import rule as sentence_of
from loyalty.rules.plain.privacy import TOLD_FIELDS, UNTOLD_FIELDS
from loyalty.rules.plain.sections import TOLD
from loyalty.rules.schema.effects import EFFECTS, GIFTS
from loyalty.rules.settings import SETTINGS
from loyalty.rules.shipped import SHIPPED, load_shipped
from loyalty.rules.specs import Effect
from tests.domain.rules.small import TINY, keyed, points, program, rate, rule, text

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
# What would be a leak of the format into a sentence: keys with underscores, Python's nothing, braces, empty quotes.
RAW = re.compile(r"[a-z]_[a-z]|\bNone\b|[{}]|“”|«\s*»|\b(FREQ|BYDAY)\b")
# Where the values of the schema's enumerations have their words; None: the page says nothing of it, on purpose.
WORDS_OF: dict[tuple[str, str], Any] = {
    ("BuyXGetY", "of"): vocabulary.OF_PIECE,
    ("Challenge", "qualifies_by"): vocabulary.QUALIFIES_BY,
    ("Challenge", "comparison"): vocabulary.COMPARISON,
    ("Challenge", "repeat_receipt"): None,
    ("Challenge", "requires"): vocabulary.REQUIRES,
    ("Challenge", "purchase_counts_for"): None,
    ("ChallengeWindow", "from"): vocabulary.CHALLENGE_WINDOWS,
    ("Coupon", "kind"): None,
    ("Coupon", "expiry"): None,
    ("Coupon", "on_return"): None,
    ("Discount", "of"): vocabulary.OF_DISCOUNT,
    ("Expiry", "kind"): vocabulary.EXPIRY_KINDS,
    ("Formula", "op"): None,
    ("FreeItem", "of"): vocabulary.OF_PIECE,
    ("GiveAmountOff", "of"): vocabulary.OF_DISCOUNT,
    ("GiveFreeItem", "of"): vocabulary.OF_PIECE,
    ("GivePercentOff", "of"): vocabulary.OF_DISCOUNT,
    ("Limit", "per"): vocabulary.PERIODS,
    ("Offer", "kind"): vocabulary.OFFER_KINDS,
    ("Offer", "channels"): None,
    ("Offer", "requires"): vocabulary.REQUIRES,
    ("Offer", "expiry"): None,
    ("Offer", "on_return"): ("reverse", "keep"),
    ("On", "kinds"): vocabulary.LINE_KINDS,
    ("On", "tenders"): vocabulary.TENDERS,
    ("Product", "kind"): vocabulary.LINE_KINDS,
    ("Rule", "when"): vocabulary.OCCASIONS,
    ("Rule", "expiry"): None,
    ("Rule", "on_return"): ("reverse", "keep"),
    ("Stack", "mode"): ("best", "add", "multiply"),
    ("TierPolicy", "demotion"): vocabulary.DEMOTION,
    ("TierWindow", "kind"): vocabulary.TIER_WINDOWS,
    ("Where", "channels"): vocabulary.CHANNELS,
    **{("Settings", key): said for key, said in setting_words.SETTINGS.items()},
}


def enumerations(node: Any, definition: str = "", name: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield every value that the schema lists, with the object and the key it stands in."""
    if isinstance(node, dict):
        for value in node.get("enum", ()):
            yield definition, name, value
        for key, inner in node.get("properties", {}).items():
            yield from enumerations(inner, definition, key)
        for key, inner in node.get("$defs", {}).items():
            yield from enumerations(inner, key, "")
        for key, inner in node.items():
            if key not in ("properties", "$defs", "enum"):
                yield from enumerations(inner, definition, name)
    elif isinstance(node, list):
        for inner in node:
            yield from enumerations(inner, definition, name)


def test_every_value_the_schema_lists_has_words() -> None:
    found = list(enumerations(rules.json_schema()))
    assert len(found) > 80
    missing = [
        each
        for each in found
        if (each[0], each[1]) not in WORDS_OF
        or ((said := WORDS_OF[each[0], each[1]]) is not None and each[2] not in said)
    ]
    assert not missing, missing


def test_every_field_operator_effect_and_gift_has_words() -> None:
    assert vocabulary.FIELDS.keys() == words.FIELD_LABELS.keys()
    assert {op for each in fields.OPERATORS.values() for op in each} == vocabulary.OPERATORS.keys()
    assert set(effects._SAYERS) == set(Effect.__args__)
    assert len(effects._SAYERS) == len(EFFECTS)
    assert len(GIFTS.kinds) == 5


def test_every_setting_is_told_or_left_out_on_purpose() -> None:
    told = setting_words.SETTINGS.keys() | setting_words.UNTOLD_SETTINGS | setting_words.NUMBER_SETTINGS
    assert told == SETTINGS.keys()
    for key, said in setting_words.SETTINGS.items():
        assert set(said) == set(SETTINGS[key].choices or (True, False)), key


def test_every_field_is_for_everybody_or_kept() -> None:
    assert words.FIELD_LABELS.keys() == TOLD_FIELDS | UNTOLD_FIELDS
    assert not TOLD_FIELDS & UNTOLD_FIELDS


def test_both_languages_have_the_same_parts() -> None:
    pairs = [
        *wording.TEXTS.items(),
        *wording.SECTIONS.items(),
        *vocabulary.FIELDS.items(),
        *vocabulary.OPERATORS.items(),
    ]
    for key, (english, french) in pairs:
        assert set(re.findall(r"{\w+}", english)) >= set(re.findall(r"{\w+}", french)), key
        assert bool(english) == bool(french), key


def said(page: plain.Page) -> str:
    parts = [page.name]
    for section in page.sections:
        parts += [section.title, section.intro or ""]
        parts += [
            part or "" for each in section.items for part in (each.title, each.text, each.label, each.points)
        ]
    return "\n".join(parts)


def page_of(of: rules.Program, locale: str = "en", following: Any = None, now: datetime = NOW) -> plain.Page:
    return plain.page(of, following, locale=locale, now=now)


def section(page: plain.Page, key: str) -> plain.Section:
    return next(each for each in page.sections if each.key == key)


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("locale", ["en", "fr", "fr-CA", "de", "nonsense"])
def test_the_shipped_programs_are_told_without_a_raw_key(name: str, locale: str) -> None:
    page = page_of(rules.compile_program(load_shipped(name)), locale)
    assert not RAW.findall(said(page)), said(page)
    assert {each.key for each in page.sections} >= {"earn", "ladder", "tiers", "expiry", "next"}


def test_a_rule_reads_as_a_sentence() -> None:
    of = program(
        rule(
            "own-cup",
            {"multiply": {"factor": "2"}},
            on={"kinds": ["product"], "not_tags": ["alcohol"]},
            limits=[{"times": 3, "per": "day"}],
            valid={"windows": ["FREQ=WEEKLY;BYDAY=MO,TU;BYHOUR=14,15"]},
            if_={"field": "order.tags", "op": "has", "value": "own-cup"},
        )
    )
    (english,) = [each.text for each in section(page_of(of), "earn").items if each.key == "own-cup"]
    assert english == (
        "When you buy, if the order is marked “own cup”: 2 times the usual stars for products except “alcohol”; "
        "at most 3 times a day; on Monday and Tuesday, from 2:00\u202fPM to 4:00\u202fPM."
    )
    (french,) = [each.text for each in section(page_of(of, "fr"), "earn").items if each.key == "own-cup"]
    assert french.startswith(
        "Quand vous achetez, si la commande porte la mention «\xa0own cup\xa0»\xa0: 2 fois le"
    )
    assert "au plus 3 fois par jour" in french
    assert "le lundi et mardi, de 14:00 à 16:00" in french


def test_a_price_by_tier_names_each_tier() -> None:
    reward = keyed(
        "tea", price_milli={"green": 100_000, "gold": 90_000}, gives={"merchandise": {"sku": "latte"}}
    )
    reward["price_milli"]["reserve"] = 80_000
    (item,) = section(page_of(program(rewards=[reward])), "ladder").items
    assert item.text == "100 stars as green, 90 stars as gold, and 80 stars as reserve: one Latte."
    assert item.points_milli == 100_000


# -- what stays between the brand and its members

SECRET = "quiet-whisper"


@pytest.mark.parametrize(
    "parts",
    [
        {"who": {"segments": [SECRET]}},
        {"who": {"tags": [SECRET]}},
        {"who": {"employees": True}},
        {"who": {"offer": "nudge"}},
        {"if_": {"field": "member.segments", "op": "has", "value": SECRET}},
        {"if_": {"any": [{"not": {"field": "member.tags", "op": "has", "value": SECRET}}]}},
        {"if_": {"field": "member.last_visit_days", "op": ">", "value": 60}},
        {"if_": {"field": "member.spent_minor", "op": ">", "value": 100_000}},
        {"if_": {"field": "member.preference.milk", "op": "=", "value": SECRET}},
    ],
)
def test_a_rule_for_chosen_members_is_not_told(parts: dict[str, Any]) -> None:
    of = program(
        rule("whisper", points(50_000), name=text("A whisper"), **parts),
        offers=[keyed("nudge", kind="multiplier", channels=["app"], then=[{"multiply": {"factor": "3"}}])],
    )
    assert "whisper" in of.rules
    for locale in ("en", "fr"):
        told = said(page_of(of, locale))
        assert "whisper" not in told.lower()
        assert "50 " not in told


def test_budgets_stock_coupons_and_offers_that_are_not_public_are_not_told() -> None:
    budgeted = rule(
        "storm", points(5000), limits=[{"points_milli": 77_000_000, "per": "program", "budget": True}]
    )
    reward = keyed("mug", price_milli=10_000, stock=123, gives={"merchandise": {"sku": "latte"}})
    coupon = keyed("hush", kind="multi", uses=888, then=[points(1000)])
    offer = keyed("nudge", kind="multiplier", channels=["app"], then=[{"multiply": {"factor": "3"}}])
    steps = rule("steps", points(1000), {"progress": {"challenge": "dare"}})
    dare = keyed(
        "dare",
        kind="challenge",
        channels=["app"],
        challenge={"qualifies_by": "visits", "target": 5, "window": {"from": "receipt", "days": 7}},
        then=[points(9000)],
    )
    told = said(page_of(program(budgeted, steps, rewards=[reward], coupons=[coupon], offers=[offer, dare])))
    assert "storm" in told
    assert "while it lasts" in told
    for secret in ("77", "123", "888", "hush", "nudge", "dare"):
        assert secret not in told


def test_a_public_offer_is_told_until_it_is_over() -> None:
    offer = keyed(
        "spring",
        kind="multiplier",
        channels=["app"],
        public=True,
        valid={"until": "2026-03-31"},
        then=[{"multiply": {"factor": "3"}}],
    )
    of = program(offers=[offer])
    assert section(page_of(of), "offers").items[0].text == (
        "3 times the usual stars for products; until March 31, 2026."
    )
    april = datetime(2026, 4, 1, 4, tzinfo=UTC)  # midnight in New York
    assert not [each for each in page_of(of, now=april).sections if each.key == "offers"]
    assert [each for each in page_of(of, now=april - timedelta(seconds=1)).sections if each.key == "offers"]


# -- what changes next


def test_what_changes_is_told_with_its_date_and_without_secrets() -> None:
    cheap = keyed("tea", price_milli=100_000, gives={"merchandise": {"sku": "latte"}})
    dear = {**cheap, "price_milli": 120_000}
    coming = program(
        rule("new", points(2000)), rule("whisper", points(1), who={"segments": [SECRET]}), rewards=[dear]
    )
    begins = datetime(2026, 5, 1, 4, tzinfo=UTC)
    changed = section(page_of(program(rewards=[cheap]), following=(coming, begins)), "next")
    assert changed.intro is not None
    assert "May 1, 2026" in changed.intro
    texts = {each.key: each.text for each in changed.items}
    assert set(texts) == {"earn.new", "ladder.tea", "notice"}
    assert texts["earn.new"] == "New from May 1, 2026. When you buy: 2 stars."
    assert texts["ladder.tea"] == (
        "Until May 1, 2026: 100 stars: one Latte. From then on: 120 stars: one Latte."
    )
    french = section(page_of(program(rewards=[cheap]), "fr", following=(coming, begins)), "next")
    assert french.intro is not None
    assert "1er mai 2026" in french.intro


def test_a_version_that_changes_nothing_told_says_so() -> None:
    coming = program(rule("whisper", points(1), who={"segments": [SECRET]}))
    changed = section(page_of(program(), following=(coming, NOW + timedelta(days=9))), "next")
    assert [each.key for each in changed.items] == ["notice"]
    assert changed.intro is not None
    assert changed.intro.endswith("Nothing of what is written above changes.")


# -- any program

LOW, HIGH = 1, 5000
GOODS = st.fixed_dictionaries(
    {},
    optional={
        "kinds": st.lists(st.sampled_from(words.LINE_KINDS), min_size=1, max_size=8, unique=True),
        "categories": st.just(["drinks", "food"]),
        "tags": st.just(["sweet_thing"]),
        "not_tags": st.just(["alcohol", "two_words"]),
        "not_skus": st.just(["toast"]),
        "options": st.just(["oat", "shot"]),
    },
)
EFFECT = st.one_of(
    st.builds(rate, st.integers(LOW, HIGH), st.integers(LOW, HIGH)),
    st.builds(lambda milli: points(milli, per_item=True), st.integers(LOW, HIGH)),
    st.just({"earn": {"formula": {"op": "max", "args": [{"field": "order.eligible_minor"}, 3]}}}),
    st.sampled_from(["2", "1.5", "3/2", "0.3333"]).map(lambda factor: {"multiply": {"factor": factor}}),
    st.builds(
        lambda of, cap: {"discount": {"percent": "12.5", "of": of, "max_minor": cap}},
        st.sampled_from([*vocabulary.OF_DISCOUNT]),
        st.integers(LOW, HIGH),
    ),
    st.sampled_from([*vocabulary.OF_PIECE]).map(lambda of: {"free_item": {"of": of, "max_minor": 305}}),
    st.just({"fixed_price": {"price_minor": 300}}),
    st.sampled_from(["50", "100"]).map(lambda off: {"buy_x_get_y": {"buy": 2, "get": 1, "percent": off}}),
    st.sampled_from([None, 1, 30]).map(lambda days: {"grant": {"reward": "treat", "valid_days": days}}),
    st.just({"grant": {"coupon": "slip"}}),
    st.just({"extend_expiry": {"months": 2}}),
    st.sampled_from([None, 6]).map(lambda months: {"set_tier": {"tier": "gold", "valid_months": months}}),
    st.just({"partner": {"partner": "air_miles", "points_milli": 1500}}),
    st.just({"notify": {"text": text("Hello")}}),
)
OPERANDS: dict[str, Any] = {
    "integer": 4,
    "money": 1050,
    "points": 2500,
    "text": "some_thing",
    "set": "some_thing",
    "boolean": True,
    "date": "2026-03-10",
    "time": "14:30",
}


@st.composite
def comparisons(draw: st.DrawFn) -> dict[str, Any]:
    keys = [*fields.FIELDS, "member.preference.milk_kind", "event.text.shop_name", "event.number.level_no"]
    key = draw(st.sampled_from(keys))
    found = fields.find(key)
    assert found is not None
    op = draw(st.sampled_from(found.operators))
    first = next(iter(getattr(program(), found.refers))) if found.refers in NAMED else OPERANDS[found.kind]
    value = found.choices[0] if found.choices else first
    if op == "between":
        return {"field": key, "op": op, "value": [value, value]}
    return {"field": key, "op": op, "value": [value] if op in fields.LIST_OPERATORS else value}


NAMED = ("tiers", "stores", "products", "categories", "options")
TREES = st.recursive(
    comparisons(),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda each: {"all": each}),
        st.lists(inner, min_size=1, max_size=3).map(lambda each: {"any": each}),
        inner.map(lambda each: {"not": each}),
    ),
    max_leaves=5,
)
WINDOWS = st.sampled_from(
    [
        "FREQ=DAILY",
        "FREQ=DAILY;INTERVAL=3",
        "FREQ=WEEKLY",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;BYHOUR=7,8,9,22,23",
        "FREQ=MONTHLY",
        "FREQ=MONTHLY;BYDAY=1MO,-1FR,5SU",
        "FREQ=MONTHLY;BYMONTHDAY=1,-1,-3",
        "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-2",
        "FREQ=YEARLY;BYMONTH=6,7",
        "FREQ=YEARLY;BYYEARDAY=100,-1",
        "FREQ=YEARLY;BYWEEKNO=20",
        "FREQ=YEARLY;BYDAY=20MO",
        "FREQ=DAILY;BYHOUR=14;BYMINUTE=0,30",
        "FREQ=DAILY;BYHOUR=1,2,3,4;BYMINUTE=0,15,30,45",
    ]
)
LIMIT = st.builds(
    lambda measure, per, budget: {
        **measure,
        "per": per,
        **({"budget": True} if budget and per == "program" else {}),
    },
    st.sampled_from([{"times": 1}, {"times": 4}, {"points_milli": 2500}, {"amount_minor": 1050}]),
    st.sampled_from([*words.PERIODS, {"hours": 4}]),
    st.booleans(),
)
RULE = st.fixed_dictionaries(
    {
        "when": st.lists(
            st.sampled_from([*words.OCCASIONS, "event:quiz_done"]), min_size=1, max_size=3, unique=True
        ),
        "then": st.lists(EFFECT, min_size=1, max_size=3),
    },
    optional={
        "who": st.fixed_dictionaries(
            {},
            optional={
                "tiers": st.just(["gold", "reserve"]),
                "employees": st.booleans(),
                "first_purchase": st.booleans(),
                "member_days": st.sampled_from([{"from": 3}, {"until": 30}, {"from": 3, "until": 30}]),
            },
        ),
        "where": st.fixed_dictionaries(
            {},
            optional={
                "channels": st.just(["app", "store"]),
                "stores": st.just(["main"]),
                "store_tags": st.just(["sea_side"]),
            },
        ),
        "if": TREES,
        "on": GOODS,
        "limits": st.lists(LIMIT, max_size=3),
        "stack": st.just({"group": "some_group", "mode": "best"}),
        "valid": st.fixed_dictionaries(
            {},
            optional={
                "from": st.sampled_from(["2026-01-01", "2026-01-01T07:30"]),
                "until": st.sampled_from(["2030-12-31", "2030-12-31T22:00"]),
                "windows": st.lists(WINDOWS, min_size=1, max_size=2),
            },
        ),
        "expiry": st.sampled_from(
            ["inherit", {"kind": "days", "count": 1}, {"kind": "inactivity", "count": 90}]
        ),
        "on_return": st.sampled_from(["reverse", "keep"]),
        "counts_for_tier": st.booleans(),
    },
)
DOCUMENT = {
    **TINY,
    "rewards": [keyed("treat", granted_only=True, gives={"free_item": {}})],
    "coupons": [keyed("slip", kind="single", then=[points(1000)])],
}


@settings(max_examples=250, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(RULE, st.sampled_from(["USD", "EUR", "JPY", "KWD"]), st.sampled_from(["en", "fr"]))
def test_any_valid_rule_is_told_without_a_raw_key(parts: dict[str, Any], currency: str, locale: str) -> None:
    document = {**deepcopy(DOCUMENT), "currency": currency, "rules": [{**rule("any"), **parts}]}
    assume(not rules.check(document))
    of = rules.compile_program(document)
    speaker = plain.Speaker(of, locale)
    sentence = sentence_of(speaker, of.rules["any"])
    assert not RAW.findall(sentence), sentence
    assert sentence.endswith(".")
    assert not RAW.findall(said(page_of(of, locale)))


@settings(max_examples=150)
@given(comparisons(), st.sampled_from(["en", "fr"]))
def test_any_comparison_has_words(leaf: dict[str, Any], locale: str) -> None:
    words_ = condition(plain.Speaker(program(), locale), {"not": leaf})
    assert not RAW.findall(words_), words_


def test_the_sections_are_in_their_order() -> None:
    page = page_of(rules.compile_program(load_shipped("cafe-stars")))
    assert [each.key for each in page.sections] == [*TOLD, "next"]
