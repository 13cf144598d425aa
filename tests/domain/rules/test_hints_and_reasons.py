"""Near misses, and every sentence in every language."""
# ruff: noqa: RUF001 - the sign of multiplication is meant

from __future__ import annotations

import re
from typing import Any

import pytest

from loyalty import rules
from loyalty.rules.facts import Used
from loyalty.rules.sentences import SENTENCES
from loyalty.why import Why
from tests.domain.rules.small import (
    NOON,
    basket,
    buy,
    claim,
    double,
    keyed,
    line,
    local,
    member,
    missing,
    points,
    program,
    received,
    rule,
    tax,
    tip,
)


def miss(**parts: Any) -> list[str]:
    """Return the near misses of one rule, as English sentences."""
    of = program(rule("one", points(5000), **parts))
    outcome = buy(of, line(price=690))
    return [
        rules.explain(of, each.why, "en").replace("\u202f", " ")
        for each in outcome.near_misses
        if each.key == "one"
    ]


@pytest.mark.parametrize(
    ("parts", "sentences"),
    [
        ({"valid": {"windows": ["FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10"]}}, ["Only before 11:00 AM"]),
        ({"valid": {"windows": ["FREQ=DAILY;BYHOUR=14,15"]}}, ["Only from 2:00 PM to 4:00 PM"]),
        ({"valid": {"windows": ["FREQ=DAILY;BYHOUR=22,23"]}}, ["Only from 10:00 PM"]),
        ({"valid": {"windows": ["FREQ=WEEKLY;BYDAY=MO"]}}, ["Only on other days, next on March 16, 2026"]),
        ({"valid": {"windows": ["FREQ=YEARLY;BYMONTH=12"]}}, []),
        ({"valid": {"until": "2026-03-09"}}, []),
        ({"if_": {"field": "time.of_day", "op": "<", "value": "11:00"}}, ["Only before 11:00 AM"]),
        ({"if_": {"field": "time.of_day", "op": ">=", "value": "15:00"}}, ["Only from 3:00 PM"]),
        (
            {"if_": {"field": "time.of_day", "op": "between", "value": ["15:00", "16:00"]}},
            ["Only from 3:00 PM to 4:00 PM"],
        ),
        ({"if_": {"field": "time.hour", "op": "<", "value": 9}}, ["Only before 9:00 AM"]),
        ({"if_": {"field": "time.hour", "op": "=", "value": 9}}, []),
        ({"if_": {"field": "order.eligible_minor", "op": ">=", "value": 1000}}, ["Spend $3.10 more"]),
        ({"if_": {"field": "order.eligible_minor", "op": ">", "value": 1000}}, ["Spend $3.11 more"]),
        ({"if_": {"field": "order.items", "op": ">=", "value": 3}}, ["Add more items: 2"]),
        ({"if_": {"field": "channel", "op": "=", "value": "app"}}, ["Only in the app"]),
        (
            {"if_": {"field": "channel", "op": "in", "value": ["app", "web"]}},
            ["Only in the app or on the web"],
        ),
        ({"where": {"channels": ["web"]}}, ["Only on the web"]),
        ({"where": {"stores": ["west"]}}, []),
        ({"who": {"tiers": ["reserve"]}}, []),
        ({"who": {"segments": ["vip"]}}, []),
        ({"on": {"categories": ["wine"]}}, []),
        (
            {
                "where": {"channels": ["web"]},
                "if_": {"field": "order.items", "op": ">=", "value": 3},
            },
            [],
        ),
        ({"if_": {"any": [{"field": "order.items", "op": ">=", "value": 3}]}}, []),
    ],
)
def test_a_rule_that_lacks_one_thing_says_which(parts: dict[str, Any], sentences: list[str]) -> None:
    assert miss(**parts) == sentences


def test_a_used_up_limit_is_told() -> None:
    of = program(rule("one", points(5000), limits=[{"times": 1, "per": "day"}]))
    ((limit, period),) = rules.limit_periods(of, NOON, None)
    used = {(limit.key, period.key): Used(1, 0, period.since, period.until)}
    (hint,) = [each for each in buy(of, line(), who=member(used=used)).near_misses if each.key == "one"]
    assert hint.code == "used_up"
    assert hint.why.inputs["until"] == "2026-03-11T04:00:00+00:00"


def test_the_limit_that_this_very_purchase_uses_up_is_no_near_miss() -> None:
    of = program(rule("one", double(), limits=[{"times": 1, "per": "day"}]))
    assert missing(buy(of, line())) == {}


def test_an_offer_waiting_for_activation_is_told() -> None:
    offer = keyed("promo", kind="multiplier", channels=["app"], then=[double()], requires="activated", days=7)
    of = program(offers=[offer])
    assert missing(buy(of, line(), who=member(offers=(received("promo", at=local(2026, 3, 9)),)))) == {
        "promo": "activate_first"
    }
    assert missing(buy(of, line())) == {}
    over = received("promo", at=local(2026, 3, 1), window_until=local(2026, 3, 2))
    assert missing(buy(of, line(), who=member(offers=(over,)))) == {}


def test_the_next_reward_is_told_by_the_points_that_are_missing() -> None:
    free = {"free_item": {}}
    of = program(
        rewards=[
            keyed("small", price_milli=60_000, gives=free),
            keyed("big", price_milli=161_000, gives=free),
            keyed("huge", price_milli=400_000, gives=free),
            keyed("wine", price_milli=110_000, gives={"free_item": {"on": {"categories": ["wine"]}}}),
            keyed("given", price_milli=105_000, gives=free, granted_only=True),
        ]
    )
    outcome = buy(of, line(), who=member(points_milli=100_000))
    assert missing(outcome) == {"big": "points_away"}
    assert rules.explain(of, outcome.near_misses[0].why, "en") == "big: 61 stars away"
    spent = buy(of, line(quantity=2), who=member(points_milli=100_000), rewards=[claim("small")])
    assert missing(spent) == {"small": "points_away"}


def test_hints_can_be_left_out() -> None:
    of = program(rule("one", points(1000), where={"channels": ["app"]}))
    assert rules.evaluate(of, basket(line()), member(), hints=False).near_misses == ()
    assert len(rules.evaluate(of, basket(line()), member()).near_misses) == 1


def test_the_sentence_of_the_design_is_said_word_for_word() -> None:
    of = program()
    (earning,) = buy(of, line(price=690), tax(55), tip(100)).earnings
    assert (
        rules.explain(of, earning.why, "en")
        == "8.28 = $6.90 × 1.2 (gold); tax $0.55 and tip $1.00 don't count"
    )
    french = rules.explain(of, earning.why, "fr").replace("\xa0", " ").replace("\u202f", " ")
    assert french == "8,28 = 6,90 $US × 1,2 (gold (fr)) ; taxe 0,55 $US et pourboire 1,00 $US ne comptent pas"


EVERYTHING = {
    "points_milli": 61_000,
    "base_milli": 15_000,
    "factor": "3/2",
    "rule": "gold-base",
    "items": 2,
    "each_milli": 1000,
    "offer": "goal",
    "reward": "treat",
    "coupon": "welcome",
    "progress": 1200,
    "target": 3000,
    "unit": "accumulated",
    "last_day": "2027-03-06",
    "tier": "gold",
    "months": 1,
    "text": {"en": "Hello", "fr": "Bonjour"},
    "partner": "air",
    "amount_minor": 50,
    "missing_milli": 61_000,
    "time": "11:00",
    "since": "14:00",
    "until": "16:00",
    "date": "2026-03-16",
    "channels": ["app", "web"],
    "missing_minor": 210,
    "missing": 2,
    "reason": "with our thanks",
    "last4": "1234",
    "rate_milli": 1000,
    "per_minor": 100,
    "limited": True,
    "excluded": {"tax": 55, "product": 100, "tender": 5},
}


@pytest.mark.parametrize("locale", ["en", "fr", "fr-CA", "en-GB"])
@pytest.mark.parametrize("key", SENTENCES)
def test_every_reason_has_a_whole_sentence(key: str, locale: str) -> None:
    said = rules.explain(program(), Why(key, EVERYTHING), locale)
    assert said
    assert not re.search(r"[{}]|None|_milli|_minor|  ", said)
    assert {"en", "fr"} <= set(SENTENCES[key])
    placeholders = [set(re.findall(r"{(\w+)}", SENTENCES[key][language])) for language in ("en", "fr")]
    assert placeholders[0] == placeholders[1]


def test_numbers_are_written_as_in_the_locale_and_plurals_agree() -> None:
    of = program()
    assert (
        rules.explain(of, Why("bonus", {"points_milli": 1_234_500, "rule": "x"}), "en")
        == "1,234.5 stars for x"
    )
    assert rules.explain(of, Why("bonus", {"points_milli": 1000, "rule": "x"}), "en") == "1 star for x"
    assert rules.explain(of, Why("bonus", {"points_milli": 1500, "rule": "x"}), "fr") == "1,5 étoile : x"


def test_what_is_unknown_is_said_as_well_as_can_be() -> None:
    of = program()
    assert rules.explain(of, Why("something_new", {}), "en") == "something new"
    assert rules.explain(of, Why("rate", EVERYTHING | {"rule": "gone"}), "xx").startswith("61 = $0.50")
    assert (
        rules.explain(program(currency="JPY"), Why("refunded", {"amount_minor": 690}), "en")
        == "¥690 refunded"
    )
    assert "KWD" in rules.explain(program(currency="KWD"), Why("refunded", {"amount_minor": 6900}), "en")
