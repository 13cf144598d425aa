"""The power goes while sales are settled: on an ext4 of its own, whose page cache is lost as with a machine.

kill -9 proves nothing about ``fsync``, for the system still writes what it was given. Here what was not brought to the
disk is gone: durable settings lose nothing, and with ``fsync=off`` the checker (or PostgreSQL itself) sees the loss.
"""

from __future__ import annotations

from functools import partial

import psycopg
import pytest

from loyalty.postgres import DatabaseError
from tests.faults.disks import PlugDisk, plug_disk
from tests.faults.history import acknowledged, flaws
from tests.faults.house import House, house
from tests.faults.shop import Shop

pytestmark = pytest.mark.soak

MEGABYTES = 512
CUTS = 4
TRIES = 6


def cut_power(home: House) -> None:
    """Pull the plug, end what still runs on the disk, and start the database from what is on it."""
    disk = home.disk
    assert isinstance(disk, PlugDisk)
    pids = home.database_pids()
    disk.pull()
    home.stop_database_dead(pids)
    disk.unplug()
    disk.plug_in()
    home.server.start()


def test_power_cuts_lose_nothing_and_count_nothing_twice() -> None:
    with house(disk=partial(plug_disk, megabytes=MEGABYTES)) as home:
        home.open()
        before = home.books().ids
        shop = Shop(home.world, home.port, tills=6, members=(3, 4))
        with shop.open():
            for _ in range(CUTS):
                shop.wait_for(25)
                cut_power(home)
            shop.wait_for(25)
        assert flaws(shop.attempts, home.books(), before) == []
        assert home.audit()["findings"] == []
        assert len(acknowledged(shop.attempts)) == len(shop.attempts)


def test_the_checker_sees_what_a_power_cut_takes_where_nothing_waits_for_the_disk() -> None:
    assert any(loses_without_fsync() for _ in range(TRIES))


def loses_without_fsync() -> bool:
    """Cut the power of a database that does not wait for its disk, and tell whether that was seen."""
    with house(disk=partial(plug_disk, megabytes=MEGABYTES), settings={"fsync": "off"}) as home:
        home.open()
        before = home.books().ids
        shop = Shop(home.world, home.port, tills=6, members=(3, 4))
        with shop.open():
            shop.wait_for(50)
        try:
            cut_power(home)
            found = flaws(shop.attempts, home.books(), before)
        except (DatabaseError, TimeoutError, psycopg.Error):
            return True  # not even the database could make sense of it
        return any("is not there" in flaw for flaw in found)
