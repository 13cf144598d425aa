"""The demo's requests: over HTTP, each shown on the screen; an answer the story cannot go on with ends it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import click
from flask.testing import FlaskClient

from loyalty.demo.screen import Screen
from loyalty.scenarios.http import Answer


class StoryBroken(click.ClickException):
    """The server answered what the story did not expect."""


class Sender(Protocol):
    """Whatever carries a request to a server: ``scenarios.http.Client``, or ``Inside``."""

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
        ...


@dataclass(frozen=True, slots=True)
class Inside:
    """Sends requests to an application in this process: the same routes without a socket, on the clock it was given."""

    client: FlaskClient

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
        keyed = {} if key is None else {"Idempotency-Key": key}
        answer = self.client.open(path, method=method, json=body, headers={**headers, **keyed})
        document = json.loads(answer.data) if answer.data and "json" in answer.content_type else {}
        return Answer(answer.status_code, document)


@dataclass(frozen=True, slots=True)
class Wire:
    """Sends requests to the server of the demo. ``quietly`` ones are not shown, and none where there is no screen."""

    sender: Sender
    screen: Screen | None = None

    def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        key: str | None = None,
        refused: str | None = None,
        quietly: bool = False,
    ) -> Any:
        """Send a request and return the answer's document; ``refused`` is the code of a refusal that must come."""
        began = time.perf_counter()
        answer = self.sender.send(method, path, body, headers=headers or {}, key=key)
        if self.screen is not None and not quietly:
            self.screen.call(method, path, answer.status, (time.perf_counter() - began) * 1000, answer.error)
        if answer.error != refused:
            wanted = f"be refused with {refused}" if refused else "be done"
            detail = answer.document.get("detail", "") if isinstance(answer.document, dict) else ""
            raise StoryBroken(
                f"{method} {path} was to {wanted}; it was {answer.status} {answer.error}. {detail}"
            )
        return answer.document
