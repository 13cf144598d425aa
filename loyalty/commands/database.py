"""``regulars database``: the embedded PostgreSQL server of this folder."""

from __future__ import annotations

import click

from loyalty.commands.context import read_settings
from loyalty.commands.output import console, json_option, print_json
from loyalty.postgres import Server


@click.group()
def command() -> None:
    """Start, stop or locate the embedded database of this folder (REGULARS_DATA_DIR, else .data)."""


@command.command()
@json_option
def start(as_json: bool) -> None:
    """Start the server and let it run until 'regulars database stop'."""
    server = _server().start()
    try:
        server.keep()
        _show(server, as_json)
    finally:
        server.stop()


@command.command()
def stop() -> None:
    """Stop the server, whoever uses it."""
    console.print("Stopped." if _server().stop_now() else "It was not running.")


@command.command()
@json_option
def url(as_json: bool) -> None:
    """Print the address of the running server, password included."""
    server = _server()
    if server.pid is None:
        raise click.ClickException("The embedded database is not running: regulars database start")
    _show(server, as_json)


def _server() -> Server:
    settings = read_settings("demo")
    if settings.database_url:
        raise click.ClickException("REGULARS_DATABASE_URL names a server that is not ours to start or stop.")
    return Server(settings.data_dir / "postgres")


def _show(server: Server, as_json: bool) -> None:
    if as_json:
        print_json({"url": server.url, "pid": server.pid, "folder": str(server.home)})
    else:
        click.echo(server.url)
