"""What the usual is: each sentence of the rule in ``loyalty.preferences.policy``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.preferences.policy import Item, Purchase, slot_of, usual_by_slot

NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 3, 2, 20, tzinfo=UTC)


def bought(
    days_ago: int, sku: str, *options: str, hour: int = 8, quantity: int = 1, visit: str = ""
) -> Purchase:
    moment = datetime(2026, 3, 2, hour, tzinfo=NEW_YORK) - timedelta(days=days_ago)
    return Purchase(visit or f"v{100 - days_ago:03}-{hour:02}", moment, sku, options, quantity)


def morning(*purchases: Purchase) -> tuple[Item, ...]:
    return usual_by_slot(purchases, NOW)["morning"]


@pytest.mark.parametrize(
    ("clock", "slot"),
    [
        ("03:59", "evening"),
        ("04:00", "morning"),
        ("10:59", "morning"),
        ("11:00", "midday"),
        ("13:59", "midday"),
        ("14:00", "afternoon"),
        ("16:59", "afternoon"),
        ("17:00", "evening"),
        ("00:30", "evening"),
    ],
)
def test_the_slots_of_a_day(clock: str, slot: str) -> None:
    assert slot_of(datetime.fromisoformat(f"2026-03-02T{clock}-05:00")) == slot


def test_twice_is_not_usual_and_three_times_is() -> None:
    assert morning(bought(1, "latte"), bought(2, "latte")) == ()
    assert morning(bought(1, "latte"), bought(2, "latte"), bought(3, "latte")) == (Item("latte"),)


def test_a_product_with_other_options_is_another_choice_and_their_order_does_not_matter() -> None:
    assert morning(bought(1, "latte", "oat"), bought(2, "latte"), bought(3, "latte", "soy")) == ()
    same = [
        bought(1, "latte", "oat", "large"),
        bought(2, "latte", "large", "oat"),
        bought(3, "latte", "oat", "large"),
    ]
    assert morning(*same) == (Item("latte", ("large", "oat")),)


def test_slots_do_not_mix() -> None:
    purchases = [bought(1, "latte"), bought(2, "latte", hour=15), bought(3, "latte", hour=19)]
    assert set(usual_by_slot(purchases, NOW).values()) == {()}


def test_older_than_sixty_days_is_forgotten() -> None:
    assert morning(bought(1, "latte"), bought(2, "latte"), bought(61, "latte")) == ()
    assert morning(bought(1, "latte"), bought(2, "latte"), bought(59, "latte")) == (Item("latte"),)


def test_only_the_eight_newest_visits_of_the_slot_count() -> None:
    old = [bought(days, "latte") for days in (9, 10, 11, 12)]
    new = [bought(days, "tea", f"taste-{days}") for days in range(1, 9)]
    assert morning(*old, *new) == ()
    assert morning(*old, *new[:5]) == (Item("latte"),)


def test_twice_in_one_visit_is_one_visit() -> None:
    assert morning(bought(1, "latte"), bought(1, "latte"), bought(2, "latte")) == ()


def test_recent_visits_weigh_more() -> None:
    newer = [bought(days, "tea") for days in (1, 2, 3)]
    older = [bought(days, "latte") for days in (4, 5, 6, 7)]
    # 8 + 7 + 6 = 21 against 5 + 4 + 3 + 2 = 14
    assert morning(*newer, *older) == (Item("tea"),)


def test_a_tie_goes_to_more_visits_then_to_the_newer_then_to_the_name() -> None:
    # tea in visits 1, 5, 7 (8 + 4 + 2 = 14); latte in visits 3, 4, 6 (6 + 5 + 3 = 14): the newest visit had tea.
    purchases = [bought(days, "tea") for days in (1, 5, 7)] + [bought(days, "latte") for days in (3, 4, 6)]
    assert morning(*purchases, bought(2, "juice")) == (Item("tea"),)
    # tea in 2, 4, 6 (7 + 5 + 3 = 15); latte in 3, 5, 7, 8 (6 + 4 + 2 + 1 = 13): weight first.
    # latte in 1, 7, 8 + 5 (8 + 2 + 1 + 4 = 15), four visits against three: more visits win.
    four = [bought(days, "latte") for days in (1, 5, 7, 8)]
    three = [bought(days, "tea") for days in (2, 4, 6)]
    assert morning(*four, *three, bought(3, "juice")) == (Item("latte"),)
    both = [bought(days, sku) for days in (1, 2, 3) for sku in ("scone", "bagel")]
    assert morning(*both)[0] == Item("bagel")


def test_what_comes_along_is_part_of_the_usual() -> None:
    latte = [bought(days, "latte") for days in range(1, 7)]
    croissant = [bought(days, "croissant") for days in (1, 3, 5)]
    assert morning(*latte, *croissant) == (Item("latte"), Item("croissant"))
    # 3 of 7 is less than half
    assert morning(*latte, bought(7, "latte"), *croissant) == (Item("latte"),)


def test_two_drinks_in_turn_are_not_bought_together() -> None:
    purchases = [bought(days, "latte" if days % 2 else "tea") for days in range(1, 9)]
    assert morning(*purchases) == (Item("latte"),)


def test_at_most_two_come_along() -> None:
    purchases = [bought(days, sku) for days in (1, 2, 3) for sku in ("a", "b", "c", "d")]
    assert morning(*purchases) == (Item("a"), Item("b"), Item("c"))


def test_the_quantity_is_the_most_frequent_one_and_the_smaller_of_two() -> None:
    pieces = [bought(1, "latte", quantity=2), bought(2, "latte", quantity=2), bought(3, "latte")]
    assert morning(*pieces) == (Item("latte", quantity=2),)
    assert morning(*pieces, bought(4, "latte")) == (Item("latte", quantity=1),)


def test_what_was_returned_or_lies_ahead_does_not_count() -> None:
    assert morning(bought(1, "latte"), bought(2, "latte"), bought(3, "latte", quantity=0)) == ()
    assert morning(bought(1, "latte"), bought(2, "latte"), bought(-1, "latte")) == ()


purchases_of_anybody = st.lists(
    st.builds(
        bought,
        st.integers(-2, 70),
        st.sampled_from(["latte", "tea", "scone"]),
        st.sampled_from(["oat", "large"]),
        hour=st.integers(0, 23),
        quantity=st.integers(0, 3),
    ),
    max_size=40,
)


@given(purchases_of_anybody, st.randoms())
def test_the_order_in_which_purchases_are_listed_does_not_matter(
    purchases: list[Purchase], random: object
) -> None:
    shuffled = list(purchases)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert usual_by_slot(purchases, NOW) == usual_by_slot(shuffled, NOW)


@given(purchases_of_anybody)
def test_the_usual_was_bought_at_least_three_times_in_its_slot(purchases: list[Purchase]) -> None:
    for slot, items in usual_by_slot(purchases, NOW).items():
        assert len(items) <= 3
        for item in items:
            visits = {
                bought.visit
                for bought in purchases
                if bought.sku == item.sku
                and bought.quantity > 0
                and tuple(sorted(bought.options)) == item.options
                and slot_of(bought.bought_at) == slot
            }
            assert len(visits) >= 3
