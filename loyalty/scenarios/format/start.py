"""How a scenario begins: its members with what they have, and the coupons in circulation."""

from __future__ import annotations

from typing import Any, Final

from loyalty.scenarios import beginnings
from loyalty.scenarios.scalars import AMOUNT, COUNT, DAY, FLAG, KEY, MOMENT, TEXT, Path, Problems, Scalar
from loyalty.scenarios.shapes import Key, Many, Maybe, Record, Table
from loyalty.scenarios.values import Moment, moment_of


def _end(value: Any) -> Moment | str:
    return "never" if value is None or value == "never" else moment_of(value)


END: Final = Scalar(_end, {"anyOf": [{"type": "string"}, {"type": "null"}]})


def _lot(points: Any, earned_at: Any, expires_at: Any) -> beginnings.Lot:
    never = expires_at == "never"
    return beginnings.Lot(points, earned_at, None if never else expires_at, never)


LOT: Final = Record(
    "a lot of points",
    {
        "points": Key(AMOUNT, "How many points are in it.", ("amount",), required=True),
        "earned_at": Key(MOMENT, "When they were earned; the first step if left out.", ("earned", "at")),
        "expires_at": Key(
            END, "When they are gone; as the program says if left out, never if null.", ("expires", "until")
        ),
    },
    _lot,
    short="points",
)


def _coupon(coupon: Any, code: Any, uses: Any, valid_until: Any) -> beginnings.CouponGiven:
    return beginnings.CouponGiven(coupon, code, uses, valid_until)


COUPON: Final = Record(
    "a coupon",
    {
        "coupon": Key(KEY, "The program's coupon.", ("key",), required=True),
        "code": Key(KEY, "What is typed or scanned; the coupon's key if left out."),
        "uses": Key(COUNT, "How often the code may be used; as the program says if left out."),
        "valid_until": Key(MOMENT, "Until when the code is valid.", ("until", "expires_at")),
    },
    _coupon,
    short="coupon",
)


class Coupons:
    """Coupons as a list of keys or objects, or as an object from code to coupon."""

    def read(self, value: Any, path: Path, problems: Problems) -> tuple[Any, ...]:
        """Return the coupons."""
        if isinstance(value, dict) and not set(value) & {"coupon", "key"}:
            named = Table(KEY).read(value, path, problems)
            return tuple(beginnings.CouponGiven(coupon, code, None, None) for code, coupon in named.items())
        return Many(COUPON).read(value, path, problems)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        return {"anyOf": [Many(COUPON).schema(), Table(KEY).schema()]}


COUPONS: Final = Coupons()


class Offers:
    """Offers as a list of keys or objects, or as an object from offer to what is known of it."""

    _one: Final = Record(
        "an offer",
        {
            "offer": Key(KEY, "The program's offer.", ("key",), required=True),
            "received_at": Key(
                MOMENT, "When it was received; the first step if left out.", ("received", "at", "sent_at")
            ),
            "seen_at": Key(MOMENT, "When the member saw it.", ("seen",)),
            "activated_at": Key(MOMENT, "When the member activated it.", ("activated",)),
        },
        beginnings.OfferGiven,
        short="offer",
    )

    def read(self, value: Any, path: Path, problems: Problems) -> tuple[Any, ...]:
        """Return the offers."""
        if isinstance(value, dict) and not set(value) & {"offer", "key"}:
            items = [
                {"offer": offer, **(each if isinstance(each, dict) else {})} for offer, each in value.items()
            ]
            return tuple(self._one.read(item, (*path, item["offer"]), problems) for item in items)
        return Many(self._one).read(value, path, problems)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        return {"anyOf": [Many(self._one).schema(), {"type": "object"}]}


GRANT: Final = Record(
    "a reward given to a member",
    {
        "reward": Key(KEY, "The program's reward.", ("key",), required=True),
        "valid_from": Key(MOMENT, "From when it may be used.", ("from",)),
        "valid_until": Key(MOMENT, "Until when it may be used.", ("until", "expires_at")),
    },
    beginnings.GrantGiven,
    short="reward",
)

MEMBER: Final = Record(
    "a member",
    {
        "tier": Key(KEY, "The tier; the program's first if left out."),
        "points": Key(AMOUNT, "Points in one lot earned at the first step (or use lots)."),
        "lots": Key(Many(LOT), "Points with their dates: {points, earned_at, expires_at}.", default=()),
        "owed": Key(AMOUNT, "Points the member owes."),
        "wallet": Key(AMOUNT, "Stored value."),
        "wallet_limit": Key(AMOUNT, "Most that the wallet may hold; as the program says if left out."),
        "tier_points": Key(AMOUNT, "The tier counter."),
        "tier_since": Key(MOMENT, "Since when the member has the tier."),
        "tier_until": Key(Maybe(MOMENT), "The last day (or, with a time, the end) of the tier's validity."),
        "joined": Key(MOMENT, "When the member joined; the first step if left out.", ("joined_at",)),
        "birthday": Key(DAY, "The birthday, such as 1990-02-28."),
        "name": Key(TEXT, "The given name; the name in this file if left out.", ("given_name",)),
        "family_name": Key(TEXT, "The family name."),
        "email": Key(TEXT, "An e-mail address."),
        "phone": Key(TEXT, "A phone number."),
        "locale": Key(KEY, "The language, such as en or fr.", ("language",)),
        "tags": Key(Many(KEY), "Tags of the member.", default=()),
        "employee": Key(FLAG, "Whether the member works for the brand."),
        "favorite_store": Key(KEY, "The favorite store."),
        "preferences": Key(Table(TEXT), "Preferences by name, such as milk: oat.", default={}),
        "coupons": Key(COUPONS, "Coupons issued to this member.", default=()),
        "offers": Key(Offers(), "Offers received; {offer, received_at, seen_at, activated_at}.", default=()),
        "grants": Key(
            Many(GRANT),
            "Rewards that were given to the member: {reward, valid_until}.",
            ("rewards",),
            default=(),
        ),
        "visits": Key(COUNT, "How often the member came before."),
        "spent": Key(AMOUNT, "What the member spent before."),
        "last_visit": Key(MOMENT, "When the member last came.", ("last_visit_at",)),
    },
    beginnings.Member,
    short="tier",
)
