"""``regulars member``: look at a member, export, merge, block, erase."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from loyalty import dossier, members
from loyalty.actor import SYSTEM
from loyalty.commands.context import application
from loyalty.commands.member_output import print_member, said, view
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
    """Show who WHO is, where they stand, points by expiry, the last sales with every reason, devices."""
    with application() as app, snapshot() as session:
        member_id = find(session, who, members.member_secret(app.extensions["regulars"].settings.secret_key))
        shown = view(session, member_id, now=datetime.now(UTC))
    if as_json:
        print_json(shown)
    else:
        print_member(shown)


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
            click.confirm(f"Merge {said(before[0])} into {said(before[1])}?", abort=True, err=True)
        with transaction() as session:
            dossier.merge(session, actor=SYSTEM, survivor=survivor, merged=merged, now=now)
        with snapshot() as session:
            shown = view(session, survivor, now=now)
    if as_json:
        print_json(shown)
    else:
        print_member(shown)


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
            click.confirm(f"Erase {said(shown)}?", abort=True, err=True)
        with transaction() as session:
            dossier.erase(session, actor=SYSTEM, member_id=member_id, forfeit_wallet=forfeit_wallet, now=now)
    console.print("Erased.")


def find(session: Session, who: str, secret: MemberSecret) -> int:
    """Return the member that WHO names; raise ``MemberUnknown``."""
    if who.startswith("m_") or (who.isascii() and who.isdigit()):
        return members.find(session, who)
    return members.find(session, who, secret=secret, contact=members.contact(who))


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2, default=str)
