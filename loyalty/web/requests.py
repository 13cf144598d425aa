"""The id of a request (the caller's own, if it is a sane one, or a new one) and when it began."""

from __future__ import annotations

import re
import secrets
import time
from typing import Final

from flask import Flask, Response, g, request

HEADER: Final = "X-Request-Id"
_SANE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}\Z", re.ASCII)


def register(app: Flask) -> None:
    """Give every request an id and every answer that id."""
    app.before_request(_begin)
    app.after_request(_end)


def request_id() -> str:
    """Return the id of the current request."""
    return g.request_id


def _begin() -> None:
    # Set, not left out: in tests one application context serves many requests.
    g.problem = g.client = None
    g.began = time.perf_counter()
    given = request.headers.get(HEADER)
    g.request_id = given if given is not None and _SANE.match(given) else secrets.token_hex(16)


def _end(response: Response) -> Response:
    response.headers[HEADER] = g.get("request_id") or secrets.token_hex(16)
    return response
