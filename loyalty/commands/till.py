"""``regulars till``: enroll tills, see them, revoke them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import click
from rich.table import Table
from sqlalchemy.orm import Session

from loyalty import rules, staff
from loyalty.actor import SYSTEM
from loyalty.commands.context import application
from loyalty.commands.output import console, json_option, print_json, print_table
from loyalty.db import snapshot, transaction
from loyalty.staff import Till


@click.group()
def command() -> None:
    """Enroll tills, list them, revoke them."""


@command.command()
@click.argument("name")
@click.option("--store", required=True, help="The key of the store where it stands.")
@json_option
def enroll(name: str, store: str, as_json: bool) -> None:
    """Print a code that enrolls one till called NAME within 15 minutes.

    On the till: POST /pos/v1/enroll {"code": "…"}.
    """
    with application() as app:
        now = datetime.now(UTC)
        with transaction() as session:
            _check_store(session, store, now)
            code = staff.offer_enrollment(session, actor=SYSTEM, name=name, store=store, now=now)
        url = f"{app.extensions['regulars'].settings.public_url}/pos/v1/enroll"
    expires_at = now + staff.ENROLLMENT_LIFETIME
    if as_json:
        print_json(
            {"code": code, "name": name, "store": store, "expires_at": expires_at.isoformat(), "url": url}
        )
        return
    console.print(
        f"[bold]{code}[/bold]  enrolls the till “{name}” of the store {store}, once, until {expires_at:%H:%M} UTC"
    )
    console.print(f"POST {url}", style="dim")


@command.command("list")
@json_option
def list_tills(as_json: bool) -> None:
    """List every till, revoked ones too."""
    with application(), snapshot() as session:
        rows = [_row(till) for till in staff.tills(session)]
    if as_json:
        print_json(rows)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("store", "name", "status", "offline", "last seen", "id"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "id")
    for row in rows:
        offline = "signs" if row["signs_offline"] else "-"
        table.add_row(
            row["store"], row["name"], row["status"], offline, f"{row['last_seen_at']:.16}", row["till_id"]
        )
    print_table(table if rows else "There is no till yet: regulars till enroll NAME --store KEY")


@command.command()
@click.argument("till_id")
@json_option
def revoke(till_id: str, as_json: bool) -> None:
    """Make the till TILL_ID a stranger, and whoever is signed in at it."""
    with application(), transaction() as session:
        row = _row(staff.revoke(session, actor=SYSTEM, till_id=till_id, now=datetime.now(UTC)))
    if as_json:
        print_json(row)
    else:
        console.print(f"The till “{row['name']}” of the store {row['store']} is revoked.")


def _check_store(session: Session, store: str, now: datetime) -> None:
    """Refuse a store that the program in force does not know: its till could not sell."""
    try:
        known = rules.program_at(session, now, fresh=True).stores
    except rules.NoProgram:
        return
    if known and store not in known:
        raise click.ClickException(f"The program has no store {store!r}. It has: {', '.join(known)}.")


def _row(till: Till) -> Mapping[str, Any]:
    return {
        "till_id": till.id,
        "name": till.name,
        "store": till.store,
        "status": till.status,
        "signs_offline": till.public_key is not None,
        "enrolled_at": till.enrolled_at.isoformat(),
        "last_seen_at": till.last_seen_at.isoformat(),
    }
