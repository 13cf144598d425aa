"""Rules, rewards, offers and coupons as they are written in the document."""

from __future__ import annotations

from typing import Any, Final

from loyalty.rules import words
from loyalty.rules.schema.effects import GIFTS, effects
from loyalty.rules.schema.fields import (
    NAME,
    Choice,
    Flag,
    Part,
    Whole,
    key,
)
from loyalty.rules.schema.parts import (
    Condition,
    Expiry,
    On,
    Stack,
    Valid,
    Where,
    Who,
    limits,
    moment,
    points,
)
from loyalty.rules.schema.shapes import (
    Either,
    Inside,
    Listing,
    Strict,
    Table,
    strict,
    texts,
)

_EVENT: Final = r"^event:[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
_REQUIRES: Final = ("none", "seen", "activated")


def _name() -> dict[str, Part]:
    return {
        "key": key("its key, the same in every version", required=True),
        "name": texts("its name by locale", required=True),
        "text": texts("what a member reads about it", longest=2000),
    }


def _whom() -> dict[str, Part]:
    return {
        "who": Inside("for whom", Who),
        "where": Inside("where", Where),
        "if": Condition("under which condition", nullable=True),
    }


def _within() -> dict[str, Part]:
    return {"limits": limits(), "valid": Inside("when it holds", Valid)}


def _lines() -> dict[str, Part]:
    return {"on": Inside("on which lines", On)}


def _handling() -> dict[str, Part]:
    return {
        **_within(),
        "stack": Inside("how it works with others", Stack),
        "expiry": Either(
            "how long its points live; inherit: as the tier, else the program says",
            {str: Choice("inherit", ("inherit",)), dict: Inside("expiry", Expiry)},
            'inherit, or an expiry like {"kind": "days", "count": 90}',
        ),
        "on_return": Choice("what a return does with what it gave", ("reverse", "keep")),
        "counts_for_tier": Flag("whether its points are tier points", nullable=True),
    }


_OCCASION: Final = Choice("occasion", words.OCCASIONS, pattern=_EVENT, hint="event:<name>")
Rule: type[Strict] = strict(
    "Rule",
    {
        **_name(),
        "when": Either(
            "what happens",
            {str: _OCCASION, list: Listing("occasions", _OCCASION, least=1, most=20)},
            f"one of {', '.join(words.OCCASIONS)}, event:<name>, or a list of them",
            required=True,
        ),
        **_whom(),
        **_lines(),
        "then": effects("what follows", required=True),
        **_handling(),
    },
    "When something happens, for whom, where, if …, on which lines, then what, within which limits.",
)
Reward = strict(
    "Reward",
    {
        **_name(),
        "price_milli": Either(
            "what it costs, in thousandths of a point, for everybody or by tier",
            {
                int: points("price"),
                dict: Table("price by tier", points("price"), pattern=NAME, least=1, most=20),
            },
            "an integer, or an object of integers by tier",
        ),
        "gives": GIFTS,
        **_whom(),
        **_within(),
        "stock": Whole("how many there are; no end where nothing is said", high=10**9, nullable=True),
        "granted_only": Flag("true: only given by a grant, never bought with points"),
    },
    "Something that points buy.",
)
Window = strict(
    "ChallengeWindow",
    {
        "from": Choice("where it starts", ("receipt", "activation", "fixed"), required=True),
        "days": Whole("its length in days; it ends at the same time of day", low=1, high=3650),
        "hours": Whole("its length in hours", low=1, high=24 * 3650),
        "start": moment("first store-local day or moment of a fixed window", nullable=False),
        "until": moment("last store-local day, or the moment a fixed window ends", nullable=False),
        "includes_end": Flag("whether its very last instant counts; true where nothing is said"),
    },
    "The time in which purchases count, both ends included.",
    not_both=(("days", "hours"),),
)
Challenge = strict(
    "Challenge",
    {
        "qualifies_by": Choice(
            "money over all purchases, money of one purchase, pieces, visits, or distinct days",
            words.QUALIFIES_BY,
            required=True,
        ),
        "target": Whole("how much of that unit (money in minor units)", low=1, high=10**9, required=True),
        "comparison": Choice("reaching the target is enough, or it must be exceeded", ("gte", "gt")),
        "window": Inside("when purchases count", Window, required=True),
        "repeat_receipt": Choice("what receiving it again does", ("independent", "restart", "ignore")),
        "requires": Choice("what the member must have done with it before", _REQUIRES),
        "purchase_counts_for": Choice("which open ones a purchase counts for", ("all_open", "oldest_open")),
    },
    "Progress towards a target.",
)
Offer = strict(
    "Offer",
    {
        **_name(),
        "kind": Choice("its kind", ("coupon", "multiplier", "challenge", "information"), required=True),
        "channels": Listing(
            "how it is sent",
            Choice("channel", ("app", "web", "store", "email", "sms", "push", "inbox")),
            least=1,
        ),
        "requires": Choice("what the member must have done with it before it works", _REQUIRES),
        "days": Whole("how many days it works after receipt", low=1, high=3650, nullable=True),
        "public": Flag("true: open to everybody, and told on the program page"),
        "challenge": Inside("the challenge", Challenge, nullable=True),
        **_whom(),
        **_lines(),
        "then": effects("the award of a challenge, or what holds while it is open", least=0),
        **_handling(),
    },
    "Something sent to members.",
)
Coupon = strict(
    "Coupon",
    {
        **_name(),
        "kind": Choice(
            "one code used once, one code for many, one code per member",
            ("single", "multi", "personal"),
            required=True,
        ),
        "uses": Whole(
            "how often one code can be used in all; no end where nothing is said",
            low=1,
            high=10**9,
            nullable=True,
        ),
        **_whom(),
        **_lines(),
        "then": effects("what it does", required=True),
        **_handling(),
    },
    "A coupon behind codes.",
)


def listing(meaning: str, schema: type[Any], most: int) -> Listing:
    """Return the field of a list of keyed objects."""
    return Listing(meaning, Inside(meaning, schema), most=most)
