"""The values that hold others: lists, tables, objects with known keys, and values of one of several kinds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, cast

from marshmallow import RAISE, Schema, ValidationError, post_load, validates_schema

from loyalty.rules.schema.fields import LOCALE, NAME, NAME_WORDS, Complaint, JsonSchema, Line, Part, complain


class Listing(Part):
    """A list of ``least`` to ``most`` values of one kind."""

    def __init__(self, meaning: str, item: Part, *, least: int = 0, most: int = 200, **kwargs: bool) -> None:
        super().__init__(meaning, **kwargs)
        self.item, self.least, self.most = item, least, most

    def read(self, value: Any) -> list[Any]:
        """Read the value, or complain."""
        if not isinstance(value, list):
            raise complain("expected a list", "type")
        if not self.least <= len(value) <= self.most:
            raise complain(f"expected a list of {self.least} to {self.most} items", "length")
        return collect(enumerate(value), self.item.read, list[Any])

    def json(self) -> JsonSchema:
        """Return the JSON Schema of the value."""
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
        """Read the value, or complain."""
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
        """Return the JSON Schema of the value."""
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
        """Read the value, or complain."""
        for kind, part in self.kinds.items():
            if isinstance(value, kind) and not (isinstance(value, bool) and kind is not bool):
                return part.read(value)
            if kind is int and isinstance(value, float):
                return part.read(value)
        raise complain(f"expected {self.expected}", "type")

    def json(self) -> JsonSchema:
        """Return the JSON Schema of the value."""
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


def loaded(schema: Strict, value: Any) -> dict[str, Any]:
    """Return an object as read by its schema, or raise ValidationError."""
    return cast("dict[str, Any]", schema.load(value))


class Inside(Part):
    """An object of a schema, shared under ``$defs`` of the JSON Schema by the schema's name."""

    def __init__(self, meaning: str, schema: type[Strict], **kwargs: bool) -> None:
        super().__init__(meaning, **kwargs)
        self.schema = schema()

    def read(self, value: Any) -> Any:
        """Read the value, or complain."""
        return loaded(self.schema, value)

    def json(self) -> JsonSchema:
        """Return the JSON Schema of the value."""
        return {"$ref": f"#/$defs/{type(self.schema).__name__}"}


class Tagged(Part):
    """An object with exactly one key, which says what its value is."""

    def __init__(self, meaning: str, kinds: Mapping[str, Part], **kwargs: bool) -> None:
        super().__init__(meaning, **kwargs)
        self.kinds = kinds

    def read(self, value: Any) -> dict[str, Any]:
        """Read the value, or complain."""
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
        """Return the JSON Schema of the value."""
        return {
            "type": "object",
            "additionalProperties": False,
            "properties": {name: part.described() for name, part in self.kinds.items()},
            "minProperties": 1,
            "maxProperties": 1,
        }
