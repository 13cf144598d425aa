"""The values that a field of a condition is compared with, read from JSON by the kind of the field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any, Final, Literal

Kind = Literal["integer", "money", "points", "text", "set", "boolean", "date", "time"]
TEXT_LIMIT: Final = 200
LARGEST: Final = 10**15


def read_operand(kind: Kind, value: Any) -> Any:
    """Return a single operand as Python has it. Raise ValueError with what was expected."""
    return _READERS[kind](value)


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > LARGEST:
        raise ValueError("expected an integer")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= TEXT_LIMIT:
        raise ValueError(f"expected a text of 1 to {TEXT_LIMIT} characters")
    return value


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("expected true or false")
    return value


def _date(value: Any) -> date:
    try:
        if isinstance(value, str) and len(value) == 10:
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError("expected a date like 2026-03-10")


def _time(value: Any) -> time:
    try:
        if isinstance(value, str) and len(value) == 5:
            return time.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError("expected a time of day like 14:30")


_READERS: Final[Mapping[Kind, Callable[[Any], Any]]] = {
    "integer": _integer,
    "money": _integer,
    "points": _integer,
    "text": _text,
    "set": _text,
    "boolean": _boolean,
    "date": _date,
    "time": _time,
}
