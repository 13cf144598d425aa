"""The programs that come with Regulars: ``cafe-stars``, our demo café, and ``coffee-chain-2026``, the reference."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any, Final

from loyalty.errors import Missing

SHIPPED: Final = ("cafe-stars", "coffee-chain-2026")


class NotShipped(Missing):
    """No program of that name comes with Regulars."""

    code = "program_not_shipped"
    text = "There is no program named {name}; shipped are cafe-stars and coffee-chain-2026."


def load_shipped(name: str) -> dict[str, Any]:
    """Return the document of a shipped program, a new copy each time. Raise NotShipped."""
    if name not in SHIPPED:
        raise NotShipped(name=name)
    text = resources.files("loyalty.rules").joinpath(f"programs/{name}.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document
