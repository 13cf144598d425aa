"""One rule, reward or public offer as one plain sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from loyalty.rules.plain.conditions import condition
from loyalty.rules.plain.effects import effect, gift
from loyalty.rules.plain.goods import goods, places, whom
from loyalty.rules.plain.speaker import spaced
from loyalty.rules.plain.times import last_moment, life, limits, validity
from loyalty.rules.plain.vocabulary import (
    CHALLENGE_WINDOWS,
    COMPARISON,
    EVENTS,
    OCCASIONS,
    QUALIFIES_BY,
    REQUIRES,
    UNITS,
)
from loyalty.rules.specs import Earn, Multiply, On
from loyalty.rules.words import EVENT_PREFIX

if TYPE_CHECKING:
    from loyalty.rules.plain.speaker import Speaker
    from loyalty.rules.program import Challenge, Coupon, Offer, Reward, RuleSpec

_PURCHASE: Final = "purchase"


def rule(speaker: Speaker, each: RuleSpec) -> str:
    """Return a rule: ``When you buy as a Gold member: 1.2 stars per $1 spent on products; at most …``."""
    lead = _lead(speaker, each)
    does = speaker.both(effect(speaker, one, each.on) for one in each.effects)
    return _joined(speaker, [speaker.say("sentence", lead=lead, does=does), *_tail(speaker, each)])


def _lead(speaker: Speaker, each: RuleSpec) -> str:
    occasions = speaker.either(
        _occasion(speaker, one, place) for place, one in enumerate(_ordered(each.when))
    )
    spaced_out = [occasions, *whom(speaker, each.who), *places(speaker, each.where)]
    said = condition(speaker, each.condition)
    return f"{' '.join(spaced_out)}, {said}" if said else " ".join(spaced_out)


def _ordered(when: Iterable[str]) -> list[str]:
    known = list(OCCASIONS)
    return sorted(when, key=lambda each: (known.index(each) if each in known else len(known), each))


def _occasion(speaker: Speaker, key: str, place: int) -> str:
    if key.startswith(EVENT_PREFIX):
        name = key.removeprefix(EVENT_PREFIX)
        said = speaker.pick(EVENTS[name]) if name in EVENTS else speaker.say("event", x=spaced(name))
    else:
        said = speaker.pick(OCCASIONS[key])
    return said[:1].lower() + said[1:] if place else said


def _tail(speaker: Speaker, each: RuleSpec | Offer | Coupon) -> Iterator[str]:
    yield from limits(speaker, each.limits)
    yield from validity(speaker, each.valid)
    if each.stack.group and each.stack.mode == "best" and not _is_rate(each):
        yield speaker.say("best_of_group")
    if any(isinstance(one, Earn) for one in each.effects):
        if each.expiry is not None:
            yield speaker.say("own_life", points=speaker.points_name, x=life(speaker, each.expiry))
        if each.counts_for_tier is not None:
            yield speaker.say("for_tier" if each.counts_for_tier else "not_for_tier")
    if each.on_return == "keep":
        yield speaker.say("kept_on_return")


def _is_rate(each: RuleSpec | Offer | Coupon) -> bool:
    """Tell whether a deal is a rate, of which everybody has one: that the best counts needs no words."""
    return all(isinstance(one, Earn) and one.per_minor is not None for one in each.effects)


def _joined(speaker: Speaker, parts: Iterable[str]) -> str:
    return speaker.stop(
        "; ".join(each for each in parts if each)
        if speaker.language == "en"
        else " ; ".join(each for each in parts if each)
    )


def reward(speaker: Speaker, each: Reward) -> str:
    """Return a reward: what it costs, what it gives, within what limits."""
    gives = gift(speaker, each.gives)
    if each.price_milli or any(each.prices.values()):
        said = speaker.say("costs", points=_price(speaker, each), gives=gives)
    else:
        said = speaker.say("costs_nothing", gives=gives)
    parts = [said, *whom(speaker, each.who), *places(speaker, each.where), condition(speaker, each.condition)]
    scarce = [] if each.stock is None else [speaker.say("while_it_lasts")]
    return _joined(speaker, [*parts, *limits(speaker, each.limits), *scarce, *validity(speaker, each.valid)])


def _price(speaker: Speaker, each: Reward) -> str:
    prices = {key: each.price_for(key) for key in speaker.program.tiers}
    if len(set(prices.values())) < 2:
        return speaker.points(next(iter(prices.values())))
    return speaker.both(
        speaker.say(
            "price_of_tier", points=speaker.points(price), tier=speaker.name(speaker.program.tiers[key].name)
        )
        for key, price in prices.items()
    )


def offer(speaker: Speaker, each: Offer) -> str:
    """Return an offer: what to do for what; for mere news what it says."""
    if each.kind == "information":
        return speaker.stop(speaker.name(each.text))
    does = speaker.both(effect(speaker, one, each.on) for one in each.effects)
    requires = each.challenge.requires if each.challenge else each.requires
    parts = [
        _challenge(speaker, each, each.challenge, does) if each.challenge else does,
        *whom(speaker, each.who),
        *places(speaker, each.where),
        condition(speaker, each.condition),
        speaker.pick(REQUIRES[requires]),
    ]
    if each.days is not None:
        parts.append(speaker.say("works_days", days=speaker.count("day", each.days)))
    return _joined(speaker, [*parts, *_tail(speaker, each)])


def coupon(speaker: Speaker, each: Coupon) -> str:
    """Return what a coupon does, to whoever holds its code."""
    does = speaker.both(effect(speaker, one, each.on) for one in each.effects)
    parts = [does, *whom(speaker, each.who), *places(speaker, each.where), condition(speaker, each.condition)]
    return _joined(speaker, [*parts, *_tail(speaker, each)])


def _challenge(speaker: Speaker, each: Offer, challenge: Challenge, award: str) -> str:
    unit = UNITS.get(challenge.qualifies_by)
    wanted = speaker.count(unit, challenge.target) if unit else speaker.money(challenge.target)
    if challenge.comparison == "gt" or not unit:
        wanted = speaker.pick(COMPARISON[challenge.comparison], target=wanted)
    task = speaker.pick(QUALIFIES_BY[challenge.qualifies_by], target=wanted)
    if each.on != On():
        task = f"{task} ({goods(speaker, each.on)})"
    return speaker.say("challenge_text", task=task, window=_challenge_window(speaker, challenge), award=award)


def _challenge_window(speaker: Speaker, challenge: Challenge) -> str:
    window = challenge.window
    length = speaker.count("hour", window.hours) if window.hours else speaker.count("day", window.days or 1)
    return speaker.pick(
        CHALLENGE_WINDOWS[window.kind],
        length=length,
        start=speaker.moment(window.starts) if window.starts else "…",
        end=last_moment(speaker, window.ends) if window.ends else "…",
    )


def is_earning(each: RuleSpec) -> bool:
    """Tell whether a rule gives points; others give treats, time or a tier."""
    return any(isinstance(one, Earn | Multiply) for one in each.effects)
