"""Says everything that is wrong with a program document, in one pass; and compiles a document that is right.

First the shape (``schema``), then, over the sound parts, what the shape cannot say: names that must exist, order of
tiers, dates, conditions, currencies. A flaw has a JSON pointer, says what was expected, and the nearest known key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from babel.core import get_global

from loyalty.errors import Flaw, Invalid
from loyalty.rules.check_deals import check_coupon, check_offer, check_reward, check_rule
from loyalty.rules.check_parts import check_expiry, check_texts
from loyalty.rules.nearest import nearest
from loyalty.rules.order_ahead import check_order_ahead
from loyalty.rules.program import Program
from loyalty.rules.references import Checking, check_unique, objects
from loyalty.rules.schema import Reading, read
from loyalty.rules.view import program_of

Document = Mapping[str, Any]


class ProgramInvalid(Invalid):
    """The program document has flaws."""

    code = "program_invalid"
    text = "The program is not valid: {count} flaws, the first at {first}."


def check(document: Any) -> tuple[Flaw, ...]:
    """Return every flaw of a document; none means that it compiles. Never raises, whatever the document is."""
    return _checked(document)[1]


def compile_program(document: Any, version: int = 0) -> Program:
    """Return the view of a document. Raise ProgramInvalid with all its flaws.

    The document is copied: changing it afterwards does not change the program.
    """
    reading, flaws = _checked(document)
    if flaws:
        raise ProgramInvalid(flaws=flaws, count=len(flaws), first=flaws[0].pointer or "/")
    return program_of(reading.sound, version)


def normalized(document: Any) -> dict[str, Any]:
    """Return a document as it is stored: numbers as integers, nulls left out. Raise ProgramInvalid."""
    return dict(compile_program(document).document)


def _checked(document: Any) -> tuple[Reading, tuple[Flaw, ...]]:
    reading = read(document)
    checking = Checking(reading.sound)
    if reading.sound:
        for look in _CHECKS:
            look(checking)
    return reading, (*reading.flaws, *checking.flaws)


@lru_cache(maxsize=1)
def _currencies() -> frozenset[str]:
    return frozenset(get_global("all_currencies"))


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _check_currency(checking: Checking) -> None:
    currency = checking.document.get("currency")
    if currency is None or currency in _currencies():
        return
    guess = nearest(currency, _currencies())
    checking.add("/currency", f"expected an ISO 4217 currency, not {currency}{guess}", "unknown_currency")


def _check_zone(checking: Checking, pointer: str, zone: str | None) -> None:
    if zone is None or zone in _zones():
        return
    checking.add(
        pointer, f"expected an IANA time zone, not {zone}{nearest(zone, _zones())}", "unknown_timezone"
    )


def _check_zones(checking: Checking) -> None:
    _check_zone(checking, "/timezone", checking.document.get("timezone"))
    for place, store in objects(checking.document.get("stores")):
        _check_zone(checking, f"/stores/{place}/timezone", store.get("timezone"))


def _check_locales(checking: Checking) -> None:
    seen: set[str] = set()
    for place, locale in enumerate(checking.document.get("locales") or ()):
        if locale is None:
            continue
        try:
            Locale.parse(locale, sep="-")
        except (ValueError, UnknownLocaleError):
            checking.add(
                f"/locales/{place}", f"expected a locale that Babel knows, not {locale}", "unknown_locale"
            )
        if locale in seen:
            checking.add(f"/locales/{place}", f"expected {locale} once", "duplicate")
        seen.add(locale)


def _check_all_texts(checking: Checking) -> None:
    document = checking.document
    check_texts(checking, "/name", document.get("name"))
    brand: Document = document.get("brand") or {}
    check_texts(checking, "/brand/tagline", brand.get("tagline"))
    check_texts(checking, "/brand/story", brand.get("story"))
    check_texts(checking, "/points/name", (document.get("points") or {}).get("name"))
    for name, texts in (document.get("texts") or {}).items():
        check_texts(checking, f"/texts/{name}", texts)
    for kind in _NAMED:
        for place, thing in objects(document.get(kind)):
            check_texts(checking, f"/{kind}/{place}/name", thing.get("name"))
            check_texts(checking, f"/{kind}/{place}/text", thing.get("text"))
    for place, group in objects(document.get("option_groups")):
        for number, option in objects(group.get("options")):
            check_texts(checking, f"/option_groups/{place}/options/{number}/name", option.get("name"))


_NAMED: Final = (
    "tiers",
    "categories",
    "option_groups",
    "products",
    "stores",
    "rules",
    "rewards",
    "offers",
    "coupons",
)


def _check_tiers(checking: Checking) -> None:
    last = -1
    for place, tier in objects(checking.document.get("tiers")):
        check_expiry(checking, f"/tiers/{place}/expiry", tier.get("expiry"))
        points = tier.get("points_milli")
        if points is None:
            continue
        if place == 0 and points:
            checking.add("/tiers/0/points_milli", "expected 0: the first tier is the entry tier", "tiers")
        elif points <= last:
            checking.add(
                f"/tiers/{place}/points_milli", f"expected more than {last}, the tier before it", "tiers"
            )
        last = points
    check_expiry(checking, "/expiry", checking.document.get("expiry"))


def _check_catalog(checking: Checking) -> None:
    for place, product in objects(checking.document.get("products")):
        pointer = f"/products/{place}"
        checking.known(f"{pointer}/category", "categories", product.get("category"))
        checking.all_known(f"{pointer}/option_groups", "option_groups", product.get("option_groups"))
        for store in product.get("prices") or {}:
            checking.known(f"{pointer}/prices/{store}", "stores", store)
        if "price_minor" not in product and not product.get("open_price"):
            checking.add(f"{pointer}/price_minor", "expected a price, or open_price", "required")
    for place, group in objects(checking.document.get("option_groups")):
        least, most = group.get("min", 0), group.get("max")
        size = len(group.get("options") or ())
        if least > (size if most is None else min(most, size)):
            checking.add(
                f"/option_groups/{place}/min", "expected no more than max and the number of options", "range"
            )


def _check_deals(checking: Checking) -> None:
    looks: Mapping[str, Callable[[Checking, str, Document], None]] = {
        "rules": check_rule,
        "rewards": check_reward,
        "offers": check_offer,
        "coupons": check_coupon,
    }
    for kind, look in looks.items():
        for place, thing in objects(checking.document.get(kind)):
            look(checking, f"/{kind}/{place}", thing)


_CHECKS: Final = (
    _check_currency,
    _check_zones,
    _check_locales,
    check_unique,
    _check_all_texts,
    _check_tiers,
    _check_catalog,
    check_order_ahead,
    _check_deals,
)
