"""The format for readers: a JSON Schema, and the tables as text for ``--help``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from loyalty.scenarios.format.baskets import LINE, RETURN, SALE
from loyalty.scenarios.format.expectations import EXPECT
from loyalty.scenarios.format.scenario import SCENARIO
from loyalty.scenarios.format.start import MEMBER
from loyalty.scenarios.format.steps import AROUND, VERBS
from loyalty.scenarios.shapes import Key

SCHEMA_ID: Final = "https://regulars.example/schemas/scenario.schema.json"


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a scenario."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "A Regulars scenario",
        **SCENARIO.schema(),
    }


def described() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield the sections of the format: a heading, and (key, what it means)."""
    yield "A file", _rows(SCENARIO.keys)
    yield "A member", _rows(MEMBER.keys)
    yield "A step", _rows({**AROUND, **VERBS})
    yield "A sale or quote", _rows(SALE.keys)
    yield "A line", _rows(LINE.keys)
    yield "A return", _rows(RETURN.keys)
    yield "An expectation (or, by a member's name, what is expected of them)", _rows(EXPECT.keys)


def _rows(keys: Any) -> list[tuple[str, str]]:
    return [(name, key.about) for name, key in keys.items() if isinstance(key, Key)]
