"""``regulars member``: look at a member, export, merge, block, erase."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.table import Table
from sqlalchemy.orm import Session

from loyalty import dossier, members, sales
from loyalty.actor import SYSTEM
from loyalty.commands.context import application
from loyalty.commands.output import console, json_option, print_json
from loyalty.db import snapshot, transaction
from loyalty.members import MemberSecret

_WHO = click.argument("who")


@click.group()
def command() -> None:
    """Look at a member, export, merge, block, erase.

    WHO is a public id (m_…), a card or account number, an e-mail address, or a phone number with its country.
    """


@command.command()
@_WHO
@json_option
def show(who: str, as_json: bool) -> None:
    """Show who WHO is and where they stand."""
    with application() as app, snapshot() as session:
        member_id = find(session, who, members.member_secret(app.extensions["regulars"].settings.secret_key))
        shown = view(session, member_id, now=datetime.now(UTC))
    if as_json:
        print_json(shown)
    else:
        _print(shown)


@command.command()
@_WHO
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
def export(who: str, output: Path | None) -> None:
    """Print everything that is kept about WHO as one JSON document."""
    with application() as app, transaction() as session:
        member_id = find(session, who, members.member_secret(app.extensions["regulars"].settings.secret_key))
        document = dossier.export(session, actor=SYSTEM, member_id=member_id, now=datetime.now(UTC))
    if output is None:
        print_json(document)
        return
    output.write_text(_json(document), encoding="utf-8")
    console.print(f"Written to {output}")


@command.command()
@_WHO
@click.option("--into", required=True, help="The member who remains.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def merge(who: str, into: str, yes: bool, as_json: bool) -> None:
    """Make WHO and another member one: points, tiers, sales, phones and cards go over. It cannot be undone."""
    with application() as app:
        secret = members.member_secret(app.extensions["regulars"].settings.secret_key)
        now = datetime.now(UTC)
        with snapshot() as session:
            merged, survivor = find(session, who, secret), find(session, into, secret)
            before = [view(session, each, now=now) for each in (merged, survivor)]
        if not yes:
            click.confirm(f"Merge {_said(before[0])} into {_said(before[1])}?", abort=True, err=True)
        with transaction() as session:
            dossier.merge(session, actor=SYSTEM, survivor=survivor, merged=merged, now=now)
        with snapshot() as session:
            shown = view(session, survivor, now=now)
    if as_json:
        print_json(shown)
    else:
        _print(shown)


@command.command()
@_WHO
@click.option("--undo", is_flag=True, help="Let them in again.")
def block(who: str, undo: bool) -> None:
    """Keep WHO out: every device is signed out, every code refused; nothing is lost."""
    with application() as app, transaction() as session:
        member_id = find(session, who, members.member_secret(app.extensions["regulars"].settings.secret_key))
        act = members.unblock if undo else members.block
        act(session, actor=SYSTEM, member_id=member_id, now=datetime.now(UTC))
    console.print("Let in again." if undo else "Blocked.")


@command.command()
@_WHO
@click.option("--forfeit-wallet", is_flag=True, help="Give up the money in the wallet.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(who: str, forfeit_wallet: bool, yes: bool) -> None:
    """Forget WHO: personal data goes, points are written off, the books balance. It cannot be undone."""
    with application() as app:
        secret = members.member_secret(app.extensions["regulars"].settings.secret_key)
        now = datetime.now(UTC)
        with snapshot() as session:
            member_id = find(session, who, secret)
            shown = view(session, member_id, now=now)
        if not yes:
            click.confirm(f"Erase {_said(shown)}?", abort=True, err=True)
        with transaction() as session:
            dossier.erase(session, actor=SYSTEM, member_id=member_id, forfeit_wallet=forfeit_wallet, now=now)
    console.print("Erased.")


def find(session: Session, who: str, secret: MemberSecret) -> int:
    """Return the member that WHO names; raise ``MemberUnknown``."""
    if who.startswith("m_") or (who.isascii() and who.isdigit()):
        return members.find(session, who)
    return members.find(session, who, secret=secret, contact=members.contact(who))


def view(session: Session, member_id: int, *, now: datetime) -> dict[str, Any]:
    """Return a member as people and programs are shown one: points in thousandths, money in minor units."""
    member = members.member(session, member_id)
    state = sales.view(session, member_id, now=now)
    assert state.books is not None
    assert state.standing is not None
    account = state.books.account
    return {
        "id": member.public_id,
        "name": f"{member.given_name} {member.family_name}".strip(),
        "status": member.status,
        "joined_at": member.joined_at.isoformat(),
        "birthday": member.birthday.isoformat() if member.birthday else None,
        "contacts": [each.value for each in members.contacts_of(session, member_id)],
        "card_number": member.card_number,
        "tier": state.standing.tier,
        "tier_until": state.standing.tier_until.isoformat() if state.standing.tier_until else None,
        "tier_points_milli": state.standing.window_milli,
        "points_milli": account.points_milli,
        "held_milli": account.held_milli,
        "owed_milli": account.owed_milli,
        "wallet_minor": account.wallet_minor,
        "currency": state.program.currency,
        "lots": [
            {
                "points_milli": lot.free_milli + lot.held_milli,
                "earned_at": lot.earned_at.isoformat(),
                "expires_at": lot.expires_at.isoformat() if lot.expires_at else None,
            }
            for lot in sorted(state.books.lots.values(), key=lambda lot: lot.order)
            if lot.free_milli or lot.held_milli
        ],
        "devices": [
            {"name": each.name, "platform": each.platform, "last_seen_at": each.last_seen_at.isoformat()}
            for each in members.devices_of(session, member_id)
        ],
    }


def _said(shown: dict[str, Any]) -> str:
    who = shown["name"] or (shown["contacts"] or [shown["id"]])[0]
    return f"{who} ({shown['id']}, {shown['points_milli'] / 1000:.2f} points)"


def _print(shown: dict[str, Any]) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    until = f" until {shown['tier_until']:.10}" if shown["tier_until"] else ""
    rows = {
        "member": f"{shown['name'] or '-'}  {shown['id']}",
        "status": shown["status"],
        "contacts": ", ".join(shown["contacts"]) or "-",
        "card": shown["card_number"],
        "joined": f"{shown['joined_at']:.10}",
        "tier": f"{shown['tier']}{until}, {shown['tier_points_milli'] / 1000:.2f} points in its window",
        "points": f"{shown['points_milli'] / 1000:.2f}, {shown['held_milli'] / 1000:.2f} held, "
        f"{shown['owed_milli'] / 1000:.2f} owed",
        "wallet": f"{shown['wallet_minor']} {shown['currency']} minor units",
        "devices": ", ".join(each["name"] for each in shown["devices"]) or "-",
    }
    for name, value in rows.items():
        table.add_row(name, value)
    for lot in shown["lots"]:
        end = f"until {lot['expires_at']:.10}" if lot["expires_at"] else "for ever"
        table.add_row("lot", f"{lot['points_milli'] / 1000:.2f}, earned {lot['earned_at']:.10}, {end}")
    console.print(table)


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2, default=str)
