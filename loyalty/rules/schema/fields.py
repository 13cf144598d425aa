"""The kinds of value a program document is made of: each reads strictly, says what it expected, and knows its JSON Schema.

A field raises marshmallow's ``ValidationError``; its messages are ``Complaint``s, texts that carry a stable code and,
for something unknown, the names it may have meant. Numbers: ``2445.0`` is the integer 2445, as in JSON; ``"1"`` is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validates_schema

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

    def __new__(cls, text: str, code: str = "invalid", known: Sequence[str] = ()) -> Complaint:
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
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


class Flag(Part):
    """True or false."""

    def read(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise complain("expected true or false", "type")
        return value

    def json(self) -> JsonSchema:
        return {"type": "boolean"}


class Line(Part):
    """A text of 1 to ``longest`` characters, of a ``pattern`` (described by ``words``) where there is one."""

    def __init__(
        self, meaning: str, *, longest: int = 200, pattern: str = "", words: str = "", **kwargs: bool
    ) -> None:
        super().__init__(meaning, **kwargs)
        self.longest, self.pattern, self.words = longest, pattern, words

    def read(self, value: Any) -> str:
        if not isinstance(value, str):
            raise complain(f"expected {self.words or 'a text'}", "type")
        if not 1 <= len(value) <= self.longest:
            raise complain(f"expected a text of 1 to {self.longest} characters", "length")
        if self.pattern and not re.search(self.pattern, value):
            raise complain(f"expected {self.words}", "format")
        return value

    def json(self) -> JsonSchema:
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
        if isinstance(value, str) and (
            value in self.choices or (self.pattern and re.search(self.pattern, value))
        ):
            return value
        expected = ", ".join((*self.choices, self.hint)) if self.hint else ", ".join(self.choices)
        guess = nearest(value, self.choices) if isinstance(value, str) else ""
        raise complain(f"expected one of {expected}{guess}", "choice")

    def json(self) -> JsonSchema:
        choices: JsonSchema = {"type": "string", "enum": list(self.choices)}
        return {"anyOf": [choices, {"type": "string", "pattern": self.pattern}]} if self.pattern else choices


class Constant(Part):
    """One value and no other."""

    def __init__(self, meaning: str, value: int, **kwargs: bool) -> None:
        super().__init__(meaning, **kwargs)
        self.value = value

    def read(self, value: Any) -> int:
        if isinstance(value, bool) or value != self.value:
            raise complain(f"expected {self.value}", "choice")
        return self.value

    def json(self) -> JsonSchema:
        return {"const": self.value}


class Listing(Part):
    """A list of ``least`` to ``most`` values of one kind."""

    def __init__(self, meaning: str, item: Part, *, least: int = 0, most: int = 200, **kwargs: bool) -> None:
        super().__init__(meaning, **kwargs)
        self.item, self.least, self.most = item, least, most

    def read(self, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise complain("expected a list", "type")
        if not self.least <= len(value) <= self.most:
            raise complain(f"expected a list of {self.least} to {self.most} items", "length")
        return collect(enumerate(value), self.item.read, list[Any])

    def json(self) -> JsonSchema:
        sizes: JsonSchema = {"minItems": self.least, "maxItems": self.most}
        return {"type": "array", "items": self.item.json(), **sizes}


def collect(items: Any, read: Callable[[Any], Any], make: Callable[[Any], Any]) -> Any:
    """Read every value of ``(place, value)`` pairs and complain about all that are wrong, each at its place."""
    good: dict[Any, Any] = {}
    bad: dict[Any, Any] = {}
    for place, value in items:
        try:
            good[place] = read(value)
        except ValidationError as error:
            bad[place] = error.messages
    if bad:
        raise ValidationError(bad)
    return make(good.values()) if make == list[Any] else good


class Table(Part):
    """An object whose keys are free (of a pattern) and whose values are of one kind."""

    def __init__(
        self,
        meaning: str,
        item: Part,
        *,
        pattern: str = NAME,
        words: str = NAME_WORDS,
        least: int = 0,
        most: int = 500,
        **kwargs: bool,
    ) -> None:
        super().__init__(meaning, **kwargs)
        self.item, self.pattern, self.words, self.least, self.most = item, pattern, words, least, most

    def read(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise complain("expected an object", "type")
        if not self.least <= len(value) <= self.most:
            raise complain(f"expected {self.least} to {self.most} entries", "length")
        strange = {name: [self._strange()] for name in value if not re.search(self.pattern, name)}
        if strange:
            raise ValidationError(strange)
        return collect(value.items(), self.item.read, dict[str, Any])

    def _strange(self) -> Complaint:
        return Complaint(f"expected {self.words}", "format")

    def json(self) -> JsonSchema:
        return {
            "type": "object",
            "propertyNames": {"pattern": self.pattern},
            "additionalProperties": self.item.json(),
            "minProperties": self.least,
            "maxProperties": self.most,
        }


def texts(meaning: str, *, longest: int = 200, **kwargs: bool) -> Table:
    """Return the field of a text by locale."""
    words = "a locale like en or fr-CA"
    return Table(
        meaning, Line("text", longest=longest), pattern=LOCALE, words=words, least=1, most=20, **kwargs
    )


class Either(Part):
    """A value of one of several kinds, told apart by the JSON type of the value."""

    def __init__(self, meaning: str, kinds: Mapping[type, Part], expected: str, **kwargs: bool) -> None:
        super().__init__(meaning, **kwargs)
        self.kinds, self.expected = kinds, expected

    def read(self, value: Any) -> Any:
        for kind, part in self.kinds.items():
            if isinstance(value, kind) and not (isinstance(value, bool) and kind is not bool):
                return part.read(value)
            if kind is int and isinstance(value, float):
                return part.read(value)
        raise complain(f"expected {self.expected}", "type")

    def json(self) -> JsonSchema:
        return {"anyOf": [part.json() for part in self.kinds.values()]}


class Strict(Schema):
    """An object with known keys only.

    ``exactly_one`` names sets of keys of which one must be there, ``not_both`` pairs that exclude each other, ``needs``
    keys that want another beside them. ``meaning`` describes the object in the JSON Schema.
    """

    class Meta:
        unknown = RAISE

    meaning: ClassVar[str] = ""
    exactly_one: ClassVar[tuple[tuple[str, ...], ...]] = ()
    not_both: ClassVar[tuple[tuple[str, str], ...]] = ()
    needs: ClassVar[Mapping[str, str]] = {}

    def __init__(self) -> None:
        super().__init__()
        self.error_messages["unknown"] = Complaint("unknown key", "unknown_key", tuple(self.fields))
        self.error_messages["type"] = Complaint("expected an object", "type")

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def keys_fit(self, _loaded: Any, original: Any, **_kwargs: Any) -> None:
        """Check what the keys say about each other."""
        if not isinstance(original, dict):
            return
        for group in self.exactly_one:
            if sum(name in original for name in group) != 1:
                raise complain(f"expected exactly one of {', '.join(group)}", "one_of")
        for first, second in self.not_both:
            if first in original and second in original:
                raise complain(f"expected either {first} or {second}, not both", "one_of")
        for name, other in self.needs.items():
            if name in original and other not in original:
                raise complain(f"expected {other} beside {name}", "required")

    @post_load
    def without_nulls(self, loaded: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """Leave out what is null: it says the same as not being there."""
        return {name: value for name, value in loaded.items() if value is not None}

    def json(self) -> JsonSchema:
        """Return the JSON Schema of the object."""
        parts: dict[str, Any] = dict(self.fields)
        schema: JsonSchema = {
            "type": "object",
            "additionalProperties": False,
            "properties": {name: part.described() for name, part in parts.items()},
        }
        required = [name for name, part in parts.items() if part.required]
        also = [{"oneOf": [{"required": [name]} for name in group]} for group in self.exactly_one]
        also += [{"not": {"required": list(pair)}} for pair in self.not_both]
        also += [{"dependentRequired": {name: [other]}} for name, other in self.needs.items()]
        return {
            **({"description": self.meaning} if self.meaning else {}),
            **schema,
            **({"required": required} if required else {}),
            **({"allOf": also} if also else {}),
        }


def strict(name: str, parts: Mapping[str, Part], meaning: str = "", **rules: Any) -> type[Strict]:
    """Make a schema from a table of keys, which may be words that Python keeps for itself (``if``, ``from``)."""
    return type(name, (Strict,), {**parts, "meaning": meaning, **rules})


class Inside(Part):
    """An object of a schema, shared under ``$defs`` of the JSON Schema by the schema's name."""

    def __init__(self, meaning: str, schema: type[Strict], **kwargs: bool) -> None:
        super().__init__(meaning, **kwargs)
        self.schema = schema()

    def read(self, value: Any) -> Any:
        return self.schema.load(value)

    def json(self) -> JsonSchema:
        return {"$ref": f"#/$defs/{type(self.schema).__name__}"}


class Tagged(Part):
    """An object with exactly one key, which says what its value is."""

    def __init__(self, meaning: str, kinds: Mapping[str, Part], **kwargs: bool) -> None:
        super().__init__(meaning, **kwargs)
        self.kinds = kinds

    def read(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise complain(f"expected an object with one of the keys {', '.join(self.kinds)}", "type")
        unknown = {
            name: [Complaint("unknown key", "unknown_key", tuple(self.kinds))]
            for name in value
            if name not in self.kinds
        }
        if unknown:
            raise ValidationError(unknown)
        if len(value) != 1:
            raise complain(
                f"expected an object with exactly one of the keys {', '.join(self.kinds)}", "one_of"
            )
        return collect(value.items(), self.kinds[next(iter(value))].read, dict[str, Any])

    def json(self) -> JsonSchema:
        return {
            "type": "object",
            "additionalProperties": False,
            "properties": {name: part.described() for name, part in self.kinds.items()},
            "minProperties": 1,
            "maxProperties": 1,
        }
