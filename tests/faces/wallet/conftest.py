"""A counter with the demo's card provider, Ann, and her app."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from loyalty.clock import SetClock
from loyalty.config import Settings
from tests.joined import Joined
from tests.paying import Counter, put_program_in_force
from tests.stripes import FakeStripe, fake_stripe

_keys = count(1)


@dataclass
class App:
    """A member's app: signed requests, with a fresh idempotency key unless one is given."""

    counter: Counter
    client: FlaskClient
    who: Joined

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/v1{path}", headers=self.who.headers(self.counter.now))

    def delete(self, path: str) -> Any:
        return self.client.delete(f"/api/v1{path}", headers=self.who.headers(self.counter.now))

    def post(self, path: str, body: object = None, *, key: str | None = None) -> Any:
        headers = {**self.who.headers(self.counter.now), "Idempotency-Key": f"the-key-{key or next(_keys)}"}
        return self.client.post(f"/api/v1{path}", json=body, headers=headers)

    def put(self, path: str, body: object) -> Any:
        return self.client.put(f"/api/v1{path}", json=body, headers=self.who.headers(self.counter.now))


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
def anns(counter: Counter, client: FlaskClient, ann: Joined) -> App:
    """Return Ann's app."""
    return App(counter, client, ann)


@pytest.fixture
def stripes() -> Iterator[tuple[FakeStripe, str]]:
    """Serve our fake."""
    with fake_stripe() as served:
        yield served


@pytest.fixture
def fake(stripes: tuple[FakeStripe, str]) -> FakeStripe:
    """Return our fake."""
    return stripes[0]
