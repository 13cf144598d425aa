"""What is printed: prices, points, receipts, statements. Made of the answers of the APIs, nothing is computed here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from babel.numbers import format_currency
from rich.console import RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

LOCALE: Final = "en_US"
MINUS: Final = "\N{MINUS SIGN}"
TIMES: Final = "\N{MULTIPLICATION SIGN}"
_QUIET: Final = "bright_black"
_LINE: Final = Rule(style=_QUIET)
KINDS: Final = {
    "top_up": "top-up",
    "sale": "purchase",
    "return": "return",
    "void": "void",
}


@dataclass(frozen=True, slots=True)
class Names:
    """What products, options and stores are called, from the catalog that the server answers."""

    products: Mapping[str, str]
    options: Mapping[str, str]
    stores: Mapping[str, str]
    addresses: Mapping[str, str]

    @classmethod
    def of(cls, catalog: Mapping[str, Any]) -> Names:
        """Read the names out of ``GET /api/v1/catalog``."""
        return cls(
            {each["sku"]: each["name"]["en"] for each in catalog["products"]},
            {
                each["key"]: each["name"]["en"]
                for group in catalog["option_groups"]
                for each in group["options"]
            },
            {each["key"]: each["name"]["en"] for each in catalog["stores"]},
            {each["key"]: each.get("address", "") for each in catalog["stores"]},
        )

    def item(self, item: Mapping[str, Any]) -> str:
        """Return a product as somebody takes it: Caramel Latte (small, hot, oat drink)."""
        chosen = self.chosen(item["options"])
        name = self.products.get(item["sku"], item["sku"])
        return f"{name} ({chosen})" if chosen else name

    def chosen(self, options: Iterable[str]) -> str:
        """Return options in words."""
        return ", ".join(self.options.get(each, each).lower() for each in options)


def money(amount_minor: int, *, signed: bool = False) -> str:
    """Return an amount in dollars, which the demo café takes."""
    shown = format_currency(abs(amount_minor) / 100, "USD", locale=LOCALE)
    sign = MINUS if amount_minor < 0 else "+" if signed and amount_minor else ""
    return sign + shown


def points(milli: int, *, signed: bool = False) -> str:
    """Return points as they are: 8.28, 100."""
    shown = f"{abs(milli) / 1000:,.3f}".rstrip("0").rstrip(".")
    sign = MINUS if milli < 0 else "+" if signed and milli else ""
    return sign + shown


def receipt(given: Mapping[str, Any], names: Names, place: str) -> list[RenderableType]:
    """Return a receipt: what was sold, how it was paid, and every point with its reason."""
    parts: list[RenderableType] = [
        Text("FERNLIGHT", style="bold", justify="center"),
        Text(place, style=_QUIET, justify="center"),
        _goods(given, names),
        _LINE,
        _payment(given),
        _LINE,
        _reasons(given),
    ]
    if given["warnings"]:
        parts += [Text(f"! {each['text']}", style="yellow") for each in given["warnings"]]
    return [*parts, _LINE, standing(given["member"])]


def _goods(given: Mapping[str, Any], names: Names) -> Table:
    table = _columns()
    for line in given["lines"]:
        table.add_row(
            f"{line['quantity']} {TIMES} {line['name']}", money(line["unit_price_minor"] * line["quantity"])
        )
        if line["options"]:
            table.add_row(Text(f"    {names.chosen(line['options'])}", style=_QUIET), "")
    for effect in given["effects"]:
        if effect["amount_minor"]:
            table.add_row(
                f"    {effect['text'].partition(': ')[2] or effect['text']}", money(effect["amount_minor"])
            )
    return table


def _payment(given: Mapping[str, Any]) -> Table:
    table = _columns()
    table.add_row(Text("Total", style="bold"), Text(money(given["total_minor"]), style="bold"))
    for tender in given["tenders"]:
        table.add_row(f"paid: {tender['kind']}", money(tender["amount_minor"]))
    if given["due_minor"]:
        table.add_row("due", money(given["due_minor"]))
    return table


def _reasons(given: Mapping[str, Any]) -> Table:
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(justify="right", no_wrap=True, width=7)
    table.add_column(overflow="fold", style=_QUIET)
    for effect in given["effects"]:
        if effect["points_milli"]:
            table.add_row(_colored(effect["points_milli"]), effect["text"])
        elif not effect["amount_minor"]:
            table.add_row("·", effect["text"])
    return table


def _colored(milli: int) -> Text:
    return Text(points(milli, signed=True), style="green" if milli > 0 else "red")


def standing(member: Mapping[str, Any]) -> Text:
    """Return where a member stands, in one line."""
    wallet = money(member["wallet_minor"])
    owed = f", {points(member['owed_milli'])} owed" if member["owed_milli"] else ""
    return Text(
        f"★ {points(member['points_milli'])} stars{owed} · {member['tier'].title()} · wallet {wallet}"
    )


def _columns() -> Table:
    table = Table.grid(expand=True)
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    return table


def statement(lines: Sequence[Mapping[str, Any]]) -> Table:
    """Return a member's ledger, oldest first: each transaction, and below it what it moved and why."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("no", justify="right", style=_QUIET)
    table.add_column("what", overflow="fold")
    table.add_column("stars", justify="right", no_wrap=True)
    table.add_column("wallet", justify="right", no_wrap=True)
    for line in reversed(lines):
        at = datetime.fromisoformat(line["occurred_at"]).astimezone()
        table.add_row(
            str(line["seq"]),
            f"{KINDS.get(line['kind'], line['kind'].replace('_', ' '))}, {at:%H:%M:%S}",
            _colored(line["points_milli"]) if line["points_milli"] else "",
            money(line["wallet_minor"], signed=True) if line["wallet_minor"] else "",
        )
        for posting in line["postings"]:
            table.add_row("", Text(f"  {posting['text']}", style=_QUIET), "", "")
    return table
