"""A house for the tests of one module, made once and set on fire by each; and a desk whose database is at a wire."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from loyalty.clock import SetClock
from loyalty.config import Settings
from tests.conftest import settings_for
from tests.faults.desk import Desk, open_desk
from tests.faults.house import House, house
from tests.wire import Wire, wired


@pytest.fixture(scope="module")
def home() -> Iterator[House]:
    """Return a house with its web server running; whoever changes its database changes it back."""
    with house() as made:
        made.open()
        yield made


@pytest.fixture
def wire(fresh_database: str) -> Iterator[Wire]:
    """Return the wire to a database of this test alone."""
    with wired(fresh_database) as wire:
        yield wire


@pytest.fixture
def settings(wire: Wire, tmp_path: Path) -> Settings:
    """Return the settings of an application that reaches its database over the wire."""
    return settings_for(wire.url, tmp_path)


@pytest.fixture
def desk(app: Flask, client: FlaskClient, clock: SetClock, settings: Settings, wire: Wire) -> Desk:
    """Return a till at which one sale has been settled."""
    assert app.testing
    return open_desk(client, clock, settings.secret_key, wire)
