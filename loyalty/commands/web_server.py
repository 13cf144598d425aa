"""Gunicorn around the application, started from Python; its workers make the application for themselves."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from gunicorn.app.base import BaseApplication

if TYPE_CHECKING:
    from loyalty.config import Settings

_MOST_WORKERS_BY_DEFAULT: Final = 4


def serve(settings: Settings, options: dict[str, Any]) -> None:
    """Serve until a signal ends it."""
    with _metrics_folder():
        Gunicorn(settings, {**options, "child_exit": _forget_metrics_of}).run()


def gunicorn_options(
    host: str, port: int, workers: int | None, threads: int, *, gevent: bool
) -> dict[str, Any]:
    """Return what is set of gunicorn; the rest is gunicorn's default or comes from ``GUNICORN_CMD_ARGS``."""
    return {
        "bind": f"{host}:{port}",
        "workers": workers or min(os.cpu_count() or 1, _MOST_WORKERS_BY_DEFAULT),
        "worker_class": "loyalty.commands."
        + ("green_worker.GreenWorker" if gevent else "thread_worker.StayingThreadWorker"),
        "threads": 1 if gevent else threads,
        "graceful_timeout": 5,
        "timeout": 60,
        "keepalive": 15,
        "max_requests": 100_000,
        "max_requests_jitter": 10_000,
        "limit_request_line": 4094,
        "limit_request_fields": 60,
        "loglevel": "warning",
        "accesslog": None,  # the application logs requests, without personal data
    }


class Gunicorn(BaseApplication):
    """Gunicorn started from Python: every worker makes the application for itself."""

    def __init__(self, settings: Settings, options: dict[str, Any]) -> None:
        self.settings = settings
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        """Set the options; called by gunicorn."""
        configuration = cast(Any, self.cfg)
        for name, value in self.options.items():
            configuration.set(name, value)

    def load(self) -> Any:
        """Make the application; called in every worker, after the fork."""
        from loyalty.app import create_app  # noqa: PLC0415 - after gevent has patched, in the worker

        return create_app(self.settings)


@contextmanager
def _metrics_folder() -> Iterator[Path]:
    """Have an empty folder in which the workers' Prometheus counters meet; set before prometheus_client loads."""
    named = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    folder = Path(named or tempfile.mkdtemp(prefix="regulars-metrics-"))
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    try:
        yield folder
    finally:
        if not named:
            shutil.rmtree(folder, ignore_errors=True)


def _forget_metrics_of(_server: object, worker: Any) -> None:
    from prometheus_client import multiprocess  # noqa: PLC0415 - only in the master, when a worker has ended

    multiprocess.mark_process_dead(worker.pid)
