"""Structured logs without personal data: one line for each request, as JSON or, for people, in columns.

A line has the route's pattern and never its path, query, headers or body: those hold codes, addresses and
e-mails. The client is a hash. An unexpected error is logged as its kind and the places it passed, never its text: a
database's message quotes the row.
"""

from __future__ import annotations

import hashlib
import logging
import sys
import time
import traceback
from typing import Any, Final

import structlog
from flask import Flask, Response, g, request

_QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics"})
# Bound once: looking a logger up costs more than writing its line.
_logger: Final[list[structlog.typing.FilteringBoundLogger]] = [structlog.get_logger()]
_PACKAGES: Final = ("loyalty", "mobile_api", "pos_adapter")


def configure(log_format: str = "json", *, quiet: bool = False) -> None:
    """Set up structlog for this process: ``json`` or ``console``, on standard error; quiet: errors only."""
    last: Any = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR if quiet else logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    _logger[0] = structlog.get_logger().bind()


def register(app: Flask) -> None:
    """Log every request when it is answered."""
    app.after_request(_log)


def unexpected(error: BaseException) -> None:
    """Log an error that nobody declared: its kind and where it came from."""
    cause = error.__cause__ or error.__context__
    _logger[0].error(
        "unexpected",
        request_id=g.get("request_id"),
        route=_route(),
        error=_kind(error),
        cause=None if cause is None else _kind(cause),
        at=places_of(error),
    )


def places_of(error: BaseException) -> list[str]:
    """Return our own places that an error passed, outermost first, as ``file:line function``."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [each for each in frames if any(f"/{name}/" in each.filename for name in _PACKAGES)]
    return [
        f"{'/'.join(each.filename.rsplit('/', 3)[1:])}:{each.lineno} {each.name}"
        for each in ours or frames[-3:]
    ]


def hashed(identity: str) -> str:
    """Return a short hash under which a client can be followed through the log without being named."""
    return hashlib.blake2b(identity.encode(), digest_size=6, person=b"log").hexdigest()


def _log(response: Response) -> Response:
    if request.path in _QUIET and response.status_code < 500:
        return response
    client = g.get("client")
    _logger[0].info(
        "request",
        request_id=g.get("request_id"),
        method=request.method,
        route=_route(),
        status=response.status_code,
        code=g.get("problem"),
        client=None if client is None else hashed(client),
        ms=round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 2),
    )
    return response


def _route() -> str | None:
    return None if request.url_rule is None else request.url_rule.rule


def _kind(error: BaseException) -> str:
    state = getattr(error, "sqlstate", None) or getattr(getattr(error, "orig", None), "sqlstate", None)
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    return name if state is None else f"{name} {state}"
