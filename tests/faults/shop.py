"""Tills that do not give up: each sale is sent again, with its own key, until it is answered for good."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from typing import Final

from tests.benchmarks.tills import Counter, Request
from tests.benchmarks.world import World
from tests.faults.history import Attempted

SALES: Final = "/pos/v1/sales"
GIVE_UP_SECONDS: Final = 40.0
_PAUSE_SECONDS: Final = 0.05
_TIMEOUT_SECONDS: Final = 8.0


class Shop:
    """Tills at work. Each has a phone of its own that pays by code; all sell to the same few members by name."""

    def __init__(self, world: World, port: int, *, tills: int, members: Sequence[int], seed: int = 1) -> None:
        self.attempts: list[Attempted] = []
        self._world, self._port, self._members = world, port, members
        self._tills, self._seed = tills, seed
        self._closing = threading.Event()

    @property
    def answered(self) -> int:
        """Return how many sales have been acknowledged so far."""
        return sum(each.receipt is not None for each in list(self.attempts))

    @contextmanager
    def open(self) -> Iterator[None]:
        """Have the tills sell during the block; afterwards each finishes the sale it is at."""
        threads = [threading.Thread(target=self._till, args=(place,)) for place in range(self._tills)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._closing.set()
            for thread in threads:
                thread.join()

    def wait_for(self, more: int, *, seconds: float = 60.0) -> None:
        """Wait until so many more sales have been acknowledged; raise ``TimeoutError``."""
        wanted, until = self.answered + more, time.monotonic() + seconds
        while self.answered < wanted:
            if time.monotonic() > until:
                raise TimeoutError(f"{self.answered} of {wanted} sales were answered")
            time.sleep(0.01)

    def _till(self, place: int) -> None:
        dice = random.Random(self._seed * 1000 + place)
        counter = Counter(self._world, seed=self._seed * 1000 + place)
        phone = self._world.town.phones[place]
        while not self._closing.is_set():
            by_code = dice.random() < 0.5
            request = counter.by_code(phone) if by_code else counter.by_name(dice.choice(self._members))
            self.attempts.append(attempt := begun(request))
            insist(self._port, request, attempt)


def begun(request: Request) -> Attempted:
    """Return the attempt that is begun with this request."""
    return Attempted(request.key, request.member_id, time.monotonic())


def insist(port: int, request: Request, attempt: Attempted, *, seconds: float = GIVE_UP_SECONDS) -> Attempted:
    """Send a request until it is acknowledged or refused for good, or the time is over."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        attempt.tries += 1
        try:
            status, body = send(port, request)
        except (OSError, HTTPException):
            status, body = 0, b""
        if status == 200:
            attempt.answered_at, attempt.receipt = time.monotonic(), json.loads(body)
            return attempt
        if 400 <= status < 500 and status != 429:
            attempt.refused = json.loads(body)["code"]
            return attempt
        time.sleep(_PAUSE_SECONDS)
    return attempt


def send(port: int, request: Request, *, timeout: float = _TIMEOUT_SECONDS) -> tuple[int, bytes]:
    """Send a request once, on a connection of its own; return status and body."""
    headers = {
        "Authorization": f"Bearer {request.token}",
        "Idempotency-Key": request.key,
        "Content-Type": "application/json",
    }
    connection = HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("POST", SALES, request.body, headers)
        with connection.getresponse() as answer:
            return answer.status, answer.read()
    finally:
        connection.close()


def until(true: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Wait until something is so; raise ``TimeoutError`` with ``what`` was waited for."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.01)
