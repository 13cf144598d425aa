"""``regulars audit``: recompute everybody's books and compare; sign the root of clean ones."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty import auditing, ledger, members
from loyalty.auditing import Found
from loyalty.commands.context import application
from loyalty.commands.member import find
from loyalty.commands.output import console, json_option, notices, print_json, print_table
from loyalty.config import Settings
from loyalty.db import snapshot, transaction
from loyalty.ledger import Root, RootKey

SHOWN: Final = 200


@click.command()
@click.option(
    "--member", "who", metavar="WHO", help="One member only: a public id (m_…), card number, e-mail or phone."
)
@click.option(
    "--root", "sign", is_flag=True, help="If all is well, sign the root of all books, and keep and print it."
)
@click.option("--database", metavar="NAME", help="Another database of the same server.")
@json_option
def command(who: str | None, sign: bool, database: str | None, as_json: bool) -> None:
    """Check that everybody's balances are what the write-once ledger says, and that nobody changed it.

    Balances = postings = lots + holds after every transaction; no gap in the numbers, no break in the hash chains; each
    sale booked once; tier counters, payments and gift cards agree; transit accounts empty; the grand total zero; signed
    roots fit. Exit status 0: clean; 1: something was found; 2: used wrongly.
    """
    if who and sign:
        raise click.UsageError("A root is of everybody's books: --root does not go with --member.")
    with application(database=database) as app:
        began = time.monotonic()
        settings: Settings = app.extensions["regulars"].settings
        keys = [RootKey.of(each) for each in (settings.secret_key, *_old(settings)) if each]
        with snapshot() as session:
            chosen = None if who is None else _chosen(session, who, settings)
            size = auditing.size(session)
            with _progress(size[0] if chosen is None else len(chosen), quiet=as_json) as progress:
                found = list(auditing.audit(session, members=chosen, keys=keys, progress=progress))
            named = _public_ids(session, found)
        root = _sign(keys[0]) if sign and not found else None
        seconds = time.monotonic() - began
    if as_json:
        print_json(_document(found, named, size, seconds, root, keys[0]))
    else:
        _print(found, named, size, seconds, chosen)
        _print_root(root, keys[0], wanted=sign and not found)
    raise click.exceptions.Exit(1 if found else 0)


def _old(settings: Settings) -> list[str]:
    return [each.strip() for each in settings.old_secret_keys.split(",")]


def _chosen(session: Session, who: str, settings: Settings) -> list[int]:
    return auditing.known_as(session, find(session, who, members.member_secret(settings.secret_key)))


def _sign(key: RootKey) -> Root | None:
    with transaction() as session:
        return ledger.take_root(session, key=key, now=datetime.now(UTC))


@contextmanager
def _progress(total: int, *, quiet: bool) -> Iterator[auditing.Progress]:
    """Have a progress bar on standard error, on a terminal only."""
    columns = (
        TextColumn("auditing"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("members"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=notices, transient=True, disable=quiet or not notices.is_terminal) as bar:
        task = bar.add_task("", total=total)
        yield lambda walked: bar.update(task, completed=walked)


def _public_ids(session: Session, found: list[Found]) -> dict[int, str]:
    numbers = {each.member_id for each in found if each.member_id is not None}
    statement = select(members.Member.member_id, members.Member.public_id).where(
        members.Member.member_id.in_(numbers)
    )
    return {row.member_id: row.public_id for row in session.execute(statement)}


def _who(each: Found, named: dict[int, str]) -> str | None:
    return None if each.member_id is None else named.get(each.member_id, f"number {each.member_id}")


def _document(
    found: list[Found],
    named: dict[int, str],
    size: tuple[int, int],
    seconds: float,
    root: Root | None,
    key: RootKey,
) -> dict[str, Any]:
    return {
        "clean": not found,
        "members": size[0],
        "transactions": size[1],
        "checks": list(auditing.CHECKS),
        "findings": [{"check": each.check, "member": _who(each, named), "what": each.what} for each in found],
        "root": None
        if root is None
        else {
            "number": root.number,
            "at": root.at.isoformat(),
            "transactions": root.transactions,
            "root": root.root.hex(),
            "token": root.token,
            "key": key.public_jwk,
        },
        "seconds": round(seconds, 2),
    }


def _print(
    found: list[Found], named: dict[int, str], size: tuple[int, int], seconds: float, chosen: list[int] | None
) -> None:
    walked = f"{size[0]:,} members, {size[1]:,} transactions" if chosen is None else "one member"
    if not found:
        console.print(f"[green]Clean.[/green] {walked}, {seconds:.1f} s")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("check", "member", "finding"):
        table.add_column(heading, overflow="fold", no_wrap=heading != "finding")
    for each in found[:SHOWN]:
        table.add_row(each.check, _who(each, named) or "house", each.what)
    print_table(table)
    more = f", the first {SHOWN} shown" if len(found) > SHOWN else ""
    console.print(f"[red]{len(found):,} findings[/red]{more}. {walked}, {seconds:.1f} s")


def _print_root(root: Root | None, key: RootKey, *, wanted: bool) -> None:
    if root is not None:
        console.print(f"Root {root.number}: {root.transactions:,} transactions, sha256 {root.root.hex()}")
        console.print(f"Signed by the key {key.kid}. Keep this line outside of the database:")
        click.echo(root.token)
    elif wanted:
        console.print("Nothing has happened since the last root.")
