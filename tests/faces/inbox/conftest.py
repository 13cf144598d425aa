"""The demo's program is in force."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from loyalty import rules
from loyalty.actor import SYSTEM
from loyalty.clock import SetClock
from loyalty.db import transaction


@pytest.fixture(autouse=True)
def program(app: Flask, clock: SetClock) -> None:
    """Put the demo's program into force."""
    with transaction() as session:
        rules.apply(
            session, rules.load_shipped("cafe-stars"), actor=SYSTEM, live_from=clock.now() - timedelta(days=1),
            note="", now=clock.now() - timedelta(days=1),
        )  # fmt: skip
