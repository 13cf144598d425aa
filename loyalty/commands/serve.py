"""``regulars serve``: the APIs and pages, with the embedded database where none is named."""

from __future__ import annotations

import os

import click

from loyalty.commands.context import confirm_epoch, ready_settings
from loyalty.commands.output import notices


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
@click.option(
    "--dev", is_flag=True, help="One process that reloads changed code; shows tracebacks. Never in public."
)
def command(host: str, port: int, workers: int | None, threads: int, dev: bool) -> None:
    """Serve the APIs and pages until Ctrl-C."""
    if dev:
        _serve_dev(host, port)
        return
    from loyalty.commands import web_server  # noqa: PLC0415 - gunicorn is for this alone

    web_server.allow_many_files()
    options = web_server.gunicorn_options(host, port, workers, threads)
    with ready_settings() as settings:
        confirm_epoch(settings)
        notices.print(f"Regulars serves http://{host}:{port} (Ctrl-C ends it).")
        web_server.serve(settings, options)


def _serve_dev(host: str, port: int) -> None:
    from werkzeug.serving import run_simple  # noqa: PLC0415 - only here

    from loyalty.app import create_app  # noqa: PLC0415

    with ready_settings("dev") as settings:
        # The reloader runs this again in a child, which it kills: the child must not be the one that stops the server.
        os.environ |= {"REGULARS_MODE": "dev", "REGULARS_DATABASE_URL": settings.database_url}
        app = create_app(settings)
        app.debug = True
        run_simple(host, port, app, use_reloader=True, threaded=True)
