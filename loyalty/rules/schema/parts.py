"""The parts that rules, rewards, offers and coupons share: who, where, if, on, limits, stack, valid, expiry."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import ValidationError

from loyalty.rules import words
from loyalty.rules.schema.fields import (
    NAME_WORDS,
    Choice,
    Flag,
    JsonSchema,
    Line,
    Part,
    Whole,
    complain,
    key,
)
from loyalty.rules.schema.shapes import (
    Either,
    Inside,
    Listing,
    collect,
    loaded,
    strict,
)

MOMENT: Final = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])(T([01][0-9]|2[0-3]):[0-5][0-9])?$"
PERCENT: Final = r"^(100(\.0{1,4})?|[0-9]{1,2}(\.[0-9]{1,4})?)$"
FACTOR: Final = r"^(0*[1-9][0-9]{0,2}(\.[0-9]{1,4})?|0?\.[0-9]{0,3}[1-9]|[1-9][0-9]{0,2}/[1-9][0-9]{0,2})$"
RATIONAL: Final = r"^-?[0-9]{1,12}(\.[0-9]{1,6}|/[1-9][0-9]{0,11})?$"


def keys(meaning: str, *, least: int = 1, most: int = 200) -> Listing:
    """Return the field of a list of keys."""
    return Listing(meaning, key("key"), least=least, most=most)


def moment(meaning: str, *, nullable: bool = True) -> Line:
    """Return the field of a store-local date or moment."""
    expected = "a date like 2026-03-10 or a store-local moment like 2026-03-10T14:30"
    return Line(meaning, longest=16, pattern=MOMENT, words=expected, nullable=nullable)


def percent(meaning: str, *, required: bool = False) -> Either:
    """Return the field of a percentage: a text, so that no float is involved, or an integer."""
    expected = 'a percentage from 0 to 100, like "10" or "12.5"'
    text = Line(meaning, longest=8, pattern=PERCENT, words=expected)
    return Either(meaning, {str: text, int: Whole(meaning, high=100)}, expected, required=required)


def factor(meaning: str) -> Either:
    """Return the field of a factor above 0 and below 1000."""
    expected = 'a factor above 0 and below 1000, like "2", "1.5" or "3/2"'
    text = Line(meaning, longest=8, pattern=FACTOR, words=expected)
    return Either(meaning, {str: text, int: Whole(meaning, low=1, high=999)}, expected, required=True)


def money(meaning: str, *, low: int = 0, **kwargs: bool) -> Whole:
    """Return the field of an amount in minor units of the program's currency."""
    return Whole(f"{meaning}, in minor units of the currency", low=low, high=10**9, **kwargs)


def points(meaning: str, *, low: int = 0, **kwargs: bool) -> Whole:
    """Return the field of points in thousandths."""
    return Whole(f"{meaning}, in thousandths of a point", low=low, high=10**11, **kwargs)


class Condition(Part):
    """A condition tree: ``all``, ``any`` or ``not`` over comparisons. Fields and types are checked afterwards."""

    def read(self, value: Any) -> dict[str, Any]:
        """Read a tree, complaining about everything in it that is wrong."""
        if not isinstance(value, dict):
            raise complain("expected a condition: all, any, not, or field with op and value", "type")
        found = [name for name in ("all", "any", "not", "field") if name in value]
        if len(found) != 1:
            raise complain("expected a condition with exactly one of all, any, not, field", "one_of")
        if found[0] == "field":
            return loaded(COMPARISON, value)
        part = self if found[0] == "not" else Listing("conditions", self, least=1, most=100)
        if len(value) > 1:
            raise _extra(value, found[0])
        return collect(value.items(), part.read, dict[str, Any])

    def json(self) -> JsonSchema:
        """Return the reference; the tree itself is ``CONDITION_JSON``."""
        return {"$ref": "#/$defs/Condition"}


def _extra(value: dict[str, Any], wanted: str) -> ValidationError:
    extra = next(name for name in value if name != wanted)
    return complain(f"expected nothing beside {wanted}, not {extra}", "unknown_key")


class Operand(Part):
    """What a field is compared with: a text, an integer, true or false, or a list of texts or integers."""

    def read(self, value: Any) -> Any:
        """Read an operand; whether it suits the field is checked afterwards."""
        if isinstance(value, list):
            if not 1 <= len(value) <= words.LIST_LIMIT:
                raise complain(f"expected a list of 1 to {words.LIST_LIMIT} values", "length")
            return collect(enumerate(value), self._single, list[Any])
        return self._single(value)

    def _single(self, value: Any) -> Any:
        number = int(value) if isinstance(value, float) and value.is_integer() else value
        if not isinstance(number, str | int):
            raise complain("expected a text, an integer, true or false, or a list of them", "type")
        return number

    def json(self) -> JsonSchema:
        """Return the JSON Schema of an operand."""
        single: JsonSchema = {"type": ["string", "integer", "boolean"]}
        several = {"type": "array", "items": single, "minItems": 1, "maxItems": words.LIST_LIMIT}
        return {"anyOf": [single, several]}


Comparison = strict(
    "Comparison",
    {
        "field": Line("what is looked at: a key of the table of fields", longest=100, required=True),
        "op": Line("how it is compared", longest=16, required=True),
        "value": Operand("what it is compared with", required=True),
    },
    "One comparison. Compared with something absent it is false.",
)
COMPARISON: Final = Comparison()


def _branch(name: str, meaning: str, inner: JsonSchema) -> JsonSchema:
    shape: JsonSchema = {"properties": {name: {"description": meaning, **inner}}, "required": [name]}
    return {"type": "object", **shape, "additionalProperties": False}


_SEVERAL: Final[JsonSchema] = {
    "type": "array",
    "items": {"$ref": "#/$defs/Condition"},
    "minItems": 1,
    "maxItems": 100,
}
CONDITION_JSON: Final[JsonSchema] = {
    "description": f"A condition tree of at most {words.DEPTH_LIMIT} levels and {words.NODE_LIMIT} nodes.",
    "oneOf": [
        _branch("all", "every one of these holds", _SEVERAL),
        _branch("any", "at least one of these holds", _SEVERAL),
        _branch("not", "this does not hold", {"$ref": "#/$defs/Condition"}),
        {"$ref": "#/$defs/Comparison"},
    ],
}

MemberDays = strict(
    "MemberDays",
    {
        "from": Whole("first day, counted from the day of joining (0)", high=40_000, nullable=True),
        "until": Whole("last day, included", high=40_000, nullable=True),
    },
)
Who = strict(
    "Who",
    {
        "tiers": keys("members of one of these tiers"),
        "segments": keys("members of one of these segments"),
        "tags": keys("members with one of these tags"),
        "employees": Flag("true: employees only; false: everybody but employees", nullable=True),
        "offer": key("members who activated this offer", nullable=True),
        "member_days": Inside("members who joined so many days ago", MemberDays),
        "first_purchase": Flag("true: on the first purchase only; false: never on it", nullable=True),
    },
    "Whom it is for; everybody where nothing is said. All that is said must hold.",
)
Where = strict(
    "Where",
    {
        "channels": Listing("channels", Choice("channel", words.CHANNELS), least=1, most=3),
        "stores": keys("stores"),
        "store_tags": keys("stores with one of these tags"),
    },
    "Where it holds; everywhere where nothing is said.",
)
On = strict(
    "On",
    {
        "kinds": Listing(
            "kinds of lines; product where nothing is said", Choice("kind", words.LINE_KINDS), least=1
        ),
        "categories": keys("lines of one of these categories"),
        "tags": keys("lines with one of these tags"),
        "not_tags": keys("no line with one of these tags"),
        "skus": keys("these products", most=1000),
        "not_skus": keys("none of these products", most=1000),
        "options": keys("lines with one of these options"),
        "tenders": Listing("the share of the lines paid by these", Choice("tender", words.TENDERS), least=1),
    },
    "The lines it is about. A line must fit every part that is given.",
)
Hours = strict("Hours", {"hours": Whole("length of the window", low=1, high=24 * 31, required=True)})
Limit = strict(
    "Limit",
    {
        "times": Whole("at most so many times", low=1, high=10**9),
        "points_milli": points("at most so many points", low=1),
        "amount_minor": money("at most this amount off", low=1),
        "per": Either(
            "in which period",
            {str: Choice("period", words.PERIODS), dict: Inside("visit window from the first use", Hours)},
            f'one of {", ".join(words.PERIODS)}, or a visit window like {{"hours": 4}}',
            required=True,
        ),
        "budget": Flag("true: all members together"),
    },
    "A limit per member, or for all members together (a budget).",
    exactly_one=(("times", "points_milli", "amount_minor"),),
)
Stack = strict(
    "Stack",
    {
        "group": key("rules of one group work together as the mode says"),
        "mode": Choice(
            "the best one counts, all are added, or all are multiplied", ("best", "add", "multiply")
        ),
        "priority": Whole("higher goes first", low=-1000, high=1000),
        "exclusive": Flag("true: silences the rest of its group"),
    },
    "How it works with others.",
)
Valid = strict(
    "Valid",
    {
        "from": moment("first store-local day or moment"),
        "until": moment("last store-local day, or the moment it ends"),
        "windows": Listing(
            "RRULEs; it holds inside any of them, e.g. FREQ=WEEKLY;BYDAY=MO;BYHOUR=14,15",
            Line("RRULE", longest=300),
            least=1,
            most=20,
        ),
    },
    "When it holds, on the store's clock.",
)
Expiry = strict(
    "Expiry",
    {
        "kind": Choice(
            "never; so many days after earning; the end of the n-th calendar month after the month earned; "
            "so many days without activity",
            words.EXPIRY_KINDS,
            required=True,
        ),
        "count": Whole("days or months", low=1, high=3650),
    },
    "How long points live.",
)


def limits(meaning: str = "limits; all of them hold") -> Listing:
    """Return the field of limits."""
    return Listing(meaning, Inside("limit", Limit), most=10)


def tag_list(meaning: str) -> Listing:
    """Return the field of a thing's own tags."""
    return Listing(
        meaning,
        Line("tag", longest=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", words=NAME_WORDS),
        most=50,
    )
