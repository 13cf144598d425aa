"""A full disk: sales are put off with 503, nothing is half there, and all goes on when there is space again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

import psycopg
import pytest

from loyalty.postgres import Server
from tests.faults.desk import Desk
from tests.faults.disks import SmallDisk, small_disk
from tests.faults.history import flaws
from tests.faults.house import house
from tests.faults.shop import Shop, until
from tests.wire import Wire, wired

MEGABYTES = 48
MOST = 2000


@pytest.fixture
def disk(server: Server, fresh_database: str) -> Iterator[SmallDisk]:
    """Return a small disk on which the tables of this test's database are; the log of changes is elsewhere."""
    name = fresh_database.rpartition("/")[2]
    folder = server.home / f"small_{name}"
    folder.mkdir(mode=0o700)
    server.account.give(folder)
    url = server.url_of("postgres").replace("+psycopg", "", 1)
    with small_disk(folder, megabytes=MEGABYTES) as disk, psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE TABLESPACE small_{name} LOCATION '{folder}'".encode())
        connection.execute(f"ALTER DATABASE {name} SET TABLESPACE small_{name}".encode())
        yield disk
        disk.empty()
        connection.execute(f"ALTER DATABASE {name} SET TABLESPACE pg_default".encode())
        connection.execute(f"DROP TABLESPACE small_{name}".encode())


@pytest.fixture
def wire(disk: SmallDisk, fresh_database: str) -> Iterator[Wire]:
    assert disk
    with wired(fresh_database) as wire:
        yield wire


def test_where_the_tables_have_no_room_a_sale_is_put_off_and_settled_when_there_is_some(
    desk: Desk, disk: SmallDisk
) -> None:
    disk.fill()
    sold, request = fill_up(desk)
    for _ in range(3):
        answer = desk.post(request)
        assert (answer.status_code, answer.content_type) == (503, "application/problem+json")
    assert desk.sales() == sold
    disk.empty()
    assert desk.post(request).status_code == 200
    assert desk.sales() == sold + 1
    assert desk.findings() == []


def fill_up(desk: Desk) -> tuple[int, dict[str, object]]:
    """Sell until a sale does not fit any more; return how many did, and the one that did not."""
    sold = desk.sales()
    for _ in range(MOST):
        request = desk.request()
        answer = desk.post(request)
        if answer.status_code != 200:
            assert answer.json is not None
            assert (answer.status_code, answer.json["code"]) == (503, "unreachable")
            return sold, request
        sold += 1
    raise AssertionError("the disk never was full")


@pytest.mark.soak
def test_where_the_log_of_changes_has_no_room_the_database_stops_and_all_goes_on_when_there_is_some() -> None:
    with house(disk=partial(small_disk, megabytes=192)) as home:
        disk = home.disk
        assert isinstance(disk, SmallDisk)
        home.open()
        before = home.books().ids
        shop = Shop(home.world, home.port, tills=6, members=(3, 4))
        with shop.open():
            shop.wait_for(20)
            disk.fill()
            until(lambda: shop.answered == settled(shop), seconds=60, what="the end of the disk")
            seen = shop.answered
            disk.empty()
            home.server.start()
            shop.wait_for(20)
        assert seen < shop.answered
        assert flaws(shop.attempts, home.books(), before) == []
        assert home.audit()["findings"] == []


def settled(shop: Shop) -> int:
    """Return how many sales had been answered a second ago."""
    answered = shop.answered
    time.sleep(1)
    return answered
