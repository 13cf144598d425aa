"""Says why: the reason of an effect as one sentence in a member's language, numbers and money as written there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.lists import format_list

from loyalty.rules.figures import money_in, numbers_in
from loyalty.rules.sentences import CHANNELS, EXCLUDED, LIMITED, NOT_COUNTED, SENTENCES

if TYPE_CHECKING:
    from loyalty.rules.program import Program
    from loyalty.why import Why

DEFAULT_LOCALE: Final = "en"


def explain(program: Program, why: Why, locale: str) -> str:
    """Return a reason as a sentence in a locale (``en``, ``fr-CA``), such as ``Only before 11:00 AM``.

    Languages without sentences get English. A key that has no sentence is shown as it is.
    """
    found = locale_of(locale)
    language = found.language if found.language in SENTENCES["rate"] else DEFAULT_LOCALE
    teller = _Teller(program, found, language, why.inputs)
    key = "grant_until" if why.key == "grant" and "last_day" in why.inputs else why.key
    if key not in SENTENCES:
        return key.replace("_", " ")
    sentence = SENTENCES[key][language].format_map(teller).strip()
    if why.inputs.get("limited"):
        sentence += LIMITED[language]
    if why.inputs.get("excluded"):
        sentence += teller.not_counted(why.inputs["excluded"])
    return sentence


@lru_cache(maxsize=256)
def locale_of(name: str) -> Locale:
    """Return Babel's locale of a name such as ``fr-CA``; English if it knows none."""
    try:
        return Locale.parse(name.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return Locale.parse(DEFAULT_LOCALE)


@lru_cache(maxsize=256)
def _tag(locale: Locale) -> str:
    return str(locale).replace("_", "-")


@lru_cache(maxsize=16_384)
def _plural(locale: Locale, points_milli: int) -> str:
    return locale.plural_form(Decimal(points_milli) / 1000)


def _places(program: Program) -> Mapping[str, Mapping[str, Any]]:
    """Return where the names of each kind of thing stand; coupons and offers give points like rules."""
    return {
        "rule": {**program.coupons, **program.offers, **program.rules},
        "offer": program.offers,
        "reward": program.rewards,
        "coupon": program.coupons,
        "tier": program.tiers,
    }


class _Teller(dict[str, str]):
    """The placeholders of a sentence, each rendered when it is asked for."""

    def __init__(self, program: Program, locale: Locale, language: str, inputs: Mapping[str, Any]) -> None:
        super().__init__()
        self._program = program
        self._locale = locale
        self._language = language
        self._inputs = inputs

    def __missing__(self, key: str) -> str:
        special = getattr(self, f"_{key}", None)
        if special is not None:
            return special()
        value = self._inputs.get(key)
        return "" if value is None else self._said(key, value)

    def _said(self, key: str, value: Any) -> str:
        """Render an input by the unit in its name."""
        if key.endswith("_minor"):
            return self.money(value)
        if key.endswith("_milli"):
            return self.points(value)
        if key in ("rule", "offer", "reward", "coupon", "tier"):
            return self.name(key, value)
        if key in ("time", "since", "until"):
            return format_time(time.fromisoformat(value), "short", locale=self._locale)
        if key in ("date", "last_day"):
            return format_date(date.fromisoformat(value), "long", locale=self._locale)
        if key == "channels":
            return format_list(
                [CHANNELS[self._language].get(each, each) for each in value], "or", self._locale
            )
        if isinstance(value, Mapping):
            return self._program.text(value, _tag(self._locale))  # pyright: ignore[reportUnknownArgumentType]
        return str(value)

    def money(self, amount_minor: int) -> str:
        """Return an amount of money as it is written in the locale."""
        program = self._program
        return money_in(self._locale, program.currency, program.currency_digits)(amount_minor)

    def number(self, value: Decimal) -> str:
        """Return a number with up to three decimals."""
        return numbers_in(self._locale)(value)

    def points(self, points_milli: int) -> str:
        """Return points with their name, in the plural that the number asks for."""
        value = Decimal(points_milli) / 1000
        names = self._program.points_name
        forms = names.get(self._language) or names.get(self._program.locales[0]) or {}
        form = forms.get(_plural(self._locale, abs(points_milli)), forms.get("other", ""))
        return f"{self.number(value)} {form}".strip()

    def name(self, kind: str, key: str) -> str:
        """Return the name of a rule, offer, reward, coupon or tier; its key if this version has no such thing."""
        found = self._program.once(_places)[kind].get(key)
        return key if found is None else self._program.text(found.name, _tag(self._locale)) or key

    def _points(self) -> str:
        return self.number(Decimal(self._inputs["points_milli"]) / 1000)

    def _rate(self) -> str:
        """Return the points of a rate per whole unit of the currency: 1,200 per 100 cents is 1.2."""
        per_unit = Fraction(
            self._inputs["rate_milli"] * 10**self._program.currency_digits, 1000 * self._inputs["per_minor"]
        )
        return self.number(Decimal(per_unit.numerator) / per_unit.denominator)

    def _factor(self) -> str:
        """Return what a multiplier adds to the base points: doubling adds them once."""
        more = Fraction(self._inputs["factor"]) - 1
        return self.number(Decimal(more.numerator) / more.denominator)

    def _by(self) -> str:
        """Return who an effect is owed to: the tier that a rate is for, else the rule, offer or coupon."""
        inputs = self._inputs
        rule = self._program.rules.get(inputs.get("rule", ""))
        if "tier" in inputs and rule is not None and rule.who.tiers:
            return self.name("tier", inputs["tier"])
        kind = next((each for each in ("rule", "offer", "coupon") if each in inputs), None)
        return "" if kind is None else self.name(kind, inputs[kind])

    def _gift(self) -> str:
        kind = "reward" if "reward" in self._inputs else "coupon"
        return self.name(kind, str(self._inputs.get(kind, "")))

    def _progress(self) -> str:
        return self._reached(self._inputs["progress"])

    def _target(self) -> str:
        return self._reached(self._inputs["target"])

    def _reached(self, amount: int) -> str:
        return (
            self.money(amount)
            if self._inputs.get("unit") in ("accumulated", "single_purchase")
            else str(amount)
        )

    def not_counted(self, excluded: Mapping[str, int]) -> str:
        """Return what of the order did not earn, e.g. ``; tax $0.55 and tip $1.00 don't count``."""
        names = EXCLUDED[self._language]
        parts = [f"{names.get(kind, kind)} {self.money(amount)}" for kind, amount in excluded.items()]
        one, several = NOT_COUNTED[self._language]
        plural = len(parts) > 1 or next(iter(excluded)) == "product"
        joined = format_list(parts, "standard", self._locale)
        return (several if plural else one).format(parts=joined)
