"""Loading and dumping at the price of plain functions: marshmallow schemas compiled once to closures.

marshmallow looks everything up anew for every field of every item, which for a receipt of thirty lines costs more than
deciding it. ``loader_of`` returns a function that loads **valid** input and raises ``Unfit`` for anything else;
the caller then asks marshmallow itself, so that messages and the meaning of "valid" are marshmallow's alone. What has
no short way here (a hook, a field of another kind) is left to marshmallow. ``tests/faces/web/test_codec.py`` holds
the two ways against each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from marshmallow import RAISE, Schema, ValidationError, fields, missing, validate
from marshmallow.decorators import POST_DUMP, POST_LOAD, PRE_DUMP, PRE_LOAD, VALIDATES, VALIDATES_SCHEMA

from loyalty.clock import rfc3339
from loyalty.web import fields as own
from loyalty.web.validators import Shape

Function = Callable[[Any], Any]
# What marshmallow calls for a value; the very method tells whether a subclass has its own.
_loading: Final = attrgetter("_deserialize")
_dumping: Final = attrgetter("_serialize")
_hooks: Final = attrgetter("_hooks")
_checked: Final = attrgetter("_CHECK_ATTRIBUTE")
_LOAD_HOOKS: Final = (PRE_LOAD, POST_LOAD, VALIDATES, VALIDATES_SCHEMA)
_DUMP_HOOKS: Final = (PRE_DUMP, POST_DUMP)


class Unfit(Exception):
    """The short way does not take this input."""


def loader_of(schema: Schema) -> Function:
    """Return a function that loads valid input as ``schema.load`` does and raises ``Unfit`` otherwise."""
    if schema.many or schema.partial or schema.unknown != RAISE or _has(schema, _LOAD_HOOKS):
        return _asking(schema.load)
    rows = [_load_row(name, field) for name, field in schema.load_fields.items()]

    def load(data: Any) -> dict[str, Any]:
        if type(data) is not dict:
            raise Unfit
        loaded: dict[str, Any] = {}
        known = 0
        for key, name, read, required, default in rows:
            if key in data:
                known += 1
                loaded[name] = read(data[key])
            elif required:
                raise Unfit
            elif default is not missing:
                loaded[name] = default() if callable(default) else default
        if known != len(data):
            raise Unfit
        return loaded

    return load


def dumper_of(schema: Schema) -> Function:
    """Return a function that dumps an object or mapping as ``schema.dump`` does."""
    if schema.many or _has(schema, _DUMP_HOOKS) or type(schema).get_attribute is not Schema.get_attribute:
        return schema.dump
    rows = [_dump_row(name, field) for name, field in schema.dump_fields.items()]

    def dump(value: Any) -> dict[str, Any]:
        dumped: dict[str, Any] = {}
        if isinstance(value, Mapping):
            for key, name, write, default in rows:
                found = value.get(name, default)
                if found is not missing:
                    dumped[key] = None if found is None else write(found)
        else:
            for key, name, write, default in rows:
                found = getattr(value, name, default)
                if found is not missing:
                    dumped[key] = None if found is None else write(found)
        return dumped

    return dump


def _has(schema: Schema, hooks: tuple[str, ...]) -> bool:
    return any(_hooks(schema)[each] for each in hooks)


def _load_row(name: str, field: fields.Field[Any]) -> tuple[str, str, Function, bool, Any]:
    target = field.attribute or name
    if "." in target:
        raise TypeError(f"{name}: an attribute with a dot is not for requests")
    return field.data_key or name, target, _reader(field), field.required, field.load_default


def _reader(field: fields.Field[Any]) -> Function:
    """Return the function that reads one value: its kind's, and then the rest of its validators."""
    make = _READERS.get(_loading(type(field)))
    if make is None or field.pre_load or field.post_load:
        return _asking(field.deserialize)
    read = make(field)
    validators = [each for each in field.validators if type(each) not in _INLINED]
    if not field.allow_none and not validators:
        return read
    return _with_extras(read, validators, field.allow_none)


def _with_extras(read: Function, validators: list[Function], allow_none: bool) -> Function:
    def read_with_extras(value: Any) -> Any:
        if value is None and allow_none:
            return None
        found = read(value)
        try:
            for validator in validators:
                validator(found)
        except ValidationError:
            raise Unfit from None
        return found

    return read_with_extras


def _asking(load: Function) -> Function:
    """Return marshmallow's own way, with its refusal turned into ours."""

    def ask(value: Any) -> Any:
        try:
            return load(value)
        except ValidationError:
            raise Unfit from None

    return ask


def _range_of(field: fields.Field[Any]) -> tuple[int, int]:
    """Return the narrowest range of all range validators."""
    ranges = [each for each in field.validators if isinstance(each, validate.Range)]
    return max(each.min for each in ranges), min(each.max for each in ranges)


def _length_of(field: fields.Field[Any]) -> tuple[int, int]:
    lengths = [each for each in field.validators if isinstance(each, validate.Length)]
    return max(each.min or 0 for each in lengths), min(each.max or 0 for each in lengths)


def _whole(field: fields.Field[Any]) -> Function:
    least, most = _range_of(field)

    def read(value: Any) -> int:
        if type(value) is float and value.is_integer():
            value = int(value)
        if type(value) is not int or not least <= value <= most:
            raise Unfit
        return value

    return read


def _text(field: fields.Field[Any]) -> Function:
    least, most = _length_of(field)
    unprintable = own.UNPRINTABLE.search
    shapes = [each.match for each in field.validators if isinstance(each, Shape)]

    def read(value: Any) -> str:
        if type(value) is not str or not least <= len(value) <= most or unprintable(value):
            raise Unfit
        for shape in shapes:
            if shape(value) is None:
                raise Unfit
        return value

    return read


def _choice(field: fields.Field[Any]) -> Function:
    (one_of,) = (each for each in field.validators if isinstance(each, validate.OneOf))
    words = frozenset(one_of.choices)

    def read(value: Any) -> str:
        if type(value) is not str or value not in words:
            raise Unfit
        return value

    return read


def _bool(_: fields.Field[Any]) -> Function:
    def read(value: Any) -> bool:
        if value is True or value is False:
            return value
        raise Unfit

    return read


def _many(field: fields.Field[Any]) -> Function:
    assert isinstance(field, fields.List)
    least, most = _length_of(field)
    read_item = _reader(field.inner)

    def read(value: Any) -> list[Any]:
        if type(value) is not list or not least <= len(value) <= most:
            raise Unfit
        return [read_item(each) for each in value]

    return read


def _one(field: fields.Field[Any]) -> Function:
    assert isinstance(field, fields.Nested)
    return loader_of(field.schema) if not field.many and field.unknown is None else _asking(field.deserialize)


_READERS: Final[dict[Any, Callable[[fields.Field[Any]], Function]]] = {
    _loading(own.Whole): _whole,
    _loading(own.Text): _text,
    _loading(own.Choice): _choice,
    _loading(own.Bool): _bool,
    _loading(own.Many): _many,
    _loading(fields.Nested): _one,
}
# Validators that the readers above apply themselves.
_INLINED: Final = frozenset({validate.Range, validate.Length, Shape, validate.OneOf})


def _dump_row(name: str, field: fields.Field[Any]) -> tuple[str, str, Function, Any]:
    default = field.dump_default
    if "." in (field.attribute or "") or not _checked(field) or callable(default):
        raise TypeError(f"{name}: a computed field is not for answers; compute it in the route")
    return field.data_key or name, field.attribute or name, _writer(field), default


def _writer(field: fields.Field[Any]) -> Function:
    """Return the function that writes one value that is not None."""
    write = _dumping(type(field))
    if isinstance(field, fields.Nested) and write is _dumping(fields.Nested):
        return _many_written(dumper_of(field.schema)) if field.many else dumper_of(field.schema)
    if isinstance(field, fields.List) and write is _dumping(fields.List):
        return _many_written(_writer(field.inner))
    if simple := _WRITERS.get(write):
        return simple
    return _left_to(field)


def _left_to(field: fields.Field[Any]) -> Function:
    serialize = _dumping(field)
    return lambda value: serialize(value, field.name, None)


def _many_written(write: Function) -> Function:
    return lambda values: [None if each is None else write(each) for each in values]


def _same(value: Any) -> Any:
    return value


def _text_of(value: Any) -> str:
    return value if type(value) is str else str(value)


def _instant_of(value: datetime) -> str:
    return rfc3339(value)


_WRITERS: Final[dict[Any, Function]] = {
    _dumping(fields.Field): _same,
    _dumping(own.Whole): _same,
    _dumping(own.Text): _text_of,
    _dumping(own.Instant): _instant_of,
}


def lacking(schema: Schema, value: Any, pointer: str = "") -> list[str]:
    """Return the pointers of documented members that ``value``, about to be dumped, does not have (for tests)."""
    found: list[str] = []
    for name, field in schema.dump_fields.items():
        here = f"{pointer}/{field.data_key or name}"
        held = own.value_of(value, field.attribute or name)
        if held is missing:
            found += [here] if field.required and field.dump_default is missing else []
        elif isinstance(field, fields.Nested) and held is not None and not field.many:
            found += lacking(field.schema, held, here)
        elif isinstance(field, fields.List) and isinstance(field.inner, fields.Nested):
            for place, each in enumerate(held or ()):
                found += lacking(field.inner.schema, each, f"{here}/{place}")
    return found
