"""What does not earn: what no basic rate counts, and which parts of a payment do not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from loyalty.rules.plain.goods import named
from loyalty.rules.plain.setting_words import SETTINGS
from loyalty.rules.plain.vocabulary import LINE_KINDS
from loyalty.rules.specs import Earn

if TYPE_CHECKING:
    from loyalty.rules.plain.speaker import Speaker
    from loyalty.rules.program import RuleSpec


def exclusions(speaker: Speaker, told: Iterable[RuleSpec]) -> Iterator[tuple[str, str, str]]:
    """Yield key, title and text of everything that earns nothing by any basic rate."""
    told = tuple(told)
    rates = [each for each in told if "purchase" in each.when and _is_rate(each)]
    if rates:
        topped_up = any("top_up" in each.when and _gives_points(each) for each in told)
        yield from _goods(speaker, rates, earning={"top_up"} if topped_up else set[str]())
    settings = speaker.program.settings
    for key, title in (
        ("earn_on_points_discount", "reward_part_title"),
        ("earn_on_stored_value", "stored_part_title"),
    ):
        if not getattr(settings, key):
            yield key, speaker.finish(speaker.say(title)), speaker.stop(speaker.pick(SETTINGS[key][False]))


def _goods(speaker: Speaker, rates: list[RuleSpec], earning: set[str]) -> Iterator[tuple[str, str, str]]:
    """Yield what every one of the rates leaves out; ``earning`` are kinds that earn in another way."""
    counted = earning.union(*(each.on.kinds for each in rates))
    kinds = [kind for kind in LINE_KINDS if kind not in counted]
    if kinds:
        said = speaker.both(speaker.pick(LINE_KINDS[kind]) for kind in kinds)
        yield _said(speaker, "kinds", said)
    tags = frozenset.intersection(*(each.on.not_tags for each in rates))
    if tags:
        yield _said(speaker, "tags", speaker.both(map(speaker.tag_name, sorted(tags))))
    skus = frozenset.intersection(*(each.on.not_skus for each in rates))
    if skus:
        yield _said(speaker, "skus", speaker.both(named(speaker, speaker.program.products, skus)))


def _said(speaker: Speaker, key: str, x: str) -> tuple[str, str, str]:
    return key, speaker.finish(speaker.say(f"{key}_title")), speaker.stop(speaker.say(key, x=x))


def _gives_points(rule: RuleSpec) -> bool:
    return any(isinstance(each, Earn) for each in rule.effects)


def _is_rate(rule: RuleSpec) -> bool:
    return any(isinstance(each, Earn) and each.per_minor is not None for each in rule.effects)
