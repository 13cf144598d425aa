"""Requests to the world's real HTTP interface, one connection each, and answers as they came."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any, Final

TIMEOUT_SECONDS: Final = 30


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: its status and its JSON document (empty where there is none)."""

    status: int
    document: Any

    @property
    def ok(self) -> bool:
        """Tell whether it was done."""
        return 200 <= self.status < 300

    @property
    def error(self) -> str | None:
        """Return the code of the refusal."""
        return None if self.ok else str(self.document.get("code", self.status))


@dataclass(frozen=True, slots=True)
class Client:
    """Sends requests to one port of this machine."""

    port: int

    def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str],
        key: str | None = None,
    ) -> Answer:
        """Send a request and return its answer; ``key`` is the idempotency key."""
        sent = dict(headers)
        if key is not None:
            sent["Idempotency-Key"] = key
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        connection = HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_SECONDS)
        try:
            connection.request(method, path, data, sent)
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        is_json = "json" in (response.getheader("Content-Type") or "")
        return Answer(response.status, json.loads(text) if text and is_json else {})
