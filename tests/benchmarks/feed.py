"""(e): a device pulls one change: what the server needs for it, after a short and after a long history."""

from __future__ import annotations

import gc
import json
import os
import time
from collections.abc import Callable
from contextlib import redirect_stderr
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Final, cast

from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import EnvironBuilder

from loyalty.app import create_app
from loyalty.config import Settings
from loyalty.db import db, transaction
from loyalty.members.models import Device
from loyalty.web.site import current
from mobile_api.who import access_token
from tests.benchmarks.harness import Report, interleaved, middle, ratio_of
from tests.benchmarks.world import World, durable_server, make_world

TARGET_MS: Final = 2.0
INDEPENDENT: Final = 1.2
MEMBERS: Final = 2_000
PULLS: Final = 100
ROUNDS: Final = 7


def pull() -> Report:
    """Measure (e)."""
    report = Report("feed", "A device pulls one change")
    with durable_server() as server, Path(os.devnull).open("w") as nowhere, redirect_stderr(nowhere):
        world = make_world(server, "feed", members=MEMBERS, buyers=MEMBERS)
        settings = Settings(secret_key=world.secret, database_url=world.url, rate_limits=False)
        app = create_app(settings)
        with app.app_context():
            short = _puller(app, world, member_id=world.town.busiest + 1)
            long = _puller(app, world, member_id=world.town.busiest)
            sides = {"short history": lambda: _time_of(short), "500 sales": lambda: _time_of(long)}
            for measure in sides.values():
                measure()
            values = interleaved(sides, rounds=ROUNDS)
            for engine in db.engines.values():
                engine.dispose()
    for name, value in middle(values).items():
        report.row(name, f"{value:.2f} ms")
    report.claim("pull of one change", middle(values)["500 sales"], "ms", "at most", TARGET_MS)
    report.claim(
        "after 500 sales / after one",
        ratio_of(values, "500 sales", "short history"),
        "x",
        "at most",
        INDEPENDENT,
    )
    report.note(
        "POST /api/v1/sync through the whole application, WSGI to WSGI: token, device, body, feed, document, answer, log."
    )
    return report


def _puller(app: Flask, world: World, *, member_id: int) -> Callable[[], float]:
    """Sign a device in and return the function that pulls what its member's last version changed."""
    now = datetime.now(UTC)
    device = f"phone-{member_id}"
    with transaction() as session:
        session.add(
            Device(
                member_id=member_id, id=device, name="Phone", platform="app", created_at=now, last_seen_at=now
            )
        )
    headers = {"Authorization": f"Bearer {access_token(current(), device_id=device, now=now)}"}

    def ask(cursor: dict[str, Any] | None) -> tuple[dict[str, Any], float]:
        """Return the answer and the seconds from the whole request to the whole answer."""
        body = {"schema": 1, "cursor": cursor, "mutations": []}
        environ = EnvironBuilder("/api/v1/sync", method="POST", json=body, headers=headers).get_environ()
        said: list[str] = []
        began = time.perf_counter()
        answered = app.wsgi_app(environ, lambda status, *_: said.append(status))
        raw = b"".join(answered)
        cast(Any, answered).close()
        seconds = time.perf_counter() - began
        if said != ["200 OK"]:
            raise RuntimeError(raw.decode()[:600])
        return json.loads(raw), seconds

    page, _ = ask(None)
    while page["more"]:
        page, _ = ask(page["cursor"])
    cursor = page["cursor"]
    with transaction() as session:
        _change(session, member_id, now)

    def pull_once() -> float:
        found, seconds = ask(cursor)
        if list(found["put"]) != ["preference/milk"]:
            raise RuntimeError(f"the pull brought {list(found['put'])}")
        return seconds

    return pull_once


def _change(session: Session, member_id: int, now: datetime) -> None:
    from loyalty import changes

    changes.lock(session, member_id)
    changes.mark(session, member_id, "preference/milk", now=now)


def _time_of(work: Callable[[], float]) -> float:
    """Return the median milliseconds of a pull."""
    gc.collect()
    return median(work() for _ in range(PULLS)) * 1000
