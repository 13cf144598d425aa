"""Reading the arguments of a mutation: typed, with a pointer to what is wrong. Unknown fields are left alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loyalty.errors import Flaw, Invalid


class ArgsInvalid(Invalid):
    """A mutation lacks an argument, or has one of another kind."""

    code = "mutation_invalid"
    text = "The arguments of this change are not valid."


class Args:
    """The arguments of one mutation. What texts and numbers may be is the features' business."""

    def __init__(self, values: Mapping[str, Any], pointer: str = "") -> None:
        self._values = values
        self._pointer = pointer

    def __contains__(self, name: str) -> bool:
        """Tell whether the argument was sent at all."""
        return name in self._values

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text; ``default`` where it was not sent."""
        value = self._values.get(name, default)
        if not isinstance(value, str):
            raise self._wrong(name, "a text")
        return value

    def text_or_null(self, name: str) -> str | None:
        """Return a text, or ``None`` where it is null or was not sent."""
        return None if self._values.get(name) is None else self.text(name)

    def whole(self, name: str, default: int | None = None) -> int:
        """Return a whole number (``2`` or ``2.0``); ``default`` where it was not sent."""
        value = self._values.get(name, default)
        if type(value) is float and value.is_integer():
            return int(value)
        if type(value) is not int:
            raise self._wrong(name, "a whole number")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts; an empty one where it was not sent."""
        values: Any = self._values.get(name, ())
        if not isinstance(values, (list, tuple)) or not all(isinstance(value, str) for value in values):
            raise self._wrong(name, "a list of texts")
        return tuple(values)

    def many(self, name: str) -> list[Args]:
        """Return a list of objects."""
        values: Any = self._values.get(name)
        if not isinstance(values, (list, tuple)) or not all(isinstance(value, Mapping) for value in values):
            raise self._wrong(name, "a list of objects")
        return [Args(value, f"{self._pointer}/{name}/{place}") for place, value in enumerate(values)]

    def _wrong(self, name: str, expected: str) -> ArgsInvalid:
        return ArgsInvalid(flaws=(Flaw(f"{self._pointer}/{name}", f"Expected {expected}."),))
