"""Differences between two programs, field by field, in words."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty import rules

CAFE = rules.normalized(rules.load_shipped("cafe-stars"))


def changed() -> dict[str, Any]:
    return copy.deepcopy(CAFE)


def words(new: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(each.kind, each.pointer, each.words) for each in rules.diff(CAFE, new)]


def test_a_program_is_not_different_from_itself() -> None:
    assert rules.diff(CAFE, changed()) == ()


def test_points_and_money_are_shown_as_people_read_them() -> None:
    new = changed()
    new["rules"][1]["then"][0]["earn"]["points_milli"] = 1250
    new["rewards"][3]["price_milli"] = 250_000
    new["products"][0]["price_minor"] = 995
    assert words(new) == [
        (
            "changed",
            "/products/0/price_minor",
            "product iced-orchard-latte / price_minor: $5.20 became $9.95",
        ),
        (
            "changed",
            "/rules/1/then/0/earn/points_milli",
            "rule gold-base / then / no. 1 / earn / points_milli: 1.2 points became 1.25 points",
        ),
        (
            "changed",
            "/rewards/3/price_milli",
            "reward ladder-200 / price_milli: 200 points became 250 points",
        ),
    ]


def test_money_has_the_digits_of_its_currency() -> None:
    old = {**CAFE, "currency": "JPY"}
    new = copy.deepcopy(old)
    new["products"][0]["price_minor"] = 995
    assert rules.diff(old, new)[0].words.endswith("¥520 became ¥995")


def test_things_are_matched_by_key_wherever_they_stand() -> None:
    new = changed()
    new["rewards"].insert(0, new["rewards"].pop(3))
    new["rewards"][0]["stock"] = 5
    found = words(new)
    assert ("added", "/rewards/0/stock", "reward ladder-200 / stock was added (5)") in found
    assert [kind for kind, _, _ in found] == ["added", "moved"]
    assert found[1][2].startswith("rewards: the order became ladder-200, ladder-25")


def test_added_and_removed_things_are_named() -> None:
    new = changed()
    del new["products"][5]
    new["coupons"].append({"key": "extra", "kind": "multi"})
    assert words(new) == [
        ("removed", "/products/5", "product hazel-crumble-latte was removed"),
        ("added", "/coupons/4", "coupon extra was added"),
    ]


def test_tags_are_a_set_and_texts_are_by_locale() -> None:
    new = changed()
    new["products"][0]["tags"] = ["coffee", "cold"]
    new["brand"]["tagline"]["fr"] = "Une lampe"
    found = {(kind, pointer) for kind, pointer, _ in words(new)}
    assert ("removed", "/products/0/tags/0") in found
    assert ("added", "/products/0/tags/1") in found
    assert ("changed", "/brand/tagline/fr") in found


def test_a_value_that_changes_its_kind_is_changed() -> None:
    new = changed()
    new["rules"][0]["when"] = ["purchase", "top_up"]
    new["rewards"][0]["price_milli"] = {"green": 25_000, "gold": 20_000}
    new["rules"][0]["counts_for_tier"] = True
    assert [kind for kind, _, _ in words(new)] == ["changed", "added", "changed"]


def test_long_values_are_cut_in_the_words_but_not_in_the_values() -> None:
    new = changed()
    new["brand"]["story"]["en"] = "x" * 500
    (difference,) = rules.diff(CAFE, new)
    assert difference.new == "x" * 500
    assert len(difference.words) < 250


def value_at(document: Any, pointer: str) -> Any:
    for step in pointer.split("/")[1:]:
        document = (
            document[int(step)]
            if isinstance(document, list)
            else document[step.replace("~1", "/").replace("~0", "~")]
        )
    return document


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_pointers_lead_to_the_values_they_name(data: st.DataObject) -> None:
    new = changed()
    for kind in data.draw(
        st.lists(st.sampled_from(["rules", "rewards", "products", "stores"]), min_size=1, max_size=3)
    ):
        things = new[kind]
        place = data.draw(st.integers(0, len(things) - 1))
        way = data.draw(st.sampled_from(["drop", "rename", "move"]))
        if way == "drop" and len(things) > 1:
            del things[place]
        elif way == "rename":
            things[place]["name"]["en"] = data.draw(st.text(min_size=1, max_size=5))
        else:
            things.insert(0, things.pop(place))
    for difference in rules.diff(CAFE, new):
        if difference.kind != "removed":
            assert value_at(new, difference.pointer) == (
                difference.new if difference.kind != "moved" else value_at(new, difference.pointer)
            )
        else:
            assert value_at(CAFE, difference.pointer) == difference.old
