"""The hub and the exchange of one process, and their life: nothing runs before there is something to do."""

from __future__ import annotations

import resource
import socket
import threading
from functools import partial
from typing import Any, Final

import psycopg
from sqlalchemy import Engine

from loyalty import news
from loyalty.clock import Clock
from loyalty.errors import Busy, Unserved
from loyalty.live.exchange import Exchange
from loyalty.live.hub import HEARTBEAT_SECONDS, Hub
from loyalty.live.queries import Asked
from loyalty.news import News

LOOK_SECONDS: Final = 30.0
# Of the files a process may have open, those that are not for streams: connections, logs, the program itself.
_OTHER_FILES: Final = 512


class LiveUnavailable(Unserved):
    """This server cannot keep streams open: ask for the version every minute or two instead."""

    code = "live_unavailable"
    text = "This server keeps no streams open. Ask for the version instead."


class LiveFull(Busy):
    """So many devices are connected that no more fit."""

    code = "live_full"
    text = "Too many devices are connected. Ask for the version meanwhile."

    def __init__(self) -> None:
        super().__init__(retry_after_seconds=60)


class Live:
    """What one process knows of connected devices. ``look_seconds``: how soon a lost notice is found out."""

    def __init__(
        self,
        clock: Clock,
        *,
        look_seconds: float = LOOK_SECONDS,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        self._clock = clock
        self._options = {"look_seconds": look_seconds, "heartbeat_seconds": heartbeat_seconds}
        self._guard = threading.Lock()
        self._hub: Hub | None = None
        self._exchange: Exchange | None = None

    def start(self, engine: Engine) -> None:
        """Publish what is committed on this engine from now on; called in a process that serves or works."""
        self._exchange = Exchange(
            partial(_connection, engine),
            self._clock,
            heard=self._heard,
            found=self._found,
            listening=self._listening,
        )
        news.publishers[engine] = self._publish

    def close(self) -> None:
        """End all streams, so that their clients go elsewhere, and send what has not been told yet."""
        with self._guard:
            hub, self._hub = self._hub, None
            exchange, self._exchange = self._exchange, None
        if hub is not None:
            hub.close()
        if exchange is not None:
            exchange.close()

    @property
    def count(self) -> int:
        """Return how many streams are open."""
        return 0 if self._hub is None else self._hub.count

    def require_room(self) -> None:
        """Raise ``LiveFull`` where one more stream would leave too few files for everything else.

        Raise ``LiveUnavailable`` in a process that keeps no streams.
        """
        if self._exchange is None:
            raise LiveUnavailable
        if self.count >= resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _OTHER_FILES:
            raise LiveFull

    def take(self, connection: socket.socket, head: bytes, *, member_id: int, device_id: str) -> None:
        """Own the connection of a device, whose response has this head, from now on."""
        hub = self._running_hub()
        if hub is None:
            connection.close()  # the server is going: the client comes back to the next one
        else:
            hub.take(connection, head, member_id=member_id, device_id=device_id)

    def _running_hub(self) -> Hub | None:
        with self._guard:
            if self._hub is None and self._exchange is not None:
                self._hub = Hub(self._exchange.ask, **self._options)
                self._hub.start()
                self._exchange.listen()
            return self._hub

    def _publish(self, told: News) -> None:
        if self._hub is not None:
            self._hub.poke(told)
        if self._exchange is not None:
            self._exchange.publish(told)

    def _heard(self, told: News) -> None:
        if self._hub is not None:
            self._hub.poke(told)

    def _found(self, answer: Asked) -> None:
        if self._hub is not None:
            self._hub.found(answer)

    def _listening(self) -> None:
        if self._hub is not None:
            self._hub.look_at_all()


def _connection(engine: Engine) -> psycopg.Connection[Any]:
    """Open a connection like those of the pool, which the pool does not know."""
    lent = engine.raw_connection()
    driver = lent.driver_connection
    assert isinstance(driver, psycopg.Connection)
    lent.detach()
    return driver
