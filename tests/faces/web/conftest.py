"""The real application with the sample face; no database unless a test asks for one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient

from loyalty.app import create_app
from loyalty.clock import SetClock
from loyalty.config import Settings
from loyalty.db import db
from loyalty.web import logs
from loyalty.web.site import Site
from tests.faces.web.sample import AUDIENCE, RAISED, SAMPLE, SECRET

PLAIN = Settings(
    mode="test",
    secret_key=SECRET,
    database_url="postgresql+psycopg://nobody@127.0.0.1:1/nowhere",
    data_dir=Path("/nonexistent"),
    rate_limits=False,
)


@pytest.fixture
def settings() -> Settings:
    """Return settings whose database does not exist; a test that needs one, or anything else, replaces them."""
    return PLAIN


def make(settings: Settings, clock: SetClock) -> Flask:
    app = create_app(settings, clock=clock)
    app.register_blueprint(SAMPLE.blueprint(__name__))
    return app


@pytest.fixture(scope="session")
def plain_app() -> Flask:
    """Return the application that all tests share which need no settings of their own."""
    return make(PLAIN, SetClock(datetime(2026, 3, 2, 12, tzinfo=UTC)))


@pytest.fixture
def app(request: pytest.FixtureRequest, settings: Settings, clock: SetClock) -> Iterator[Flask]:
    """Return the real application with the sample face, its context pushed."""
    if settings is PLAIN:
        app = request.getfixturevalue("plain_app")
        app.testing = True
        app.extensions["regulars"] = replace(app.extensions["regulars"], clock=clock)
    else:
        app = make(settings, clock)
    with app.app_context():
        yield app
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def site(app: Flask) -> Site:
    return app.extensions["regulars"]


@pytest.fixture
def bearer(site: Site, clock: SetClock) -> dict[str, str]:
    token = site.tokens.issue(AUDIENCE, "till-1", now=clock.now(), lifetime=timedelta(minutes=10))
    return {"Authorization": f"Bearer {token}", "Idempotency-Key": "key-00000001"}


@pytest.fixture
def raising() -> Iterator[Callable[[Callable[[], Exception]], str]]:
    """Return ``raising(make)``: the path whose route raises what ``make`` makes."""

    def prepare(make: Callable[[], Exception]) -> str:
        RAISED["it"] = make
        return "/sample/raise/it"

    yield prepare
    RAISED.clear()


@pytest.fixture
def basket() -> dict[str, Any]:
    return {"lines": [{"sku": "latte", "quantity": 2}]}


@pytest.fixture
def log_lines(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Return the lines that are logged during the test, as they come."""
    capture = structlog.testing.LogCapture()
    logger = structlog.wrap_logger(
        None, processors=[capture], wrapper_class=structlog.make_filtering_bound_logger(logging.INFO)
    )
    monkeypatch.setattr(logs, "_logger", [logger])
    return capture.entries
