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

# Run by the interpreter of every web process. (libfaketime 0.9.10 will not do: it breaks absolute sleeps on the
# monotonic clock, which ``time.sleep`` is made of; and where that clock is faked too, a jump back makes sleepers sleep
# for hours.)
CUSTOMIZE = """
from datetime import timedelta
from pathlib import Path
from loyalty.clock import Clock
true = Clock.now
Clock.now = lambda self: true(self) + timedelta(hours=float(Path({offset!r}).read_text()))
"""
JUMPS = [{"hours": -1}, {"days": 20}, {"days": -61}, {"days": 400}]
HOURS = (0, 12, 3, 20, 1, 8)  # the tills' tokens are good for a day, from now on


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
def test_a_clock_that_jumps_under_load_disturbs_neither_order_nor_books(tmp_path: Path) -> None:
    offset = tmp_path / "offset"
    put(offset, 0)
    (tmp_path / "sitecustomize.py").write_text(CUSTOMIZE.format(offset=str(offset)))
    with house() as home:
        home.environment = {"PYTHONPATH": str(tmp_path)}
        home.open()
        before = home.books().ids
        shop = Shop(home.world, home.port, tills=6, members=(3, 4))
        with shop.open():
            for hours in HOURS:
                put(offset, hours)
                shop.wait_for(30)
            put(offset, 0)
        assert flaws(shop.attempts, home.books(), before) == []
        assert home.audit()["findings"] == []
    times = sorted(each.receipt["occurred_at"] for each in acknowledged(shop.attempts) if each.receipt)
    assert moment(times[-1]) - moment(times[0]) > timedelta(hours=15)


def put(file: Path, hours: float) -> None:
    """Change the clock at one stroke."""
    new = file.with_suffix(".new")
    new.write_text(str(hours))
    new.replace(file)


def moment(written: str) -> datetime:
    return datetime.fromisoformat(written)
