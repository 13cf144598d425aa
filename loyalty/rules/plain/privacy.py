"""What the page keeps to itself, decided field by field: who gets what is between the brand and that member.

Told are promises that hold for every member alike: tiers, days since joining, first purchases, birthdays, balances,
limits per member. Not told are deals for segments, tagged members, employees, or members who were sent something; nor
what asks how somebody behaved (spending, last visit, preferences, language, age); nor budgets and stock, of which only
"while it lasts" is said; nor coupons, whose codes are handed out; nor offers unless the program says ``public``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from loyalty.rules.specs import Earn, GrantEffect, Notify, ProgressEffect

if TYPE_CHECKING:
    from loyalty.rules.program import Coupon, Effect, Offer, Program, Reward, RuleSpec

UNTOLD_FIELDS: Final = frozenset(
    {
        "member.tags",
        "member.segments",
        "member.employee",
        "member.spent_minor",
        "member.last_visit_days",
        "member.age",
        "member.locale",
        "member.preferences",
        "member.preference.",
        "member.favorite_store",
        "member.visits",
        "event.text.",
        "event.number.",
        "order.coupons",
        "order.rewards",
    }
)
TOLD_FIELDS: Final = frozenset(
    {
        "channel",
        "order.eligible_minor",
        "order.gross_minor",
        "order.lines",
        "order.items",
        "order.tags",
        "order.skus",
        "order.categories",
        "order.item_tags",
        "order.options",
        "order.kinds",
        "order.tenders",
        "order.wallet_minor",
        "order.cash_minor",
        "order.card_minor",
        "line.sku",
        "line.kind",
        "line.category",
        "line.tags",
        "line.options",
        "line.quantity",
        "line.unit_price_minor",
        "line.gross_minor",
        "member.known",
        "member.tier",
        "member.tier_rank",
        "member.points_milli",
        "member.tier_points_milli",
        "member.days",
        "member.birthday_month",
        "store.key",
        "store.tags",
        "time.date",
        "time.of_day",
        "time.hour",
        "time.weekday",
        "time.day_of_month",
        "time.month",
        "occasion.amount_minor",
    }
)


def is_told(deal: RuleSpec | Reward | Offer | Coupon, at: datetime) -> bool:
    """Tell whether everybody may read of a deal: it is for no chosen few, and not over at a store-local moment."""
    who = deal.who
    if who.segments or who.tags or who.employees or who.offer:
        return False
    if deal.valid.ends is not None and deal.valid.ends <= at.replace(tzinfo=None):
        return False
    return all(key in TOLD_FIELDS for key in _fields(deal.condition))


def rules_told(program: Program, at: datetime) -> Iterator[RuleSpec]:
    """Yield the rules that everybody may read, each with those of its effects that are not somebody's own."""
    for rule in program.rules.values():
        effects = tuple(each for each in rule.effects if _is_told_effect(program, each, at))
        if effects and is_told(rule, at):
            yield rule if effects == rule.effects else replace(rule, effects=effects)


def _is_told_effect(program: Program, effect: Effect, at: datetime) -> bool:
    """Tell whether an effect may be told: no message, no challenge or gift that is kept from the page itself."""
    if isinstance(effect, ProgressEffect):
        challenge = program.offers.get(effect.challenge)
        return challenge is not None and challenge.public and is_told(challenge, at)
    if isinstance(effect, GrantEffect):
        given = program.rewards.get(effect.reward or "") or program.coupons.get(effect.coupon or "")
        return given is not None and is_told(given, at)
    if isinstance(effect, Earn):
        return all(key in TOLD_FIELDS for key in _fields(effect.formula))
    return not isinstance(effect, Notify)


def rewards_told(program: Program, at: datetime) -> Iterator[Reward]:
    """Yield the rewards of the ladder, the cheapest first; what is only given stands with the rule that gives it."""
    told = (each for each in program.rewards.values() if not each.granted_only and is_told(each, at))
    return iter(sorted(told, key=lambda each: each.price_milli))


def offers_told(program: Program, at: datetime) -> Iterator[Offer]:
    """Yield the offers that the program calls public."""
    for offer in program.offers.values():
        over = (
            offer.challenge is not None
            and (ends := offer.challenge.window.ends) is not None
            and (ends <= at.replace(tzinfo=None))
        )
        if offer.public and not over and is_told(offer, at):
            yield offer


def _fields(tree: Any) -> Iterator[str]:
    """Yield every field that a condition or a formula asks."""
    if isinstance(tree, Mapping):
        if isinstance(tree.get("field"), str):
            yield tree["field"]
        for each in tree.values():
            yield from _fields(each)
    elif isinstance(tree, list | tuple):
        for each in tree:
            yield from _fields(each)
