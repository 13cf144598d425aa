"""The demo's requests: over HTTP, each shown on the screen; an answer the story cannot go on with ends it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click

from loyalty.demo.screen import Screen
from loyalty.scenarios.http import Client


class StoryBroken(click.ClickException):
    """The server answered what the story did not expect."""


@dataclass(frozen=True, slots=True)
class Wire:
    """Sends requests to the server of the demo. ``quietly`` ones are not shown."""

    client: Client
    screen: Screen

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
        answer = self.client.send(method, path, body, headers=headers or {}, key=key)
        if not quietly:
            self.screen.call(method, path, answer.status, (time.perf_counter() - began) * 1000, answer.error)
        if answer.error != refused:
            wanted = f"be refused with {refused}" if refused else "be done"
            detail = answer.document.get("detail", "") if isinstance(answer.document, dict) else ""
            raise StoryBroken(
                f"{method} {path} was to {wanted}; it was {answer.status} {answer.error}. {detail}"
            )
        return answer.document
