"""``regulars statement``: check a statement that a member kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from loyalty import ledger
from loyalty.commands.output import console, json_option, print_json
from loyalty.config import Settings
from loyalty.ledger import RootKey

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def command() -> None:
    """Check signed statements (GET /api/v1/statement.json)."""


@command.command()
@click.argument("file", type=_FILE)
@click.option(
    "--keys", type=_FILE, help="The public keys (/.well-known/regulars-keys.json); else this server's own."
)
@json_option
def verify(file: Path, keys: Path | None, as_json: bool) -> None:
    """Check that FILE is a statement as it was signed, and that it agrees with itself. Needs no network.

    Exit status 0: sound; 1: it is not; 2: used wrongly.
    """
    document = _read(file)
    flaws = list(ledger.verify(document, _keys() if keys is None else _read(keys)))
    if as_json:
        print_json({"sound": not flaws, "findings": flaws})
    elif flaws:
        for each in flaws:
            console.print(f"[red]Not sound:[/red] {each}.")
    else:
        said = document["statement"]
        console.print(
            f"[green]Sound.[/green] {said['seq']:,} lines of {said['member']}, issued {said['issued_at']} "
            f"by {said['issuer']}, {len(said['roots'])} signed roots"
        )
    raise click.exceptions.Exit(1 if flaws else 0)


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_bytes())
    except ValueError:
        raise click.ClickException(f"{file} is not JSON.") from None


def _keys() -> dict[str, Any]:
    settings = Settings.from_environ()
    secrets = (settings.secret_key, *settings.old_secret_keys.split(","))
    return ledger.jwks([RootKey.of(each.strip()) for each in secrets if each.strip()])
