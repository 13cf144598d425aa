"""The page: its sections in order, each with what the program says about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Final

from loyalty.record import record
from loyalty.rules.plain import deals, privacy
from loyalty.rules.plain.exclusions import exclusions
from loyalty.rules.plain.setting_words import SETTINGS
from loyalty.rules.plain.times import life
from loyalty.rules.plain.vocabulary import DEMOTION, OFFER_KINDS, TIER_WINDOWS
from loyalty.rules.plain.wording import SECTIONS
from loyalty.rules.specs import ExtendExpiry, Multiply

if TYPE_CHECKING:
    from loyalty.rules.plain.speaker import Speaker
    from loyalty.rules.program import RuleSpec, Tier

# What the page says of a program; "next" is added by whoever knows the version to come.
TOLD: Final = ("earn", "perks", "ladder", "tiers", "expiry", "exclusions", "offers", "returns", "wallet")


@record
class Item:
    """One thing said. ``points_milli`` is a reward's price or a tier's threshold; ``label`` a word beside the title."""

    key: str
    title: str
    text: str
    points_milli: int | None = None
    points: str | None = None
    label: str | None = None
    color: str | None = None


@record
class Section:
    """What is said about one subject."""

    key: str
    title: str
    items: tuple[Item, ...]
    intro: str | None = None


def sections(speaker: Speaker, at: datetime) -> tuple[Section, ...]:
    """Return what everybody may read of a program at an instant; sections without a word are left out."""
    local = at.astimezone(speaker.program.zone)
    told = tuple(privacy.rules_told(speaker.program, local))
    made = (
        section(speaker, "earn", _rules(speaker, filter(deals.is_earning, told)), _earn_intro(speaker, told)),
        section(speaker, "perks", _rules(speaker, filter(_is_perk, told)), _perks_intro(speaker, told)),
        section(speaker, "ladder", _ladder(speaker, local), speaker.say("ladder_intro")),
        section(speaker, "tiers", _tiers(speaker, told), _tiers_intro(speaker)),
        section(speaker, "expiry", _expiry(speaker, told)),
        section(speaker, "exclusions", [Item(*each) for each in exclusions(speaker, told)]),
        section(speaker, "offers", _offers(speaker, local), speaker.say("offers_intro")),
        section(speaker, "returns", _returns(speaker)),
        section(speaker, "wallet", _wallet(speaker)),
    )
    return tuple(each for each in made if each.items)


def section(speaker: Speaker, key: str, items: Iterable[Item], intro: str | None = None) -> Section:
    """Return a section under its title."""
    title = speaker.finish(speaker.pick(SECTIONS[key], points=speaker.points_name))
    return Section(key, title, tuple(items), speaker.finish(intro) if intro else None)


def item(speaker: Speaker, key: str, text: str) -> Item:
    """Return an item whose title is the sentence ``<key>_title``."""
    return Item(key, speaker.finish(speaker.say(f"{key}_title")), speaker.stop(text))


def setting(speaker: Speaker, key: str) -> str:
    """Return what the value of a setting means to a member."""
    return speaker.pick(SETTINGS[key][getattr(speaker.program.settings, key)])


def _is_perk(rule: RuleSpec) -> bool:
    return not deals.is_earning(rule) and not _only_extends(rule)


def _only_extends(rule: RuleSpec) -> bool:
    return all(isinstance(each, ExtendExpiry) for each in rule.effects)


def _rules(speaker: Speaker, told: Iterable[RuleSpec]) -> Iterator[Item]:
    for each in told:
        yield Item(each.key, speaker.name(each.name), deals.rule(speaker, each))


def _earn_intro(speaker: Speaker, told: Iterable[RuleSpec]) -> str:
    said = [setting(speaker, "rounding")]
    factors = [each for rule in told for each in rule.effects if isinstance(each, Multiply)]
    if factors:
        said.append(setting(speaker, "multiplier_base"))
    if len(factors) > 1:
        said.append(setting(speaker, "multiplier_stacking"))
    return " ".join(said)


def _perks_intro(speaker: Speaker, told: Iterable[RuleSpec]) -> str | None:
    return setting(speaker, "leap_birthday") if any("birthday" in each.when for each in told) else None


def _ladder(speaker: Speaker, local: datetime) -> Iterator[Item]:
    for each in privacy.rewards_told(speaker.program, local):
        price = each.price_for(speaker.program.entry_tier.key)
        said = speaker.points(price) if price else speaker.say("free")
        yield Item(each.key, speaker.name(each.name), deals.reward(speaker, each), price, said)


def _tiers_intro(speaker: Speaker) -> str:
    names = ("crossing_purchase", "bonus_counts_for_tier")
    said = [speaker.say("tier_intro", points=speaker.points_name)]
    if len(speaker.program.tiers) > 1:
        said += [setting(speaker, each) for each in names]
        said.append(speaker.pick(DEMOTION[speaker.program.tier_policy.demotion]))
    return " ".join(said)


def _tiers(speaker: Speaker, told: tuple[RuleSpec, ...]) -> Iterator[Item]:
    for tier in speaker.program.tiers.values():
        text = " ".join(speaker.finish(each) for each in _tier(speaker, tier, told))
        yield Item(
            tier.key,
            speaker.name(tier.name),
            text,
            tier.points_milli,
            speaker.points(tier.points_milli),
            color=tier.color or None,
        )


def _tier(speaker: Speaker, tier: Tier, told: tuple[RuleSpec, ...]) -> Iterator[str]:
    policy, points = speaker.program.tier_policy, speaker.points_name
    if tier.rank == 0:
        yield speaker.say("tier_start")
    else:
        window = speaker.pick(
            TIER_WINDOWS[policy.window], length=speaker.count("month", policy.window_months)
        )
        yield speaker.say("tier_reach", points=speaker.points(tier.points_milli), window=window)
        if policy.demotion != "none":
            months, days = (
                speaker.count("month", policy.valid_months),
                speaker.count("day", policy.grace_days),
            )
            yield speaker.say(
                "tier_kept_grace" if policy.grace_days else "tier_kept", months=months, days=days
            )
    for rule in told:
        if rule.who.tiers == frozenset({tier.key}):
            yield speaker.say("tier_brings", x=speaker.name(rule.name).rstrip("."))
    expiry = tier.expiry or speaker.program.expiry
    yield speaker.say("tier_life", points=points, x=life(speaker, expiry))


def _expiry(speaker: Speaker, told: tuple[RuleSpec, ...]) -> Iterator[Item]:
    program, points = speaker.program, speaker.points_name
    lives = {tier.key: tier.expiry or program.expiry for tier in program.tiers.values()}
    if len(set(lives.values())) == 1:
        yield item(
            speaker, "life", speaker.say("life", points=points, x=life(speaker, next(iter(lives.values()))))
        )
    else:
        for key, expiry in lives.items():
            name = speaker.name(program.tiers[key].name)
            text = speaker.say("life_of_tier", tier=name, points=points, x=life(speaker, expiry))
            yield Item(f"life.{key}", name, speaker.stop(text))
    yield from _rules(speaker, filter(_only_extends, told))
    if any(each.kind != "never" for each in lives.values()):
        yield item(speaker, "warned", speaker.say("warned", points=points))
    if len(lives) > 1:
        yield item(speaker, "loss", setting(speaker, "on_tier_loss_expiry"))
    yield item(speaker, "promise", speaker.say("promise"))


def _offers(speaker: Speaker, local: datetime) -> Iterator[Item]:
    for each in privacy.offers_told(speaker.program, local):
        label = speaker.pick(OFFER_KINDS[each.kind])
        yield Item(each.key, speaker.name(each.name), deals.offer(speaker, each), label=label)


def _returns(speaker: Speaker) -> Iterator[Item]:
    settings = speaker.program.settings
    yield item(speaker, "returned", f"{speaker.say('returned')} {setting(speaker, 'negative_points')}")
    days = speaker.count("day", settings.restored_points_grace_days)
    yield item(speaker, "restored", speaker.say("restored", days=days))
    yield item(speaker, "receipt", setting(speaker, "return_without_receipt"))
    if settings.claim_hours:
        hours = speaker.count("hour", settings.claim_hours)
        yield item(speaker, "claim", speaker.say("claim", hours=hours))


def _wallet(speaker: Speaker) -> Iterator[Item]:
    settings = speaker.program.settings
    if not settings.wallet_limit_minor:
        return
    limit = speaker.say("wallet_limit", money=speaker.money(settings.wallet_limit_minor))
    yield item(speaker, "wallet_limit", limit)
    if settings.earn_on_stored_value:
        yield item(speaker, "wallet_earns", setting(speaker, "earn_on_stored_value"))
    yield item(speaker, "wallet_refund", speaker.say("wallet_refund"))
    yield item(speaker, "gifts", speaker.say("gifts"))
