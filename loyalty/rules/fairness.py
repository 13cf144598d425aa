"""What a new version may not do to members: the fairness contract, as policy on two compiled versions.

**The life of points already earned is never shortened.** Points have a fixed end from the moment they are earned, so a
version can only touch it where the program itself acts on old points later. Refused without exception are:

- a shorter ``on_tier_loss_expiry`` (``keep``, then ``restart``, then ``original``): points that do not expire while a
  tier is held would then end earlier when it is lost;
- removing a tier whose points never expire or outlive those of the entry tier: its members would lose the tier, and
  with it the life of their points.

New expiry rules of any kind are free: they make new lots only.

**What gets dearer needs notice** of ``notice_days`` (those of the version in force, so that a version cannot lower them
for itself). Dearer is a reward that costs more in some tier or gives less for the same price (rewards may come and go),
and an ``extend_expiry`` rule that is gone or extends by fewer months. This may be waived with a reason, which is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from loyalty.rules.deals import (
    Gift,
    GiveAmountOff,
    GiveFreeItem,
    GiveOption,
    GivePercentOff,
    Reward,
    RuleSpec,
)
from loyalty.rules.goods import Tier
from loyalty.rules.outcome import Expiry
from loyalty.rules.program import Program
from loyalty.rules.specs import ExtendExpiry

_LONGEST_FIRST: Final = ("keep", "restart", "original")
_FOREVER: Final = 10**9


@dataclass(frozen=True, slots=True)
class Change:
    """One change that members would feel: ``key`` names the setting, tier, reward or rule, ``detail`` says it."""

    kind: str
    key: str
    detail: str


def shortens_life(old: Program, new: Program) -> tuple[Change, ...]:
    """Return what in ``new`` would shorten the life of points earned under ``old``."""
    return (*_tier_loss(old, new), *_lost_tiers(old, new))


def needs_notice(old: Program, new: Program) -> tuple[Change, ...]:
    """Return what in ``new`` makes rewards dearer, or takes away what keeps points alive, compared with ``old``."""
    return (*_dearer_rewards(old, new), *_lost_extensions(old, new))


def notice(program: Program) -> timedelta:
    """Return the notice that members of a version in force are promised."""
    return timedelta(days=program.settings.notice_days)


def _tier_loss(old: Program, new: Program) -> Iterator[Change]:
    before, after = old.settings.on_tier_loss_expiry, new.settings.on_tier_loss_expiry
    if _LONGEST_FIRST.index(after) > _LONGEST_FIRST.index(before):
        detail = f"points kept alive by a tier would end earlier when it is lost ({before} became {after})"
        yield Change("setting", "on_tier_loss_expiry", detail)


def _lost_tiers(old: Program, new: Program) -> Iterator[Change]:
    entry = old.entry_tier
    for tier in old.tiers.values():
        if tier.key not in new.tiers and _outlives(old, tier, entry):
            yield Change(
                "tier", tier.key, f"points of its members outlive those of {entry.key}; it cannot be removed"
            )


def _outlives(program: Program, tier: Tier, entry: Tier) -> bool:
    return _life(tier.expiry or program.expiry) > _life(entry.expiry or program.expiry)


def _life(expiry: Expiry) -> int:
    """Return roughly how many days points of an expiry live, to compare two."""
    if expiry.kind == "never":
        return _FOREVER
    return expiry.count * 31 if expiry.kind == "months_end" else expiry.count


def _dearer_rewards(old: Program, new: Program) -> Iterator[Change]:
    for key, before in old.rewards.items():
        after = new.rewards.get(key)
        if after is None or before.granted_only:
            continue
        risen = [tier for tier in old.tiers if after.price_for(tier) > before.price_for(tier)]
        if risen or (after.granted_only and not before.granted_only):
            yield Change("reward", key, _rise(before, after, risen))
        elif _worth_less(before.gives, after.gives):
            yield Change("reward", key, "gives less for its price")


def _rise(before: Reward, after: Reward, risen: list[str]) -> str:
    if not risen:
        return "can no longer be bought with points"
    tier = risen[0]
    now, then = _points(after.price_for(tier)), _points(before.price_for(tier))
    return f"costs {now} instead of {then} points ({', '.join(risen)})"


def _points(points_milli: int) -> str:
    return f"{Decimal(points_milli).scaleb(-3).normalize():f}"


def _worth_less(before: Gift, after: Gift) -> bool:
    if type(before) is not type(after):
        return False
    return any(now < then for then, now in zip(_worth(before), _worth(after), strict=True))


def _worth(gift: Gift) -> tuple[int | Fraction, ...]:
    """Return the measures of what a gift is worth; no cap is worth more than any."""
    if isinstance(gift, GiveFreeItem | GiveOption):
        return (_cap(gift.max_minor),)
    if isinstance(gift, GiveAmountOff):
        return (gift.amount_minor,)
    if isinstance(gift, GivePercentOff):
        return (gift.percent, _cap(gift.max_minor))
    return ()


def _cap(max_minor: int | None) -> int:
    return _FOREVER if max_minor is None else max_minor


def _lost_extensions(old: Program, new: Program) -> Iterator[Change]:
    for key, before in old.rules.items():
        months = _months(before)
        after = new.rules.get(key)
        if months and (after is None or _months(after) < months):
            yield Change("rule", key, "would extend the life of points less than it does now")


def _months(rule: RuleSpec) -> int:
    return sum(effect.months for effect in rule.effects if isinstance(effect, ExtendExpiry))
