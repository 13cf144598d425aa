"""The validators of the fields; each says what was expected."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import ValidationError, validate

Validator = Callable[[Any], Any]


class Shape(validate.Regexp):
    """A regular expression that is documented as ECMAScript writes it."""

    def __init__(self, python: re.Pattern[str], written: str, expected: str) -> None:
        super().__init__(python, error=f"Expected {expected}.")
        self.match = python.match
        self.written = written


class MaxProperties(validate.Validator):
    """At most so many entries in an object whose names are data."""

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def __call__(self, value: Mapping[str, Any]) -> Mapping[str, Any]:
        """Raise ``ValidationError`` where there are more."""
        if len(value) > self.limit:
            raise ValidationError(f"Expected at most {self.limit} entries.")
        return value


def range_of(least: int, most: int) -> validate.Range:
    """Return the validator of a number in a range, ends included."""
    return validate.Range(least, most, error="Expected a number from {min} to {max}.")


def length_of(least: int, most: int, what: str) -> validate.Length:
    """Return the validator of a length; ``what`` is what is counted."""
    least_or_none = least or None
    said = f"Expected at most {most} {what}." if not least else f"Expected {least} to {most} {what}."
    return validate.Length(least_or_none, most, error=said)


def as_list(given: Any) -> list[Validator]:
    """Return marshmallow's ``validate=`` (one or several) as a list."""
    return list(given) if isinstance(given, (list, tuple)) else [given]
