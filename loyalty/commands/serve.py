"""``regulars serve``: gunicorn around the application, with the embedded database where none is named."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click
from gunicorn.app.base import BaseApplication

from loyalty.commands.context import ready_settings
from loyalty.commands.output import notices

if TYPE_CHECKING:
    from loyalty.config import Settings

MOST_WORKERS_BY_DEFAULT = 4


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    envvar="WEB_CONCURRENCY",
    help="Worker processes; one per core if not given.  [env: WEB_CONCURRENCY]",
)
@click.option(
    "--threads", default=16, show_default=True, type=click.IntRange(1, 512), help="Threads of a worker."
)
@click.option("--gevent", is_flag=True, help="Green threads instead: for thousands of open event streams.")
@click.option(
    "--dev", is_flag=True, help="One process that reloads changed code; shows tracebacks. Never in public."
)
def command(host: str, port: int, workers: int | None, threads: int, gevent: bool, dev: bool) -> None:
    """Serve the APIs and pages until Ctrl-C."""
    if dev:
        _serve_dev(host, port)
        return
    with ready_settings() as settings, _metrics_folder() as metrics:
        notices.print(f"Regulars serves http://{host}:{port} (Ctrl-C ends it).")
        options = gunicorn_options(host, port, workers, threads, gevent=gevent)
        Gunicorn(settings, {**options, "child_exit": _forget_metrics_of}).run()
        assert metrics


def gunicorn_options(
    host: str, port: int, workers: int | None, threads: int, *, gevent: bool
) -> dict[str, Any]:
    """Return what is set of gunicorn; the rest is gunicorn's default or comes from ``GUNICORN_CMD_ARGS``."""
    return {
        "bind": f"{host}:{port}",
        "workers": workers or min(os.cpu_count() or 1, MOST_WORKERS_BY_DEFAULT),
        "worker_class": "gevent" if gevent else "gthread",
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


def _serve_dev(host: str, port: int) -> None:
    from werkzeug.serving import run_simple  # noqa: PLC0415 - only here

    from loyalty.app import create_app  # noqa: PLC0415

    with ready_settings("dev") as settings:
        app = create_app(settings)
        app.debug = True
        run_simple(host, port, app, use_reloader=True, threaded=True)
