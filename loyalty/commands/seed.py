"""``regulars seed``: fill the demo café with members, and with visits of the last weeks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import click
from babel.numbers import format_currency
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from loyalty.commands.context import play_settings
from loyalty.commands.output import console, json_option, notices, print_json

MOST: Final = 2000


@click.command()
@click.option(
    "--members", "count", default=40, show_default=True, type=click.IntRange(2, MOST), help="How many join."
)
@click.option(
    "--days", default=60, show_default=True, type=click.IntRange(2, 365), help="For how many days they come."
)
@click.option("--random", "number", default=7, show_default=True, help="Another number: another crowd.")
@click.option("--more", is_flag=True, help="Also where somebody has joined already.")
@json_option
def command(count: int, days: int, number: int, more: bool, as_json: bool) -> None:
    """Let people join and come to the demo café: phones, visits, top-ups, rewards, returns, offers, gift cards.

    All of it goes through the real routes, in the order of time, on a clock that is set. The same --random gives the
    same people, hours and baskets. Refused where somebody has joined already, unless with --more.
    """
    from loyalty.demo import seeding  # noqa: PLC0415 - the long imports, after --help

    with play_settings() as settings:
        now, began = datetime.now(UTC), time.monotonic()
        with seeding.seeding(settings, count=count, days=days, number=number, now=now) as seed:
            if seed.there and not more:
                raise click.ClickException(
                    f"{seed.there} members have joined already. --more adds {count} others."
                )
            with _progress(len(seed.events), quiet=as_json) as progress:
                made = {**seed.run(progress), "seconds": round(time.monotonic() - began, 1)}
    if as_json:
        print_json(made)
    else:
        _print(made)
    if made["findings"]:
        raise click.ClickException(f"The audit found {made['findings']} things: regulars audit")


@contextmanager
def _progress(total: int, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Have a progress bar on standard error, on a terminal only."""
    columns = (TextColumn("days go by"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=notices, transient=True, disable=quiet or not notices.is_terminal) as bar:
        task = bar.add_task("", total=total)
        yield lambda happened: bar.update(task, completed=happened)


def _print(made: Mapping[str, Any]) -> None:
    table = Table.grid(padding=(0, 3))
    table.add_column(style="bright_black")
    table.add_column()
    tiers = ", ".join(f"{count} {tier}" for tier, count in sorted(made["tiers"].items()))
    table.add_row("members", f"{made.get('members', 0)} ({tiers})")
    turnover = format_currency(made["turnover_minor"] / 100, made["currency"], locale="en_US")
    table.add_row(
        "sales", f"{made.get('sales', 0):,} for {turnover}, {made['from']:.10} to {made['until']:.10}"
    )
    for name in ("top-ups", "rewards", "returns", "offers", "gift cards"):
        table.add_row(name, f"{made.get(name, 0):,}")
    table.add_row("audit", "clean" if not made["findings"] else f"{made['findings']} findings")
    console.print(table)
    console.print(
        f"{made['seconds']} s. Look at somebody: regulars member show {made['somebody']}",
        style="bright_black",
    )
