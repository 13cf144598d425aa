"""What a rule, an offer or a coupon does, and what a reward gives: objects with one key that names the kind."""

from __future__ import annotations

from typing import Any, Final

from loyalty.rules.schema.fields import (
    Choice,
    Flag,
    JsonSchema,
    Line,
    Part,
    Whole,
    complain,
    key,
)
from loyalty.rules.schema.parts import RATIONAL, On, factor, keys, money, percent, points
from loyalty.rules.schema.shapes import (
    Inside,
    Listing,
    Tagged,
    collect,
    strict,
    texts,
)

OPERATIONS: Final = ("+", "-", "*", "/", "min", "max", "floor")
_OF: Final = ("cheapest", "dearest")
_INTEGERS: Final = Whole("integer", low=-(10**15), high=10**15)
_RATIONALS: Final = Line("rational", longest=26, pattern=RATIONAL, words='a number like "3/2" or "0.5"')
_FIELD: Final = Line("field", longest=100)
_OPERATION: Final = Choice("operation", OPERATIONS)


class Formula(Part):
    """A small formula: an integer, a fraction as text, a numeric field, or an operation on such."""

    def read(self, value: Any) -> Any:
        """Read a formula; its depth, its fields and the number of arguments are checked afterwards."""
        if isinstance(value, str):
            return _RATIONALS.read(value)
        if not isinstance(value, dict):
            return _INTEGERS.read(value)
        if set(value) == {"field"}:
            return collect(value.items(), _FIELD.read, dict[str, Any])
        if set(value) == {"op", "args"}:
            readers = {"op": _OPERATION, "args": Listing("arguments", self, least=1, most=20)}
            return collect(
                ((name, (name, value[name])) for name in value),
                lambda each: readers[each[0]].read(each[1]),
                dict[str, Any],
            )
        raise complain('expected {"field": …} or {"op": …, "args": […]}', "one_of")

    def json(self) -> JsonSchema:
        """Return the reference; the tree itself is ``FORMULA_JSON``."""
        return {"$ref": "#/$defs/Formula"}


_ARGUMENTS: Final[JsonSchema] = {
    "description": "what it works on",
    "type": "array",
    "items": {"$ref": "#/$defs/Formula"},
    "minItems": 1,
    "maxItems": 20,
}
FORMULA_JSON: Final[JsonSchema] = {
    "description": "An integer, a fraction as text, a numeric field, or an operation on such.",
    "anyOf": [
        _INTEGERS.json(),
        _RATIONALS.json(),
        {
            "type": "object",
            "properties": {"field": {"description": "a numeric field", **_FIELD.json()}},
            "required": ["field"],
            "additionalProperties": False,
        },
        {
            "type": "object",
            "properties": {"op": {"description": "the operation", **_OPERATION.json()}, "args": _ARGUMENTS},
            "required": ["op", "args"],
            "additionalProperties": False,
        },
    ],
}

Earn = strict(
    "Earn",
    {
        "points_milli": points("points given, or points per per_minor"),
        "per_minor": money("for every so much", low=1),
        "per_item": Flag("true: for every piece"),
        "formula": Formula("points given, in thousandths, as a formula"),
        "wallet": key("the program's points, by their key"),
    },
    "Points: a rate, a fixed amount, or a formula.",
    exactly_one=(("points_milli", "formula"),),
    not_both=(("per_minor", "per_item"), ("formula", "per_minor"), ("formula", "per_item")),
)
Multiply = strict("Multiply", {"factor": factor("times what")}, "Multiplies the base points.")
Discount = strict(
    "Discount",
    {
        "percent": percent("percent off"),
        "amount_minor": money("amount off", low=1),
        "of": Choice("off what", ("order", "lines", *_OF)),
        "max_minor": money("at most", low=1, nullable=True),
    },
    "Money off.",
    exactly_one=(("percent", "amount_minor"),),
)
FreeItem = strict(
    "FreeItem",
    {
        "max_minor": money("worth at most", low=1, nullable=True),
        "of": Choice("which piece where several fit", _OF),
    },
    "One piece free.",
)
FixedPrice = strict(
    "FixedPrice", {"price_minor": money("price of a piece", required=True)}, "A special price."
)
BuyXGetY = strict(
    "BuyXGetY",
    {
        "buy": Whole("pieces to buy", low=1, high=100, required=True),
        "get": Whole("pieces that then cost less", low=1, high=100, required=True),
        "percent": percent("percent off them; 100 where nothing is said"),
        "of": Choice("which pieces cost less", _OF),
    },
    "Buy some, get some cheaper.",
)
Grant = strict(
    "Grant",
    {
        "reward": key("the reward given"),
        "coupon": key("the coupon given"),
        "valid_days": Whole(
            "days in which it can be used, the first one included", low=1, high=3650, nullable=True
        ),
    },
    "Gives a reward or a coupon, to be used once.",
    exactly_one=(("reward", "coupon"),),
)
Progress = strict(
    "Progress",
    {
        "challenge": key("the offer that is the challenge", required=True),
        "amount": Whole("how far, in the challenge's unit", low=1, high=10**9),
    },
    "Moves a challenge.",
)
ExtendExpiry = strict(
    "ExtendExpiry",
    {"months": Whole("by how many months", low=1, high=120, required=True)},
    "Moves the end of points earned in earlier calendar months.",
)
SetTier = strict(
    "SetTier",
    {
        "tier": key("the tier", required=True),
        "valid_months": Whole(
            "for how many months; as the tier policy says where nothing is said",
            low=1,
            high=120,
            nullable=True,
        ),
    },
    "Puts the member into a tier.",
)
Notify = strict(
    "Notify", {"text": texts("what to say", longest=500, required=True)}, "Tells the member something."
)
Partner = strict(
    "Partner",
    {
        "partner": key("the partner", required=True),
        "points_milli": points("points sent", low=1, required=True),
    },
    "Sends points to a partner.",
)

EFFECTS: Final[dict[str, Part]] = {
    "earn": Inside("give points", Earn),
    "multiply": Inside("multiply base points", Multiply),
    "discount": Inside("take money off", Discount),
    "free_item": Inside("give a piece free", FreeItem),
    "fixed_price": Inside("sell at a price", FixedPrice),
    "buy_x_get_y": Inside("buy some, get some cheaper", BuyXGetY),
    "grant": Inside("give a reward or a coupon", Grant),
    "progress": Inside("move a challenge", Progress),
    "extend_expiry": Inside("let points live longer", ExtendExpiry),
    "set_tier": Inside("put into a tier", SetTier),
    "notify": Inside("tell the member", Notify),
    "partner": Inside("send points to a partner", Partner),
}


def effects(meaning: str, *, least: int = 1, **kwargs: bool) -> Listing:
    """Return the field of a list of effects."""
    return Listing(meaning, Tagged("effect", EFFECTS), least=least, most=10, **kwargs)


GiveFreeItem = strict(
    "GiveFreeItem",
    {
        "on": Inside("which goods", On),
        "max_minor": money("worth at most; the member pays the rest", low=1, nullable=True),
        "of": Choice("which piece where the member names none", _OF),
    },
)
GiveAmountOff = strict(
    "GiveAmountOff",
    {
        "on": Inside("which goods", On),
        "amount_minor": money("amount off", low=1, required=True),
        "of": Choice("off the whole order or one piece", ("order", *_OF)),
    },
)
GivePercentOff = strict(
    "GivePercentOff",
    {
        "on": Inside("which goods", On),
        "percent": percent("percent off", required=True),
        "max_minor": money("at most", low=1, nullable=True),
        "of": Choice("off the whole order or one piece", ("order", *_OF)),
    },
)
GiveOption = strict(
    "GiveOption",
    {
        "on": Inside("which goods", On),
        "max_minor": money("worth at most", low=1, nullable=True),
        "options": keys("one of these options; any where nothing is said"),
    },
)
GiveMerchandise = strict("GiveMerchandise", {"sku": key("the product", required=True)})

GIFTS: Final = Tagged(
    "what it gives",
    {
        "free_item": Inside("a piece free", GiveFreeItem),
        "amount_off": Inside("an amount off", GiveAmountOff),
        "percent_off": Inside("a percent off", GivePercentOff),
        "option_upgrade": Inside("an option free", GiveOption),
        "merchandise": Inside("a product free", GiveMerchandise),
    },
    required=True,
)
