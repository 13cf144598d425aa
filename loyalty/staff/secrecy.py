"""Hashes of what people type: PINs (slow, salted) and enrollment codes (random enough for a fast one)."""

from __future__ import annotations

import hashlib
import secrets
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from loyalty.staff.policy import ENROLLMENT_ALPHABET, ENROLLMENT_LENGTH, normalized_code

# OWASP's smallest for argon2id: a till must not wait, and several cashiers may sign in at once.
_hasher: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hash_of(pin: str) -> str:
    """Return the argon2id hash of a PIN or password."""
    return _hasher.hash(pin)


def fits(hashed: str | None, pin: str) -> bool:
    """Tell whether a PIN fits its hash; without a hash it takes as long and fits nothing."""
    try:
        return _hasher.verify(hashed or _nobodys_hash(), pin) and hashed is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))


def new_code() -> str:
    """Return a fresh enrollment code."""
    return "".join(secrets.choice(ENROLLMENT_ALPHABET) for _ in range(ENROLLMENT_LENGTH))


def code_hash(code: str) -> bytes:
    """Return under what an enrollment code is kept."""
    return hashlib.sha256(b"regulars/till-enrollment/" + normalized_code(code).encode()).digest()
