"""A counter at the demo café, and the surroundings of work outside a request."""

from __future__ import annotations

import pytest
from flask import Flask

from loyalty.clock import SetClock
from loyalty.config import Settings
from loyalty.jobs.work import Work, work_of
from tests.joined import Joined
from tests.paying import Counter, put_program_in_force


@pytest.fixture
def counter(app: Flask, settings: Settings, clock: SetClock) -> Counter:
    """Return a counter at the demo café."""
    put_program_in_force()
    return Counter(app, settings, clock)


@pytest.fixture
def ann(counter: Counter) -> Joined:
    """Return Ann, signed in on her phone."""
    return counter.join()


@pytest.fixture
def work(app: Flask, settings: Settings, clock: SetClock) -> Work:
    """Return the surroundings of a job."""
    return work_of(settings, clock)
