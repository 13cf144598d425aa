"""We knock at machines that are out there, and never at our own neighbors, whatever a browser says."""

from __future__ import annotations

import socket
from datetime import timedelta
from typing import Any

import pytest

from loyalty import push
from loyalty.push import gateway
from tests.conftest import NOON
from tests.pushing import push_service

INSIDE = [
    "127.0.0.1", "10.0.0.5", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
    "224.0.0.1", "255.255.255.255", "::1", "fe80::1", "fd00::1", "::ffff:10.0.0.5", "::ffff:127.0.0.1",
    "64:ff9b::a00:5", "2002:a00:5::1", "2001::1", "ff02::1", "::",
]  # fmt: skip


def message(endpoint: str) -> push.Push:
    return push.Push(endpoint, b"body", "vapid t=a, k=b", timedelta(hours=1), "normal", "topic")


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "push.example",
        "http://push.example/x",
        "ftp://push.example/x",
        "https://push.example:8443/x",
        "https://user:word@push.example/x",
        "https://push.example/x#y",
        "https:///x",
        "https://push.example:99999/x",
        "https://[::1/x",
        "https://püsh.example/x",
        "http://127.0.0.1/x",
        "https://localhost:5432/x",
        *(f"https://{f'[{each}]' if ':' in each else each}/x" for each in INSIDE),
    ],
)
def test_what_is_no_push_service_is_refused_before_anybody_is_asked(endpoint: str) -> None:
    with pytest.raises(push.EndpointRefused):
        push.check_endpoint(endpoint, loopback=False)


def test_a_push_service_is_taken() -> None:
    for each in (
        "https://fcm.googleapis.com/fcm/send/abc:def",
        "https://push.example:443/x?y=z",
        "https://8.8.8.8/x",
    ):
        push.check_endpoint(each, loopback=False)


def test_this_machine_is_taken_only_where_it_is_allowed_and_no_other_inside() -> None:
    push.check_endpoint("http://127.0.0.1:9000/x", loopback=True)
    for each in ("http://10.0.0.5/x", "https://10.0.0.5/x", "http://push.example/x"):
        with pytest.raises(push.EndpointRefused):
            push.check_endpoint(each, loopback=True)


@pytest.mark.parametrize("inside", INSIDE)
def test_a_name_that_leads_inside_is_refused_and_nobody_is_connected_to(
    monkeypatch: pytest.MonkeyPatch, inside: str
) -> None:
    """Also where only one of its addresses does."""
    monkeypatch.setattr(socket, "getaddrinfo", names("93.184.216.34", inside))
    monkeypatch.setattr(socket, "create_connection", never)
    with pytest.raises(push.EndpointRefused):
        push.send(message("https://push.example/x"), loopback=False, now=NOON)
    with pytest.raises(push.EndpointRefused):
        push.send(message("https://push.example/x"), loopback=True, now=NOON)


def test_the_address_that_was_looked_at_is_the_one_that_is_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []

    def connect(address: Any, timeout: float) -> Any:
        asked.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", names("93.184.216.34"))
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(ConnectionRefusedError):
        push.send(message("https://push.example/x"), loopback=False, now=NOON)
    assert asked == [("93.184.216.34", 443)]


def test_a_redirect_is_not_followed() -> None:
    with push_service() as service:
        service.answers = [(307, {"Location": f"{service.url}/inside"})]
        with pytest.raises(push.PushRefused):
            push.send(message(f"{service.url}/x"), loopback=True, now=NOON)
        assert [each.path for each in service.taken] == ["/x"]


@pytest.mark.parametrize(
    ("status", "error"),
    [(404, push.SubscriptionGone), (410, push.SubscriptionGone), (400, push.PushRefused), (403, push.PushRefused),
     (413, push.PushRefused), (429, push.PushLater), (500, push.PushLater), (503, push.PushLater)],
)  # fmt: skip
def test_every_answer_has_its_meaning(status: int, error: type[Exception]) -> None:
    with push_service() as service:
        service.answers = [(status, {})]
        with pytest.raises(error):
            push.send(message(f"{service.url}/x?y=z"), loopback=True, now=NOON)
        assert service.taken[0].path == "/x?y=z"


@pytest.mark.parametrize(
    ("written", "wait"),
    [
        ("120", timedelta(seconds=120)),
        ("Mon, 02 Mar 2026 12:05:00 GMT", timedelta(minutes=5)),
        ("Mon, 02 Mar 2026 11:00:00 GMT", timedelta(0)),
        ("99999999999999999999", timedelta(hours=24)),
        ("soon", None),
        ("-1", None),
        ("", None),
        (None, None),
    ],
)
def test_how_long_to_wait_is_read(written: str | None, wait: timedelta | None) -> None:
    assert gateway._wait_of(written, NOON) == wait


def names(*addresses: str) -> Any:
    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

    return look_up


def never(*_: Any, **__: Any) -> Any:
    raise AssertionError("nobody may be connected to")
