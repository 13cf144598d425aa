"""The token of an ``Authorization: Bearer`` header."""

from __future__ import annotations

from flask import Request

from loyalty.errors import Unauthenticated


def bearer_of(request: Request) -> str:
    """Return the bearer token; raise ``Unauthenticated`` without one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated
    return token.strip()
