"""JSON as APIs, the database and hashes want it: compact text, and one canonical form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import orjson

Default = Callable[[Any], Any]
_OURS: Final = orjson.OPT_PASSTHROUGH_DATETIME


def dumps(value: Any, default: Default | None = None) -> str:
    """Return compact JSON; ``default`` turns what is no JSON into what is. Raise ``TypeError`` where it is missing."""
    return orjson.dumps(value, default, _OURS).decode()


def canonical(value: Any, default: Default | None = None) -> bytes:
    """Return JSON with sorted keys and no white space: the same bytes for the same value.

    A dataclass is the object of its fields. Raise as ``dumps`` does.
    """
    return orjson.dumps(value, default, _OURS | orjson.OPT_SORT_KEYS)
