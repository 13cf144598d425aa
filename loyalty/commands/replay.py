"""``regulars replay``: play a log of another program through the real domain, and compare."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, NoReturn

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from loyalty import replays
from loyalty.commands.context import application
from loyalty.commands.output import console, json_option, notices, print_json
from loyalty.config import Settings
from loyalty.db import db, snapshot, transaction
from loyalty.replays import Begun, Comparison, Log, LogUnreadable, Variant

MOST_CHUNK: Final = 5000
_DATABASE: Final = "rewards_log"  # of variants, unless another is named


@click.group()
def command() -> None:
    """Play a log of another program through the real domain, and compare what comes out."""


@command.command("rewards-log")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--bogo-comparison",
    default="gt",
    show_default=True,
    type=click.Choice(["gt", "gte"]),
    help="Whether one purchase must be above the difficulty, or may equal it.",
)
@click.option(
    "--window-end",
    default="included",
    show_default=True,
    type=click.Choice(["included", "excluded"]),
    help="Whether the last moment of an offer's window counts.",
)
@click.option(
    "--repeats",
    default="kept",
    show_default=True,
    type=click.Choice(["kept", "ignored"]),
    help="Whether receiving an open offer again opens another one.",
)
@click.option(
    "--database",
    metavar="NAME",
    help="Another database of the same server, made if it is not there. Other settings than the log's go into one of "
    "their own (rewards_log_…) by themselves.",
)
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    help="How many load at once.  [default: one per core, up to four]",
)
@click.option(
    "--chunk",
    "chunk_members",
    default=200,
    show_default=True,
    type=click.IntRange(1, MOST_CHUNK),
    help="How many members are loaded in one transaction.",
)
@json_option
def rewards_log(
    folder: Path,
    bogo_comparison: Literal["gt", "gte"],
    window_end: Literal["included", "excluded"],
    repeats: Literal["kept", "ignored"],
    database: str | None,
    processes: int | None,
    chunk_members: int,
    as_json: bool,
) -> None:
    """Load the rewards log in DIR and compare the completed offers with those that it states.

    DIR has compact_offers.json, members.csv.xz and compact_events.csv.xz. Every purchase is decided by the evaluator
    that decides sales, and written to the same tables and ledger, at the log's own time: the log's program is in force
    from its first hour on, before any other one here. Killed at any moment, the same command goes on where it was.

    Exit status 0: exactly as the log says (or other settings were asked for); 1: not so; 2: DIR cannot be read.
    """
    began = time.monotonic()
    variant = replays.Variant(bogo_comparison, window_end, repeats)
    try:
        log = replays.read_log(folder)
    except LogUnreadable as error:
        _unreadable(error)
    if database is None and not variant.is_the_logs:
        database = f"{_DATABASE}_{variant.name}"
    seconds = time.monotonic() - began
    with application(database=database, create=True) as app:
        began = time.monotonic()  # the database may have been made just now: that is not the replay
        settings: Settings = app.extensions["regulars"].settings
        begun = _load(settings, log, variant, processes, chunk_members, quiet=as_json)
        found = _finish(log)
        seconds += time.monotonic() - began
    document = _document(log, variant, begun, found, database, seconds)
    if as_json:
        print_json(document)
    else:
        _print(variant, begun, found, database, seconds)
    raise click.exceptions.Exit(1 if variant.is_the_logs and not found.is_exact else 0)


def _unreadable(error: LogUnreadable) -> NoReturn:
    click.echo(f"regulars: {error}", err=True)
    raise click.exceptions.Exit(2)


def _load(
    settings: Settings,
    log: Log,
    variant: Variant,
    processes: int | None,
    chunk_members: int,
    *,
    quiet: bool,
) -> Begun:
    with transaction() as session:
        begun = replays.begin(
            session,
            log,
            variant,
            play=not settings.is_public,
            chunk_members=chunk_members,
            now=datetime.now(UTC),
        )
    db.engine.dispose()  # the processes that load must not inherit a connection
    if begun.chunks:
        with _progress(log.size, log.size - begun.events_left, quiet=quiet) as played:
            replays.load(
                settings.database_url,
                log,
                begun.program_version,
                begun.chunks,
                processes=processes,
                played=played,
            )
    return begun


def _finish(log: Log) -> Comparison:
    with transaction() as session:
        replays.finish(session, now=datetime.now(UTC))
    with snapshot() as session:
        return replays.compare(session, log)


@contextmanager
def _progress(total: int, done: int, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Have a progress bar on standard error; where that is no terminal, a line for each tenth."""
    began, before, tenth = time.monotonic(), done, done * 10 // total

    def rate() -> str:
        return f"{(done - before) / max(time.monotonic() - began, 0.001):,.0f} events/s"

    columns = (
        TextColumn("replaying"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    shown = notices.is_terminal and not quiet
    # No thread of its own that refreshes it: the processes that load are forks of this one.
    with Progress(*columns, console=notices, transient=True, disable=not shown, auto_refresh=False) as bar:
        task = bar.add_task("", total=total, completed=done, rate="")

        def played(events: int) -> None:
            nonlocal done, tenth
            done += events
            bar.update(task, completed=done, rate=rate(), refresh=shown)
            if not shown and not quiet and done * 10 // total > tenth:
                tenth = done * 10 // total
                notices.print(f"{done:,} of {total:,} events, {rate()}")

        yield played


def _document(
    log: Log, variant: Variant, begun: Begun, found: Comparison, database: str | None, seconds: float
) -> dict[str, Any]:
    return {
        "settings": variant.settings,
        "database": database,
        "went_on": not begun.is_new,
        "events": log.size,
        "events_loaded_now": begun.events_left,
        "members": found.members,
        "purchases": found.purchases,
        "offers": found.offers,
        "completions": found.completions,
        "logged": found.logged,
        "exact": found.exact,
        "missed": found.missed,
        "extra": found.extra,
        "rewards_milli": found.rewards_milli,
        "logged_rewards_milli": found.logged_rewards_milli,
        "seconds": round(seconds, 2),
        "events_per_second": round(begun.events_left / seconds),
    }


def _print(variant: Variant, begun: Begun, found: Comparison, database: str | None, seconds: float) -> None:
    if not begun.chunks:
        console.print("It was complete already.")
    elif not begun.is_new:
        console.print(f"It was begun already: the {begun.events_left:,} events that were left are loaded.")
    table = Table.grid(padding=(0, 3))
    table.add_column(style="bright_black")
    table.add_column()
    table.add_row(
        "loaded", f"{found.members:,} members, {found.purchases:,} purchases, {found.offers:,} offers"
    )
    table.add_row(
        "settings", ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in variant.settings.items())
    )
    table.add_row("completions", f"{found.completions:,}, the log states {found.logged:,}")
    color = "green" if found.is_exact else "red" if variant.is_the_logs else "yellow"
    table.add_row(
        "compared",
        f"[{color}]{found.exact:,} exact, {found.missed:,} missed, {found.extra:,} extra[/{color}]",
    )
    table.add_row(
        "rewards",
        f"{found.rewards_milli / 1000:,.0f}, the log states {found.logged_rewards_milli / 1000:,.0f}",
    )
    if begun.chunks:
        table.add_row("time", f"{seconds:.1f} s, {begun.events_left / seconds:,.0f} events/s")
    console.print(table)
    console.print(f"The books: regulars audit{f' --database {database}' if database else ''}")
