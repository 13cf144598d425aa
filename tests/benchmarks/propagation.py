"""(f): from one device's tap until another has pulled what it changed, with thousands connected."""

from __future__ import annotations

import gc
import json
import multiprocessing
import random
import select
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from typing import Any, Final

import psycopg

from mobile_api.who import AUDIENCE
from tests.benchmarks.devices import Crowd, connect_all, tickets_of
from tests.benchmarks.harness import Report
from tests.benchmarks.load import length_of
from tests.benchmarks.world import Serving, World

DEVICES: Final = 3_000
PER_SECOND: Final = 50
SECONDS: Final = 25
P50_MS: Final = 15.0
P99_MS: Final = 60.0
_MEMBERS: Final = DEVICES // 2  # two devices each: one acts, the other hears of it
# The peer is the same number of hops without us: a loopback echo and a NOTIFY to a listener. Where it is itself so late
# at the 99th percentile, the machine was away and the run says nothing about us.
_PEER_LATE_MS: Final = 20.0
_CONNECTIONS: Final = 24


@dataclass
class _Run:
    """What the generator measured: milliseconds of each mutation, and of the peer's beats meanwhile."""

    poked: list[float] = field(default_factory=list[float])
    known: list[float] = field(default_factory=list[float])
    echoes: list[float] = field(default_factory=list[float])
    notices: list[float] = field(default_factory=list[float])
    late: int = 0


def propagation(report: Report, world: World, site: Serving) -> None:
    """Measure (f)."""
    context = multiprocessing.get_context("fork")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_generate, args=(sending, world, site.port))
    process.start()
    sending.close()
    try:
        run = receiving.recv()
    finally:
        process.join()
    assert isinstance(run, _Run)
    peer = _percentile(run.echoes, 0.99) + _percentile(run.notices, 0.99)
    void = f"void: the peer itself took {peer:.0f} ms" if peer > _PEER_LATE_MS else ""
    report.row("connected devices", f"{DEVICES}")
    report.row("mutations", f"{len(run.known)}, {PER_SECOND} a second; never heard of: {run.late}")
    report.row("until the other device is poked", _both(run.poked))
    report.row("until it has pulled what changed", _both(run.known))
    report.row("peer: loopback echo", _both(run.echoes))
    report.row("peer: NOTIFY to a listener", _both(run.notices))
    report.claim("tap to other device, median", _percentile(run.known, 0.5), "ms", "at most", P50_MS, void)
    report.claim("tap to other device, 99 %", _percentile(run.known, 0.99), "ms", "at most", P99_MS, void)
    report.claim("mutations nobody heard of", run.late, "", "at most", 0)
    report.note(
        "From the first byte of A's POST /api/v1/sync to the last byte of the answer to B's, which B sends when it is poked; "
        "one clock. The peer beats ten times a second, in the same process, all the while."
    )


def _percentile(values: Sequence[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def _both(values: Sequence[float]) -> str:
    return f"p50 {_percentile(values, 0.5):.1f} ms, p99 {_percentile(values, 0.99):.1f} ms"


def _generate(pipe: Connection, world: World, port: int) -> None:
    gc.disable()
    generator = _Generator(world, port)
    pipe.send(generator.run())
    pipe.close()


class _Generator:
    """Devices that act and devices that hear: one thread, one clock, requests built beforehand."""

    def __init__(self, world: World, port: int) -> None:
        self._world = world
        self._crowd = Crowd(port)
        names = [f"live-{side}-{place}" for place in range(_MEMBERS) for side in "ab"]
        files = connect_all(self._crowd, world, names)
        # Only B's ear counts; A's own poke is read and forgotten.
        self._hears = {file: place // 2 for place, file in enumerate(files) if place % 2}
        self._tokens = tickets_of(world, names, AUDIENCE)
        self._free = [self._connection(port) for _ in range(_CONNECTIONS)]
        self._busy: dict[int, tuple[str, int]] = {}
        self._partial: dict[int, bytes] = {}
        self._began: dict[int, float] = {}
        self._queue: list[tuple[str, int, bytes]] = []
        self._cursors: dict[int, Any] = {}
        self._result = _Run()

    def _connection(self, port: int) -> int:
        made = socket.create_connection(("127.0.0.1", port))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._crowd.sockets[made.fileno()] = made
        self._crowd.poll.register(made.fileno(), select.EPOLLIN)
        return made.fileno()

    def run(self) -> _Run:
        """Let everybody know where they are, then act by the clock."""
        dice = random.Random(11)
        # Everybody acts once or not at all: a mutation is the first of its device.
        acting = dice.sample(range(_MEMBERS), min(_MEMBERS, PER_SECOND * (SECONDS + 4)))
        for place in acting:
            self._send("learn", place, self._request(place, "b", {"schema": 1, "cursor": None}))
        self._turn_until(lambda: len(self._cursors) == len(acting), seconds=60)
        acts = [(place, self._mutation(place)) for place in acting]
        warm = PER_SECOND * 4
        self._act(acts[:warm], dice)
        self._result = _Run()
        stop = threading.Event()
        peers = [
            threading.Thread(target=each, args=(stop,), daemon=True) for each in (self._echo, self._notice)
        ]
        for each in peers:
            each.start()
        try:
            self._act(acts[warm:], dice)
        finally:
            stop.set()
            for each in peers:
                each.join(10)
        return self._result

    def _act(self, acts: Sequence[tuple[int, bytes]], dice: random.Random) -> None:
        due = time.perf_counter()
        for place, request in acts:
            due += dice.expovariate(PER_SECOND)
            while (wait := due - time.perf_counter()) > 0:
                self._turn(wait)
            self._began[place] = time.perf_counter()
            self._send("push", place, request)
        self._turn_until(lambda: not self._began, seconds=5)
        self._result.late += len(self._began)
        self._began.clear()

    def _mutation(self, place: int) -> bytes:
        mutation = {
            "id": 1,
            "uid": f"live{place:020d}",
            "name": "preference.set",
            "args": {"name": "milk", "value": "oat"},
            "at": datetime.now(UTC).isoformat(),
        }
        return self._request(
            place, "a", {"schema": 1, "cursor": self._cursors[place], "mutations": [mutation]}
        )

    def _request(self, place: int, side: str, body: object) -> bytes:
        text = json.dumps(body).encode()
        token = self._tokens[2 * place + (side == "b")]
        head = (
            f"POST /api/v1/sync HTTP/1.1\r\nHost: live\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
        )
        return head.encode() + text

    def _send(self, kind: str, place: int, request: bytes) -> None:
        if not self._free:
            self._queue.append((kind, place, request))
            return
        file = self._free.pop()
        self._busy[file] = (kind, place)
        self._crowd.sockets[file].sendall(request)

    def _turn_until(self, is_so: Any, *, seconds: float) -> None:
        until = time.perf_counter() + seconds
        while not is_so() and time.perf_counter() < until:
            self._turn(0.05)

    def _turn(self, wait: float) -> None:
        for file, _ in self._crowd.poll.poll(wait):
            data = self._crowd.sockets[file].recv(65_536)
            if not data:
                self._replace(file)
            elif file in self._busy:
                self._answered(file, data)
            elif b"event: poke" in data and (place := self._hears.get(file)) in self._began:
                assert place is not None
                self._result.poked.append((time.perf_counter() - self._began[place]) * 1000)
                body = {"schema": 1, "cursor": self._cursors[place]}
                self._send("pull", place, self._request(place, "b", body))

    def _replace(self, file: int) -> None:
        """Take a new connection for one that was idle for so long that the server closed it."""
        self._free.remove(file)  # fails for a stream, and for one that waits for an answer
        self._crowd.poll.unregister(file)
        self._crowd.sockets.pop(file).close()
        self._free.append(self._connection(self._crowd.port))

    def _answered(self, file: int, data: bytes) -> None:
        data = self._partial.pop(file, b"") + data
        end = data.find(b"\r\n\r\n")
        if end < 0 or len(data) < end + 4 + length_of(data, end):
            self._partial[file] = data
            return
        now = time.perf_counter()
        kind, place = self._busy.pop(file)
        if data[9:12] != b"200":
            raise RuntimeError(data.decode(errors="replace"))
        if kind == "learn":
            self._cursors[place] = json.loads(data[end + 4 :])["cursor"]
        elif kind == "pull" and place in self._began:
            if b'"preference/milk"' not in data:
                raise RuntimeError(f"the pull brought {data[end + 4 :]!r}")
            self._result.known.append((now - self._began.pop(place)) * 1000)
        self._free.append(file)
        if self._queue:
            self._send(*self._queue.pop(0))

    # What the machine itself takes, all the while.

    def _echo(self, stop: threading.Event) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            process = multiprocessing.get_context("fork").Process(target=_echo_back, args=(server,))
            process.start()
            with socket.create_connection(server.getsockname()) as line:
                while not stop.wait(0.1):
                    began = time.perf_counter()
                    line.sendall(b"x" * 200)
                    line.recv(1000)
                    self._result.echoes.append((time.perf_counter() - began) * 1000)
            process.join()

    def _notice(self, stop: threading.Event) -> None:
        with self._world.connect(autocommit=True) as hears, self._world.connect(autocommit=True) as tells:
            hears.execute("LISTEN peer")
            while not stop.wait(0.1):
                began = time.perf_counter()
                _notify(tells)
                next(hears.notifies(timeout=5, stop_after=1))
                self._result.notices.append((time.perf_counter() - began) * 1000)


def _echo_back(server: socket.socket) -> None:
    line, _ = server.accept()
    while data := line.recv(1000):
        line.sendall(data)


def _notify(connection: psycopg.Connection[Any]) -> None:
    connection.execute("SELECT pg_notify('peer', '1843')")
