"""The fields a condition may ask about: the one table from which validator, evaluator, console and SQL are made.

A field that has nothing to say (no member scanned, no birthday given, a top-up has no basket) answers ``None``, and
every comparison with ``None`` is false, ``!=``, ``not_in`` and ``has_none`` included; ``not`` then inverts that answer.
Money is integer minor units, points are integer thousandths, times and dates are the store's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from loyalty.rules import words
from loyalty.rules.operands import Kind, read_operand

if TYPE_CHECKING:
    from loyalty.rules.facts import Basket, Line, MemberFacts, Occasion
    from loyalty.rules.program import Program, Store

Refers = Literal["", "tiers", "stores", "products", "categories", "options", "rewards", "coupons"]


class Context(Protocol):
    """What a field reads. The evaluator makes one per occasion, and one per line for ``line.*`` fields.

    Lines are resolved already: for goods the program lists, ``category`` and ``tags`` are the program's.
    ``basket`` is None unless something is bought, ``occasion`` is None when it is; ``local`` is the instant in the
    store's zone; ``eligible_minor`` is the net price of the lines the rule is about.
    """

    @property
    def basket(self) -> Basket | None:
        """Return what is bought."""
        ...

    @property
    def member(self) -> MemberFacts | None:
        """Return who was scanned."""
        ...

    @property
    def occasion(self) -> Occasion | None:
        """Return what else happened."""
        ...

    @property
    def program(self) -> Program:
        """Return the program."""
        ...

    @property
    def local(self) -> datetime:
        """Return the instant on the store's clock."""
        ...

    @property
    def line(self) -> Line | None:
        """Return the line that is looked at."""
        ...

    @property
    def eligible_minor(self) -> int:
        """Return the net price of the rule's lines."""
        ...

    @property
    def store(self) -> Store | None:
        """Return where it happens."""
        ...


Getter = Callable[[Context], Any]

_ORDERED: Final = ("=", "!=", "<", "<=", ">", ">=", "between", "in", "not_in")
OPERATORS: Final[Mapping[Kind, tuple[str, ...]]] = {
    "integer": _ORDERED,
    "money": _ORDERED,
    "points": _ORDERED,
    "text": ("=", "!=", "in", "not_in"),
    "set": ("has", "has_any", "has_all", "has_none"),
    "boolean": ("=",),
    "date": _ORDERED,
    "time": ("=", "!=", "<", "<=", ">", ">=", "between"),
}
# Operators whose value is a list of operands; ``between`` takes exactly two, both ends included.
LIST_OPERATORS: Final = frozenset({"in", "not_in", "has_any", "has_all", "has_none", "between"})
WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a condition can ask: its key, its label by locale, its type and how to read it.

    ``choices`` are the only texts it can hold; ``refers`` names the list of the program whose keys it holds.
    """

    key: str
    label: Mapping[str, str]
    kind: Kind
    operators: tuple[str, ...]
    get: Getter
    choices: tuple[str, ...] = ()
    refers: Refers = ""
    family: bool = field(default=False)

    def operand(self, operator: str, value: Any) -> Any:
        """Turn the JSON value of a condition into what ``get`` can be compared with.

        Lists become frozensets (``between``: a pair). Raise ValueError with what was expected.
        """
        if operator not in self.operators:
            raise ValueError(f"expected one of the operators {', '.join(self.operators)}")
        if operator not in LIST_OPERATORS:
            return self._single(value)
        if not isinstance(value, list) or not 1 <= len(value) <= words.LIST_LIMIT:  # pyright: ignore[reportUnknownArgumentType]
            raise ValueError(f"expected a list of 1 to {words.LIST_LIMIT} values")
        values = [self._single(each) for each in value]  # pyright: ignore[reportUnknownVariableType]
        if operator != "between":
            return frozenset(values)
        if len(values) != 2 or values[0] > values[1]:
            raise ValueError("expected two values, the lower one first")
        return tuple(values)

    def _single(self, value: Any) -> Any:
        read = read_operand(self.kind, value)
        if self.choices and read not in self.choices:
            raise ValueError(f"expected one of {', '.join(self.choices)}")
        return read


def _of_basket(read: Callable[[Basket], Any]) -> Getter:
    return lambda ctx: None if ctx.basket is None else read(ctx.basket)


def _of_member(read: Callable[[MemberFacts], Any]) -> Getter:
    return lambda ctx: None if ctx.member is None else read(ctx.member)


def _of_line(read: Callable[[Line], Any]) -> Getter:
    return lambda ctx: None if ctx.line is None else read(ctx.line)


def _of_store(read: Callable[[Store], Any]) -> Getter:
    return lambda ctx: None if ctx.store is None else read(ctx.store)


def _channel(ctx: Context) -> str | None:
    source = ctx.basket or ctx.occasion
    return source.channel if source else None


def _tender_minor(kind: str) -> Getter:
    return _of_basket(lambda basket: sum(each.amount_minor for each in basket.tenders if each.kind == kind))


def _days_since(instant: datetime | None, ctx: Context) -> int | None:
    """Count store-local calendar days from an instant to now."""
    return None if instant is None else (ctx.local.date() - instant.astimezone(ctx.local.tzinfo).date()).days


def _member_days(ctx: Context) -> int | None:
    return None if ctx.member is None else _days_since(ctx.member.joined_at, ctx)


def _last_visit_days(ctx: Context) -> int | None:
    return None if ctx.member is None else _days_since(ctx.member.last_visit_at, ctx)


def _age(ctx: Context) -> int | None:
    """Count full years of age on the store-local day."""
    if ctx.member is None or ctx.member.birthday is None:
        return None
    born, today = ctx.member.birthday, ctx.local.date()
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _birthday_month(member: MemberFacts) -> int | None:
    return None if member.birthday is None else member.birthday.month


def _tier_rank(ctx: Context) -> int | None:
    return None if ctx.member is None else ctx.program.tier_rank(ctx.member.tier)


def _preferences(member: MemberFacts) -> frozenset[str]:
    return frozenset(f"{key}={value}" for key, value in member.preferences.items())


def _union(parts: Callable[[Line], frozenset[str] | tuple[str, ...]]) -> Getter:
    return _of_basket(lambda basket: frozenset(item for line in basket.lines for item in parts(line)))


def _field(
    key: str,
    kind: Kind,
    get: Getter,
    *,
    choices: tuple[str, ...] = (),
    refers: Refers = "",
) -> Field:
    return Field(key, words.FIELD_LABELS[key], kind, OPERATORS[kind], get, choices, refers)


_TABLE: Final = (
    _field("channel", "text", _channel, choices=words.CHANNELS),
    _field("order.eligible_minor", "money", lambda ctx: ctx.eligible_minor),
    _field(
        "order.gross_minor",
        "money",
        _of_basket(lambda basket: sum(line.gross_minor for line in basket.lines)),
    ),
    _field("order.lines", "integer", _of_basket(lambda basket: len(basket.lines))),
    _field("order.items", "integer", _of_basket(lambda basket: sum(line.quantity for line in basket.lines))),
    _field("order.tags", "set", _of_basket(lambda basket: basket.tags)),
    _field("order.skus", "set", _union(lambda line: (line.sku,)), refers="products"),
    _field("order.categories", "set", _union(lambda line: (line.category,)), refers="categories"),
    _field("order.item_tags", "set", _union(lambda line: line.tags)),
    _field("order.options", "set", _union(lambda line: line.options), refers="options"),
    _field("order.kinds", "set", _union(lambda line: (line.kind,)), choices=words.LINE_KINDS),
    _field(
        "order.tenders",
        "set",
        _of_basket(lambda basket: frozenset(each.kind for each in basket.tenders)),
        choices=words.TENDERS,
    ),
    _field("order.wallet_minor", "money", _tender_minor("wallet")),
    _field("order.cash_minor", "money", _tender_minor("cash")),
    _field("order.card_minor", "money", _tender_minor("card")),
    _field(
        "order.rewards",
        "set",
        _of_basket(lambda basket: frozenset(claim.reward for claim in basket.rewards)),
        refers="rewards",
    ),
    _field(
        "order.coupons",
        "set",
        _of_basket(lambda basket: frozenset(claim.coupon for claim in basket.coupons)),
        refers="coupons",
    ),
    _field("line.sku", "text", _of_line(lambda line: line.sku), refers="products"),
    _field("line.kind", "text", _of_line(lambda line: line.kind), choices=words.LINE_KINDS),
    _field("line.category", "text", _of_line(lambda line: line.category), refers="categories"),
    _field("line.tags", "set", _of_line(lambda line: line.tags)),
    _field("line.options", "set", _of_line(lambda line: frozenset(line.options)), refers="options"),
    _field("line.quantity", "integer", _of_line(lambda line: line.quantity)),
    _field("line.unit_price_minor", "money", _of_line(lambda line: line.unit_price_minor)),
    _field("line.gross_minor", "money", _of_line(lambda line: line.gross_minor)),
    _field("member.known", "boolean", lambda ctx: ctx.member is not None),
    _field("member.tier", "text", _of_member(lambda member: member.tier), refers="tiers"),
    _field("member.tier_rank", "integer", _tier_rank),
    _field("member.points_milli", "points", _of_member(lambda member: member.points_milli)),
    _field("member.tier_points_milli", "points", _of_member(lambda member: member.tier_points_milli)),
    _field("member.days", "integer", _member_days),
    _field("member.visits", "integer", _of_member(lambda member: member.visits)),
    _field("member.last_visit_days", "integer", _last_visit_days),
    _field("member.spent_minor", "money", _of_member(lambda member: member.spent_minor)),
    _field("member.age", "integer", _age),
    _field("member.birthday_month", "integer", _of_member(_birthday_month)),
    _field("member.locale", "text", _of_member(lambda member: member.locale)),
    _field("member.tags", "set", _of_member(lambda member: member.tags)),
    _field("member.segments", "set", _of_member(lambda member: member.segments)),
    _field("member.employee", "boolean", _of_member(lambda member: member.employee)),
    _field(
        "member.favorite_store", "text", _of_member(lambda member: member.favorite_store), refers="stores"
    ),
    _field("member.preferences", "set", _of_member(_preferences)),
    _field("store.key", "text", _of_store(lambda store: store.key), refers="stores"),
    _field("store.tags", "set", _of_store(lambda store: store.tags)),
    _field("time.date", "date", lambda ctx: ctx.local.date()),
    _field("time.of_day", "time", lambda ctx: ctx.local.time().replace(second=0, microsecond=0)),
    _field("time.hour", "integer", lambda ctx: ctx.local.hour),
    _field("time.weekday", "text", lambda ctx: WEEKDAYS[ctx.local.weekday()], choices=WEEKDAYS),
    _field("time.day_of_month", "integer", lambda ctx: ctx.local.day),
    _field("time.month", "integer", lambda ctx: ctx.local.month),
    _field("occasion.amount_minor", "money", lambda ctx: ctx.occasion.amount_minor if ctx.occasion else None),
)
FIELDS: Final[Mapping[str, Field]] = {each.key: each for each in _TABLE}

# Families: any name may follow the prefix. What a custom event carries is text or integer, never both.
FAMILIES: Final[Mapping[str, Kind]] = {
    "event.text.": "text",
    "event.number.": "integer",
    "member.preference.": "text",
}


def find(key: str) -> Field | None:
    """Return the field of that key, also where it belongs to a family (``event.number.<name>``); None if unknown."""
    known = FIELDS.get(key)
    if known is not None:
        return known
    for prefix, kind in FAMILIES.items():
        name = key.removeprefix(prefix)
        if name != key and 0 < len(name) <= 64:
            label = {locale: f"{text} {name}" for locale, text in words.FIELD_LABELS[prefix].items()}
            return Field(key, label, kind, OPERATORS[kind], _family_getter(prefix, name), family=True)
    return None


def _family_getter(prefix: str, name: str) -> Getter:
    if prefix == "member.preference.":
        return _of_member(lambda member: member.preferences.get(name))
    expected = str if prefix == "event.text." else int

    def get(ctx: Context) -> Any:
        value = ctx.occasion.data.get(name) if ctx.occasion else None
        return value if isinstance(value, expected) and not isinstance(value, bool) else None

    return get
