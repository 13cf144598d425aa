"""Prometheus metrics: requests by route and status, their time, and refusals by code.

Several processes share ``PROMETHEUS_MULTIPROC_DIR`` when it is set. ``/metrics`` answers only this machine, or whoever
shows the token of the settings.
"""

from __future__ import annotations

import hmac
import os
import time
from functools import cache
from typing import Final

from flask import Flask, Response, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector  # pyright: ignore[reportUnknownVariableType]
from werkzeug.exceptions import NotFound

_METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_SECONDS: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})

REQUESTS: Final = Counter("regulars_requests_total", "Requests answered.", ("method", "route", "status"))
SECONDS: Final = Histogram(
    "regulars_request_seconds", "Time to answer.", ("method", "route"), buckets=_SECONDS
)
REFUSALS: Final = Counter(
    "regulars_refusals_total", "Problem documents answered, by code.", ("route", "code")
)


def register(app: Flask, *, token: str = "") -> None:
    """Measure every request and serve ``/metrics``."""
    app.after_request(_measure)
    app.add_url_rule("/metrics", "metrics", lambda: _metrics(token), methods=["GET"])


def _measure(response: Response) -> Response:
    route = "none" if request.url_rule is None else request.url_rule.rule
    method = request.method if request.method in _METHODS else "other"
    requests, seconds = _children(method, route, response.status_code)
    requests.inc()
    if (began := g.get("began")) is not None:
        seconds.observe(time.perf_counter() - began)
    if (code := g.get("problem")) is not None:
        REFUSALS.labels(route, code).inc()
    return response


@cache
def _children(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """Return the two series of a route: looked up by their labels once."""
    return REQUESTS.labels(method, route, status), SECONDS.labels(method, route)


def _metrics(token: str) -> Response:
    if not _may_read(token):
        raise NotFound
    registry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _may_read(token: str) -> bool:
    """Let in this machine (but nobody whom a proxy on this machine brings along) and whoever has the token."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return True
    return request.remote_addr in _LOOPBACK and "X-Forwarded-For" not in request.headers
