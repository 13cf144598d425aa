"""A wire between the application and PostgreSQL that can be listened to, slowed down and cut.

A TCP proxy on this machine that understands the frames of PostgreSQL's protocol: it counts what really goes over the
line (round trips, statements), and does to it what networks do.
"""

from __future__ import annotations

import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit, urlunsplit

_CHUNK: Final = 65_536
_STARTUP: Final = b"\0"
# What a client sends to have a statement run, one frame for each: Execute, Query.
_RUNS: Final = frozenset({b"E", b"Q"})


@dataclass(frozen=True, slots=True)
class Frame:
    """One message of the protocol: its letter (``\\0``: the first of a connection) and what follows the length."""

    kind: bytes
    body: bytes

    @property
    def data(self) -> bytes:
        """Return the bytes that travel."""
        head = b"" if self.kind == _STARTUP else self.kind
        return head + struct.pack("!I", len(self.body) + 4) + self.body


class _Frames:
    """Cuts a stream of bytes into frames."""

    def __init__(self, *, startup: bool) -> None:
        self._rest = b""
        self._startup = startup

    def of(self, data: bytes) -> Iterator[Frame]:
        self._rest += data
        while True:
            head = 0 if self._startup else 1
            if len(self._rest) < head + 4:
                return
            end = head + struct.unpack_from("!I", self._rest, head)[0]
            if len(self._rest) < end:
                return
            kind = _STARTUP if self._startup else self._rest[:1]
            frame, self._rest = Frame(kind, self._rest[head + 4 : end]), self._rest[end:]
            self._startup = False
            yield frame


@dataclass
class Count:
    """What went over the line.

    ``trips`` are the answers that the server ended with ReadyForQuery; ``turns`` how often the client spoke after the
    server had; ``statements`` those that were run, BEGIN and COMMIT with them; ``prepared`` those that were parsed.
    """

    trips: int = 0
    turns: int = 0
    statements: int = 0
    prepared: int = 0
    texts: list[str] = field(default_factory=list)


Meddle = Callable[["Line", bool, Frame], bool]


class Line:
    """One connection through the wire: the client's socket and the server's."""

    def __init__(self, wire: Wire, client: socket.socket, server: socket.socket) -> None:
        self.wire, self.client, self.server = wire, client, server
        self._spoke_last = True  # the server
        self._frames = {True: _Frames(startup=True), False: _Frames(startup=False)}
        for each in (client, server):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def carry(self) -> None:
        """Pass on what either side says until one of them hangs up."""
        try:
            while True:
                ready, _, _ = select.select([self.client, self.server], [], [])
                for each in ready:
                    if not self._pass(from_client=each is self.client):
                        return
        except (OSError, ValueError):  # closed by somebody who cuts the wire
            pass
        finally:
            self.cut()

    def cut(self) -> None:
        """Hang up on both sides."""
        for each in (self.client, self.server):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _pass(self, *, from_client: bool) -> bool:
        source, target = (self.client, self.server) if from_client else (self.server, self.client)
        data = source.recv(_CHUNK)
        if not data:
            return False
        passed = b""
        for frame in self._frames[from_client].of(data):
            self._count(frame, from_client=from_client)
            if self.wire.meddle is not None and not self.wire.meddle(self, from_client, frame):
                return False
            passed += frame.data
        if passed and self.wire.delay_seconds:
            time.sleep(self.wire.delay_seconds)
        if not self.wire.is_silent:
            target.sendall(passed)
        return True

    def _count(self, frame: Frame, *, from_client: bool) -> None:
        count = self.wire.count
        with self.wire.guard:
            if from_client:
                count.turns += self._spoke_last
                count.statements += frame.kind in _RUNS
                count.prepared += frame.kind == b"P"
                if frame.kind in (b"P", b"Q"):
                    count.texts.append(frame.body.decode(errors="replace").strip("\0"))
            else:
                count.trips += frame.kind == b"Z"
            self._spoke_last = not from_client


class Wire:
    """The proxy. ``url`` is the database's as seen through it; set ``meddle`` or ``delay_seconds`` to disturb.

    While ``is_down`` nobody gets a connection; while ``is_silent`` everything is taken and nothing passed on.
    ``meddle(line, from_client, frame)`` sees every frame before it is passed on; ``False`` cuts the line there.
    """

    def __init__(self, url: str) -> None:
        self.count = Count()
        self.guard = threading.Lock()
        self.delay_seconds = 0.0
        self.meddle: Meddle | None = None
        self.is_down = False
        self.is_silent = False
        parts = urlsplit(url)
        self._target = (parts.hostname or "127.0.0.1", parts.port or 5432)
        self._listener = socket.create_server(("127.0.0.1", 0))
        user, _, _ = parts.netloc.rpartition("@")
        port = self._listener.getsockname()[1]
        # Encryption would hide the frames.
        self.url = urlunsplit(
            parts._replace(netloc=f"{user}@127.0.0.1:{port}", query="sslmode=disable&gssencmode=disable")
        )
        self._lines: list[Line] = []
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def cut(self) -> None:
        """Hang up every connection that is open now; new ones are served unless ``is_down``."""
        for line in list(self._lines):
            line.cut()

    def close(self) -> None:
        """Cut everything and stop listening."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join(5)

    @contextmanager
    def counted(self) -> Iterator[Count]:
        """Count what goes over the wire inside the block."""
        self.count = Count()
        yield self.count

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.is_down:
                client.close()
                continue
            try:
                server = socket.create_connection(self._target, timeout=5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            line = Line(self, client, server)
            self._lines.append(line)
            self._start(line.carry)

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()


@contextmanager
def wired(url: str) -> Iterator[Wire]:
    """Have a wire to the database of this URL."""
    wire = Wire(url)
    try:
        yield wire
    finally:
        wire.close()
