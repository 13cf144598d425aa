"""The long form: minutes of kills, one upon the other; and a control that needs luck, until it has it."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tests.benchmarks.tills import Counter
from tests.faults.history import acknowledged, flaws
from tests.faults.house import House
from tests.faults.shop import Shop, begun, insist

pytestmark = pytest.mark.soak

ROUNDS = 24
TRIES = 40


def killers(home: House, dice: random.Random) -> list[Callable[[], None]]:
    """Return everything that kills, the cheap ones more often."""
    worker, backend = (lambda: home.kill_worker(dice)), (lambda: home.kill_backend(dice))
    return [worker, worker, worker, backend, backend, home.kill_database, home.kill_database, home.kill_web]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_many_kills_lose_nothing_and_count_nothing_twice(home: House, seed: int) -> None:
    dice = random.Random(seed)
    before = home.books().ids
    # Few members and many tills: most sales wait for another one's lock when the axe falls.
    shop = Shop(home.world, home.port, tills=10, members=(3, 4), seed=100 + seed)
    with shop.open():
        for _ in range(ROUNDS):
            for kill in dice.sample(killers(home, dice), dice.choice((1, 1, 2, 3))):
                kill()
            shop.wait_for(dice.randrange(1, 40))
    assert flaws(shop.attempts, home.books(), before) == []
    assert home.audit()["findings"] == []
    assert len(acknowledged(shop.attempts)) == len(shop.attempts)


def test_without_the_keys_a_kill_sells_twice_sooner_or_later(home: House) -> None:
    home.forget_keys()
    dice = random.Random(4)
    try:
        for attempt in range(TRIES):
            before = home.books().ids
            shop = Shop(home.world, home.port, tills=8, members=(3, 4), seed=200 + attempt)
            with shop.open():
                for _ in range(4):
                    home.kill_worker(dice)
                    shop.wait_for(10)
            if any("is there for 0 requests" in flaw for flaw in flaws(shop.attempts, home.books(), before)):
                return
    finally:
        home.remember_keys()
    pytest.fail(f"no sale was sold twice in {TRIES} runs")


@pytest.mark.parametrize("guarded", [False, True])
def test_the_checker_sees_what_is_sold_twice_where_keys_are_forgotten(home: House, guarded: bool) -> None:
    request = Counter(home.world, seed=3).by_name(3)
    if not guarded:
        home.forget_keys()
    try:
        before = home.books().ids
        lost = insist(home.port, request, begun(request))  # the till never got this answer
        again = insist(home.port, request, begun(request))
        books = home.books()
    finally:
        if not guarded:
            home.remember_keys()
    found = flaws([again], books, before)
    if guarded:
        assert (found, again.receipt) == ([], lost.receipt)
    else:
        assert len(books.ids - before) == 2
        assert any("is there for 0 requests" in flaw for flaw in found)
