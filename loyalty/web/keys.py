"""``/.well-known/regulars-keys.json``: the public keys by which signed statements and roots are checked."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask, Response

from loyalty.ledger import RootKey, jwks
from loyalty.web import wire

PATH = "/.well-known/regulars-keys.json"


def register(app: Flask, *, secrets: Sequence[str]) -> None:
    """Publish the keys made of these secrets, the current one first; old ones stay, for old files."""
    text = wire.write(jwks([RootKey.of(each) for each in secrets]))

    @app.get(PATH, endpoint="regulars_keys")
    def keys() -> Response:  # pyright: ignore[reportUnusedFunction]
        return Response(
            text, content_type="application/jwk-set+json", headers={"Cache-Control": "public, max-age=3600"}
        )
