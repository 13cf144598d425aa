"""The plain values of a program document: each kind reads strictly, says what it expected, knows its JSON Schema.

A field raises marshmallow's ``ValidationError``; its messages are ``Complaint``s, texts that carry a stable code and,
for something unknown, the names it may have meant. ``2445.0`` is the integer 2445, as in JSON; ``"1"`` is none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, Self

from marshmallow import ValidationError, fields

from loyalty.rules.nearest import nearest

JsonSchema = dict[str, Any]
NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
NAME_WORDS: Final = "a key: a letter or digit, then up to 63 letters, digits, '.', '_' or '-'"
LOCALE: Final = r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$"
LARGEST: Final = 10**12


class Complaint(str):
    """What was expected; ``code`` is stable, ``known`` the names among which the right one may be."""

    __slots__ = ("code", "known")

    code: str
    known: tuple[str, ...]

    def __new__(cls, text: str, code: str = "invalid", known: Sequence[str] = ()) -> Self:
        """Make a complaint; the text starts with what was expected."""
        made = super().__new__(cls, text)
        made.code = code
        made.known = tuple(known)
        return made


REQUIRED: Final = Complaint("expected this key: it is required", "required")


class Part(fields.Field[Any]):
    """A value of the document. ``meaning`` is what a person reads about it; ``nullable`` takes null as "not given"."""

    def __init__(self, meaning: str, *, required: bool = False, nullable: bool = False) -> None:
        super().__init__(required=required, allow_none=nullable, metadata={"description": meaning})
        self.meaning = meaning
        self.error_messages["required"] = REQUIRED

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return self.read(value)

    def _validate_missing(self, value: Any) -> None:
        """Complain about null in the same words as about any other wrong value."""
        if value is None and not self.allow_none:
            self.read(value)
        super()._validate_missing(value)

    def read(self, value: Any) -> Any:
        """Return the value as Python has it, or raise ValidationError."""
        raise NotImplementedError

    def json(self) -> JsonSchema:
        """Return the JSON Schema of the value itself."""
        raise NotImplementedError

    def described(self) -> JsonSchema:
        """Return the JSON Schema with description, and with null where that is allowed."""
        schema = {"anyOf": [self.json(), {"type": "null"}]} if self.allow_none else self.json()
        return {"description": self.meaning, **schema}


def complain(text: str, code: str = "invalid", known: Sequence[str] = ()) -> ValidationError:
    """Return the error that says what was expected."""
    return ValidationError([Complaint(text, code, known)])


class Whole(Part):
    """An integer from ``low`` to ``high``."""

    def __init__(self, meaning: str, *, low: int = 0, high: int = LARGEST, **kwargs: bool) -> None:
        super().__init__(meaning, **kwargs)
        self.low, self.high = low, high

    def read(self, value: Any) -> int:
        """Read an integer; a float that is one counts."""
        number = int(value) if isinstance(value, float) and value.is_integer() else value
        if isinstance(number, bool) or not isinstance(number, int):
            raise complain("expected an integer", "type")
        if not self.low <= number <= self.high:
            raise complain(f"expected an integer from {self.low} to {self.high}", "range")
        return number

    def json(self) -> JsonSchema:
        """Return the JSON Schema of the value."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


class Flag(Part):
    """True or false."""

    def read(self, value: Any) -> bool:
        """Read the value, or complain."""
        if not isinstance(value, bool):
            raise complain("expected true or false", "type")
        return value

    def json(self) -> JsonSchema:
        """Return the JSON Schema of the value."""
        return {"type": "boolean"}


class Line(Part):
    """A text of 1 to ``longest`` characters, of a ``pattern`` (described by ``words``) where there is one."""

    def __init__(
        self, meaning: str, *, longest: int = 200, pattern: str = "", words: str = "", **kwargs: bool
    ) -> None:
        super().__init__(meaning, **kwargs)
        self.longest, self.pattern, self.words = longest, pattern, words

    def read(self, value: Any) -> str:
        """Read the value, or complain."""
        if not isinstance(value, str):
            raise complain(f"expected {self.words or 'a text'}", "type")
        if not 1 <= len(value) <= self.longest:
            raise complain(f"expected a text of 1 to {self.longest} characters", "length")
        if self.pattern and not re.search(self.pattern, value):
            raise complain(f"expected {self.words}", "format")
        return value

    def json(self) -> JsonSchema:
        """Return the JSON Schema of the value."""
        schema: JsonSchema = {"type": "string", "minLength": 1, "maxLength": self.longest}
        return {**schema, "pattern": self.pattern} if self.pattern else schema


def key(meaning: str, **kwargs: bool) -> Line:
    """Return the field of a key."""
    return Line(meaning, longest=64, pattern=NAME, words=NAME_WORDS, **kwargs)


class Choice(Part):
    """One of a few texts, or of texts of a ``pattern`` beside them (``event:<name>``)."""

    def __init__(
        self, meaning: str, choices: Sequence[str], *, pattern: str = "", hint: str = "", **kwargs: bool
    ) -> None:
        super().__init__(meaning, **kwargs)
        self.choices, self.pattern, self.hint = tuple(choices), pattern, hint

    def read(self, value: Any) -> str:
        """Read the value, or complain."""
        if isinstance(value, str) and (
            value in self.choices or (self.pattern and re.search(self.pattern, value))
        ):
            return value
        expected = ", ".join((*self.choices, self.hint)) if self.hint else ", ".join(self.choices)
        guess = nearest(value, self.choices) if isinstance(value, str) else ""
        raise complain(f"expected one of {expected}{guess}", "choice")

    def json(self) -> JsonSchema:
        """Return the JSON Schema of the value."""
        choices: JsonSchema = {"type": "string", "enum": list(self.choices)}
        return {"anyOf": [choices, {"type": "string", "pattern": self.pattern}]} if self.pattern else choices


class Constant(Part):
    """One value and no other."""

    def __init__(self, meaning: str, value: int, **kwargs: bool) -> None:
        super().__init__(meaning, **kwargs)
        self.value = value

    def read(self, value: Any) -> int:
        """Read the value, or complain."""
        if isinstance(value, bool) or value != self.value:
            raise complain(f"expected {self.value}", "choice")
        return self.value

    def json(self) -> JsonSchema:
        """Return the JSON Schema of the value."""
        return {"const": self.value}
