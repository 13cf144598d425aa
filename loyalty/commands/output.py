"""How commands print: one console for people, one document for programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import click
from rich.console import Console, RenderableType

F = TypeVar("F", bound=Callable[..., Any])

console = Console(highlight=False)
notices = Console(stderr=True, highlight=False)


def json_option(function: F) -> F:
    """Add the flag ``--json``, passed as ``as_json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document for programs.")(
        function
    )


def print_json(document: object) -> None:
    """Print a document for programs."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))


def print_table(table: RenderableType) -> None:
    """Print a table; into a pipe or file it gets the width it needs, not that of a terminal."""
    (console if console.is_terminal else Console(highlight=False, width=200)).print(table)
