"""The code of a member's link: sixteen letters that only the server can make and read, with nothing personal in them.

A Feistel network of four keyed rounds over 80 bits (two halves of 40) turns ``zeros ‖ member number`` into letters
that look random: opaque, because nobody without the key can invert it, and signed, because a made-up code decrypts to
forty zero bits once in 2^40.
"""

from __future__ import annotations

from base64 import b32decode, b32encode
from hashlib import blake2b
from typing import Final

_HALF_BITS: Final = 40
_HALF: Final = (1 << _HALF_BITS) - 1
_ROUNDS: Final = 4
_LENGTH: Final = 16


def code_of(member_id: int, secret_key: str) -> str:
    """Return the code of a member's link, always the same."""
    left, right = 0, member_id & _HALF
    for each in range(_ROUNDS):
        left, right = right, left ^ _round(secret_key, each, right)
    return b32encode(((left << _HALF_BITS) | right).to_bytes(10, "big")).decode().lower()


def read_code(code: str, secret_key: str) -> int | None:
    """Return whose link has this code; None for anything this server did not make."""
    text = code.strip().upper()
    if len(text) != _LENGTH or not text.isascii():
        return None
    try:
        number = int.from_bytes(b32decode(text), "big")
    except ValueError:
        return None
    left, right = number >> _HALF_BITS, number & _HALF
    for each in reversed(range(_ROUNDS)):
        left, right = right ^ _round(secret_key, each, left), left
    return right if left == 0 and right else None


def _round(secret_key: str, number: int, half: int) -> int:
    key = blake2b(secret_key.encode(), digest_size=32, person=b"regulars-invite").digest()
    return int.from_bytes(blake2b(bytes([number]) + half.to_bytes(5, "big"), key=key, digest_size=5).digest())
