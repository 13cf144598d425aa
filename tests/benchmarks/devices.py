"""Connected devices: who they are, and thousands of open streams in one epoll."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from loyalty.web.tokens import Tokens
from mobile_api.routes.live import AUDIENCE as LIVE_AUDIENCE
from tests.benchmarks.world import World


def enroll(world: World, members: int) -> None:
    """Sign every member in on two devices."""
    now = datetime.now(UTC)
    with world.connect() as connection, connection.cursor() as cursor:
        rows = cursor.execute("SELECT member_id FROM account ORDER BY member_id LIMIT %s", (members,))
        found = [row[0] for row in rows.fetchall()]
        with cursor.copy(
            "COPY device (member_id, id, name, platform, created_at, last_seen_at) FROM STDIN"
        ) as copy:
            for place, member_id in enumerate(found):
                for side in "ab":
                    copy.write_row((member_id, f"live-{side}-{place}", "Phone", "app", now, now))


class Crowd:
    """Connected devices in one epoll: raw sockets, nothing parsed but what was asked for."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.poll = select.epoll()
        self.sockets: dict[int, socket.socket] = {}

    def connect(self, ticket: str) -> int:
        """Open a stream, without waiting for its answer."""
        made = socket.create_connection(("127.0.0.1", self.port))
        made.sendall(f"GET /api/v1/live?ticket={ticket} HTTP/1.1\r\nHost: live\r\n\r\n".encode())
        self.sockets[made.fileno()] = made
        self.poll.register(made.fileno(), select.EPOLLIN)
        return made.fileno()

    def wait_for_pokes(self, files: Sequence[int]) -> None:
        """Wait until each of these streams has heard its first version."""
        missing, until = set(files), time.monotonic() + 60
        heard: dict[int, bytes] = {}
        while missing:
            if time.monotonic() > until:
                raise TimeoutError(f"{len(missing)} streams heard nothing")
            for file, _ in self.poll.poll(1.0):
                data = self.sockets[file].recv(65_536)
                if not data:
                    raise ConnectionError("a stream ended")
                heard[file] = heard.get(file, b"") + data
                if b"event: poke" in heard[file]:
                    missing.discard(file)


def tickets_of(world: World, devices: Sequence[str], audience: str) -> list[str]:
    """Return a token of ten minutes for each device."""
    tokens, now = Tokens([world.secret]), datetime.now(UTC)
    return [tokens.issue(audience, each, now=now, lifetime=timedelta(minutes=10)) for each in devices]


def connect_all(crowd: Crowd, world: World, devices: Sequence[str]) -> list[int]:
    """Open a stream for each device, and return when all have heard where they are."""
    files: list[int] = []
    for place in range(0, len(devices), 200):
        tickets = tickets_of(world, devices[place : place + 200], LIVE_AUDIENCE)
        part = [crowd.connect(ticket) for ticket in tickets]
        crowd.wait_for_pokes(part)
        files += part
    return files
