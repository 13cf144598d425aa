"""The streams of one process: one thread, one selector, a few hundred bytes for each connected device.

A stream is a socket that the web server handed over. Only the hub's thread touches it; others leave orders. Nothing is
buffered here: what the kernel does not take at once is for a client too slow to follow, which is dropped and hears the
newest version when it comes back.
"""

from __future__ import annotations

import random
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Final

import structlog

from loyalty.live.queries import Asked, Found, Of
from loyalty.news import LOOK, News

HEARTBEAT_SECONDS: Final = 9.0
MOST_OF_A_MEMBER: Final = 20
# The wheel that all heartbeats are on turns by one of its parts at a time: a few streams, often.
_PARTS: Final = 64
_HEARTBEAT: Final = b":\n\n"
# What a client may leave unread in the kernel; and how long a peer that is gone keeps its place.
_SEND_BYTES: Final = 16_384
_LOST_AFTER_MS: Final = 30_000
# When the server goes, its clients come back spread over this time.
_RETRY_MS: Final = (500, 5_000)
_log = structlog.get_logger("live")


class Stream:
    """One connected device, and which version of which epoch it was told last."""

    __slots__ = ("device_id", "epoch", "member_id", "part", "socket", "version")

    def __init__(self, connection: socket.socket, member_id: int, device_id: str) -> None:
        self.socket = connection
        self.member_id = member_id
        self.device_id = device_id
        self.epoch: str | None = None
        self.version = -1
        self.part = random.randrange(_PARTS)


class Hub:
    """Streams by member. ``ask`` is called with devices that are to be looked up; ``found`` takes the answer.

    Every method may be called from any thread.
    """

    def __init__(
        self,
        ask: Callable[[Iterable[Of]], None],
        *,
        look_seconds: float,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        self._ask = ask
        self._look_seconds = look_seconds
        self._step_seconds = heartbeat_seconds / _PARTS
        self._members: dict[int, list[Stream]] = {}
        self._wheel: list[dict[Stream, None]] = [{} for _ in range(_PARTS)]
        self._part = 0
        self._orders: deque[Callable[[], None]] = deque()
        self._selector = selectors.DefaultSelector()
        self._bell, self._ring = socket.socketpair()
        for each in (self._bell, self._ring):
            each.setblocking(False)
        self._selector.register(self._bell, selectors.EVENT_READ)
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="live-hub", daemon=True)
        self.count = 0

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """End every stream and the thread."""
        self._order(self._end)
        self._thread.join(5)

    def take(self, connection: socket.socket, head: bytes, *, member_id: int, device_id: str) -> None:
        """Own a connection from now on: send the response's head, and soon the member's version.

        The oldest stream of a member who has ``MOST_OF_A_MEMBER`` already makes room.
        """
        stream = Stream(connection, member_id, device_id)
        self._order(partial(self._take, stream, head))

    def poke(self, news: News) -> None:
        """Tell the devices of these members their version; look them up where it says ``LOOK``."""
        # A stream that is not here yet is looked up after it is: it will find what was committed before.
        here = {member_id: version for member_id, version in news.items() if member_id in self._members}
        if here:
            self._order(partial(self._poke, here))

    def found(self, answer: Asked) -> None:
        """Bring streams in line with what the database says of their devices."""
        self._order(partial(self._found, answer))

    def look_at_all(self) -> None:
        """Have every device looked up: what was told meanwhile was not heard."""
        self._order(self._look_at_all)

    # What follows is done by the hub's thread alone.

    def _order(self, order: Callable[[], None]) -> None:
        self._orders.append(order)
        with suppress(OSError):  # full of rings it has not answered yet, or closed
            self._ring.send(b"\0")

    def _run(self) -> None:
        self._next_beat = time.monotonic() + self._step_seconds
        self._next_look = time.monotonic() + self._look_seconds
        while not self._closing:
            try:
                self._turn()
            except Exception:  # noqa: BLE001 - one stream's trouble must not be everybody's
                _log.exception("live_hub_stumbled")
        self._selector.close()
        for each in (self._bell, self._ring):
            each.close()

    def _turn(self) -> None:
        wait = max(0.0, min(self._next_beat, self._next_look) - time.monotonic()) if self.count else None
        for key, _ in self._selector.select(wait):
            if key.data is None:
                self._bell.recv(4096)
            else:
                self._hear(key.data)
        while self._orders:
            self._orders.popleft()()
        self._keep_time()

    def _keep_time(self) -> None:
        now = time.monotonic()
        if now - self._next_beat > _PARTS * self._step_seconds:
            self._next_beat = now  # nobody was here, or the machine stood still
        while self._next_beat <= now:
            self._next_beat += self._step_seconds
            self._part = (self._part + 1) % _PARTS
            for stream in list(self._wheel[self._part]):
                self._send(stream, _HEARTBEAT)
        if self._next_look <= now:
            self._next_look = now + self._look_seconds * random.uniform(0.9, 1.1)
            self._look_at_all()

    def _take(self, stream: Stream, head: bytes) -> None:
        _settle(stream.socket)
        self._selector.register(stream.socket, selectors.EVENT_READ, stream)
        self._wheel[stream.part][stream] = None
        streams = self._members.setdefault(stream.member_id, [])
        streams.append(stream)
        self.count += 1
        while len(streams) > MOST_OF_A_MEMBER:
            self._drop(streams[0])
        self._send(stream, head + b"retry: %d\n\n" % random.randint(*_RETRY_MS))
        self._ask([(stream.member_id, stream.device_id)])

    def _poke(self, news: News) -> None:
        for member_id, version in news.items():
            streams = tuple(self._members.get(member_id, ()))
            if version == LOOK:
                self._ask((member_id, stream.device_id) for stream in streams)
                continue
            data = _event("poke", version)
            for stream in streams:
                stream.version = version
                self._send(stream, data)

    def _look_at_all(self) -> None:
        self._ask(
            (stream.member_id, stream.device_id) for streams in self._members.values() for stream in streams
        )

    def _found(self, answer: Asked) -> None:
        for (member_id, device_id), found in answer.items():
            for stream in tuple(self._members.get(member_id, ())):
                if stream.device_id == device_id:
                    self._align(stream, found)

    def _align(self, stream: Stream, found: Found) -> None:
        if found.welcome != "welcome":
            if found.welcome == "revoked":
                self._send(stream, _event("revoked", stream.device_id))
            self._drop(stream)
        elif found.member_id != stream.member_id:
            # Merged: the survivor's feed is another one, under another ticket.
            self._send(stream, _event("resync", found.stand.version))
            self._drop(stream)
        else:
            before = stream.epoch, stream.version
            stream.epoch, stream.version = found.stand.epoch, found.stand.version
            if before[0] not in (None, stream.epoch):
                self._send(stream, _event("resync", stream.version))
            elif before[1] != stream.version:
                self._send(stream, _event("poke", stream.version))

    def _hear(self, stream: Stream) -> None:
        """Notice that a client has gone; what it says is of no interest."""
        try:
            gone = not stream.socket.recv(1024)
        except BlockingIOError:
            return
        except OSError:
            gone = True
        if gone:
            self._drop(stream)

    def _send(self, stream: Stream, data: bytes) -> None:
        try:
            whole = stream.socket.send(data) == len(data)
        except OSError:  # gone, or it has not read for so long that nothing more fits
            whole = False
        if not whole:
            self._drop(stream)

    def _drop(self, stream: Stream) -> None:
        if self._wheel[stream.part].pop(stream, stream) is stream:
            return  # dropped before
        self._selector.unregister(stream.socket)
        streams = self._members[stream.member_id]
        streams.remove(stream)
        if not streams:
            del self._members[stream.member_id]
        self.count -= 1
        _end(stream.socket)

    def _end(self) -> None:
        self._closing = True
        for streams in list(self._members.values()):
            for stream in list(streams):
                self._drop(stream)


def _event(name: str, data: object) -> bytes:
    return f"event: {name}\ndata: {data}\n\n".encode()


def _settle(connection: socket.socket) -> None:
    """Make a socket one that never blocks, keeps little, and is given up when its peer is gone."""
    connection.setblocking(False)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BYTES)
    if connection.family in (socket.AF_INET, socket.AF_INET6):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _LOST_AFTER_MS)


def _end(connection: socket.socket) -> None:
    """Say goodbye; the web server may still hold its own name of the connection, so closing alone would not."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
