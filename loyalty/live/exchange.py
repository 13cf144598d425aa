"""One thread and one connection to the database: tells other processes what was committed here, and hears theirs.

Notices go out after the commit they tell of, many in one NOTIFY: inside of a sale's transaction it would take a lock of
the whole server. They may get lost (the database goes away, this process dies): the looking up heals that.
"""

from __future__ import annotations

import random
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any, Final

import psycopg
import structlog

from loyalty import pipeline
from loyalty.clock import Clock
from loyalty.db import SOON
from loyalty.live.queries import Asked, Of, look_up
from loyalty.news import News

CHANNEL: Final = "regulars_live"
MOST_BYTES: Final = 7_900  # of 8,000 that PostgreSQL takes
# The first notice goes at once; those that come right after it wait for each other so long.
_GAP_SECONDS: Final = 0.01
_MOST_WAITING: Final = 50_000
_MOST_LOOKED_UP: Final = 500  # at once: more would hold up what is heard meanwhile
_BACKOFF_SECONDS: Final = (0.1, 5.0)
_NOTIFY: Final = f"SELECT pg_notify('{CHANNEL}', %(notices)s)"
_log = structlog.get_logger("live")

Connect = Callable[[], psycopg.Connection[Any]]


class Exchange:
    """``heard`` gets what other processes say, ``found`` what was asked, ``listening`` is called when it begins.

    The thread starts when there is something to do.
    """

    def __init__(
        self,
        connect: Connect,
        clock: Clock,
        *,
        heard: Callable[[News], None],
        found: Callable[[Asked], None],
        listening: Callable[[], None],
    ) -> None:
        self._connect = connect
        self._clock = clock
        self._heard, self._found, self._listening = heard, found, listening
        self._guard = threading.Lock()
        self._waiting: dict[int, int] = {}
        self._asked: dict[Of, None] = {}
        self._listens = False
        self._closing = threading.Event()
        self._next_notify = 0.0
        self._thread: threading.Thread | None = None
        self._bell, self._ring = socket.socketpair()
        for each in (self._bell, self._ring):
            each.setblocking(False)

    def publish(self, news: News) -> None:
        """Tell other processes, soon."""
        with self._guard:
            if len(self._waiting) > _MOST_WAITING:
                self._waiting.clear()  # the database has been away for long: looking up will heal it
            is_awake = bool(self._waiting)
            self._waiting.update(news)
        if not is_awake:
            self._wake()

    def ask(self, of: Iterable[Of]) -> None:
        """Look these devices up, soon."""
        with self._guard:
            self._asked.update(dict.fromkeys(of))
        self._wake()

    def listen(self) -> None:
        """Hear what other processes tell, from now on."""
        if not self._listens:
            self._listens = True
            self._wake()

    def close(self) -> None:
        """Send what is waiting, if the database takes it now, and end."""
        self._closing.set()
        self._ring_bell()
        if self._thread is not None:
            self._thread.join(3)
        for each in (self._bell, self._ring):
            each.close()

    def _wake(self) -> None:
        if self._thread is None:
            with self._guard:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="live-exchange", daemon=True)
                    self._thread.start()
        self._ring_bell()

    def _ring_bell(self) -> None:
        with suppress(OSError):  # full of rings, or closed
            self._ring.send(b"\0")

    # What follows is done by the thread alone.

    def _run(self) -> None:
        failures = 0
        while not self._closing.is_set() or self._waiting:
            began = time.monotonic()
            try:
                with self._connect() as connection, selectors.DefaultSelector() as selector:
                    selector.register(connection, selectors.EVENT_READ)
                    selector.register(self._bell, selectors.EVENT_READ)
                    self._converse(connection, selector)
            except Exception as error:  # noqa: BLE001 - the database is away: this is what comes back by itself
                if self._closing.is_set():
                    return
                if not isinstance(error, psycopg.OperationalError):
                    _log.exception("live_exchange_stumbled")
                failures = 0 if time.monotonic() - began > _BACKOFF_SECONDS[1] else failures + 1
                self._closing.wait(_backoff(failures))

    def _converse(self, connection: psycopg.Connection[Any], selector: selectors.BaseSelector) -> None:
        connection.autocommit = True
        is_listening = False
        while True:
            if self._listens and not is_listening:
                connection.execute(f"LISTEN {CHANNEL}")
                is_listening = True
                self._listening()
            self._tell(connection)
            self._look_up(connection)
            self._hear(connection)
            if self._closing.is_set() and not self._waiting:
                return
            if not self._asked:
                self._rest(connection, selector)

    def _rest(self, connection: psycopg.Connection[Any], selector: selectors.BaseSelector) -> None:
        wait = max(0.0, self._next_notify - time.monotonic()) if self._waiting else None
        for key, _ in selector.select(wait):
            if key.fileobj is connection:
                connection.pgconn.consume_input()
            else:
                self._bell.recv(4096)

    def _tell(self, connection: psycopg.Connection[Any]) -> None:
        now = time.monotonic()
        if not self._waiting or (now < self._next_notify and not self._closing.is_set()):
            return
        with self._guard:
            waiting, self._waiting = self._waiting, {}
        self._next_notify = now + _GAP_SECONDS
        notices = [(_NOTIFY, {"notices": text}) for text in written(waiting)]
        pipeline.send(connection, notices, begin=False, longest_seconds=SOON)

    def _look_up(self, connection: psycopg.Connection[Any]) -> None:
        if not self._asked:
            return
        with self._guard:
            asked = list(islice(self._asked, _MOST_LOOKED_UP))
            for each in asked:
                del self._asked[each]
        self._found(look_up(connection, asked, now=self._clock.now()))

    def _hear(self, connection: psycopg.Connection[Any]) -> None:
        own = connection.pgconn.backend_pid
        while (notice := connection.pgconn.notifies()) is not None:
            if notice.be_pid != own:  # its own streams have been told
                self._heard(read(notice.extra))


def written(news: News) -> Iterator[str]:
    """Write notices as texts such as ``123:1843,77:12``, none longer than ``MOST_BYTES``."""
    part: list[str] = []
    length = 0
    for member_id, version in news.items():
        notice = f"{member_id}:{version}"
        if length + len(notice) + 1 > MOST_BYTES:
            yield ",".join(part)
            part, length = [], 0
        part.append(notice)
        length += len(notice) + 1
    if part:
        yield ",".join(part)


def read(text: bytes) -> dict[int, int]:
    """Read notices; a text of somebody else's says nothing."""
    try:
        pairs = [notice.split(b":") for notice in text.split(b",")]
        return {int(member_id): int(version) for member_id, version in pairs}
    except ValueError:
        return {}


def _backoff(failures: int) -> float:
    shortest, longest = _BACKOFF_SECONDS
    return random.uniform(shortest, min(longest, shortest * 2.0**failures))
