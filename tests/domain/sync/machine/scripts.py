"""For each mistake of ``bugs``, the shortest story in which it does harm. Without the mistake each ends well."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from tests.domain.sync.machine.machine import Machine

Script = Callable[[Machine], None]


def _begin(machine: Machine, *skews: int, corrected: bool = False) -> None:
    machine.begin(skews=list(skews or (0, 0)), corrected=(corrected,) * 3)


def _sync(machine: Machine, *places: int) -> None:
    for place in places:
        machine.synchronize(place=place)


def _milk(machine: Machine, place: int) -> None:
    machine.set_preference(place=place, name="milk")


def _latte(machine: Machine, place: int, verb: str = "add") -> None:
    machine.mark_favorite(place=place, sku="latte", verb=verb)


def _request(machine: Machine, place: int, *, lost: bool = False, sold: bool = False) -> None:
    machine.send(place=place, most=1)
    machine.deliver(place=len(machine.requests) - 1, doubled=False, lost=lost, sold=sold)


def _no_epoch(machine: Machine) -> None:
    _begin(machine)
    _sync(machine, 0, 1)
    machine.back_up()
    _milk(machine, 0)
    _sync(machine, 0)
    machine.restore()
    _milk(machine, 1)
    _sync(machine, 1, 0)


def _clock_only(machine: Machine) -> None:
    _begin(machine, 0, -500_000)
    _milk(machine, 0)
    _sync(machine, 0, 1)
    _milk(machine, 1)
    _sync(machine, 1)


def _plus_one_millisecond(machine: Machine) -> None:
    _begin(machine, 0, -500_000, 0)
    _milk(machine, 0)
    _sync(machine, 0, 1)
    for _ in range(2):
        _milk(machine, 1)
        _sync(machine, 1)
    machine.wait(milliseconds=1)
    _milk(machine, 2)
    _sync(machine, 2)


def _last_arrival_wins(machine: Machine) -> None:
    _begin(machine)
    _milk(machine, 0)
    machine.wait(milliseconds=1000)
    _milk(machine, 1)
    _sync(machine, 1, 0)


def _seen_of_any_epoch(machine: Machine) -> None:
    _begin(machine)
    _sync(machine, 0, 1)
    machine.back_up()
    for _ in range(3):
        machine.edit_online(name="size")
    _sync(machine, 0)
    _milk(machine, 0)
    machine.wait(milliseconds=1000)
    machine.restore()
    _sync(machine, 1)
    _milk(machine, 1)
    _sync(machine, 1, 0)


def _clock_beyond_now(machine: Machine) -> None:
    _begin(machine, 500_000, 0)
    _milk(machine, 0)
    _sync(machine, 0)
    machine.wait(milliseconds=1000)
    _milk(machine, 1)
    _sync(machine, 1)


def _uncorrected_clock(machine: Machine) -> None:
    _begin(machine, 500_000, 0, corrected=True)
    _milk(machine, 0)
    machine.wait(milliseconds=1000)
    _milk(machine, 1)
    _sync(machine, 1)
    machine.wait(milliseconds=1000)
    _sync(machine, 0)


def _removal_wins(machine: Machine) -> None:
    _begin(machine)
    _sync(machine, 1)
    _latte(machine, 0)
    _latte(machine, 1, "remove")
    _sync(machine, 0, 1)


def _giving_wins(machine: Machine) -> None:
    _begin(machine)
    machine.consent(place=0, verb="withdraw")
    machine.consent(place=1, verb="give")
    _sync(machine, 0, 1)


def _torn_pull(machine: Machine) -> None:
    _begin(machine)
    _sync(machine, 0)
    machine.sell(again=False)
    _request(machine, 0, sold=True)
    machine.receive(place=0, doubled=False)


def _no_horizon(machine: Machine) -> None:
    _begin(machine)
    _latte(machine, 0)
    _sync(machine, 0, 1)
    _latte(machine, 0, "remove")
    _sync(machine, 0)
    machine.purge()
    _sync(machine, 1)


def _no_tombstones(machine: Machine) -> None:
    _begin(machine)
    _latte(machine, 0)
    _sync(machine, 0)
    _latte(machine, 0, "remove")
    _sync(machine, 0)


def _uids_forgotten(machine: Machine) -> None:
    _begin(machine)
    _latte(machine, 0)
    _request(machine, 0, lost=True)
    _sync(machine, 1)
    _latte(machine, 1, "remove")
    _sync(machine, 1, 0)


def _forks_unnoticed(machine: Machine) -> None:
    _begin(machine)
    machine.copy_disk(place=0)
    _milk(machine, 0)
    _milk(machine, 2)
    _sync(machine, 0, 2)


def _revoked_served(machine: Machine) -> None:
    _begin(machine)
    machine.send(place=0, most=1)
    machine.revoke(place=0)
    machine.deliver(place=0, doubled=False, lost=False, sold=False)


def _future_cursor_trusted(machine: Machine) -> None:
    _begin(machine)
    _sync(machine, 0)
    machine.back_up()
    _milk(machine, 0)
    _sync(machine, 0)
    machine.restore()
    _sync(machine, 0)


def _outcome_made_up(machine: Machine) -> None:
    _begin(machine)
    machine.nonsense(place=0)
    _request(machine, 0, lost=True)
    _sync(machine, 0)


def _plain_sequence(machine: Machine) -> None:
    _begin(machine)
    machine.begin_slow_sale()
    _milk(machine, 0)
    _sync(machine, 0)
    machine.finish_slow_sale()


def _acknowledge_by_number(machine: Machine) -> None:
    _begin(machine)
    machine.keep_disk(place=0)
    _milk(machine, 0)
    _request(machine, 0)
    machine.roll_disk_back(place=0)
    _latte(machine, 0)
    machine.receive(place=0, doubled=False)
    _sync(machine, 0)


def _clear_queue_on_reset(machine: Machine) -> None:
    _begin(machine)
    _milk(machine, 0)
    _latte(machine, 0)
    _request(machine, 0)
    machine.receive(place=0, doubled=False)


def _stale_answer(machine: Machine) -> None:
    _begin(machine)
    _sync(machine, 0)
    _request(machine, 0)
    machine.edit_online(name="milk")
    _sync(machine, 0)
    machine.receive(place=0, doubled=False)


def _dropped_early(machine: Machine) -> None:
    _begin(machine)
    _milk(machine, 0)
    _request(machine, 0)
    machine.receive(place=0, doubled=False)


SCRIPTS: Final[Mapping[str, Script]] = {
    "no epoch": _no_epoch,
    "clock only": _clock_only,
    "plus one millisecond": _plus_one_millisecond,
    "last arrival wins": _last_arrival_wins,
    "seen of any epoch": _seen_of_any_epoch,
    "clock beyond now": _clock_beyond_now,
    "uncorrected clock": _uncorrected_clock,
    "removal wins": _removal_wins,
    "giving wins": _giving_wins,
    "torn pull": _torn_pull,
    "documents of another moment": _torn_pull,
    "no horizon": _no_horizon,
    "no tombstones": _no_tombstones,
    "uids forgotten": _uids_forgotten,
    "forks unnoticed": _forks_unnoticed,
    "revoked served": _revoked_served,
    "future cursor trusted": _future_cursor_trusted,
    "outcome made up when asked again": _outcome_made_up,
    "plain sequence": _plain_sequence,
    "acknowledge by the last number": _acknowledge_by_number,
    "clear the queue on reset": _clear_queue_on_reset,
    "apply a stale answer": _stale_answer,
    "drop from the queue before the pages are complete": _dropped_early,
}
