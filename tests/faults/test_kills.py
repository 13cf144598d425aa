"""kill -9 of the web processes and of PostgreSQL under load: what was acknowledged is there, exactly once.

A control shows that the checker sees what it looks for: with ``synchronous_commit=off`` a killed database loses
acknowledged sales. (The control of the idempotency keys is in ``test_network`` and ``test_soak``. kill -9 proves
nothing about fsync, for the system keeps what was written: see ``test_power_cut``.)
"""

from __future__ import annotations

import random

from tests.faults.history import acknowledged, flaws
from tests.faults.house import House
from tests.faults.shop import Shop

HOT = (3, 4, 5)
TRIES = 8


def test_kills_lose_nothing_and_count_nothing_twice(home: House) -> None:
    dice = random.Random(2026)
    before = home.books().ids
    shop = Shop(home.world, home.port, tills=6, members=HOT)
    with shop.open():
        shop.wait_for(20)
        home.kill_worker(dice)
        shop.wait_for(20)
        home.kill_database()
        shop.wait_for(20)
        home.kill_backend(dice)
        shop.wait_for(20)
        home.kill_web()
        shop.wait_for(20)
    assert flaws(shop.attempts, home.books(), before) == []
    assert home.audit()["findings"] == []
    assert len(acknowledged(shop.attempts)) == len(shop.attempts) >= 100
    assert any(each.tries > 1 for each in shop.attempts)


def crash(home: House, seed: int) -> list[str]:
    """Sell, kill the database, sell on, and return what the checker has to say."""
    before = home.books().ids
    shop = Shop(home.world, home.port, tills=4, members=HOT, seed=seed)
    with shop.open():
        shop.wait_for(20)
        home.kill_database()
        shop.wait_for(5)
    return flaws(shop.attempts, home.books(), before)


def test_the_checker_sees_what_is_lost_where_a_commit_does_not_wait_for_the_disk(home: House) -> None:
    home.ordain("ALTER ROLE regulars SET synchronous_commit = off")
    try:
        assert any(
            "is not there" in flaw for attempt in range(TRIES) for flaw in crash(home, seed=10 + attempt)
        )
    finally:
        home.ordain("ALTER ROLE regulars RESET synchronous_commit")
