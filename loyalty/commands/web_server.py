"""Gunicorn around the application, started from Python; its workers make the application for themselves."""

from __future__ import annotations

import os
import resource
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from gunicorn.app.base import BaseApplication

if TYPE_CHECKING:
    from loyalty.config import Settings
    from loyalty.live import Live

_MOST_WORKERS_BY_DEFAULT: Final = 4
_MOST_FILES: Final = 1 << 20


def serve(settings: Settings, options: dict[str, Any]) -> None:
    """Serve until a signal ends it."""
    with _metrics_folder():
        Gunicorn(settings, {**options, "worker_exit": _close_streams, "child_exit": _forget_metrics_of}).run()


def allow_many_files() -> None:
    """Let this process and its children open as many files as the system allows: every stream is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def gunicorn_options(host: str, port: int, workers: int | None, threads: int) -> dict[str, Any]:
    """Return what is set of gunicorn; the rest is gunicorn's default or comes from ``GUNICORN_CMD_ARGS``."""
    return {
        "bind": f"{host}:{port}",
        "workers": workers or min(os.cpu_count() or 1, _MOST_WORKERS_BY_DEFAULT),
        "worker_class": "loyalty.commands.thread_worker.StayingThreadWorker",
        "threads": threads,
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
        self.live: Live | None = None
        super().__init__()

    def load_config(self) -> None:
        """Set the options; called by gunicorn."""
        configuration = cast(Any, self.cfg)
        for name, value in self.options.items():
            configuration.set(name, value)

    def load(self) -> Any:
        """Make the application; called in every worker, after the fork."""
        from loyalty.app import create_app  # noqa: PLC0415 - a long import, for the workers only
        from loyalty.db import db  # noqa: PLC0415
        from loyalty.web import site  # noqa: PLC0415

        app = create_app(self.settings)
        with app.app_context():
            self.live = site.current().live
            self.live.start(db.engine)
        return app


@contextmanager
def _metrics_folder() -> Iterator[Path]:
    """Have an empty folder in which the workers' Prometheus counters meet; set before prometheus_client loads."""
    named, ours = os.environ.get("PROMETHEUS_MULTIPROC_DIR"), os.getpid()
    folder = Path(named or tempfile.mkdtemp(prefix="regulars-metrics-"))
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    try:
        yield folder
    finally:
        if not named and os.getpid() == ours:  # a forked worker that ends passes here too
            shutil.rmtree(folder, ignore_errors=True)


def _close_streams(_server: object, worker: Any) -> None:
    """End the streams of a worker that stops, so that their clients go to another; tell what is not told yet."""
    if worker.app.live is not None:
        worker.app.live.close()


def _forget_metrics_of(_server: object, worker: Any) -> None:
    from prometheus_client import multiprocess  # noqa: PLC0415 - only in the master, when a worker has ended

    multiprocess.mark_process_dead(worker.pid)
