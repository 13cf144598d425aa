"""A member as people and programs are shown one: who they are, where they stand, what they bought, and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from babel.numbers import format_currency
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from sqlalchemy.orm import Session

from loyalty import members, sales
from loyalty.commands.output import console

SALES: Final = 5
_QUIET: Final = "bright_black"


def view(session: Session, member_id: int, *, now: datetime) -> dict[str, Any]:
    """Return the whole picture of a member: points in thousandths, money in minor units, the last sales with why."""
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
        "wallet_held_minor": account.wallet_held_minor,
        "currency": state.program.currency,
        "currency_digits": state.program.currency_digits,
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
        "sales": sales.history(session, member_id, limit=SALES, locale=member.locale),
    }


def said(shown: Mapping[str, Any]) -> str:
    """Return who it is in one line, for questions."""
    who = shown["name"] or (shown["contacts"] or [shown["id"]])[0]
    return f"{who} ({shown['id']}, {_points(shown['points_milli'])} points)"


def print_member(shown: Mapping[str, Any]) -> None:
    """Print the picture for people."""
    console.print(Text.assemble((shown["name"] or "No name", "bold"), f"  {shown['id']}  {shown['status']}"))
    table = Table.grid(padding=(0, 3))
    table.add_column(style=_QUIET, no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in _rows(shown):
        table.add_row(name, value)
    console.print(table)
    if shown["sales"]:
        console.print()
        console.print(_sales(shown))


def _rows(shown: Mapping[str, Any]) -> list[tuple[str, str]]:
    until = f" until {shown['tier_until']:.10}" if shown["tier_until"] else ""
    aside = [
        f"{_points(shown[name])} {text}"
        for name, text in (("held_milli", "held"), ("owed_milli", "owed"))
        if shown[name]
    ]
    held = f", {_money(shown['wallet_held_minor'], shown)} held" if shown["wallet_held_minor"] else ""
    ends: dict[str, int] = {}
    for lot in shown["lots"]:
        end = f"until {lot['expires_at']:.10}" if lot["expires_at"] else "for ever"
        ends[end] = ends.get(end, 0) + lot["points_milli"]
    return [
        ("contacts", ", ".join(shown["contacts"]) or "-"),
        ("joined", f"{shown['joined_at']:.10}"),
        ("card", shown["card_number"]),
        ("tier", f"{shown['tier']}{until}, {_points(shown['tier_points_milli'])} points in its window"),
        ("points", ", ".join([_points(shown["points_milli"]), *aside])),
        *(("", f"{_points(milli)} {end}") for end, milli in ends.items()),
        ("wallet", _money(shown["wallet_minor"], shown) + held),
        (
            "devices",
            ", ".join(f"{each['name']} ({each['last_seen_at']:.10})" for each in shown["devices"]) or "-",
        ),
    ]


def _sales(shown: Mapping[str, Any]) -> Group:
    """Return the last sales: a line of columns each, and below it what was bought and why it cost and earned that."""
    parts: list[RenderableType] = [
        Text(f"{'last sales':<18}{'where':<32}{'total':>12}{'points':>11}", style="bold")
    ]
    for sale in shown["sales"]:
        state = "" if sale["state"] == "settled" else f" ({sale['state']})"
        where = f"{sale['store'] or '-'}, {sale['channel']}{', offline' if sale['offline'] else ''}{state}"
        moved = _points(sale["earned_milli"] - sale["spent_milli"])
        total = _money(sale["total_minor"], shown)
        parts.append(Text(f"{sale['occurred_at']:%Y-%m-%d %H:%M}  {where:<32}{total:>12}{moved:>11}"))
        told = [", ".join(f"{line['quantity']} {line['name']}" for line in sale["lines"])]
        told += [each["text"] for each in sale["effects"] if each["points_milli"] or each["amount_minor"]]
        parts += [Padding(Text(each, style=_QUIET), (0, 0, 0, 18), expand=False) for each in told]
    return Group(*parts)


def _points(milli: int) -> str:
    return f"{milli / 1000:,.2f}"


def _money(minor: int, shown: Mapping[str, Any]) -> str:
    return format_currency(
        Decimal(minor).scaleb(-shown["currency_digits"]), shown["currency"], locale="en_US"
    )
