"""From marshmallow's messages to flaws: a JSON pointer, what was expected, and the nearest name that is known."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, Final

from marshmallow import Schema, fields

from loyalty.errors import Flaw

MAX_FLAWS: Final = 50
_UNKNOWN: Final = "Unknown field."
_MISSING: Final = "Missing data for required field."
_CODES: Final = {_UNKNOWN: "unknown_field", _MISSING: "required"}


def flaws_of(messages: Any, schema: Schema) -> tuple[Flaw, ...]:
    """Return at most ``MAX_FLAWS`` flaws for the messages of a ``ValidationError``, in the order of the input."""
    found: list[Flaw] = []
    for pointer, text, node in _walk(messages, "", schema):
        code = _CODES.get(text, "invalid")
        found.append(Flaw(pointer, _said(text, pointer, node), code))
        if len(found) == MAX_FLAWS:
            break
    return tuple(found)


def _walk(messages: Any, pointer: str, node: Any) -> Iterator[tuple[str, str, Any]]:
    match messages:
        case dict():
            for name, inner in messages.items():
                yield from _step(name, inner, pointer, node)
        case list():
            for text in messages:
                yield from _walk(text, pointer, node)
        case _:
            yield pointer, str(messages), node


def _step(name: Any, inner: Any, pointer: str, node: Any) -> Iterator[tuple[str, str, Any]]:
    if name == "_schema":
        yield from _walk(inner, pointer, node)
    elif isinstance(node, fields.Dict) and isinstance(inner, dict) and inner.keys() <= {"key", "value"}:
        for place, message in inner.items():
            yield from _walk(
                message, _under(pointer, name), node.value_field if place == "value" else node.key_field
            )
    elif _holds_texts(inner) and (schema := _schema_of(node)) is not None and _UNKNOWN in _as_list(inner):
        yield from _walk(inner, _under(pointer, name), schema)
    else:
        yield from _walk(inner, _under(pointer, name), _child(node, name))


def _holds_texts(inner: Any) -> bool:
    return isinstance(inner, (list, str))


def _as_list(inner: Any) -> list[Any]:
    return inner if isinstance(inner, list) else [inner]


def _under(pointer: str, name: Any) -> str:
    return f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}"


def _schema_of(node: Any) -> Schema | None:
    if isinstance(node, fields.Nested):
        return node.schema
    return node if isinstance(node, Schema) else None


def _child(node: Any, name: Any) -> Any:
    if isinstance(node, fields.List):
        return node.inner
    schema = _schema_of(node)
    if schema is None:
        return None
    known = {each.data_key or key: each for key, each in schema.fields.items()}
    return known.get(name)


def _said(text: str, pointer: str, node: Any) -> str:
    if text == _MISSING:
        return "This is required."
    if text != _UNKNOWN or not isinstance(node, Schema):
        return text
    names = [each.data_key or key for key, each in node.fields.items()]
    close = get_close_matches(pointer.rpartition("/")[2], names, n=1)
    return f"There is no such field. Did you mean {close[0]!r}?" if close else "There is no such field."
