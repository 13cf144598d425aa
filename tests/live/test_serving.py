"""Streams of ``regulars serve``, from outside: two web processes, and this process that changes things behind them."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from loyalty import dossier, live
from loyalty.actor import SYSTEM
from loyalty.db import transaction
from loyalty.members import devices
from loyalty.web.site import current
from mobile_api.routes.live import AUDIENCE
from tests.joined import Joined
from tests.live.conftest import Cafe
from tests.live.ear import Ear


def test_a_device_hears_where_its_member_is_and_every_change_of_another_process(cafe: Cafe) -> None:
    ann = cafe.join()
    status, ticket = cafe.ask("POST", "/api/v1/live/tickets", ann)
    assert status == 200
    ear = cafe.open(ticket["ticket"])
    assert ticket["url"] == f"/api/v1/live?ticket={ticket['ticket']}"
    _, version = cafe.ask("GET", "/api/v1/live/version", ann)
    assert ear.hear_event() == ("poke", str(version["version"]))
    cafe.settle(ann, ear)
    version = cafe.settle(ann, ear)
    took: list[float] = []
    for number in range(1, 6):
        changed = cafe.change(ann)
        began = time.monotonic()
        assert ear.hear_event() == ("poke", str(changed))
        took.append(time.monotonic() - began)
        assert changed == version + number
    assert min(took) < 1  # a busy machine may be late, but not always


def test_the_head_is_that_of_an_event_stream_and_has_what_every_answer_has(cafe: Cafe) -> None:
    ear = cafe.open(cafe.ticket(cafe.join()), headers="X-Request-Id: from-a-browser\r\n")
    assert ear.status == 200
    assert ear.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert ear.headers["cache-control"] == "no-store"
    assert ear.headers["connection"] == "close"
    assert ear.headers["x-accel-buffering"] == "no"
    assert ear.headers["x-request-id"] == "from-a-browser"
    assert "frame-ancestors 'none'" in ear.headers["content-security-policy"]
    assert ear.headers["x-content-type-options"] == "nosniff"
    assert "content-length" not in ear.headers


def test_a_synchronization_in_one_process_is_heard_in_both(cafe: Cafe) -> None:
    ann = cafe.join()
    ears = [cafe.open(cafe.ticket(ann)) for _ in range(8)]  # by chance all in one process: once in 128
    cafe.settle(ann, *ears)
    cafe.settle(ann, *ears)
    _, page = cafe.ask("POST", "/api/v1/sync", ann, {"schema": 1, "cursor": None})
    at = datetime.now(UTC).isoformat()
    mutation = {"id": 1, "uid": "a" * 20, "name": "preference.set", "at": at}
    mutation["args"] = {"name": "milk", "value": "oat"}
    _, done = cafe.ask(
        "POST", "/api/v1/sync", ann, {"schema": 1, "cursor": page["cursor"], "mutations": [mutation]}
    )
    assert done["results"][0]["status"] == "ok", done
    for ear in ears:
        assert ear.hear_event() == ("poke", str(done["cursor"]["version"]))


def test_what_is_rolled_back_pokes_nobody(cafe: Cafe) -> None:
    ann = cafe.join()
    ear = cafe.listen(ann)

    def give_up() -> None:
        from loyalty import changes

        with cafe.app.app_context(), transaction() as session:
            changes.lock(session, ann.member_id)
            changes.mark(session, ann.member_id, "preference/milk", now=datetime.now(UTC))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        give_up()
    with pytest.raises(TimeoutError):
        ear.hear_event(0.3)
    cafe.settle(ann, ear)


def test_a_device_that_is_signed_out_elsewhere_is_told_and_its_stream_ends(cafe: Cafe) -> None:
    ann = cafe.join()
    with cafe.app.app_context(), transaction() as session:
        other = devices.enroll(
            session,
            member_id=ann.member_id,
            name="Kiosk",
            platform="kiosk",
            known_id=None,
            now=datetime.now(UTC),
        )
    ears = [cafe.open(cafe.ticket(ann)) for _ in range(3)]
    cafe.settle(ann, *ears)
    with cafe.app.app_context():
        ticket = current().tokens.issue(
            AUDIENCE, other, now=datetime.now(UTC), lifetime=timedelta(seconds=60)
        )
    kiosk = cafe.open(ticket)
    kiosk.hear_event()
    assert cafe.ask("DELETE", f"/api/v1/devices/{ann.device_id}", ann)[0] == 204
    for ear in ears:
        heard = [ear.hear_event()]
        while heard[-1] != ("end", ""):
            heard.append(ear.hear_event())
        assert heard[-2] == ("revoked", ann.device_id)
    cafe.settle(ann, kiosk)  # it is the other one that left
    assert cafe.open(cafe.ticket(ann)).status == 403


def test_who_is_merged_is_told_to_begin_again_as_somebody_else(cafe: Cafe) -> None:
    ann, bea = cafe.join(), cafe.join()
    stays, goes = cafe.listen(ann), cafe.listen(bea)
    with cafe.app.app_context():
        _open_a_program()
        with transaction() as session:
            dossier.merge(
                session, actor=SYSTEM, survivor=ann.member_id, merged=bea.member_id, now=datetime.now(UTC)
            )
    for ear in (goes, stays):
        while (heard := ear.hear_event()[0]) != "resync":
            assert heard == "poke"  # one that was on its way
    assert goes.hear_event() == ("end", "")
    again = cafe.open(cafe.ticket(bea))  # its ticket names the device, which is Ann's now
    cafe.settle(ann, again, stays)


def _open_a_program() -> None:
    from loyalty import rules

    since = datetime.now(UTC) - timedelta(days=400)
    with transaction() as session:
        rules.apply(session, rules.load_shipped("cafe-stars"), actor=SYSTEM, live_from=since, now=since)


def test_only_a_ticket_opens_a_stream(cafe: Cafe) -> None:
    ann = cafe.join()
    with cafe.app.app_context():
        now = datetime.now(UTC)
        tokens = current().tokens
        old = tokens.issue(
            AUDIENCE, ann.device_id, now=now - timedelta(seconds=61), lifetime=timedelta(seconds=60)
        )
        access = ann.headers(now)["Authorization"].removeprefix("Bearer ")
    good = cafe.ticket(ann)
    forged = good[:-6] + ("AAAAAA" if good[-6:] != "AAAAAA" else "BBBBBB")
    assert [cafe.open(each).status for each in (old, access, forged, "", "x")] == [401] * 5
    # And it opens nothing else.
    head = cafe.open("x", headers=f"Authorization: Bearer {good}\r\n")
    assert head.status == 401


def test_a_ticket_is_in_no_log(cafe: Cafe) -> None:
    ticket = cafe.ticket(cafe.join())
    cafe.open(ticket).hear_event()
    cafe.open(ticket[:-4] + "AAAA")
    log = cafe.log.read_text()
    assert '"route": "/api/v1/live"' in log
    assert ticket[:40] not in log
    assert "ticket=" not in log


def test_the_version_tells_who_cannot_listen_whether_they_are_behind(cafe: Cafe) -> None:
    ann = cafe.join()
    _, stand = cafe.ask("GET", "/api/v1/live/version", ann)
    assert stand["behind"] is True
    _, page = cafe.ask("POST", "/api/v1/sync", ann, {"schema": 1, "cursor": None})
    held = f"?seen={stand['version']}&epoch={stand['epoch']}"
    assert page["cursor"] == {"epoch": stand["epoch"], "version": stand["version"], "after": None}
    assert cafe.ask("GET", f"/api/v1/live/version{held}", ann)[1]["behind"] is False
    cafe.change(ann)
    assert cafe.ask("GET", f"/api/v1/live/version{held}", ann)[1]["behind"] is True


def test_of_too_many_streams_of_a_member_the_oldest_ends(cafe: Cafe) -> None:
    ann, bea = cafe.join(), cafe.join()
    hers = cafe.listen(bea)
    most = live.MOST_OF_A_MEMBER * len(cafe.site.workers())
    ears = [cafe.open(cafe.ticket(ann)) for _ in range(most + 1)]
    cafe.settle(ann, ears[-1])
    last = [_last_heard(ear) for ear in ears]
    assert last.count("end") >= 1
    assert last[-live.MOST_OF_A_MEMBER :].count("end") == 0
    cafe.settle(bea, hers)


def _last_heard(ear: Ear, within: float = 0.05) -> str:
    """Return the name of the last event: the end, or what is there when nothing more comes within so many seconds."""
    name = ""
    with suppress(TimeoutError):
        while (name := ear.hear_event(within)[0]) != "end":
            pass
    return name


@pytest.mark.slow
def test_a_thousand_streams_occupy_no_thread(cafe: Cafe) -> None:
    members = [cafe.join() for _ in range(50)]
    tickets = [cafe.ticket(each) for each in members]
    with ThreadPoolExecutor(8) as pool:
        ears = list(pool.map(cafe.open, tickets * 20))
    assert [ear.status for ear in ears] == [200] * 1000
    began = time.monotonic()
    for each in members[:20]:
        assert cafe.ask("GET", "/api/v1/live/version", each)[0] == 200
    assert time.monotonic() - began < 10
    alive = cafe.listen(members[0])
    cafe.settle(members[0], alive)


def test_a_worker_that_stops_ends_its_streams_and_they_find_another(cafe: Cafe) -> None:
    ann = cafe.join()
    ears = [cafe.open(cafe.ticket(ann)) for _ in range(8)]
    cafe.settle(ann, *ears)
    for worker in cafe.site.workers():
        os.kill(worker, signal.SIGTERM)  # as after max_requests: the arbiter starts others
    assert [_last_heard(ear, 20) for ear in ears] == ["end"] * 8
    again = _listen_when_served(cafe, ann)
    cafe.settle(ann, again)


def test_a_server_that_is_killed_is_found_again(cafe: Cafe) -> None:
    ann = cafe.join()
    ear = cafe.listen(ann)
    cafe.site.kill()
    assert _last_heard(ear, 20) == "end"
    cafe.serve_again()
    again = cafe.listen(ann)
    cafe.settle(ann, again)


def _listen_when_served(cafe: Cafe, of: Joined) -> Ear:
    until = time.monotonic() + 30
    while True:
        try:
            return cafe.listen(of)
        except (OSError, EOFError):
            assert time.monotonic() < until
            time.sleep(0.1)
