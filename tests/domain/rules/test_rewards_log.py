"""A month of a coffee chain's app, decided by the evaluator alone: it must find the log's completions, and no others.

The data lie beside the project (``shared/data``, see its README) and are no part of it: without them it is skipped. A
thousand members are decided in every run, all of them in the long one; ``tests/journeys/test_replay_rewards_log.py``
loads them into a database.
"""

from __future__ import annotations

import csv
import json
import lzma
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from loyalty import rules
from loyalty.rules.facts import Basket, Line, MemberFacts, OfferInstance
from loyalty.rules.instances import window_of
from loyalty.rules.program import Program
from tests.domain.rules.small import TINY, keyed

HERE = Path(__file__).parents[3]
FOLDER = Path(os.environ.get("REGULARS_REWARDS_LOG", HERE.parent / "shared" / "data" / "rewards_log"))
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no rewards log at {FOLDER}"),
]
START = datetime(2026, 1, 1, tzinfo=UTC)
SOME = 1_000


def log_program(comparison: str = "gt", *, includes_end: bool = True) -> Program:
    offers: list[dict[str, Any]] = []
    for offer in json.loads((FOLDER / "compact_offers.json").read_text()):
        if offer["type"] == "informational":
            offers.append(keyed(f"o{offer['idx']}", kind="information", channels=["app"], then=[]))
            continue
        discount = offer["type"] == "discount"
        offers.append(
            keyed(
                f"o{offer['idx']}",
                kind="challenge",
                channels=["app"],
                then=[{"earn": {"points_milli": offer["reward"] * 1000}}],
                challenge={
                    "qualifies_by": "accumulated" if discount else "single_purchase",
                    "comparison": "gte" if discount else comparison,
                    "target": offer["difficulty"] * 100,
                    "window": {"from": "receipt", "hours": offer["duration_h"], "includes_end": includes_end},
                },
            )
        )
    return rules.compile_program({**TINY, "timezone": "UTC", "offers": offers, "rules": []})


def events() -> Iterator[dict[str, str]]:
    with lzma.open(FOLDER / "compact_events.csv.xz", "rt") as file:
        yield from csv.DictReader(file)


def has_open(mine: list[OfferInstance], key: str, at: datetime) -> bool:
    return any(
        each.offer == key
        and each.completed_at is None
        and each.window_until is not None
        and each.window_until >= at
        for each in mine
    )


def replay(
    of: Program, *, repeats: bool = True, below: int = 10**9
) -> tuple[Counter[tuple[str, str, int]], int]:
    """Return the completions (person, offer, hour) of persons below a number, and the dollars they pay."""
    held: dict[str, list[OfferInstance]] = {}
    found: Counter[tuple[str, str, int]] = Counter()
    paid = 0
    for event in events():
        person, hour = event["person"], int(event["hour"])
        if int(person) >= below:
            continue
        at = START + timedelta(hours=hour)
        mine = held.setdefault(person, [])
        if event["kind"] == "R":
            key = f"o{event['offer']}"
            span = window_of(of, of.offers[key], at)
            if of.offers[key].challenge is not None and span and (repeats or not has_open(mine, key, at)):
                mine.append(OfferInstance(event["seq"], key, at, window_from=span[0], window_until=span[1]))
        elif event["kind"] == "T" and mine:
            mine[:] = [each for each in mine if each.window_until is not None and each.window_until >= at]
            line = Line("l", "any", 1, int(event["cents"]))
            member = MemberFacts("green", START, offers=tuple(mine))
            outcome = rules.evaluate(of, Basket((line,), at, channel="app"), member, hints=False)
            paid += outcome.earned_milli // 1000
            moved = {each.instance: each for each in outcome.progress}
            for place, instance in enumerate(mine):
                step = moved.get(instance.id)
                if step is not None:
                    mine[place] = replace(
                        instance,
                        progress=step.progress,
                        completed_at=at if step.completes else instance.completed_at,
                    )
                    if step.completes:
                        found[person, instance.offer, hour] += 1
    return found, paid


def logged(below: int = 10**9) -> Counter[tuple[str, str, int]]:
    return Counter(
        (event["person"], f"o{event['offer']}", int(event["hour"]))
        for event in events()
        if event["kind"] == "C" and int(event["person"]) < below
    )


def test_a_thousand_members_of_the_log_are_reproduced_exactly() -> None:
    found, _ = replay(log_program(), below=SOME)
    truth = logged(SOME)
    assert found == truth
    assert truth.total() > SOME


@pytest.mark.soak
def test_the_log_is_reproduced_exactly() -> None:
    found, paid = replay(log_program())
    truth = logged()
    assert (found & truth).total() == 33_579
    assert ((truth - found).total(), (found - truth).total()) == (0, 0)
    assert paid == 164_676


@pytest.mark.soak
@pytest.mark.parametrize(
    ("settings", "repeats", "exact", "missed", "extra"),
    [
        ({"comparison": "gte"}, True, 33_575, 4, 20),
        ({"includes_end": False}, True, 33_143, 436, 0),
        ({}, False, 32_692, 887, 0),
    ],
)
def test_other_settings_give_other_numbers(
    settings: dict[str, Any], repeats: bool, exact: int, missed: int, extra: int
) -> None:
    found, _ = replay(log_program(**settings), repeats=repeats)
    truth = logged()
    assert ((found & truth).total(), (truth - found).total(), (found - truth).total()) == (
        exact,
        missed,
        extra,
    )
