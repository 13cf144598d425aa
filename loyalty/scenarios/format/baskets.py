"""Sales, quotes and returns as they are written."""

from __future__ import annotations

from typing import Any, Final

from loyalty.scenarios import nouns
from loyalty.scenarios.scalars import (
    AMOUNT,
    COUNT,
    FLAG,
    KEY,
    MOMENT,
    NUMBER,
    TEXT,
    Path,
    Problems,
    Scalar,
    choice,
)
from loyalty.scenarios.shapes import Key, Many, Maybe, Pairs, Record
from loyalty.scenarios.values import Unreadable

KINDS: Final = ("product", "gift_card", "top_up", "tax", "tip", "fee", "donation", "delivery")
TENDERS: Final = ("wallet", "cash", "card", "gift_card", "other")
CHANNELS: Final = ("app", "web", "store")
TENDER: Final = choice(*TENDERS, stored_value="wallet")
CHANNEL: Final = choice(*CHANNELS, till="store", pos="store", mobile="app")

LINE: Final = Record(
    "a line",
    {
        "sku": Key(KEY, "The product.", ("product", "item"), required=True),
        "quantity": Key(COUNT, "How many pieces; 1 if left out.", ("qty", "count"), default=1),
        "price": Key(
            NUMBER, "The price of one piece with its options; the catalog's if left out.", ("unit_price",)
        ),
        "kind": Key(choice(*KINDS), "What it is: product, gift_card, tax, tip, fee, …"),
        "options": Key(Many(KEY), "Options of the product, such as oat.", default=()),
        "category": Key(KEY, "The category, of goods the program does not list."),
        "tags": Key(Many(KEY), "Tags of the line.", default=()),
        "name": Key(TEXT, "What the receipt calls it."),
        "id": Key(KEY, "A name for this line in this file; 1, 2, … if left out.", ("line",)),
    },
    nouns.Line,
    short="sku",
)

CLAIM: Final = Record(
    "a reward that is wanted",
    {
        "reward": Key(KEY, "The program's reward.", ("key",), required=True),
        "line": Key(KEY, "The id of the line it is for; the best one if left out."),
        "hold": Key(KEY, "The name of the hold in which its points wait."),
        "grant": Key(
            FLAG, "Whether a reward that was given pays for it (that is so by itself where one fits)."
        ),
    },
    nouns.Claim,
    short="reward",
)


def _rest(value: Any) -> Any:
    if isinstance(value, str) and value.strip().lower() in ("rest", "all"):
        return None
    return AMOUNT.make(value)


AMOUNT_OR_REST: Final = Scalar(_rest, {"anyOf": [AMOUNT.schema(), {"enum": ["rest", "all"]}]})
PAY: Final = Pairs(TENDER, AMOUNT_OR_REST, 'payments such as [{wallet: "1.25"}] or wallet')


_WHERE: Final = {
    "store": Key(KEY, "The store; the scenario's if left out."),
    "offline": Key(FLAG, "Whether the till had no network: it goes through the queue at every door."),
    "uploaded_at": Key(
        MOMENT, "When an offline till handed it in: the step's expectations are those of then."
    ),
    "retry": Key(FLAG, "Whether the same request is sent twice: the second must change nothing."),
}

SALE: Final = Record(
    "a sale",
    {
        "id": Key(KEY, "A name for this sale, by which it can be returned.", ("sale",)),
        "member": Key(Maybe(KEY), "Who buys; nobody is scanned if left out."),
        "lines": Key(
            Many(LINE), "What is bought: {sku, quantity, price, kind, options, …}.", ("items",), required=True
        ),
        "rewards": Key(Many(CLAIM), "Rewards wanted: keys, or {reward, line}.", default=()),
        "coupons": Key(Many(KEY), "Coupon codes, or the keys of coupons.", default=()),
        "pay": Key(
            PAY,
            'How it is paid: [{wallet: "1.25"}, {cash: "5.00"}]; wallet alone: all of it from the wallet.',
            ("tenders", "payments"),
            default=(),
        ),
        "tax": Key(NUMBER, "Tax, as a line of its own."),
        "tip": Key(NUMBER, "A tip, as a line of its own."),
        "tags": Key(Many(KEY), "Tags of the order.", default=()),
        "own_cup": Key(FLAG, "The same as the tag own-cup."),
        "channel": Key(CHANNEL, "app, web or store: it always goes through that door."),
        "occurred_at": Key(MOMENT, "When it took place, of a sale that is handed in late.", ("happened_at",)),
        **_WHERE,
        "code": Key(TEXT, "What is scanned instead of a fresh pay code: card, number, or any text."),
        "screenshot_of": Key(KEY, "Scan the very code that an earlier sale showed."),
        "drawn_at": Key(MOMENT, "When the pay code was drawn, if not now.", ("code_at",)),
        "at_till": Key(KEY, "The name of another till of the store.", ("till",)),
    },
    nouns.Sale,
)

RETURNED: Final = Record(
    "a returned line",
    {
        "sku": Key(KEY, "The product.", ("product", "item")),
        "line": Key(KEY, "The id of the line.", ("id",)),
        "quantity": Key(COUNT, "How many pieces; 1 if left out.", ("qty", "count"), default=1),
        "price": Key(
            NUMBER, "Without a receipt: the price of one piece; the catalog's if left out.", ("unit_price",)
        ),
        "kind": Key(choice(*KINDS), "Without a receipt: what it is."),
        "options": Key(Many(KEY), "Without a receipt: options of the product.", default=()),
        "category": Key(KEY, "Without a receipt: the category, of goods the program does not list."),
        "tags": Key(Many(KEY), "Without a receipt: tags of the line.", default=()),
    },
    nouns.ReturnedLine,
    short="sku",
)


class ReturnedLines:
    """The returned lines; the word ``all`` (or nothing) means everything that is left."""

    def read(self, value: Any, path: Path, problems: Problems) -> tuple[Any, ...]:
        """Return the lines."""
        return () if value in (None, "all") else Many(RETURNED).read(value, path, problems)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        return Many(RETURNED).schema()


RETURN: Final = Record(
    "a return",
    {
        "sale": Key(
            Maybe(KEY), "The name of the sale; without it (or null) the goods have no receipt.", ("id", "of")
        ),
        "lines": Key(
            ReturnedLines(),
            "What comes back: {sku, quantity}, without a receipt also {price}; everything if left out.",
            ("items",),
            default=(),
        ),
        "member": Key(
            Maybe(KEY), "Whose sale it was (known from the sale), or who brings goods without a receipt."
        ),
        "reason": Key(TEXT, "Why, for people."),
        "refund": Key(
            choice("cash", "wallet", "card", "other", stored_value="wallet"),
            "Without a receipt: how the money goes back; cash if left out.",
            ("pay", "to"),
        ),
        "occurred_at": Key(MOMENT, "When it took place, if it is handed in late."),
        **_WHERE,
    },
    nouns.Return,
    short="sale",
)


class Returning:
    """A return of a sale, or of goods without their receipt, which must be named."""

    def read(self, value: Any, path: Path, problems: Problems) -> Any:
        """Return the return."""
        back: nouns.Return | None = RETURN.read(value, path, problems)
        if back is None or back.sale is not None:
            return back
        if not back.lines:
            problems.add(path, "expected sale, or the lines that come back without a receipt")
        for place, line in enumerate(back.lines):
            if line.sku is None:
                problems.add((*path, "lines", place), "expected sku: no sale says what it was")
        return back

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        return RETURN.schema()


VOID: Final = Record(
    "a void",
    {
        "sale": Key(KEY, "The name of the sale.", ("id", "of"), required=True),
        "member": Key(KEY, "Whose sale it was (known from the sale)."),
        "reason": Key(TEXT, "Why, for people."),
        **_WHERE,
    },
    nouns.Void,
    short="sale",
)


def _quote(**said: Any) -> nouns.Quote:
    return nouns.Quote(nouns.Sale(**said))


QUOTE: Final = Record("a quote", SALE.keys, _quote)

__all__ = ["CHANNEL", "QUOTE", "RETURN", "RETURNED", "SALE", "TENDER", "VOID", "Unreadable"]
