"""``regulars database``: the embedded PostgreSQL server of this folder; and what a restored one has to be told."""

from __future__ import annotations

import click

from loyalty import staff, sync
from loyalty.actor import SYSTEM
from loyalty.commands.context import application, read_settings
from loyalty.commands.output import console, json_option, print_json
from loyalty.db import transaction
from loyalty.postgres import Server


@click.group()
def command() -> None:
    """Start, stop or locate the embedded database of this folder (REGULARS_DATA_DIR, else .data); after a restore."""


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


@command.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def restored(yes: bool, as_json: bool) -> None:
    """Say that the database was put back from a copy of its files, so that every device asks for everything again.

    Phones keep what they were told, also what happened after the copy was made. A restored dump or a restore to a
    point in time is noticed at the next start; a copy of the files looks like the original, so it must be said. Works
    on the database of REGULARS_DATABASE_URL, or the embedded one. What phones have queued is kept and sent again.
    """
    if not yes:
        click.confirm("Was this database restored from a copy of its files?", abort=True, err=True)
    with application() as app, transaction() as session:
        now = app.extensions["regulars"].clock.now()
        epoch = sync.begin_epoch(session, now=now)
        staff.record(session, actor=SYSTEM, what="database.restored", about=f"epoch:{epoch}", now=now)
    if as_json:
        print_json({"epoch": epoch})
    else:
        console.print(f"A new epoch has begun ({epoch}): every device starts again with a snapshot.")


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
