"""Checks rules, rewards, offers and coupons: their parts, and what makes no sense together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from loyalty.rules.check_parts import (
    BASKET_EFFECTS,
    PRICE_EFFECTS,
    check_condition,
    check_effects,
    check_expiry,
    check_gift,
    check_limits,
    check_moment,
    check_validity,
)
from loyalty.rules.references import Checking, check_parts, objects

Document = Mapping[str, Any]

DEALS: Final = ("rules", "rewards", "offers", "coupons")


def _check_common(checking: Checking, pointer: str, thing: Document) -> None:
    check_parts(checking, pointer, thing)
    check_condition(checking, f"{pointer}/if", thing.get("if"))
    check_limits(checking, f"{pointer}/limits", thing.get("limits"))
    check_validity(checking, f"{pointer}/valid", thing.get("valid"))
    check_expiry(checking, f"{pointer}/expiry", thing.get("expiry"))
    check_effects(checking, f"{pointer}/then", thing.get("then"))
    days: Document = (thing.get("who") or {}).get("member_days") or {}
    if days.get("from") is not None and days.get("until") is not None and days["until"] < days["from"]:
        checking.add(
            f"{pointer}/who/member_days/until", "expected no last day before the first", "impossible"
        )


def check_rule(checking: Checking, pointer: str, rule: Document) -> None:
    """Check a rule."""
    _check_common(checking, pointer, rule)
    when = rule.get("when")
    if when is None:
        return
    names = {when} if isinstance(when, str) else {each for each in when if each}
    if isinstance(when, list) and len(names) < sum(each is not None for each in when):
        checking.add(f"{pointer}/when", "expected every occasion once", "duplicate")
    if "schedule" in names and not (rule.get("valid") or {}).get("windows"):
        checking.add(
            f"{pointer}/valid/windows", "expected windows beside schedule: they say when", "required"
        )
    if "purchase" not in names:
        _check_without_basket(checking, pointer, rule, names)


def _check_without_basket(checking: Checking, pointer: str, rule: Document, names: set[str]) -> None:
    """Check that a rule that no purchase sets off does not work on a basket."""
    for place, effect in objects(rule.get("then")):
        for kind in effect:
            if kind in BASKET_EFFECTS:
                checking.add(
                    f"{pointer}/then/{place}/{kind}",
                    "expected this only when a purchase happens",
                    "impossible",
                )
        earn = effect.get("earn") or {}
        if earn.get("per_item") or (earn.get("per_minor") and "top_up" not in names):
            detail = "expected a fixed amount: only a purchase has pieces, only it and a top-up have money"
            checking.add(f"{pointer}/then/{place}/earn", detail, "impossible")


def check_reward(checking: Checking, pointer: str, reward: Document) -> None:
    """Check a reward."""
    _check_common(checking, pointer, reward)
    check_gift(checking, f"{pointer}/gives", reward.get("gives"))
    price = reward.get("price_milli")
    if price is None and not reward.get("granted_only"):
        checking.add(f"{pointer}/price_milli", "expected a price, or granted_only", "required")
    if isinstance(price, dict):
        for tier in price:
            checking.known(f"{pointer}/price_milli/{tier}", "tiers", tier)
        entry = next(
            (tier.get("key") for place, tier in objects(checking.document.get("tiers")) if place == 0), None
        )
        if entry is not None and entry not in price:
            detail = f"expected a price for {entry}, the entry tier: tiers that are not named pay it"
            checking.add(f"{pointer}/price_milli", detail, "required")


def check_offer(checking: Checking, pointer: str, offer: Document) -> None:
    """Check an offer: its kind says what it must and must not have."""
    _check_common(checking, pointer, offer)
    kind = offer.get("kind")
    if kind is None:
        return
    challenge = offer.get("challenge")
    if (kind == "challenge") != (challenge is not None):
        detail = "expected a challenge in an offer of kind challenge, and in no other"
        checking.add(f"{pointer}/challenge", detail, "required" if challenge is None else "impossible")
    kinds = {name for _, effect in objects(offer.get("then")) for name in effect}
    if kind == "information" and kinds:
        checking.add(f"{pointer}/then", "expected no effects in an offer that only informs", "impossible")
    if kind == "multiplier" and "multiply" not in kinds:
        checking.add(f"{pointer}/then", "expected a multiply effect in a multiplier", "required")
    if kind == "coupon" and not kinds:
        checking.add(f"{pointer}/then", "expected at least one effect in a coupon", "required")
    if kind == "challenge":
        _check_award(checking, f"{pointer}/then", offer)
        _check_challenge(checking, f"{pointer}/challenge", challenge or {})


def _check_award(checking: Checking, pointer: str, offer: Document) -> None:
    """Check that a challenge's award does not need a basket: the basket that completes it is paid already."""
    for place, effect in objects(offer.get("then")):
        for kind in effect:
            if kind in PRICE_EFFECTS:
                detail = "expected no price effect as an award: grant a reward instead"
                checking.add(f"{pointer}/{place}/{kind}", detail, "impossible")
        earn = effect.get("earn")
        if "multiply" in effect or (isinstance(earn, dict) and earn.get("per_minor")):
            detail = "expected a fixed amount of points as an award"
            checking.add(f"{pointer}/{place}/{next(iter(effect))}", detail, "impossible")


def _check_challenge(checking: Checking, pointer: str, challenge: Document) -> None:
    window: Document = challenge.get("window") or {}
    kind = window.get("from")
    fixed, relative = {"start", "until"} & window.keys(), {"days", "hours"} & window.keys()
    if kind == "fixed" and relative:
        checking.add(
            f"{pointer}/window", "expected start and until of a fixed window, not a length", "impossible"
        )
    if kind == "fixed" and len(fixed) < 2:
        checking.add(f"{pointer}/window", "expected start and until of a fixed window", "required")
    if kind in ("receipt", "activation") and (fixed or not relative):
        checking.add(f"{pointer}/window", f"expected days or hours from {kind}, and nothing else", "required")
    if kind == "activation" and challenge.get("requires", "none") != "activated":
        detail = "expected activated: a window from activation has not begun before"
        checking.add(f"{pointer}/requires", detail, "impossible")
    starts = check_moment(checking, f"{pointer}/window/start", window.get("start"))
    ends = check_moment(checking, f"{pointer}/window/until", window.get("until"), end=True)
    if starts and ends and ends <= starts:
        checking.add(f"{pointer}/window/until", "expected no end before the start", "impossible")
    elif starts and ends and challenge.get("qualifies_by") == "distinct_days":
        days = ((ends - timedelta(microseconds=1)).date() - starts.date()).days + 1
        if challenge.get("target", 0) > days:
            checking.add(
                f"{pointer}/target", f"expected no more days than the window has ({days})", "impossible"
            )


def check_coupon(checking: Checking, pointer: str, coupon: Document) -> None:
    """Check a coupon."""
    _check_common(checking, pointer, coupon)
    if coupon.get("kind") == "single" and coupon.get("uses", 1) != 1:
        checking.add(f"{pointer}/uses", "expected 1 or nothing: a single-use code is used once", "impossible")
