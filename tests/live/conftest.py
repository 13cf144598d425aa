"""A café that really serves: a database of this module, ``regulars serve`` in front of it, members with devices."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from loyalty import changes
from loyalty.app import create_app
from loyalty.db import db, transaction
from loyalty.postgres import Server
from loyalty.web.site import current
from mobile_api.routes.live import AUDIENCE, LIFETIME
from tests.benchmarks.world import Serving, World, serve
from tests.conftest import cloned, settings_for
from tests.joined import Joined, join
from tests.live.ear import Ear

OPTIONS = ("--workers", "2", "--threads", "4")


@dataclass
class Cafe:
    """Two web processes, and this process as a third one that changes things."""

    app: Flask
    world: World
    log: Path
    site: Serving
    ears: list[Ear] = field(default_factory=list[Ear])
    guard: threading.Lock = field(default_factory=threading.Lock)

    def join(self, address: str | None = None) -> Joined:
        with self.app.app_context(), transaction() as session:
            return join(session, address, now=datetime.now(UTC))

    def ticket(self, of: Joined) -> str:
        with self.app.app_context():
            now = datetime.now(UTC)
            return current().tokens.issue(AUDIENCE, of.device_id, now=now, lifetime=LIFETIME)

    def listen(self, of: Joined) -> Ear:
        """Open a stream and hear where the member is, once the notices of how they came to be have passed."""
        ear = self.open(self.ticket(of))
        assert ear.status == 200, ear
        for _ in range(2):  # what the first look-up found may be told by a notice as well
            self.settle(of, ear)
        return ear

    def settle(self, of: Joined, *ears: Ear) -> int:
        """Change something and hear of it; what was on its way before has then been heard as well."""
        changed = self.change(of)
        for ear in ears:
            while (heard := ear.hear_event()) != ("poke", str(changed)):
                assert heard[0] == "poke", heard
        return changed

    def open(self, ticket: str, *, headers: str = "") -> Ear:
        ear = Ear.open(self.site.port, ticket, headers=headers)
        with self.guard:
            self.ears.append(ear)
        return ear

    def change(self, of: Joined) -> int:
        """Change something of the member in this process; return the version."""
        with self.app.app_context(), transaction() as session:
            changes.lock(session, of.member_id)
            return changes.mark(session, of.member_id, "preference/milk", now=datetime.now(UTC))

    def ask(self, method: str, path: str, of: Joined, body: object = None) -> tuple[int, Any]:
        """Send a request of a device to the web processes."""
        with self.app.app_context():
            headers = {**of.headers(datetime.now(UTC)), "Content-Type": "application/json"}
        connection = HTTPConnection("127.0.0.1", self.site.port, timeout=10)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            with connection.getresponse() as answer:
                said = answer.read()
                return answer.status, json.loads(said) if said else None
        finally:
            connection.close()

    def serve_again(self) -> None:
        self.site = serve(self.world, self.log, *OPTIONS, port=self.site.port)


@pytest.fixture(scope="module")
def served(server: Server, worker_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cafe]:
    folder = tmp_path_factory.mktemp("live")
    with cloned(server, f"live_{worker_name}") as url:
        settings = settings_for(url, folder)
        world = World(url, server, settings.secret_key, None, 0, {})  # type: ignore[arg-type] - nobody buys
        log = folder / "serve.log"
        app = create_app(settings)
        site = serve(world, log, *OPTIONS, environment={"REGULARS_RATE_LIMITS": "off"})
        cafe = Cafe(app, world, log, site)
        with app.app_context():
            current().live.start(db.engine)
        try:
            yield cafe
        finally:
            cafe.site.stop()
            with app.app_context():
                current().live.close()
                db.engine.dispose()
            assert "Traceback" not in log.read_text()


@pytest.fixture
def cafe(served: Cafe) -> Iterator[Cafe]:
    """Return the café of this module, with nobody listening before and after."""
    yield served
    for ear in served.ears:
        ear.close()
    served.ears.clear()
