"""Numbers and money come out as Babel writes them, in every locale there is."""

from __future__ import annotations

from decimal import Decimal

import pytest
from babel import Locale
from babel.localedata import locale_identifiers
from babel.numbers import format_currency, format_decimal
from hypothesis import given
from hypothesis import strategies as st

from loyalty.rules.figures import POINTS_FORMAT, money_in, numbers_in

SPOKEN = [
    Locale.parse(name) for name in ("en", "fr", "fr_CA", "de_CH", "es", "en_IN", "ar_EG", "pl", "ja", "pt_PT")
]
AMOUNTS = (0, 1, 50, 99, 100, 690, 1234, 99999, 1234567, -690)


@pytest.mark.parametrize(("currency", "digits"), [("USD", 2), ("EUR", 2), ("JPY", 0), ("KWD", 3)])
def test_money_is_written_as_babel_writes_it_in_every_locale(currency: str, digits: int) -> None:
    for name in locale_identifiers():
        locale = Locale.parse(name)
        write = money_in.__wrapped__(locale, currency, digits)
        for amount in AMOUNTS:
            expected = format_currency(Decimal(amount).scaleb(-digits), currency, locale=locale)
            assert write(amount) == expected, (name, amount)


def test_numbers_are_written_as_babel_writes_them_in_every_locale() -> None:
    for name in locale_identifiers():
        locale = Locale.parse(name)
        write = numbers_in.__wrapped__(locale)
        for text in ("0", "0.001", "6.9", "-6.9", "1234.5", "82.11", "1234567.891"):
            expected = format_decimal(Decimal(text), POINTS_FORMAT, locale=locale)
            assert write(Decimal(text)) == expected, (name, text)


@given(st.sampled_from(SPOKEN), st.decimals(-(10**9), 10**9, places=5))
def test_any_number_is_rounded_as_babel_rounds_it(locale: Locale, value: Decimal) -> None:
    rounded = value.quantize(Decimal("0.001")) or Decimal(0)  # Babel would write a minus before nothing
    assert numbers_in(locale)(value) == format_decimal(rounded, POINTS_FORMAT, locale=locale)


@given(st.sampled_from(SPOKEN), st.integers(-(10**12), 10**12))
def test_any_amount_is_written_as_babel_writes_it(locale: Locale, amount: int) -> None:
    assert money_in(locale, "USD", 2)(amount) == format_currency(Decimal(amount) / 100, "USD", locale=locale)
