"""The numbers a member keeps for life: account number and card number, and the card's check digit."""

from __future__ import annotations

import secrets


def new_account_number() -> str:
    """Return 10 random digits."""
    return f"{secrets.randbelow(10**10):010d}"


def new_card_number() -> str:
    """Return ``9``, 15 random digits and their Luhn check digit."""
    payload = f"9{secrets.randbelow(10**15):015d}"
    return payload + luhn_digit(payload)


def luhn_digit(payload: str) -> str:
    """Return the check digit to append to ``payload`` (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, character in enumerate(reversed(payload)):
        digit = int(character) * (2 if place % 2 == 0 else 1)
        total += digit - 9 if digit > 9 else digit
    return str(-total % 10)


def luhn_valid(number: str) -> bool:
    """Tell whether the last digit is the check digit of the others."""
    return luhn_digit(number[:-1]) == number[-1]
