"""The café of these tests."""

from __future__ import annotations

import pytest
from flask import Flask

from loyalty.clock import SetClock
from tests.ordering import Shop


@pytest.fixture
def shop(app: Flask, clock: SetClock) -> Shop:
    return Shop(app, clock)
