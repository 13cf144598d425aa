"""A device's ear: a stream of server-sent events, read from a plain socket."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass, field


@dataclass
class Ear:
    """One open stream: its status and headers, and the events as they come."""

    socket: socket.socket
    rest: bytes = b""
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def open(cls, port: int, ticket: str, *, headers: str = "") -> Ear:
        """Ask for a stream and read the head of the answer."""
        connection = socket.create_connection(("127.0.0.1", port), timeout=10)
        request = f"GET /api/v1/live?ticket={ticket} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"
        connection.sendall(request.encode())
        ear = cls(connection)
        head = ear._until(b"\r\n\r\n", 10).decode()
        first, *lines = head.split("\r\n")
        ear.status = int(first.split()[1])
        ear.headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)
        }
        return ear

    def hear(self, within: float = 10.0) -> tuple[str, str]:
        """Return the next event (name, data); a comment is ("", ""), the end of the stream ("end", "")."""
        while True:
            try:
                text = self._until(b"\n\n", within).decode()
            except (EOFError, ConnectionError):
                return "end", ""
            said = dict(line.split(": ", 1) for line in text.split("\n") if ": " in line)
            if "event" in said:
                return said["event"], said["data"]
            if text == ":":
                return "", ""

    def hear_event(self, within: float = 10.0) -> tuple[str, str]:
        """Return the next event that is no heartbeat."""
        deadline = time.monotonic() + within
        while (heard := self.hear(max(0.001, deadline - time.monotonic()))) == ("", ""):
            pass
        return heard

    def close(self) -> None:
        """Go away."""
        self.socket.close()

    def _until(self, mark: bytes, within: float) -> bytes:
        deadline = time.monotonic() + within
        while mark not in self.rest:
            self.socket.settimeout(max(0.001, deadline - time.monotonic()))
            data = self.socket.recv(65_536)
            if not data:
                raise EOFError
            self.rest += data
        found, _, self.rest = self.rest.partition(mark)
        return found
