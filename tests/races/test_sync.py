"""Synchronization under real concurrency: the same request twice at once, devices side by side, a reader between."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from loyalty import changes, sync
from loyalty.actor import Actor
from loyalty.clock import SetClock
from loyalty.db import retrying, snapshot, transaction
from loyalty.members import Device
from loyalty.sync import Cursor, Mutation, Request, queries
from tests.conftest import Together
from tests.domain.sync.people import enroll, join

DEVICES = 6
ROUNDS = 8


class Home:
    """One member and their devices, each with its own connection."""

    def __init__(self, app: Flask, clock: SetClock) -> None:
        self.app, self.now = app, clock.now()
        with transaction() as session:
            self.member_id = join(session, self.now)
        self.actors: list[Actor] = []
        for n in range(DEVICES):
            with transaction() as session:
                self.actors.append(enroll(session, self.member_id, f"d{self.member_id}-{n}", self.now))

    def mutation(self, device: int, number: int, verb: str = "favorite.add", /, **args: Any) -> Mutation:
        uid = f"u{self.member_id}-{device}-{number}"
        at = self.now + timedelta(milliseconds=number)
        return Mutation(number, uid, verb, args or {"sku": f"sku-{device}-{number}"}, 0, None, at)

    def push(self, device: int, *mutations: Mutation) -> sync.Pushed:
        def once() -> sync.Pushed:
            with transaction() as session:
                request = Request(mutations=mutations)
                return sync.push(session, actor=self.actors[device], request=request, now=self.now)

        with self.app.app_context():
            return retrying(once, attempts=20)

    def pull(self, cursor: Cursor | None) -> sync.Page:
        with self.app.app_context(), snapshot() as session:
            return sync.pull(session, actor=self.actors[0], cursor=cursor)

    def everything(self) -> dict[str, Any]:
        with snapshot() as session:
            return sync.load_all(session, self.member_id)

    def version(self) -> int:
        with snapshot() as session:
            return changes.head(session, self.member_id).version


@pytest.fixture
def home(app: Flask, clock: SetClock) -> Home:
    return Home(app, clock)


def without_lock(monkeypatch: pytest.MonkeyPatch, parties: int) -> None:
    """Only look where the lock is taken, and go on when everybody knows what came before: the worst order."""
    all_looked = threading.Barrier(parties)
    sent_before = queries.sent_before

    def look(*arguments: Any) -> queries.Before:
        before = sent_before(*arguments)
        with suppress(threading.BrokenBarrierError):  # a retry comes alone
            all_looked.wait(5)
        return before

    monkeypatch.setattr(changes, "lock", changes.head)
    monkeypatch.setattr(queries, "sent_before", look)


def sent_at_once(home: Home, together: Together, number: int, times: int) -> list[Any]:
    mutation = home.mutation(0, number)
    return together(lambda _: home.push(0, mutation), times)


def test_the_same_request_at_once_counts_once(home: Home, together: Together) -> None:
    before = home.version()
    for number in range(1, ROUNDS + 1):
        answers = sent_at_once(home, together, number, 3)
        assert answers[0] == answers[1] == answers[2]
    assert home.version() == before + ROUNDS


def test_without_the_lock_it_does_not(
    home: Home, together: Together, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_lock(monkeypatch, 2)
    one, other = sent_at_once(home, together, 1, 2)
    assert one != other


def test_devices_side_by_side_lose_nothing_and_a_reader_sees_whole_versions(
    home: Home, together: Together
) -> None:
    done = threading.Event()
    seen: list[tuple[Cursor, dict[str, Any]]] = []

    def read() -> None:
        held: dict[str, Any] = {}
        cursor: Cursor | None = None
        while True:
            last = done.is_set()
            page = home.pull(cursor)
            held = ({} if page.reset else dict(held)) | page.put
            cursor = page.cursor
            seen.append((cursor, held))
            if last:
                return

    def write(device: int) -> list[sync.Pushed]:
        return [
            home.push(
                device,
                home.mutation(device, 2 * n + 1),
                home.mutation(device, 2 * n + 2, "preference.set", name="milk", value=f"{device}-{n}"),
            )
            for n in range(ROUNDS)
        ]

    reader = threading.Thread(target=read)
    reader.start()
    given = together(write, DEVICES)
    done.set()
    reader.join()
    assert not [each for each in given if isinstance(each, Exception)]
    assert seen[-1][1] == home.everything()
    favorites = {key for key in seen[-1][1] if key.startswith("favorite/")}
    assert len(favorites) == DEVICES * ROUNDS
    versions = [pushed.results[0].version for answers in given for pushed in answers]
    assert len(set(versions)) == DEVICES * ROUNDS
    # Both mutations of a request are seen, or neither.
    whole = {pushed.results[1].version for answers in given for pushed in answers}
    for cursor, held in seen:
        assert sum(key.startswith("favorite/") for key in held) == sum(v <= cursor.version for v in whole)


def test_a_revoked_device_that_waits_for_the_lock_stays_out(home: Home, app: Flask) -> None:
    given: list[Any] = []

    def late() -> None:
        try:
            given.append(home.push(1, home.mutation(1, 1)))
        except Exception as error:
            given.append(error)

    with transaction() as session:
        changes.lock(session, home.member_id)
        waiting = threading.Thread(target=late)
        waiting.start()
        session.execute(_revoke(home.actors[1].id, home.now))
    waiting.join()
    assert [getattr(each, "code", None) for each in given] == ["device_revoked"]
    assert "favorite/sku-1-1" not in home.everything()


def _revoke(device: str, now: Any) -> Any:
    return update(Device).where(Device.id == device).values(status="revoked", revoked_at=now)


def test_a_pull_of_one_change_reads_by_index_however_long_the_history(home: Home) -> None:
    with transaction() as session:
        connection = session.connection()
        connection.exec_driver_sql(
            "INSERT INTO change (member_id, entity, version, deleted, at) "
            "SELECT %s, 'sale/' || n, n, false, now() FROM generate_series(1, 20000) AS n",
            (home.member_id,),
        )
        connection.exec_driver_sql("ANALYZE change")
        plan = connection.exec_driver_sql(
            "EXPLAIN " + queries._CHANGES, {"member_id": home.member_id, "after": 19_990, "limit": 501}
        )
        assert "ix_change_version" in "\n".join(row[0] for row in plan)
