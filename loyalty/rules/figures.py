"""Numbers and money as a locale writes them: Babel's own results, at the price of putting digits together.

Babel reads patterns and symbols anew for every number, and a receipt has dozens. Here they are learned from Babel
once for each locale, tried on samples, and used only where every sample comes out the same; everywhere else (other
digits, groups that are not thousands) Babel is asked each time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from babel import Locale
from babel.numbers import format_currency, format_decimal

POINTS_FORMAT: Final = "#,##0.###"
_NUMBERS: Final = tuple(
    map(Decimal, ("0", "0.5", "7", "-7.25", "999", "1000", "12345.678", "-1234567.891", "98765432.1"))
)
_AMOUNTS: Final = (0, 5, 99, 100, 690, 99999, 100000, 123456789, -1, -123456)


@dataclass(frozen=True, slots=True)
class _Shape:
    """What stands around and between the digits: of positive and of negative values."""

    before: str
    after: str
    before_negative: str
    after_negative: str
    group: str
    point: str

    def put(self, whole: str, fraction: str, *, negative: bool) -> str:
        """Return the text of digits: ``whole`` with commas between its groups."""
        body = whole.replace(",", self.group) + (self.point + fraction if fraction else "")
        if negative:
            return f"{self.before_negative}{body}{self.after_negative}"
        return f"{self.before}{body}{self.after}"


@lru_cache(maxsize=256)
def numbers_in(locale: Locale) -> Callable[[Decimal], str]:
    """Return the function that writes a number with up to three decimals."""

    def ask(value: Decimal) -> str:
        return format_decimal(value, POINTS_FORMAT, locale=locale)

    shape = _learned(ask(Decimal("1234567.891")), ask(Decimal("-1234567.891")), "891")
    if shape is None:
        return ask

    def write(value: Decimal) -> str:
        whole, _, fraction = f"{abs(value):,.3f}".partition(".")
        fraction = fraction.rstrip("0")
        return shape.put(whole, fraction, negative=value < 0 and (whole != "0" or bool(fraction)))

    return write if all(write(each) == ask(each) for each in _NUMBERS) else ask


@lru_cache(maxsize=256)
def money_in(locale: Locale, currency: str, digits: int) -> Callable[[int], str]:
    """Return the function that writes an amount of minor units of a currency with so many decimals."""

    def ask(amount_minor: int) -> str:
        return format_currency(Decimal(amount_minor).scaleb(-digits), currency, locale=locale)

    unit = 10**digits
    sample = 1234567 * unit + 89 % unit
    fraction_of_sample = f"{89 % unit:0{digits}d}" if digits else ""
    shape = _learned(ask(sample), ask(-sample), fraction_of_sample)
    if shape is None:
        return ask

    def write(amount_minor: int) -> str:
        whole, fraction = divmod(abs(amount_minor), unit)
        return shape.put(f"{whole:,}", f"{fraction:0{digits}d}" if digits else "", negative=amount_minor < 0)

    return write if all(write(each) == ask(each) for each in _AMOUNTS) else ask


def _learned(text: str, negative: str, fraction: str) -> _Shape | None:
    """Return the shape of ``1234567`` with a fraction, as it was written; None if it has another form."""
    one, four = text.find("1"), text.find("4")
    group = text[one + 1 : text.find("2")]
    point = text[text.find("7") + 1 : text.rfind(fraction)] if fraction else ""
    body = f"1{group}234{group}567{point}{fraction}"
    if one < 0 or four < 0 or text.count(body) != 1 or negative.count(body) != 1:
        return None
    before, _, after = text.partition(body)
    before_negative, _, after_negative = negative.partition(body)
    return _Shape(before, after, before_negative, after_negative, group, point)
