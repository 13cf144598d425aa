"""Coupon codes: how they look and how they are kept. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final

# No 0/O, 1/I/L, 5/S, 8/B: these are typed from paper.
ALPHABET: Final = "ACDEFGHJKMNPQRTUVWXYZ234679"
CODE_LENGTH: Final = 12


def new_code(choice: Callable[[str], str]) -> str:
    """Return a code of twelve characters in groups of four: 27^12, about 57 bits, cannot be guessed."""
    letters = "".join(choice(ALPHABET) for _ in range(CODE_LENGTH))
    return "-".join(letters[place : place + 4] for place in range(0, CODE_LENGTH, 4))


def code_hash(code: str) -> bytes:
    """Return the hash under which a code is kept: case, spaces and dashes don't matter."""
    return hashlib.sha256(code.replace(" ", "").replace("-", "").upper().encode()).digest()
