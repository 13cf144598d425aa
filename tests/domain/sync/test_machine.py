"""The state machine, run: a short time at every commit, a long one by ``make soak``; and the test of the test."""

from __future__ import annotations

import os
from itertools import count

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy.exc import IntegrityError

from loyalty.clock import SetClock
from tests.domain.sync.machine.bugs import CLIENT, SERVER, put_in
from tests.domain.sync.machine.http import HttpMachine, HttpServer
from tests.domain.sync.machine.machine import Machine
from tests.domain.sync.machine.phone import Bugs
from tests.domain.sync.machine.scripts import SCRIPTS
from tests.domain.sync.machine.setting import stage
from tests.domain.sync.machine.truth import Violation

SHORT = settings(
    max_examples=25,
    stateful_step_count=40,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink),
)
LONG = settings(SHORT, max_examples=int(os.environ.get("SYNC_EXAMPLES", "2000")), derandomize=False)
HUNT = settings(SHORT, max_examples=1000, phases=(Phase.generate,))
MISTAKES = (*SERVER, *CLIENT)


@pytest.fixture
def staged(app: Flask, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    stage(monkeypatch)
    return monkeypatch


def play(name: str, bugs: Bugs) -> None:
    """Play a script to its end, the convergence of everybody included."""
    machine = Machine()
    machine.bugs = bugs  # type: ignore[misc]
    try:
        SCRIPTS[name](machine)
        machine.teardown()
    finally:
        machine.server.finish_slow_sale()


def is_seen(name: str) -> bool:
    """Tell whether a mistake, put in, is noticed in its script."""
    with pytest.MonkeyPatch.context() as patch, put_in(patch, name) as bugs:
        try:
            play(name, bugs)
        except (Violation, IntegrityError):
            return True
    return False


def test_devices_converge_and_nothing_is_lost_or_done_twice(staged: pytest.MonkeyPatch) -> None:
    run_state_machine_as_test(Machine, settings=SHORT)


def test_the_same_holds_through_the_route(
    staged: pytest.MonkeyPatch, client: FlaskClient, clock: SetClock
) -> None:
    HttpServer.client, HttpServer.clock = client, clock
    run_state_machine_as_test(HttpMachine, settings=settings(SHORT, max_examples=8))


@pytest.mark.soak
def test_devices_converge_for_a_long_time(staged: pytest.MonkeyPatch) -> None:
    run_state_machine_as_test(Machine, settings=LONG)


def test_every_mistake_has_a_script() -> None:
    assert set(SCRIPTS) == set(MISTAKES)


def test_without_a_mistake_every_script_ends_well(staged: pytest.MonkeyPatch) -> None:
    for name in SCRIPTS:
        play(name, Bugs())


def test_every_mistake_is_seen_in_its_script(staged: pytest.MonkeyPatch) -> None:
    assert [name for name in MISTAKES if not is_seen(name)] == []


@pytest.mark.soak
@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_found_by_chance(staged: pytest.MonkeyPatch, name: str) -> None:
    tried = count()

    class Mistaken(Machine):
        def __init__(self) -> None:
            super().__init__()
            next(tried)

    with put_in(staged, name) as bugs:
        Mistaken.bugs = bugs
        with pytest.raises((Violation, IntegrityError)) as found:
            run_state_machine_as_test(Mistaken, settings=HUNT)
    print(f"{name}: in run {next(tried)}: {str(found.value)[:150]}")
