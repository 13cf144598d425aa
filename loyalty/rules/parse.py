"""Turns a checked document into the nouns of ``specs`` and ``deals``: parts, effects, rules, rewards, offers, coupons.

Everything here trusts that ``check`` found no flaw. ``view`` puts the whole program together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any, Final, cast

from loyalty.rules import deals, specs
from loyalty.rules.outcome import Expiry
from loyalty.rules.windows import window

Document = Mapping[str, Any]


def expiry(document: Document | str | None) -> Expiry | None:
    """Parse an expiry; ``inherit`` and nothing are None."""
    if document is None or isinstance(document, str):
        return None
    return Expiry(kind=document["kind"], count=document.get("count", 0))


def instant(text: str | None, *, end: bool = False) -> datetime | None:
    """Parse a store-local date or moment; as an ``end``, a date means the midnight after it."""
    if text is None:
        return None
    if len(text) > 10:
        return datetime.fromisoformat(text)
    day = date.fromisoformat(text) + timedelta(days=1 if end else 0)
    return datetime.combine(day, time())


def validity(document: Document | None) -> specs.Validity:
    """Parse ``valid``; an interval of an RRULE counts from the first valid day."""
    if not document:
        return specs.Validity()
    starts = instant(document.get("from"))
    anchor = starts.date() if starts else None
    windows = tuple(window(text, anchor) for text in document.get("windows", ()))
    return specs.Validity(starts, instant(document.get("until"), end=True), windows)


def who(document: Document | None) -> specs.Who:
    """Parse ``who``."""
    found = document or {}
    days = found.get("member_days") or {}
    return specs.Who(
        tiers=frozenset(found.get("tiers", ())),
        segments=frozenset(found.get("segments", ())),
        tags=frozenset(found.get("tags", ())),
        employees=found.get("employees"),
        offer=found.get("offer"),
        days_from=days.get("from"),
        days_until=days.get("until"),
        first_purchase=found.get("first_purchase"),
    )


def where(document: Document | None) -> specs.Where:
    """Parse ``where``."""
    return specs.Where(**{key: frozenset(value) for key, value in (document or {}).items()})


def on(document: Document | None) -> specs.On:
    """Parse ``on``."""
    return specs.On(**{key: frozenset(value) for key, value in (document or {}).items()})


def stack(document: Document | None) -> specs.Stack:
    """Parse ``stack``."""
    return specs.Stack(**(document or {}))


MEASURES: Final = ("times", "points_milli", "amount_minor")


def limit_key(owner: str, document: Document) -> str:
    """Return the identity of a limit, e.g. ``rule:own-cup:day:times``: it names the counter in the database."""
    per = document["per"]
    period = per if isinstance(per, str) else f"{per['hours']}h"
    measures = "+".join(measure for measure in MEASURES if measure in document)
    return f"{owner}:{period}:{measures}{':budget' if document.get('budget') else ''}"


def limits(owner: str, documents: Sequence[Document]) -> tuple[specs.Limit, ...]:
    """Parse the limits of an owner such as ``rule:own-cup``."""
    return tuple(_limit(owner, document) for document in documents)


def _limit(owner: str, document: Document) -> specs.Limit:
    per: Any = document["per"]
    hours: int | None = per["hours"] if isinstance(per, dict) else None
    return specs.Limit(
        key=limit_key(owner, document),
        per=cast("Any", "hours" if hours else per),
        hours=hours,
        times=document.get("times"),
        points_milli=document.get("points_milli"),
        amount_minor=document.get("amount_minor"),
        budget=document.get("budget", False),
    )


def _earn(document: Document) -> specs.Effect:
    return specs.Earn(
        points_milli=document.get("points_milli", 0),
        per_minor=document.get("per_minor"),
        per_item=document.get("per_item", False),
        formula=document.get("formula"),
    )


def _discount(document: Document) -> specs.Effect:
    percent = document.get("percent")
    return specs.DiscountEffect(
        percent=None if percent is None else Fraction(percent),
        amount_minor=document.get("amount_minor"),
        of=document.get("of", "order"),
        max_minor=document.get("max_minor"),
    )


def _buy_x_get_y(document: Document) -> specs.Effect:
    values = {key: value for key, value in document.items() if key != "percent"}
    return specs.BuyXGetY(percent=Fraction(document.get("percent", "100")), **values)


def _grant(document: Document) -> specs.Effect:
    return specs.GrantEffect(
        reward=document.get("reward"), coupon=document.get("coupon"), valid_days=document.get("valid_days")
    )


_EFFECTS: Final[Mapping[str, Callable[[Document], specs.Effect]]] = {
    "earn": _earn,
    "multiply": lambda document: specs.Multiply(Fraction(document["factor"])),
    "discount": _discount,
    "free_item": lambda document: specs.FreeItem(**document),
    "fixed_price": lambda document: specs.FixedPrice(**document),
    "buy_x_get_y": _buy_x_get_y,
    "grant": _grant,
    "progress": lambda document: specs.ProgressEffect(**document),
    "extend_expiry": lambda document: specs.ExtendExpiry(**document),
    "set_tier": lambda document: specs.SetTier(**document),
    "notify": lambda document: specs.Notify(**document),
    "partner": lambda document: specs.PartnerPoints(**document),
}


def effects(documents: Sequence[Document]) -> tuple[specs.Effect, ...]:
    """Parse ``then``: a list of objects with one key each."""
    return tuple(_EFFECTS[kind](body) for document in documents for kind, body in document.items())


def _dealing(kind: str, document: Document) -> dict[str, Any]:
    """Parse what rules, offers and coupons have in common."""
    return {
        "key": document["key"],
        "name": document["name"],
        "effects": effects(document.get("then", ())),
        "who": who(document.get("who")),
        "where": where(document.get("where")),
        "condition": document.get("if"),
        "on": on(document.get("on")),
        "limits": limits(f"{kind}:{document['key']}", document.get("limits", ())),
        "stack": stack(document.get("stack")),
        "valid": validity(document.get("valid")),
        "expiry": expiry(document.get("expiry")),
        "on_return": document.get("on_return", "reverse"),
        "counts_for_tier": document.get("counts_for_tier"),
        "text": document.get("text", {}),
    }


def rule(document: Document, index: int) -> deals.RuleSpec:
    """Parse a rule."""
    when = document["when"]
    names = frozenset({when} if isinstance(when, str) else when)
    return deals.RuleSpec(index=index, when=names, **_dealing("rule", document))


def _free_item(document: Document) -> deals.Gift:
    max_minor, of = document.get("max_minor"), document.get("of", "dearest")
    return deals.GiveFreeItem(on=on(document.get("on")), max_minor=max_minor, of=of)


def _amount_off(document: Document) -> deals.Gift:
    return deals.GiveAmountOff(
        on=on(document.get("on")), amount_minor=document["amount_minor"], of=document.get("of", "dearest")
    )


def _percent_off(document: Document) -> deals.Gift:
    return deals.GivePercentOff(
        on=on(document.get("on")),
        percent=Fraction(document["percent"]),
        max_minor=document.get("max_minor"),
        of=document.get("of", "order"),
    )


def _option_upgrade(document: Document) -> deals.Gift:
    return deals.GiveOption(
        on=on(document.get("on")),
        max_minor=document.get("max_minor"),
        options=frozenset(document.get("options", ())),
    )


_GIFTS: Final[Mapping[str, Callable[[Document], deals.Gift]]] = {
    "free_item": _free_item,
    "amount_off": _amount_off,
    "percent_off": _percent_off,
    "option_upgrade": _option_upgrade,
    "merchandise": lambda document: deals.GiveMerchandise(**document),
}


def gift(document: Document) -> deals.Gift:
    """Parse what a reward gives: an object with one key."""
    ((kind, body),) = document.items()
    return _GIFTS[kind](body)


def reward(document: Document, entry_tier: str) -> deals.Reward:
    """Parse a reward; a price by tier that leaves tiers out asks of them what the entry tier pays."""
    price = document.get("price_milli", 0)
    prices: Mapping[str, int] = {} if isinstance(price, int) else price
    return deals.Reward(
        key=document["key"],
        name=document["name"],
        price_milli=price if isinstance(price, int) else price[entry_tier],
        prices=prices,
        gives=gift(document["gives"]),
        who=who(document.get("who")),
        where=where(document.get("where")),
        valid=validity(document.get("valid")),
        condition=document.get("if"),
        limits=limits(f"reward:{document['key']}", document.get("limits", ())),
        stock=document.get("stock"),
        granted_only=document.get("granted_only", False),
        text=document.get("text", {}),
    )


def _challenge(document: Document) -> deals.Challenge:
    values = dict(document)
    given = values.pop("window")
    return deals.Challenge(
        window=deals.ChallengeWindow(
            kind=given["from"],
            days=given.get("days"),
            hours=given.get("hours"),
            starts=instant(given.get("start")),
            ends=instant(given.get("until"), end=True),
            includes_end=given.get("includes_end", True),
        ),
        **values,
    )


def offer(document: Document) -> deals.Offer:
    """Parse an offer."""
    challenge = document.get("challenge")
    return deals.Offer(
        kind=document["kind"],
        channels=frozenset(document.get("channels", ())),
        challenge=None if challenge is None else _challenge(challenge),
        requires=document.get("requires", "none"),
        days=document.get("days"),
        public=document.get("public", False),
        **_dealing("offer", document),
    )


def coupon(document: Document) -> deals.Coupon:
    """Parse a coupon; one code of a single-use coupon is used once."""
    uses = 1 if document["kind"] == "single" else document.get("uses")
    return deals.Coupon(kind=document["kind"], uses=uses, **_dealing("coupon", document))
