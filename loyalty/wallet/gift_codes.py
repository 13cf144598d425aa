"""The code on a gift card: ``GABC-DEFG-HJKM-NPQR-STVW``.

Twenty characters of Crockford's base 32 (no I, L, O, U): the letter ``G``, eighteen random ones (90 bits: no
need to guess, and a plain hash of it is safe), one check character against slips of the pen. It begins with a
letter, so it is no number a payment card could have. Read generously: any case, spaces and dashes, ``O`` for
``0``, ``I``/``L`` for ``1``.
"""

from __future__ import annotations

import hmac
import json
import secrets
from hashlib import sha256
from typing import Final

from loyalty.errors import Invalid

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH: Final = 20
_READ: Final = str.maketrans("OIL", "011", " -\u2010\u2011\u2012\u2013\u2014")


class NoGiftCode(Invalid):
    """The text cannot be the code of a gift card (so nothing was looked up)."""

    code = "gift_code_malformed"
    text = "This is not the code of a gift card. Check it for typing errors."


def new_code() -> str:
    """Return a fresh code, as it is printed."""
    return _code(secrets.randbits(90))


def code_of_sale(secret_key: str, sale: str, line: str, piece: int) -> str:
    """Return the code of one gift card of a sale, as it is printed.

    Made from the server's secret, so that a receipt that is asked for again shows the same code and the database never
    holds one. Nobody without the secret can tell it from a random one.
    """
    name = json.dumps(["regulars gift card", sale, line, piece]).encode()
    return _code(int.from_bytes(hmac.digest(secret_key.encode(), name, "sha256")) >> (256 - 90))


def _code(bits: int) -> str:
    body = "G" + "".join(_ALPHABET[(bits >> (5 * place)) % 32] for place in range(_LENGTH - 2))
    return shown(body + _check_character(body))


def shown(code: str) -> str:
    """Return a code in groups of four."""
    return "-".join(code[place : place + 4] for place in range(0, len(code), 4))


def read(typed: str) -> str:
    """Return the code in what somebody typed; raise ``NoGiftCode``."""
    if len(typed) > 64:
        raise NoGiftCode
    code = typed.upper().translate(_READ)
    well_formed = len(code) == _LENGTH and code.startswith("G") and all(each in _ALPHABET for each in code)
    if not well_formed or _check_character(code[:-1]) != code[-1]:
        raise NoGiftCode
    return code


def hash_of(code: str) -> bytes:
    """Return the hash that a (read) code is kept by."""
    return sha256(b"regulars gift card\0" + code.encode()).digest()


def _check_character(body: str) -> str:
    # Odd weights: a single wrong character always changes the sum modulo 32.
    total = sum((2 * place + 1) * _ALPHABET.index(each) for place, each in enumerate(body))
    return _ALPHABET[total % len(_ALPHABET)]
