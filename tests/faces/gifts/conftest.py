"""A café, Ann with money in her wallet and a device of long ago, Bob to whom she sends something."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from loyalty import messages
from loyalty.clock import SetClock
from loyalty.config import Settings
from loyalty.db import transaction
from loyalty.jobs.outbox import deliver
from loyalty.jobs.work import work_of
from tests.joined import Joined
from tests.paying import Counter, put_program_in_force

_keys = count(1)


class Phone:
    """A member's app."""

    def __init__(self, counter: Counter, client: FlaskClient, who: Joined) -> None:
        self.counter, self.client, self.who = counter, client, who

    def ask(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        headers = {
            **self.who.headers(self.counter.now),
            "Idempotency-Key": f"the-key-{key or next(_keys)}",
        }
        more = {} if body is None else {"json": body}
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **more)

    def get(self, path: str) -> Any:
        return self.ask("GET", path)

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        return self.ask("POST", path, body, key=key)

    def document(self, kind: str) -> list[Any]:
        """Return the documents of a kind that a device would hold."""
        from loyalty.sync import documents

        with transaction() as session:
            found = documents.load_all(session, self.who.member_id)
        return [each for name, each in found.items() if name.startswith(f"{kind}/")]


@pytest.fixture
def counter(app: Flask, settings: Settings, clock: SetClock) -> Counter:
    put_program_in_force()
    return Counter(app, settings, clock)


@pytest.fixture
def ann(counter: Counter, client: FlaskClient) -> Phone:
    who = counter.join()
    counter.wait(days=2)
    counter.top_up(who, 40_000)
    return Phone(counter, client, who)


@pytest.fixture
def bob(counter: Counter, client: FlaskClient) -> Phone:
    return Phone(counter, client, counter.join("bob@example.com", given_name="Bob"))


@pytest.fixture
def work(counter: Counter) -> Callable[[], list[Any]]:
    """Do what waits in the outbox; return the demo's mailbox, the newest first."""

    def run() -> list[Any]:
        done = work_of(counter.settings, counter.clock)
        while deliver(done):
            pass
        with transaction() as session:
            return list(messages.mailbox(session))

    return run
