"""For whom, where, and on which goods, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from loyalty.rules.plain.speaker import spaced
from loyalty.rules.plain.vocabulary import CHANNELS, LINE_KINDS, TENDERS

if TYPE_CHECKING:
    from loyalty.rules.plain.speaker import Speaker
    from loyalty.rules.specs import On, Where, Who


def whom(speaker: Speaker, who: Who) -> Iterator[str]:
    """Yield what a member must be."""
    if who.tiers:
        yield speaker.say("as_tier", x=speaker.either(named(speaker, speaker.program.tiers, who.tiers)))
    if who.segments or who.tags:
        yield speaker.say("for_chosen")
    if who.employees is not None:
        yield speaker.say("for_employees" if who.employees else "not_employees")
    if who.offer is not None:
        yield speaker.say("with_offer", x=next(named(speaker, speaker.program.offers, [who.offer])))
    yield from _days(speaker, who)
    if who.first_purchase is not None:
        yield speaker.say("first_purchase" if who.first_purchase else "later_purchase")


def _days(speaker: Speaker, who: Who) -> Iterator[str]:
    first, last = who.days_from, who.days_until
    if first and last is not None:
        yield speaker.say("days_between", a=speaker.number(first), b=speaker.count("day", last))
    elif first:
        yield speaker.say("days_from", n=speaker.count("day", first))
    elif last is not None:
        yield speaker.say("days_until", n=speaker.count("day", last + 1))


def places(speaker: Speaker, where: Where) -> Iterator[str]:
    """Yield where something holds."""
    if where.channels:
        yield speaker.either(speaker.pick(CHANNELS[each]) for each in CHANNELS if each in where.channels)
    if where.stores:
        yield speaker.say("at_stores", x=speaker.either(named(speaker, speaker.program.stores, where.stores)))
    if where.store_tags:
        yield speaker.say("at_tagged", x=speaker.either(map(speaker.tag_name, sorted(where.store_tags))))


def goods(speaker: Speaker, on: On) -> str:
    """Return the goods something is about: ``products from Bakery except “alcohol”``."""
    return " ".join(_goods(speaker, on))


def _goods(speaker: Speaker, on: On) -> Iterator[str]:
    program = speaker.program
    if on.skus:
        yield speaker.either(named(speaker, program.products, on.skus))
    else:
        yield speaker.both(speaker.pick(pair) for kind, pair in LINE_KINDS.items() if kind in on.kinds)
    if on.categories:
        yield speaker.say(
            "from_categories", x=speaker.either(named(speaker, program.categories, on.categories))
        )
    if on.tags:
        yield speaker.say("with_tags", x=speaker.either(map(speaker.tag_name, sorted(on.tags))))
    if on.options:
        yield speaker.say("with_options", x=speaker.either(named(speaker, program.options, on.options)))
    without = [*map(speaker.tag_name, sorted(on.not_tags)), *named(speaker, program.products, on.not_skus)]
    if without:
        yield speaker.say("without", x=speaker.both(without))
    if on.tenders:
        yield speaker.say(
            "paid_by",
            x=speaker.either(speaker.pick(pair) for key, pair in TENDERS.items() if key in on.tenders),
        )


def named(speaker: Speaker, things: Mapping[str, Any], keys: Iterable[str]) -> Iterator[str]:
    """Yield the names of things by key, in the program's order; what it does not list as readable words."""
    wanted = set(keys)
    for key, thing in things.items():
        if key in wanted:
            yield speaker.name(thing.name) or spaced(key)
    for key in sorted(wanted - things.keys()):
        yield spaced(key)
