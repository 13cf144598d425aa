"""The state machine, run: a short time at every commit, a long one by ``make soak``."""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.domain.sync.machine.machine import Machine
from tests.domain.sync.machine.setting import stage

SHORT = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink),
)


@pytest.fixture
def staged(app: Flask, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    stage(monkeypatch)
    return monkeypatch


def test_devices_converge_and_nothing_is_lost_or_done_twice(staged: pytest.MonkeyPatch) -> None:
    run_state_machine_as_test(Machine, settings=SHORT)
