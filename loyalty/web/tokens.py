"""Signed tokens: JWT with one pinned algorithm, read with the application's clock.

Keys are derived from the secret key, one for each purpose, so that a token for one use never fits another. The
first secret signs; the others, older ones, still verify: that is how a secret is changed without signing everybody
out (``kid`` names the secret).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import jwt

from loyalty.errors import Unauthenticated

ALGORITHM: Final = "HS256"
MAX_LENGTH: Final = 1024
_LEEWAY_SECONDS: Final = 30  # between the clocks of two of our own servers
_OPTIONS: Final[dict[str, Any]] = {
    "require": ["exp", "iat", "sub", "aud"],
    # The application's clock decides, see ``read``; PyJWT would ask the machine's.
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "strict_aud": True,
}


class TokenInvalid(Unauthenticated):
    """The token is not ours, was changed, or is for something else."""

    code = "token_invalid"
    text = "The token is not valid."


class TokenExpired(Unauthenticated):
    """The token was ours; its time is over."""

    code = "token_expired"
    text = "The token has expired."


class Tokens:
    """Makes and reads tokens. ``secrets``: the signing secret first, then older ones that still verify."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = {kid_of(secret): derived(secret, "token") for secret in secrets}
        self._kid = kid_of(secrets[0])
        # A till shows the same token thousands of times; its signature does not change, only the time does.
        self._verified = lru_cache(maxsize=4096)(self._verify)

    def issue(self, audience: str, subject: str, *, now: datetime, lifetime: timedelta, **claims: Any) -> str:
        """Return a token for ``subject`` that only ``read(…, audience)`` accepts, until ``now + lifetime``."""
        issued = int(now.timestamp())
        standard = {
            "sub": subject,
            "aud": audience,
            "iat": issued,
            "exp": issued + int(lifetime.total_seconds()),
        }
        return jwt.encode({**claims, **standard}, self._keys[self._kid], ALGORITHM, {"kid": self._kid})

    def read(
        self, token: str, audience: str, *, now: datetime, is_shown_once: bool = False
    ) -> Mapping[str, Any]:
        """Return the claims of a token; raise ``TokenInvalid`` or ``TokenExpired``.

        What is shown once need not be remembered, and would push out what is shown again and again.
        """
        if len(token) > MAX_LENGTH:
            raise TokenInvalid
        claims = (self._verify if is_shown_once else self._verified)(token, audience)
        seconds = now.timestamp()
        if claims["exp"] <= seconds:
            raise TokenExpired
        if claims["iat"] > seconds + _LEEWAY_SECONDS:
            raise TokenInvalid
        return claims

    def _verify(self, token: str, audience: str) -> Mapping[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            key = self._key_of(header)
            claims = jwt.decode(token, key, algorithms=[ALGORITHM], audience=audience, options=_OPTIONS)  # type: ignore[arg-type]
        except (jwt.InvalidTokenError, UnicodeError, ValueError) as error:
            raise TokenInvalid from error
        if type(claims["exp"]) is not int or type(claims["iat"]) is not int:
            raise TokenInvalid
        return claims

    def _key_of(self, header: Mapping[str, Any]) -> bytes:
        """Return the key that the header names; a header with anything but our three members is not ours."""
        kid = header.get("kid")
        if set(header) != {"alg", "kid", "typ"} or header["alg"] != ALGORITHM or header["typ"] != "JWT":
            raise TokenInvalid
        if not isinstance(kid, str) or kid not in self._keys:
            raise TokenInvalid
        return self._keys[kid]


def kid_of(secret: str) -> str:
    """Return the public name of a secret: 8 characters that tell nothing about it."""
    return hashlib.sha256(b"regulars/kid/" + secret.encode()).hexdigest()[:8]


def derived(secret: str, purpose: str) -> bytes:
    """Return the key of one purpose (HMAC-SHA256 as a key derivation: the secret is random already)."""
    return hmac.digest(secret.encode(), f"regulars/{purpose}".encode(), "sha256")
