"""A load generator that costs next to nothing: prebuilt bytes, kept connections, one process, one epoll.

It shares the machine's cores with what it measures, so nothing is built, parsed or logged while it runs.
"""

from __future__ import annotations

import gc
import multiprocessing
import random
import select
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

_CHUNK: Final = 65_536
_LONGEST_SECONDS: Final = 120.0


@dataclass(frozen=True)
class Outcome:
    """What a run gave: seconds from first byte to last answer, milliseconds of each request, answers not 200."""

    seconds: float
    latencies_ms: list[float]
    bad: list[str]
    cpu_seconds: float

    @property
    def per_second(self) -> float:
        """Return the requests answered in a second."""
        return len(self.latencies_ms) / self.seconds

    def percentile(self, part: float) -> float:
        """Return the latency that so large a part of the requests stays below."""
        ordered = sorted(self.latencies_ms)
        return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def flood(port: int, requests: Sequence[bytes], *, connections: int) -> Outcome:
    """Send all requests as fast as answers come back, over so many connections."""
    return _apart(port, requests, connections, None)


def pace(port: int, requests: Sequence[bytes], *, connections: int, arrivals: Sequence[float]) -> Outcome:
    """Send each request at its time (seconds from the start), whether or not earlier ones were answered.

    Latency counts from that time: a request that waits for a free connection waits in the measurement too.
    """
    return _apart(port, requests, connections, arrivals)


def _apart(
    port: int, requests: Sequence[bytes], connections: int, arrivals: Sequence[float] | None
) -> Outcome:
    """Run in a process of its own, so that this one's memory and garbage do not disturb."""
    context = multiprocessing.get_context("fork")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(sending, port, requests, connections, arrivals))
    process.start()
    sending.close()
    try:
        found = receiving.recv()
    finally:
        process.join()
    assert isinstance(found, Outcome)
    return found


def _run(
    pipe: Any, port: int, requests: Sequence[bytes], connections: int, arrivals: Sequence[float] | None
) -> None:
    gc.disable()
    generator = _Generator(port, requests, connections)
    cpu = time.process_time()
    seconds = generator.flood() if arrivals is None else generator.pace(arrivals)
    pipe.send(Outcome(seconds, generator.latencies, generator.bad[:20], time.process_time() - cpu))
    pipe.close()


class _Generator:
    """Connections, and which request each of them waits for."""

    def __init__(self, port: int, requests: Sequence[bytes], connections: int) -> None:
        self.requests = requests
        self.latencies: list[float] = []
        self.bad: list[str] = []
        self._sockets = {}
        self._poll = select.epoll()
        for _ in range(connections):
            made = socket.create_connection(("127.0.0.1", port))
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sockets[made.fileno()] = made
            self._poll.register(made.fileno(), select.EPOLLIN)
        self._began: dict[int, float] = {}
        self._partial: dict[int, bytes] = {}
        self._next = 0

    def flood(self) -> float:
        """Keep every connection busy."""
        start = time.perf_counter()
        for file in list(self._sockets):
            self._send(file, time.perf_counter())
        while self._began:
            self._give_up_after(start)
            for file in self._answered(1.0):
                self._send(file, time.perf_counter())
        return time.perf_counter() - start

    def pace(self, arrivals: Sequence[float]) -> float:
        """Send by the clock; a request for which no connection is free waits for the next."""
        free, dice = list(self._sockets), random.Random(7)
        start = time.perf_counter()
        while self._next < len(self.requests) or self._began:
            self._give_up_after(start)
            now = time.perf_counter() - start
            while free and self._next < len(self.requests) and arrivals[self._next] <= now:
                # Any till may be the next one; the last to be answered would always be the same few.
                self._send(free.pop(dice.randrange(len(free))), start + arrivals[self._next])
            wait = 1.0
            if free and self._next < len(self.requests):
                wait = max(0.0, arrivals[self._next] - (time.perf_counter() - start))
            free += self._answered(wait)
        return time.perf_counter() - start

    def _send(self, file: int, began: float) -> None:
        if self._next < len(self.requests):
            self._sockets[file].sendall(self.requests[self._next])
            self._began[file] = began
            self._next += 1

    def _answered(self, wait: float) -> list[int]:
        done: list[int] = []
        for file, _ in self._poll.poll(wait):
            data = self._partial.pop(file, b"") + self._sockets[file].recv(_CHUNK)
            end = data.find(b"\r\n\r\n")
            if end < 0 or len(data) < end + 4 + length_of(data, end):
                self._partial[file] = data
                continue
            self.latencies.append((time.perf_counter() - self._began.pop(file)) * 1000)
            if data[9:12] != b"200":
                self.bad.append(data.decode(errors="replace"))
            done.append(file)
        return done

    def _give_up_after(self, start: float) -> None:
        if time.perf_counter() - start > _LONGEST_SECONDS:
            raise TimeoutError(f"{len(self.latencies)} of {len(self.requests)} requests were answered")


def length_of(data: bytes, end: int) -> int:
    """Return the length of the body of an answer whose head ends at ``end``."""
    place = data.find(b"Content-Length: ", 0, end)
    if place < 0:
        raise ValueError("an answer without a length")
    return int(data[place + 16 : data.find(b"\r\n", place)])
