"""The fields of every request and answer: strict where JSON is loose, limited where a text could be endless.

Two bases: ``Input`` refuses what it does not know; ``Output`` lists what is always there. Units are in the names
(``_minor``, ``_milli``); money and points are integers. ``Whole`` takes ``2445`` and ``2445.0`` (JSON has one kind
of number), never ``"2445"`` or ``true``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final, TypeVar

from marshmallow import EXCLUDE, RAISE, Schema, fields, missing, validate
from marshmallow.types import UnknownOption

from loyalty.clock import rfc3339
from loyalty.web.validators import MaxProperties, Shape, as_list, length_of, range_of

MAX_INT: Final = 2**53 - 1  # what every JSON reader keeps exactly
MAX_MONEY_MINOR: Final = 1_000_000_000
MAX_POINTS_MILLI: Final = 1_000_000_000_000
KEY_PATTERN: Final = r"^[a-z0-9][a-z0-9._-]{0,63}$"
ID_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
INSTANT_PATTERN: Final = r"^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$"
# What must never reach a log line, a till's display or PostgreSQL: control characters (but tab and line feed),
# and halves of surrogate pairs, which are no text.
PRINTABLE_PATTERN: Final = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"
UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")

T = TypeVar("T")


class Input(Schema):
    """What a caller sends: an unknown field is an error, because it is a typing error or a wrong hope."""

    class Meta:
        unknown: UnknownOption = RAISE


class Output(Schema):
    """What is answered: every declared field is always there, unless it is declared with ``optional=True``."""

    class Meta:
        unknown: UnknownOption = EXCLUDE

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Document the field as always there."""
        del field_name
        field_obj.required = not field_obj.metadata.get("optional", False)


def _metadata(about: str | None, example: Any, optional: bool) -> dict[str, Any]:
    metadata: dict[str, Any] = {}
    if about is not None:
        metadata["description"] = about
    if example is not None:
        metadata["examples"] = [example]
    if optional:
        metadata["optional"] = True
    return metadata


class _Own(fields.Field[T]):
    """The arguments that every field here has in common: ``about``, ``example`` and, for answers, ``optional``."""

    def __init__(
        self,
        *inner: Any,
        about: str | None = None,
        example: Any = None,
        optional: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(*inner, metadata=_metadata(about, example, optional), **options)


class Whole(_Own[int]):
    """A whole number: ``2445`` or ``2445.0``, never a text or a boolean."""

    default_error_messages = {"invalid": "Expected a whole number.", "null": "May not be null."}  # noqa: RUF012

    def __init__(self, *, min: int = 0, max: int = MAX_INT, validate: Any = (), **options: Any) -> None:  # noqa: A002
        super().__init__(validate=[range_of(min, max), *as_list(validate)], **options)

    def _serialize(self, value: int | None, attr: str | None, obj: Any, **kwargs: Any) -> int | None:
        return value

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if type(value) is int:
            return value
        if type(value) is float and value.is_integer():
            return int(value)
        raise self.make_error("invalid")


class QueryWhole(Whole):
    """A whole number in a query or a path, where everything is text."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,16}", value, re.ASCII):
            return int(value)
        raise self.make_error("invalid")


class Minor(Whole):
    """Money in minor units (cents); the currency is the program's unless a field beside it says so."""

    def __init__(self, *, min: int = 0, max: int = MAX_MONEY_MINOR, **options: Any) -> None:  # noqa: A002
        super().__init__(min=min, max=max, **options)


class Milli(Whole):
    """Points in thousandths of a point."""

    def __init__(self, *, min: int = 0, max: int = MAX_POINTS_MILLI, **options: Any) -> None:  # noqa: A002
        super().__init__(min=min, max=max, **options)


class Bool(_Own[bool]):
    """``true`` or ``false``, and nothing that merely looks like it."""

    default_error_messages = {"invalid": "Expected true or false.", "null": "May not be null."}  # noqa: RUF012

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if value is True or value is False:
            return value
        raise self.make_error("invalid")


class QueryBool(Bool):
    """``true`` or ``false`` in a query."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if value in ("true", "false"):
            return value == "true"
        raise self.make_error("invalid")


class Text(_Own[str]):
    """A text for people, without control characters; ``max`` is its length in characters (200 if not said)."""

    default_error_messages = {  # noqa: RUF012
        "invalid": "Expected a text.",
        "unprintable": "Has a character that is no text (a control character).",
        "null": "May not be null.",
    }

    def __init__(self, *, min: int = 0, max: int = 200, validate: Any = (), **options: Any) -> None:  # noqa: A002
        super().__init__(validate=[length_of(min, max, "characters"), *as_list(validate)], **options)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else str(value)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        if UNPRINTABLE.search(value):
            raise self.make_error("unprintable")
        return value


class Pattern(Text):
    """A text of one shape: ``pattern`` is anchored and means the same in Python and in ECMAScript."""

    def __init__(self, pattern: str, *, expected: str, max: int = 64, min: int = 1, **options: Any) -> None:  # noqa: A002
        python = re.compile(pattern.removesuffix("$") + r"\Z" if pattern.endswith("$") else pattern, re.ASCII)
        super().__init__(min=min, max=max, validate=Shape(python, pattern, expected), **options)


class Key(Pattern):
    """The key of something in the program, the catalog or a feature (``caramel-latte``)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(KEY_PATTERN, expected="a key: lower-case letters, digits, '.', '_', '-'", **options)


class Id(Pattern):
    """An identifier that somebody else made; opaque."""

    def __init__(self, **options: Any) -> None:
        super().__init__(ID_PATTERN, expected="an id: letters, digits, '_', '-'", **options)


class Choice(_Own[str]):
    """One of a few words."""

    default_error_messages = {"invalid": "Expected a text.", "null": "May not be null."}  # noqa: RUF012

    def __init__(self, choices: Iterable[str], **options: Any) -> None:
        words = tuple(choices)
        one_of = validate.OneOf(words, error=f"Expected one of: {', '.join(words)}.")
        super().__init__(validate=one_of, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        return value


class Instant(_Own[datetime]):
    """An instant in RFC 3339 with its offset; read and written in UTC, to the microsecond."""

    default_error_messages = {  # noqa: RUF012
        "invalid": "Expected a time with its offset such as 2026-03-01T09:30:00Z.",
        "null": "May not be null.",
    }
    _shape = re.compile(INSTANT_PATTERN.removesuffix("$") + r"\Z", re.ASCII)

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return rfc3339(value)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        if not isinstance(value, str) or len(value) > 40 or not self._shape.match(value):
            raise self.make_error("invalid")
        try:
            moment = datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise self.make_error("invalid") from error
        if not 2000 <= moment.year <= 2200:
            raise self.make_error("invalid")
        return moment


class Day(_Own[date]):
    """A calendar day, ``2026-03-01``."""

    default_error_messages = {  # noqa: RUF012
        "invalid": "Expected a day such as 2026-03-01.",
        "null": "May not be null.",
    }

    def _serialize(self, value: date | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else value.isoformat()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
            raise self.make_error("invalid")
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise self.make_error("invalid") from error


class Many(_Own[Any], fields.List[Any]):
    """A list of at most ``max`` items."""

    default_error_messages = {"invalid": "Expected a list.", "null": "May not be null."}  # noqa: RUF012

    def __init__(
        self,
        item: fields.Field[Any] | type[Schema] | Schema,
        *,
        max: int,  # noqa: A002
        min: int = 0,  # noqa: A002
        **options: Any,
    ) -> None:
        inner = item if isinstance(item, fields.Field) else fields.Nested(item)
        super().__init__(inner, validate=length_of(min, max, "items"), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        return super()._deserialize(value, attr, data, **kwargs)


class One(_Own[Any], fields.Nested):
    """An object of a schema."""


class Map(_Own[Any], fields.Dict):
    """An object whose keys are data (locales, stores): at most ``max`` of them."""

    default_error_messages = {"invalid": "Expected an object.", "null": "May not be null."}  # noqa: RUF012

    def __init__(
        self,
        values: fields.Field[Any],
        *,
        max: int,  # noqa: A002
        keys: fields.Field[Any] | None = None,
        **options: Any,
    ) -> None:
        limit = MaxProperties(max)
        super().__init__(keys=keys or Text(min=1, max=64), values=values, validate=limit, **options)
        self.metadata = {**self.metadata, "maxProperties": max}


class Document(_Own[Any]):
    """Any JSON value: only where the shape is another document's business (a rule, an explanation)."""


def value_of(holder: Any, name: str) -> Any:
    """Return what an object or mapping holds under a name, or marshmallow's ``missing``."""
    return holder.get(name, missing) if isinstance(holder, Mapping) else getattr(holder, name, missing)
