"""Is it alive, and is it ready: for a load balancer and for ``make demo``.

``/healthz`` says that the process answers. ``/readyz`` says that it can do its work: the database answers, its
migrations are at the newest, and a program is live; 503 with the names of the checks that failed otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from flask import Flask, Response
from sqlalchemy.orm import Session

from loyalty.db import snapshot
from loyalty.web import site, wire

Check = Callable[[Session, datetime], bool]


def register(app: Flask, checks: Mapping[str, Check]) -> None:
    """Serve both pages; ``checks`` by name, each true when all is well."""
    app.add_url_rule("/healthz", "healthz", _live, methods=["GET"])
    app.add_url_rule("/readyz", "readyz", lambda: _ready(checks), methods=["GET"])


def _live() -> Response:
    return _answer(200, {"status": "ok"})


def _ready(checks: Mapping[str, Check]) -> Response:
    results = dict.fromkeys(("database", *checks), False)
    try:
        with snapshot() as session:
            results["database"] = True
            for name, check in checks.items():
                results[name] = check(session, site.current().clock.now())
    except Exception:  # noqa: BLE001, S110 - whatever it is, this process is not ready, and says which check failed
        pass
    ready = all(results.values())
    return _answer(200 if ready else 503, {"status": "ok" if ready else "not ready", "checks": results})


def _answer(status: int, body: Mapping[str, object]) -> Response:
    return Response(
        wire.write(body),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
