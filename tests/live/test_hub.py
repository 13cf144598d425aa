"""The hub and the exchange of one process, on pairs of sockets, with a database that goes away."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import create_engine

from loyalty import changes, live, members, news
from loyalty.clock import Clock
from loyalty.db import db, transaction
from loyalty.errors import Refused
from loyalty.live import Live
from loyalty.live.exchange import CHANNEL, MOST_BYTES, read, written
from loyalty.live.hub import Hub
from loyalty.live.queries import Found, Of, Stand
from loyalty.web.site import current
from tests.joined import Joined, join
from tests.live.ear import Ear
from tests.wire import Wire, wired

HEAD = b"HTTP/1.1 200 OK\r\n\r\n"


def until(is_so: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def pair() -> tuple[socket.socket, Ear]:
    ours, theirs = socket.socketpair()
    _EARS.append(Ear(theirs))
    return ours, _EARS[-1]


_EARS: list[Ear] = []


@pytest.fixture(autouse=True)
def ears_are_closed() -> Iterator[None]:
    yield
    for ear in _EARS:
        ear.close()
    _EARS.clear()


# The hub alone.


class Deck:
    """A hub that is told by hand what the database says."""

    def __init__(self, **options: float) -> None:
        self.asked: list[Of] = []
        self.hub = Hub(self._ask, **{"look_seconds": 60.0, **options})
        self.hub.start()

    def _ask(self, of: Iterable[Of]) -> None:
        self.asked += of

    def listen(self, member_id: int, device_id: str = "phone") -> Ear:
        ours, ear = pair()
        self.hub.take(ours, HEAD, member_id=member_id, device_id=device_id)
        assert ear._until(b"\n\n", 5).startswith(HEAD + b"retry: ")
        return ear


@pytest.fixture
def deck() -> Iterator[Deck]:
    made = Deck()
    yield made
    made.hub.close()


def found(version: int, *, epoch: str = "e", member_id: int = 1, welcome: str = "welcome") -> Found:
    return Found(member_id, Stand(epoch, version), welcome)  # type: ignore[arg-type]


def test_a_new_stream_is_looked_up_and_hears_the_version_once(deck: Deck) -> None:
    ear = deck.listen(1)
    until(lambda: deck.asked == [(1, "phone")])
    for _ in range(2):
        deck.hub.found({(1, "phone"): found(7)})
    assert ear.hear() == ("poke", "7")
    with pytest.raises(TimeoutError):
        ear.hear(0.05)


def test_a_version_that_was_told_and_then_rolled_back_to_a_savepoint_is_told_again_when_it_comes(
    deck: Deck,
) -> None:
    ear = deck.listen(1)
    deck.hub.poke({1: 8})
    deck.hub.found({(1, "phone"): found(7)})
    deck.hub.poke({1: 8})
    assert [ear.hear() for _ in range(3)] == [("poke", "8"), ("poke", "7"), ("poke", "8")]


def test_who_is_behind_is_poked_by_looking_up_and_who_is_in_another_epoch_begins_again(deck: Deck) -> None:
    ear = deck.listen(1)
    for each in (found(7), found(9), found(3, epoch="f"), found(3, epoch="f")):
        deck.hub.found({(1, "phone"): each})
    assert [ear.hear() for _ in range(3)] == [("poke", "7"), ("poke", "9"), ("resync", "3")]
    with pytest.raises(TimeoutError):
        ear.hear(0.05)


def test_only_the_device_that_is_not_welcome_is_let_go(deck: Deck) -> None:
    phone, kiosk, page = (deck.listen(1, name) for name in ("phone", "kiosk", "page"))
    deck.hub.found({(1, "phone"): found(7, welcome="revoked"), (1, "kiosk"): found(7, welcome="over")})
    assert [phone.hear(), phone.hear()] == [("revoked", "phone"), ("end", "")]
    assert kiosk.hear() == ("end", "")
    deck.hub.poke({1: 8})
    assert page.hear() == ("poke", "8")
    assert deck.hub.count == 1


def test_the_twenty_first_stream_of_a_member_ends_the_first(deck: Deck) -> None:
    ears = [deck.listen(1, f"device-{n}") for n in range(live.MOST_OF_A_MEMBER + 1)]
    hers = deck.listen(2)
    assert ears[0].hear() == ("end", "")
    deck.hub.poke({1: 5, 2: 6})
    assert {ear.hear() for ear in ears[1:]} == {("poke", "5")}
    assert hers.hear() == ("poke", "6")


def test_everybody_has_a_heartbeat_in_every_period() -> None:
    deck = Deck(heartbeat_seconds=0.3)
    try:
        ears = [deck.listen(n) for n in range(40)]
        began = time.monotonic()
        for ear in ears:
            assert ear.hear(1.0) == ("", "")
        for ear in ears:
            assert ear.hear(1.0) == ("", "")
        assert time.monotonic() - began < 1.0
    finally:
        deck.hub.close()


def test_who_does_not_read_is_dropped_and_the_others_do_not_notice(deck: Deck) -> None:
    slow, quick = deck.listen(1), deck.listen(1, "page")
    heard = 0
    for version in range(1, 200_000):
        deck.hub.poke({1: version})
        assert quick.hear() == ("poke", str(version))
        heard += 1
        if deck.hub.count == 1:
            break
    assert deck.hub.count == 1, f"{heard} pokes were swallowed"
    last = slow.hear()
    while (next_ := slow.hear()) != ("end", ""):
        last = next_
    assert int(last[1]) < heard


def test_who_goes_away_is_forgotten(deck: Deck) -> None:
    ears = [deck.listen(1), deck.listen(2)]
    ears[0].close()
    until(lambda: deck.hub.count == 1)
    deck.hub.poke({1: 3, 2: 4})
    assert ears[1].hear() == ("poke", "4")


def test_closing_ends_every_stream_and_leaves_no_file_open() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    deck = Deck()
    ears = [deck.listen(n) for n in range(10)]
    deck.hub.close()
    for ear in ears:
        assert ear.hear() == ("end", "")
        ear.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_notices_fit_and_are_read_as_they_were_written() -> None:
    told = {10**12 + n: 10**9 + n for n in range(2_000)}
    texts = list(written(told))
    assert max(map(len, texts)) <= MOST_BYTES
    assert len(texts) == 7
    assert {key: value for text in texts for key, value in read(text.encode()).items()} == told
    assert list(written({})) == []
    assert read(b"somebody else's") == {}


# With a database.


@pytest.fixture
def wire(fresh_database: str) -> Iterator[Wire]:
    with wired(fresh_database) as wire:
        yield wire


@contextlib.contextmanager
def running(url: str, **options: float) -> Iterator[Live]:
    engine = create_engine(url, connect_args={"prepare_threshold": None})
    made = Live(Clock(), **options)
    made.start(engine)
    try:
        yield made
    finally:
        made.close()
        engine.dispose()


@pytest.fixture
def ann(app: Flask) -> Joined:
    with transaction() as session:
        return join(session, None, now=datetime.now(UTC))


def listen(here: Live, of: Joined) -> Ear:
    ours, ear = pair()
    here.take(ours, HEAD, member_id=of.member_id, device_id=of.device_id)
    ear._until(b"\n\n", 5)
    assert ear.hear_event()[0] == "poke"
    return ear


def change(of: Joined) -> int:
    with transaction() as session:
        changes.lock(session, of.member_id)
        return changes.mark(session, of.member_id, "preference/milk", now=datetime.now(UTC))


@pytest.fixture
def telling(app: Flask) -> Iterator[Live]:
    """Return this process as one that tells what it commits."""
    made = Live(Clock())
    made.start(db.engine)
    yield made
    made.close()


def test_two_processes_hear_each_other(fresh_database: str, ann: Joined, telling: Live) -> None:
    with running(fresh_database) as elsewhere:
        far, near = listen(elsewhere, ann), listen(telling, ann)
        for _ in range(3):
            changed = change(ann)
            assert far.hear_event() == ("poke", str(changed)) == near.hear_event()
        with pytest.raises(TimeoutError):
            near.hear_event(0.1)  # its own notice comes back, and is not told again


def test_a_lost_notice_is_healed_by_looking_up(fresh_database: str, ann: Joined) -> None:
    with running(fresh_database, look_seconds=0.3) as here:
        ear = listen(here, ann)
        changed = change(ann)  # nobody tells
        assert ear.hear_event() == ("poke", str(changed))


def test_a_lost_sign_out_is_healed_by_looking_up(fresh_database: str, ann: Joined) -> None:
    with running(fresh_database, look_seconds=0.3) as here:
        ear = listen(here, ann)
        with transaction() as session:
            members.revoke(session, member_id=ann.member_id, device_id=ann.device_id, now=datetime.now(UTC))
        heard = [ear.hear_event(), ear.hear_event()]
        assert heard[0] == ("revoked", ann.device_id)
        assert heard[-1] == ("end", "")


def test_a_database_that_was_away_is_found_again_and_what_was_missed_is_told(
    wire: Wire, ann: Joined, telling: Live
) -> None:
    with running(wire.url) as here:
        ear = listen(here, ann)
        wire.is_down = True
        wire.cut()
        changed = change(ann)
        with pytest.raises(TimeoutError):
            ear.hear_event(0.3)
        wire.is_down = False
        assert ear.hear_event() == ("poke", str(changed))
        changed = change(ann)
        assert ear.hear_event() == ("poke", str(changed))


def test_a_stream_that_is_opened_while_the_database_is_away_hears_when_it_is_back(
    wire: Wire, ann: Joined
) -> None:
    with running(wire.url) as here:
        wire.is_down = True
        ours, ear = pair()
        here.take(ours, HEAD, member_id=ann.member_id, device_id=ann.device_id)
        ear._until(b"\n\n", 5)
        with pytest.raises(TimeoutError):
            ear.hear_event(0.2)
        wire.is_down = False
        assert ear.hear_event()[0] == "poke"


def test_a_process_that_only_tells_sends_what_it_has_before_it_ends(
    fresh_database: str, app: Flask, ann: Joined
) -> None:
    with running(fresh_database) as here:
        ear = listen(here, ann)
        short = Live(Clock())
        short.start(db.engine)
        changed = change(ann)
        short.close()
        assert ear.hear_event() == ("poke", str(changed))


def test_many_changes_at_once_travel_in_few_notices(fresh_database: str, app: Flask, telling: Live) -> None:
    with transaction() as session:
        people = [join(session, None, now=datetime.now(UTC)) for _ in range(40)]
    url = fresh_database.replace("+psycopg", "", 1)
    with psycopg.connect(url, autocommit=True) as ears:
        ears.execute(f"LISTEN {CHANNEL}")
        for each in people:
            change(each)
        heard: dict[int, int] = {}
        notices = 0
        for notice in ears.notifies(timeout=3):
            notices += 1
            heard |= read(notice.payload.encode())
            if len(heard) == len(people):
                break
    assert notices < len(people) / 2


def test_a_refusal_that_keeps_what_was_written_tells_it(
    fresh_database: str, ann: Joined, telling: Live
) -> None:
    class Kept(Refused):
        keeps = True

    ear = listen(telling, ann)
    versions: list[int] = []

    def refuse() -> None:
        with transaction() as session:
            changes.lock(session, ann.member_id)
            versions.append(changes.mark(session, ann.member_id, "tier", now=datetime.now(UTC)))
            raise Kept

    with pytest.raises(Kept):
        refuse()
    assert ear.hear_event() == ("poke", str(versions[0]))


def test_nothing_runs_before_there_is_something_to_do(app: Flask, ann: Joined) -> None:
    before = threading.active_count()
    idle = Live(Clock())
    idle.start(db.engine)
    assert threading.active_count() == before
    idle.close()
    assert news.publishers.get(db.engine) is not None
    change(ann)  # told to nobody
    assert threading.active_count() == before


def test_where_the_server_keeps_no_streams_it_says_so(app: Flask, ann: Joined) -> None:
    client, headers = app.test_client(), ann.headers(current().clock.now())
    ticket = client.post("/api/v1/live/tickets", headers=headers).json["ticket"]
    answer = client.get(f"/api/v1/live?ticket={ticket}")
    assert (answer.status_code, answer.json["code"]) == (501, "live_unavailable")
