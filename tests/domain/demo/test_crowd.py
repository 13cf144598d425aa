"""The crowd of the demo: the same seed, the same people and visits; and people as one knows them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from loyalty import rules
from loyalty.demo import crowd, people
from loyalty.demo.crowd import Event, Guest

NEW_YORK = ZoneInfo("America/New_York")
END = datetime(2026, 4, 1, 20, tzinfo=UTC)
START = END - timedelta(days=60)


def planned(seed: int, count: int = 40) -> tuple[list[Guest], list[Event]]:
    random = Random(seed)
    guests = crowd.guests(random, count, first=0, start=START, end=END)
    return guests, crowd.plan(random, guests, start=START, end=END, zone=NEW_YORK)


def test_the_same_seed_gives_the_same_people_hours_and_baskets() -> None:
    assert planned(7) == planned(7)
    assert planned(7) != planned(8)


def test_everything_happens_in_order_and_nobody_comes_before_they_joined() -> None:
    guests, events = planned(7)
    assert [each.at for each in events] == sorted(each.at for each in events)
    joined = {each.guest.number: each.at for each in events if each.kind == "join" and each.guest}
    assert len(joined) == len(guests)
    for event in events:
        for somebody in (event.guest, event.friend):
            assert somebody is None or joined[somebody.number] <= event.at
        assert START <= event.at < END


def test_visits_are_in_opening_hours_also_on_the_day_the_clocks_change() -> None:
    _, events = planned(7)
    hours = [each.at.astimezone(NEW_YORK) for each in events if each.kind in ("visit", "order")]
    assert all(6.5 <= each.hour + each.minute / 60 <= 19 for each in hours)
    assert any(each.date() == datetime(2026, 3, 8).date() for each in hours)  # noqa: DTZ001 - a local day


def test_some_come_every_working_day_and_some_hardly_ever() -> None:
    _, events = planned(7)
    visits = Counter(each.guest.number for each in events if each.kind == "visit" and each.guest)
    assert max(visits.values()) > 30
    assert min(visits.values()) < 8


@pytest.mark.parametrize("seed", range(5))
def test_baskets_are_of_the_catalog_and_options_of_their_product(seed: int) -> None:
    program = rules.compile_program(rules.load_shipped("cafe-stars"))
    groups = {key: {option.key for option in group.options} for key, group in program.option_groups.items()}
    for event in planned(seed)[1]:
        for item in event.items:
            product = program.products[item["sku"]]
            allowed = (
                set().union(*(groups[key] for key in product.option_groups))
                if product.option_groups
                else set()
            )
            assert set(item["options"]) <= allowed, item
            for key in product.option_groups:
                chosen = len(groups[key] & set(item["options"]))
                group = program.option_groups[key]
                assert chosen <= group.maximum
                assert chosen >= group.minimum, (item, key)


def test_names_and_addresses_are_peoples_own() -> None:
    names = [people.name_of(number) for number in range(2000)]
    assert len(set(names)) == 2000
    addresses = {people.address_of(*name, number) for number, name in enumerate(names)}
    assert len(addresses) == 2000
    assert all(address.isascii() and address.endswith("@example.com") for address in addresses)
