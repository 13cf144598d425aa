"""What a rule, an offer or a coupon does, and what a reward gives, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from loyalty.rules import fields, specs
from loyalty.rules.deals import (
    Gift,
    GiveAmountOff,
    GiveFreeItem,
    GiveMerchandise,
    GiveOption,
    GivePercentOff,
)
from loyalty.rules.plain.goods import goods, named
from loyalty.rules.plain.speaker import spaced
from loyalty.rules.plain.vocabulary import LANGUAGES, OF_DISCOUNT, OF_PIECE

if TYPE_CHECKING:
    from loyalty.rules.plain.speaker import Speaker
    from loyalty.rules.specs import Effect, On


def effect(speaker: Speaker, each: Effect, on: On) -> str:
    """Return what one effect does to the goods it is about."""
    return _SAYERS[type(each)](speaker, each, goods(speaker, on))


def _earn(speaker: Speaker, each: specs.Earn, what: str) -> str:
    if each.formula is not None:
        said = speaker.both(sorted(set(_labels(speaker, each.formula)))) or speaker.points_name
        return speaker.say("earn_formula", points=speaker.points_name, **{"from": said})
    points = speaker.points(each.points_milli)
    if each.per_minor is not None:
        return speaker.say("earn_rate", points=points, money=speaker.money(each.per_minor), goods=what)
    return speaker.say("earn_per_item" if each.per_item else "earn_fixed", points=points, goods=what)


def _labels(speaker: Speaker, tree: Any) -> Iterator[str]:
    """Yield the labels of the fields that a formula reads."""
    if isinstance(tree, Mapping) and "field" in tree:
        found = fields.find(tree["field"])
        assert found is not None, tree["field"]
        label = found.label.get(speaker.language) or found.label[LANGUAGES[0]]
        yield spaced(label[:1].lower() + label[1:]) if found.family else label[:1].lower() + label[1:]
    elif isinstance(tree, Mapping):
        for each in tree["args"]:
            yield from _labels(speaker, each)


def _multiply(speaker: Speaker, each: specs.Multiply, what: str) -> str:
    return speaker.say("multiply", factor=speaker.number(each.factor), points=speaker.points_name, goods=what)


def _discount(speaker: Speaker, each: specs.DiscountEffect, what: str) -> str:
    amount = (
        speaker.percent(each.percent) if each.percent is not None else speaker.money(each.amount_minor or 0)
    )
    said = speaker.say("discount", amount=amount, of=speaker.pick(OF_DISCOUNT[each.of]), goods=what)
    return _capped(speaker, said, each.max_minor)


def _capped(speaker: Speaker, said: str, max_minor: int | None) -> str:
    return said if max_minor is None else speaker.say("up_to", x=said, money=speaker.money(max_minor))


def _free_item(speaker: Speaker, each: specs.FreeItem, what: str) -> str:
    said = speaker.say("free_item", goods=what, of=speaker.pick(OF_PIECE[each.of]))
    return _capped(speaker, said, each.max_minor)


def _fixed_price(speaker: Speaker, each: specs.FixedPrice, what: str) -> str:
    return speaker.say("fixed_price", money=speaker.money(each.price_minor), goods=what)


def _buy_x_get_y(speaker: Speaker, each: specs.BuyXGetY, what: str) -> str:
    return speaker.say(
        "buy_get_free" if each.percent == 100 else "buy_get_percent",
        buy=speaker.count("item", each.buy),
        get=speaker.count("item", each.get),
        percent=speaker.percent(each.percent),
        of=speaker.pick(OF_PIECE[each.of]),
        goods=what,
    )


def _grant(speaker: Speaker, each: specs.GrantEffect, _: str) -> str:
    things: Mapping[str, Any] = (
        speaker.program.rewards if each.reward is not None else speaker.program.coupons
    )
    name = next(named(speaker, things, [each.reward or each.coupon or ""]))
    if each.valid_days is None:
        return speaker.say("grant", x=name)
    return speaker.say("grant_days", x=name, days=speaker.count("day", each.valid_days))


def _progress(speaker: Speaker, each: specs.ProgressEffect, _: str) -> str:
    return speaker.say("progress", x=next(named(speaker, speaker.program.offers, [each.challenge])))


def _extend(speaker: Speaker, each: specs.ExtendExpiry, _: str) -> str:
    return speaker.say("extend_expiry", months=speaker.count("month", each.months))


def _set_tier(speaker: Speaker, each: specs.SetTier, _: str) -> str:
    tier = next(named(speaker, speaker.program.tiers, [each.tier]))
    if each.valid_months is None:
        return speaker.say("set_tier", x=tier)
    return speaker.say("set_tier_months", x=tier, months=speaker.count("month", each.valid_months))


def _notify(speaker: Speaker, each: specs.Notify, _: str) -> str:
    return speaker.say("notify", x=speaker.name(each.text))


def _partner(speaker: Speaker, each: specs.PartnerPoints, _: str) -> str:
    return speaker.say("partner", points=speaker.points(each.points_milli), x=spaced(each.partner))


_SAYERS: Final[Mapping[type[Any], Callable[[Speaker, Any, str], str]]] = {
    specs.Earn: _earn,
    specs.Multiply: _multiply,
    specs.DiscountEffect: _discount,
    specs.FreeItem: _free_item,
    specs.FixedPrice: _fixed_price,
    specs.BuyXGetY: _buy_x_get_y,
    specs.GrantEffect: _grant,
    specs.ProgressEffect: _progress,
    specs.ExtendExpiry: _extend,
    specs.SetTier: _set_tier,
    specs.Notify: _notify,
    specs.PartnerPoints: _partner,
}


def gift(speaker: Speaker, gives: Gift) -> str:
    """Return what a reward gives."""
    if isinstance(gives, GiveMerchandise):
        return speaker.say("gives_merchandise", x=next(named(speaker, speaker.program.products, [gives.sku])))
    what = goods(speaker, gives.on)
    if isinstance(gives, GiveAmountOff):
        money, of = speaker.money(gives.amount_minor), speaker.pick(OF_DISCOUNT[gives.of])
        return speaker.say("gives_amount", money=money, of=of, goods=what)
    if isinstance(gives, GivePercentOff):
        percent, of = speaker.percent(gives.percent), speaker.pick(OF_DISCOUNT[gives.of])
        return _capped(
            speaker, speaker.say("gives_percent", percent=percent, of=of, goods=what), gives.max_minor
        )
    said = _worth(speaker, gives, what)
    if isinstance(gives, GiveOption) and gives.options:
        options = speaker.either(named(speaker, speaker.program.options, gives.options))
        return speaker.say("gives_one_of", x=said, options=options)
    return said


def _worth(speaker: Speaker, gives: GiveFreeItem | GiveOption, what: str) -> str:
    key = "gives_item" if isinstance(gives, GiveFreeItem) else "gives_option"
    if gives.max_minor is None:
        return speaker.say(key, goods=what)
    return speaker.say(f"{key}_to", money=speaker.money(gives.max_minor), goods=what)
