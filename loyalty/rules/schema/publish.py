"""Publishes the format as a JSON Schema (draft 2020-12), made from the very schemas that read documents."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from loyalty.rules.schema.effects import FORMULA_JSON
from loyalty.rules.schema.fields import (
    Part,
)
from loyalty.rules.schema.parts import COMPARISON, CONDITION_JSON
from loyalty.rules.schema.program import PROGRAM
from loyalty.rules.schema.shapes import (
    Either,
    Inside,
    Listing,
    Strict,
    Table,
    Tagged,
)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a program document; every key has a description."""
    return dict(_published())


@lru_cache(maxsize=1)
def _published() -> dict[str, Any]:
    definitions: dict[str, Any] = {
        "Condition": CONDITION_JSON,
        "Formula": FORMULA_JSON,
        "Comparison": COMPARISON.json(),
    }
    _define(PROGRAM, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Regulars program",
        **PROGRAM.json(),
        "$defs": dict(sorted(definitions.items())),
    }


def _define(schema: Strict, definitions: dict[str, Any]) -> None:
    """Add the schema of every object below this one under its name."""
    for field in schema.fields.values():
        assert isinstance(field, Part)
        for inner in _objects(field):
            name = type(inner).__name__
            if name not in definitions:
                definitions[name] = inner.json()
                _define(inner, definitions)


def _objects(part: Part) -> Iterator[Strict]:
    if isinstance(part, Inside):
        yield part.schema
    for inner in _within(part):
        yield from _objects(inner)


def _within(part: Part) -> tuple[Part, ...]:
    if isinstance(part, Listing | Table):
        return (part.item,)
    if isinstance(part, Either | Tagged):
        return tuple(part.kinds.values())
    return ()
