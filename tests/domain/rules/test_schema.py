"""What stands where in a program document, and what is said when it does not."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty import rules
from loyalty.errors import Flaw

MINIMAL: dict[str, Any] = {
    "format": 1,
    "key": "small",
    "name": {"en": "Small"},
    "currency": "USD",
    "timezone": "America/New_York",
    "tiers": [{"key": "all", "name": {"en": "All"}, "points_milli": 0}],
}
RULE: dict[str, Any] = {
    "key": "base",
    "name": {"en": "One point per dollar"},
    "when": "purchase",
    "then": [{"earn": {"points_milli": 1000, "per_minor": 100}}],
}


def program(**parts: Any) -> dict[str, Any]:
    return copy.deepcopy({**MINIMAL, **parts})


def with_rule(**parts: Any) -> dict[str, Any]:
    return program(rules=[{**RULE, **parts}])


def flaws(document: Any) -> dict[str, str]:
    return {flaw.pointer: flaw.detail for flaw in rules.check(document)}


def only(document: Any) -> Flaw:
    found = rules.check(document)
    assert len(found) == 1, found
    return found[0]


def test_a_minimal_program_needs_six_keys_and_has_every_default() -> None:
    compiled = rules.compile_program(program())
    assert compiled.settings.rounding == "exact"
    assert compiled.settings.offline.device_limit_minor == 3000
    assert compiled.tier_policy.valid_months == 12
    assert compiled.expiry.kind == "never"
    for key in MINIMAL:
        document = program()
        del document[key]
        assert only(document) == Flaw(f"/{key}", "expected this key: it is required", "required")


def test_an_unknown_key_names_its_place_and_the_nearest_known_key() -> None:
    assert flaws(program(curency="USD")) == {"/curency": "unknown key; did you mean currency?"}
    assert flaws(with_rule(limit=[])) == {"/rules/0/limit": "unknown key; did you mean limits?"}
    assert flaws(with_rule(then=[{"ern": {}}])) == {"/rules/0/then/0/ern": "unknown key; did you mean earn?"}
    assert flaws(program(zzz=1)) == {"/zzz": "unknown key"}


def test_a_pointer_escapes_slashes_and_tildes() -> None:
    assert list(flaws(program(**{"a/b~c": 1}))) == ["/a~1b~0c"]


def test_a_wrong_choice_names_the_nearest() -> None:
    flaw = only(with_rule(when="purchas"))
    assert flaw.pointer == "/rules/0/when"
    assert flaw.detail.endswith("event:<name>; did you mean purchase?")
    assert only(program(settings={"rounding": "exakt"})).detail == (
        "expected one of exact, floor_per_rule, floor_per_order, half_up_per_order; did you mean exact?"
    )


def test_every_flaw_is_found_in_one_pass_shape_and_references_alike() -> None:
    document = with_rule(who={"tiers": ["gould"]}, limits=[{"times": 0, "per": "day"}], nme="x")
    document["tiers"].append({"key": "gold", "name": {"en": "Gold"}, "points_milli": 0})
    document["timezone"] = "America/NewYork"
    assert flaws(document) == {
        "/rules/0/limits/0/times": "expected an integer from 1 to 1000000000",
        "/rules/0/nme": "unknown key; did you mean name?",
        "/timezone": "expected an IANA time zone, not America/NewYork; did you mean America/New_York?",
        "/tiers/1/points_milli": "expected more than 0, the tier before it",
        "/rules/0/who/tiers/0": "expected a tier of this program, not gould; did you mean gold?",
    }


def test_a_float_that_is_an_integer_is_one_and_a_text_is_not() -> None:
    document = program()
    document["tiers"][0]["points_milli"] = 0.0
    assert rules.check(document) == ()
    assert rules.normalized(document)["tiers"][0]["points_milli"] == 0
    assert isinstance(rules.normalized(document)["tiers"][0]["points_milli"], int)
    for wrong in ("0", 0.5, True, None, [], float("inf"), float("nan")):
        document["tiers"][0]["points_milli"] = wrong
        assert only(document).pointer == "/tiers/0/points_milli"


def test_null_says_the_same_as_nothing_where_it_is_allowed() -> None:
    document = with_rule(valid={"from": "2026-03-10", "until": None}, **{"if": None})
    assert rules.check(document) == ()
    assert rules.normalized(document)["rules"][0]["valid"] == {"from": "2026-03-10"}
    assert "if" not in rules.normalized(document)["rules"][0]


@pytest.mark.parametrize("document", [None, 1, "x", [], [[]], {}, {1: 2}, {"rules": {True: 1}}])
def test_whatever_is_no_program_has_flaws_and_breaks_nothing(document: Any) -> None:
    assert rules.check(document)


def test_what_yaml_makes_of_on_is_explained() -> None:
    assert flaws(with_rule(then=[{"earn": {True: 1}}])) == {
        "/rules/0/then/0/earn": "expected texts as keys, not True"
    }


def test_a_document_can_be_neither_too_deep_nor_too_large() -> None:
    deep: Any = {"field": "channel", "op": "=", "value": "app"}
    for _ in range(5000):
        deep = {"not": deep}
    assert only({**MINIMAL, "rules": [{**RULE, "if": deep}]}).code == "depth"
    assert only(program(texts={"a": ["x"] * 300_001})).code == "length"


def test_lists_have_limits() -> None:
    many = [{**RULE, "key": f"rule-{number}"} for number in range(501)]
    assert only(program(rules=many)) == Flaw("/rules", "expected a list of 0 to 500 items", "length")
    assert rules.check(program(rules=many[:500])) == ()


def test_an_earning_is_a_rate_a_fixed_amount_or_a_formula_and_never_two() -> None:
    for good in (
        {"points_milli": 1, "per_minor": 1},
        {"points_milli": 1, "per_item": True},
        {"formula": {"op": "min", "args": [{"field": "order.gross_minor"}, "3/2"]}},
    ):
        assert rules.check(with_rule(then=[{"earn": good}])) == ()
    for bad in (
        {},
        {"per_minor": 100},
        {"points_milli": 1, "formula": 1},
        {"points_milli": 1, "per_minor": 1, "per_item": True},
        {"formula": 1, "per_minor": 100},
        {"points_milli": 1, "per_minor": 0},
    ):
        assert rules.check(with_rule(then=[{"earn": bad}])), bad


def test_percents_and_factors_are_exact_texts() -> None:
    for percent, right in (
        ("10", True),
        ("12.5", True),
        (10, True),
        ("100", True),
        ("100.5", False),
        (101, False),
        ("-1", False),
        (12.5, False),
        ("1e1", False),
    ):
        document = with_rule(then=[{"discount": {"percent": percent}}])
        assert (rules.check(document) == ()) is right, percent
    for factor, right in (("2", True), ("1.5", True), ("3/2", True), (3, True), ("0", False), ("1/0", False)):
        document = with_rule(then=[{"multiply": {"factor": factor}}])
        assert (rules.check(document) == ()) is right, factor


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(rules.json_schema()["properties"])), json_values)
def test_no_value_of_any_key_makes_the_check_fail(key: str, value: Any) -> None:
    for flaw in rules.check(program(**{key: value})):
        assert flaw.pointer.startswith("/")
        assert flaw.detail


def test_json_is_read_strictly() -> None:
    assert rules.parse_json(json.dumps(MINIMAL)) == MINIMAL
    for text, said in (
        ('{"key": 1, "key": 2}', "key is there twice"),
        ('{"a": {"sku": "latte", "x": 1, "x": 1}}', "x is there twice in latte"),
        ("{", "line 1, column 2"),
        ('{"a": NaN}', "not NaN"),
        ("[" * 100_000, "fewer levels"),
        ("1" * 5000, "expected JSON"),
    ):
        with pytest.raises(rules.ProgramInvalid) as caught:
            rules.parse_json(text)
        assert said in caught.value.flaws[0].detail


def test_what_is_written_reads_back_the_same() -> None:
    for name in rules.SHIPPED:
        document = rules.load_shipped(name)
        text = rules.write_json(document)
        assert rules.parse_json(text) == document
        assert max(len(line) for line in text.splitlines()) < 260


def shuffled(value: Any) -> Any:
    """Order keys as ``jsonb`` does."""
    if isinstance(value, dict):
        return {key: shuffled(value[key]) for key in sorted(value, key=lambda key: (len(key), key))}
    return [shuffled(each) for each in value] if isinstance(value, list) else value


def test_an_export_has_its_keys_in_the_order_of_the_format() -> None:
    for name in rules.SHIPPED:
        document = rules.normalized(rules.load_shipped(name))
        back = rules.ordered(shuffled(document))
        assert back == document
        assert list(back)[:4] == ["format", "key", "name", "currency"]
        assert list(back["rules"][0])[:3] == ["key", "name", "when"]
        assert list(back["rules"][3]["if"]["any"][0]) == ["field", "op", "value"]
