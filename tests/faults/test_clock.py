"""The server's clock jumps, forward and back: what is settled is in the order of its numbers, nothing is an error.

The order of a member's sales is their ``seq``, never the time: a jump cannot disturb it. What depends on the
time does so visibly: codes and tokens are refused, points that a far jump lets expire are expired.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from loyalty.web.site import current
from pos_adapter.who import till_token
from tests.faults.desk import Desk
from tests.faults.history import acknowledged, flaws
from tests.faults.house import house
from tests.faults.shop import Shop

# Debian: libfaketime.
LIBRARY = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
JUMPS = [{"hours": -1}, {"days": 2}, {"days": -3}, {"days": 60}, {"days": -61}, {"days": 400}, {"days": -400}]
HOURS = (0, 12, 3, 20, -1, 8)


@pytest.mark.parametrize("jump", JUMPS, ids=str)
def test_while_the_clock_is_wrong_nothing_fails_and_afterwards_all_goes_on(
    desk: Desk, jump: dict[str, float]
) -> None:
    start = desk.clock.now()
    desk.token = till_token(current(), till_id="till-1", generation=1, now=start - timedelta(days=62))
    early = desk.unnamed()
    first = desk.post(early).json
    assert first is not None
    desk.clock.advance(**jump)
    seqs = [first["seq"]]
    for request in (desk.request(), desk.unnamed(), early):
        answer = desk.post(request)
        assert answer.json is not None
        assert answer.status_code in (200, 401, 404, 409), answer.json
        if answer.status_code == 200:
            seqs.append(answer.json["seq"])
    if len(seqs) > 1:  # the till's token was good at that time: the old key still has its answer
        assert seqs.pop() == first["seq"]
    desk.clock.set(start)
    for request in (desk.request(), desk.unnamed()):
        answer = desk.post(request)
        assert answer.json is not None
        assert answer.status_code == 200, answer.json
        seqs.append(answer.json["seq"])
    assert seqs == sorted(set(seqs))
    assert desk.post(early).json == first
    assert desk.findings() == []


@pytest.mark.soak
@pytest.mark.skipif(not LIBRARY.exists(), reason="libfaketime is missing (Debian: libfaketime)")
def test_a_clock_that_jumps_under_load_disturbs_neither_order_nor_books(tmp_path: Path) -> None:
    offset = tmp_path / "offset"
    offset.write_text("+0")
    with house() as home:
        home.environment = {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(offset),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        home.open()
        before = home.books().ids
        shop = Shop(home.world, home.port, tills=6, members=(3, 4))
        with shop.open():
            for hours in HOURS:
                put(offset, f"{hours * 3600:+d}")
                shop.wait_for(30)
            put(offset, "+0")
        assert flaws(shop.attempts, home.books(), before) == []
        assert home.audit()["findings"] == []
    times = sorted(each.receipt["occurred_at"] for each in acknowledged(shop.attempts) if each.receipt)
    assert moment(times[-1]) - moment(times[0]) > timedelta(hours=15)


def put(file: Path, content: str) -> None:
    """Change what a file says at one stroke."""
    new = file.with_suffix(".new")
    new.write_text(content)
    new.replace(file)


def moment(written: str) -> datetime:
    return datetime.fromisoformat(written)
