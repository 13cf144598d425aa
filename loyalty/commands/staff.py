"""``regulars staff``: who works here, what they may do, and what they did."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import click
from rich.table import Table

from loyalty import staff
from loyalty.actor import SYSTEM
from loyalty.commands.context import application
from loyalty.commands.output import console, json_option, print_json, print_table
from loyalty.db import snapshot, transaction
from loyalty.staff import Staff, StaffAct

_WHO = click.argument("who")
_PIN_HELP = "4 to 8 digits; asked for, when not given."


@click.group()
def command() -> None:
    """Add staff, set PINs and roles, read what everybody did. WHO is an id or an e-mail address."""


@command.command()
@click.argument("name")
@click.option("--role", type=click.Choice(staff.ROLES), default="cashier", show_default=True)
@click.option("--email", help="For signing in to the console.")
@click.option("--store", help="The key of the only store where they work; without it: every store.")
@click.option("--pin", help="For signing in at a till: 4 to 8 digits.")
@json_option
def add(name: str, role: str, email: str | None, store: str | None, pin: str | None, as_json: bool) -> None:
    """Add NAME to the staff."""
    with application(), transaction() as session:
        added = staff.add(
            session,
            actor=SYSTEM,
            name=name,
            role=role,
            email=email,
            store=store,
            pin=pin,
            now=datetime.now(UTC),
        )
        row = _row(added)
    _tell(row, f"{name} is {role}. Their id: {row['staff_id']}", as_json)


@command.command("list")
@json_option
def list_staff(as_json: bool) -> None:
    """List everybody, people who were sent away too."""
    with application(), snapshot() as session:
        rows = [_row(each) for each in staff.people(session)]
    if as_json:
        print_json(rows)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("name", "role", "store", "status", "PIN", "e-mail", "id"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "id")
    for row in rows:
        pin = "set" if row["has_pin"] else "-"
        table.add_row(
            row["name"],
            row["role"],
            row["store"] or "every",
            row["status"],
            pin,
            row["email"] or "-",
            row["staff_id"],
        )
    print_table(table if rows else "Nobody yet: regulars staff add NAME")


@command.command("set-pin")
@_WHO
@click.option("--pin", prompt=True, hide_input=True, confirmation_prompt=True, help=_PIN_HELP)
@json_option
def set_pin(who: str, pin: str, as_json: bool) -> None:
    """Give WHO a new PIN; it also unlocks them and ends their sign-ins."""
    with application(), transaction() as session:
        staff_id = staff.person_named(session, who).id
        row = _row(staff.set_pin(session, actor=SYSTEM, staff_id=staff_id, pin=pin, now=datetime.now(UTC)))
    _tell(row, f"{row['name']} has a new PIN.", as_json)


@command.command("set-role")
@_WHO
@click.argument("role", type=click.Choice(staff.ROLES))
@json_option
def set_role(who: str, role: str, as_json: bool) -> None:
    """Give WHO another ROLE."""
    with application(), transaction() as session:
        staff_id = staff.person_named(session, who).id
        row = _row(staff.set_role(session, actor=SYSTEM, staff_id=staff_id, role=role, now=datetime.now(UTC)))
    _tell(row, f"{row['name']} is {role}.", as_json)


@command.command()
@_WHO
@json_option
def deactivate(who: str, as_json: bool) -> None:
    """Send WHO away: no sign-in any more; what they did stays in the log."""
    with application(), transaction() as session:
        staff_id = staff.person_named(session, who).id
        row = _row(staff.deactivate(session, actor=SYSTEM, staff_id=staff_id, now=datetime.now(UTC)))
    _tell(row, f"{row['name']} can no longer sign in.", as_json)


@command.command()
@click.option("--who", help="Only what this person did.")
@click.option("--about", help="Only about this object, such as till:019….")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
@json_option
def audit(who: str | None, about: str | None, limit: int, as_json: bool) -> None:
    """Read what the staff did, newest first."""
    with application(), snapshot() as session:
        by = None if who is None else staff.person_named(session, who).id
        names = {each.id: each.name for each in (*staff.people(session), *staff.tills(session))}
        rows = [_act(each, names) for each in staff.acts(session, about=about, by=by, limit=limit)]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        console.print(_line(row, names), markup=False, soft_wrap=True)
    if not rows:
        console.print("Nothing yet.")


def _row(person: Staff) -> Mapping[str, Any]:
    return {
        "staff_id": person.id,
        "name": person.name,
        "role": person.role,
        "store": person.store,
        "email": person.email,
        "status": person.status,
        "has_pin": person.pin_hash is not None,
    }


def _act(act: StaffAct, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "at": act.at.isoformat(),
        "who": names.get(act.staff_id or act.till_id or "", act.actor.removesuffix(":system")),
        "staff_id": act.staff_id,
        "till_id": act.till_id,
        "what": act.what,
        "about": act.object,
        "before": act.before,
        "after": act.after,
    }


def _line(row: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Return one act as a sentence: ``2026-03-02 12:00:00  Ada  staff.set_role  Bob  (role: cashier → manager)``."""
    kind, _, which = row["about"].partition(":")
    about = names.get(which, row["about"]) if kind in ("staff", "till") else row["about"]
    before, after = row["before"] or {}, row["after"] or {}
    changes = [
        f"{name}: {before[name]} → {after.get(name)}" if name in before else f"{name}: {value}"
        for name, value in {**before, **after}.items()
    ]
    at = row["at"][:19].replace("T", " ")
    return "  ".join([at, row["who"], row["what"], about, *([f"({', '.join(changes)})"] if changes else [])])


def _tell(row: Mapping[str, Any], sentence: str, as_json: bool) -> None:
    if as_json:
        print_json(row)
    else:
        console.print(sentence, markup=False)
