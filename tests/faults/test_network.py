"""The network between the application and its database is cut, slow, half open or silent: a retry still sells once."""

from __future__ import annotations

import random
import socket
import time
from contextlib import suppress
from itertools import count, cycle
from typing import Final

import pytest
from sqlalchemy import text

from loyalty import db
from loyalty.db import transaction
from tests.faults.desk import Cut, Desk, at_frame, is_committed
from tests.faults.history import acknowledged, flaws
from tests.faults.house import house
from tests.faults.shop import Shop
from tests.wire import Frame, Line, wired


def hang_up(line: Line) -> None:
    line.cut()


def deafen_client(line: Line) -> None:
    """Close the way to the client only: a half-open connection."""
    with suppress(OSError):
        line.client.shutdown(socket.SHUT_WR)


def deafen_server(line: Line) -> None:
    with suppress(OSError):
        line.server.shutdown(socket.SHUT_WR)


CUTS: Final[tuple[Cut, ...]] = (hang_up, deafen_client, deafen_server)


def cut_everywhere(desk: Desk, *, step: int) -> int:
    """Cut a sale after so many frames, and so many more, until one gets through; return how often it was committed.

    Each is sent again, and must have happened once.
    """
    sold, committed, cuts = desk.sales(), 0, cycle(CUTS)
    for frame in count(1, step):
        request = desk.request()
        desk.wire.meddle = at_frame(frame, next(cuts))
        answer = desk.post(request)
        desk.wire.meddle = None
        if answer.status_code == 200:
            assert frame > 100
            return committed
        assert answer.status_code == 503
        assert answer.json is not None
        assert answer.json["code"] == "unreachable"
        assert answer.headers["Retry-After"]
        committed += desk.sales() - sold
        assert desk.post(request).status_code == 200
        sold += 1
        assert desk.sales() == sold
    raise AssertionError("unreachable")


def test_a_line_cut_in_the_midst_of_a_sale_leaves_nothing_half_and_a_retry_sells_once(desk: Desk) -> None:
    cut_everywhere(desk, step=23)
    assert desk.findings() == []


@pytest.mark.soak
def test_a_line_cut_after_any_frame_of_a_sale_leaves_nothing_half_and_a_retry_sells_once(desk: Desk) -> None:
    assert cut_everywhere(desk, step=1) > 0, "no cut came between a commit and its answer"
    assert desk.findings() == []


@pytest.mark.parametrize("kept", [True, False])
def test_a_commit_whose_answer_was_lost_is_not_done_again_and_without_its_key_it_would_be(
    desk: Desk, kept: bool
) -> None:
    if not kept:
        with transaction() as session:
            session.execute(text("CREATE RULE forget AS ON INSERT TO request_key DO INSTEAD NOTHING"))

    def lose(line: Line, from_client: bool, frame: Frame) -> bool:
        del line
        return not is_committed(from_client, frame)

    sold, request = desk.sales(), desk.unnamed()
    desk.wire.meddle = lose
    assert desk.post(request).status_code == 503
    desk.wire.meddle = None
    assert desk.sales() == sold + 1
    assert desk.post(request).status_code == 200
    assert desk.sales() == sold + (1 if kept else 2)
    assert desk.findings() == []


def test_a_slow_line_sells_slowly(desk: Desk) -> None:
    desk.wire.delay_seconds = 0.05
    began = time.monotonic()
    assert desk.post(desk.request()).status_code == 200
    assert time.monotonic() - began > 4 * 0.05


def test_while_the_database_is_away_sales_are_put_off_and_go_on_when_it_is_back(desk: Desk) -> None:
    desk.wire.is_down = True
    desk.wire.cut()
    sold, request = 1, desk.request()
    for _ in range(3):
        answer = desk.post(request)
        assert (answer.status_code, answer.content_type) == (503, "application/problem+json")
        assert desk.client.get("/healthz").status_code == 200
        assert desk.client.get("/readyz").status_code == 503
    desk.wire.is_down = False
    assert desk.post(request).status_code == 200
    assert desk.sales() == sold + 1
    assert desk.client.get("/readyz").status_code == 200


def test_a_line_on_which_nothing_comes_through_is_given_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "SOON", 0.3)
    request = desk.request()
    desk.wire.is_silent = True
    answer = desk.post(request)
    assert (answer.status_code, answer.content_type) == (503, "application/problem+json")
    desk.wire.is_silent = False
    desk.wire.cut()
    assert desk.post(request).status_code == 200
    assert desk.findings() == []


@pytest.mark.soak
def test_a_bad_network_under_load_loses_nothing_and_counts_nothing_twice() -> None:
    dice = random.Random(7)
    with house() as home, wired(home.world.url) as wire:
        home.environment = {"REGULARS_DATABASE_URL": wire.url}
        home.open()
        before = home.books().ids
        shop = Shop(home.world, home.port, tills=8, members=(3, 4))
        with shop.open():
            for _ in range(40):
                wire.delay_seconds = dice.choice((0.0, 0.0, 0.002, 0.01))
                wire.is_down = dice.random() < 0.2
                wire.meddle = at_frame(dice.randrange(1, 400), dice.choice(CUTS))
                time.sleep(dice.random() / 2)
                wire.cut()
                wire.is_down, wire.meddle = False, None
                shop.wait_for(5)
            wire.delay_seconds = 0.0
        assert flaws(shop.attempts, home.books(), before) == []
        assert home.audit()["findings"] == []
        assert len(acknowledged(shop.attempts)) == len(shop.attempts)
        assert any(each.tries > 1 for each in shop.attempts)
