"""Knocking at a push service (RFC 8030): at a machine that is out there, whatever address somebody named.

A name is looked up once, every address of it must be a public one, and the connection goes to the very address that was
looked at, with the name in TLS. Redirects are not followed.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final, Literal
from urllib.parse import SplitResult, urlsplit

TIMEOUT_SECONDS: Final = 10
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
MAX_WAIT: Final = timedelta(hours=24)
# Addresses that lead to IPv4 ones by translation: whatever is behind them was not looked at.
_TRANSLATED: Final = tuple(
    IPv6Network(each) for each in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
)
_ANSWER_MAX: Final = 1024
_GONE: Final = (404, 410)

Urgency = Literal["very-low", "low", "normal", "high"]


class EndpointRefused(Exception):
    """The address is none that we knock at: not HTTPS, another port, or not out there."""


class SubscriptionGone(Exception):
    """The push service knows the subscription no longer: forget it."""


class PushRefused(Exception):
    """The push service refused the message for good."""


class PushLater(Exception):
    """The push service is busy: again after ``wait``, if it said when."""

    def __init__(self, detail: str, wait: timedelta | None) -> None:
        super().__init__(detail)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Push:
    """One message to one subscription. ``topic``: a later message of the same topic replaces one that still waits."""

    endpoint: str
    body: bytes
    authorization: str
    ttl: timedelta
    urgency: Urgency
    topic: str


def check_endpoint(endpoint: str, *, loopback: bool) -> SplitResult:
    """Return the parts of an address that may be a push service's; raise ``EndpointRefused``.

    ``loopback`` (demo, dev and test only) allows this machine, without TLS and on any port.
    """
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise EndpointRefused("no address") from error
    if not endpoint.isascii() or not host or parts.username is not None or parts.fragment:
        raise EndpointRefused("no plain address")
    if loopback and host in LOOPBACK and parts.scheme in ("http", "https"):
        return parts
    if parts.scheme != "https" or port not in (None, 443):
        raise EndpointRefused("not HTTPS on its port")
    try:
        literal = ip_address(host)
    except ValueError:
        return parts
    _require_public(literal)
    return parts


def send(push: Push, *, loopback: bool, now: datetime) -> None:
    """Hand a message over.

    Raise ``EndpointRefused``, ``SubscriptionGone``, ``PushRefused``, ``PushLater`` or ``OSError``.
    """
    parts = check_endpoint(push.endpoint, loopback=loopback)
    connection = _connect(parts, loopback=loopback)
    try:
        path = parts.path or "/"
        connection.request(
            "POST", f"{path}?{parts.query}" if parts.query else path, push.body, _headers(push)
        )
        answer = connection.getresponse()
        answer.read(_ANSWER_MAX)
        _judge(answer.status, answer.getheader("Retry-After"), now)
    except http.client.HTTPException as error:
        raise PushLater(type(error).__name__, None) from error
    finally:
        connection.close()


def _headers(push: Push) -> dict[str, str]:
    return {
        "Authorization": push.authorization,
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(int(push.ttl.total_seconds())),
        "Topic": push.topic,
        "Urgency": push.urgency,
    }


def _connect(parts: SplitResult, *, loopback: bool) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = _address_of(host, port, loopback=loopback and host in LOOPBACK)
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
    plain = socket.create_connection((address, port), timeout=TIMEOUT_SECONDS)
    if parts.scheme == "https":
        try:
            connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
        except OSError:
            plain.close()
            raise
    else:
        connection.sock = plain
    return connection


def _address_of(host: str, port: int, *, loopback: bool) -> str:
    """Look a name up and return the address to connect to; raise ``EndpointRefused`` where any is not out there."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(each[4][0]) for each in found]
    if not loopback:
        for each in addresses:
            _require_public(ip_address(each.partition("%")[0]))
    return addresses[0]


def _require_public(address: IPv4Address | IPv6Address) -> None:
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    translated = isinstance(address, IPv6Address) and any(address in each for each in _TRANSLATED)
    if translated or not address.is_global or address.is_multicast:
        raise EndpointRefused("not out there")


def _judge(status: int, retry_after: str | None, now: datetime) -> None:
    if 200 <= status < 300:
        return
    if status in _GONE:
        raise SubscriptionGone
    if status == 429 or status >= 500:
        raise PushLater(f"the push service answered {status}", _wait_of(retry_after, now))
    raise PushRefused(f"the push service answered {status}")


def _wait_of(written: str | None, now: datetime) -> timedelta | None:
    """Return how long ``Retry-After`` asks to wait (RFC 9110 § 10.2.3): seconds or a date, a day at most."""
    if not written:
        return None
    if written.isascii() and written.isdigit():
        return min(timedelta(seconds=int(written[:9])), MAX_WAIT)
    try:
        return min(max(parsedate_to_datetime(written) - now, timedelta()), MAX_WAIT)
    except (TypeError, ValueError):
        return None
