"""``regulars config``: what can be set, what it means, and what holds here."""

from __future__ import annotations

import os
from dataclasses import fields

import click
from rich.table import Table

from loyalty.commands.context import read_settings
from loyalty.commands.output import console, json_option, print_json
from loyalty.config import Settings


@click.command()
@json_option
def command(as_json: bool) -> None:
    """Print the settings and check them; secrets are not shown."""
    settings = read_settings()
    rows = [_row(settings, each.name, each.repr, each.metadata["help"]) for each in fields(Settings)]
    if as_json:
        print_json(rows)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("variable", "value", "from", "meaning"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(row["variable"], row["value"], row["from"], row["meaning"])
    console.print(table)


def _row(settings: Settings, name: str, shown: bool, meaning: str) -> dict[str, str]:
    variable = f"REGULARS_{name.upper()}"
    value = str(getattr(settings, name))
    return {
        "variable": variable,
        "value": value if shown or not value else "(hidden)",
        "from": "environment" if os.environ.get(variable) else "default",
        "meaning": meaning,
    }
