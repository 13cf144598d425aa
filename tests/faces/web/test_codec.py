"""The short way of loading and dumping and marshmallow's own agree on everything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError, fields, post_load, validates_schema

from loyalty.web.codec import Unfit, dumper_of, lacking, loader_of
from loyalty.web.fields import Choice, Id, Input, Instant, Many, Map, Milli, Output, Text, Whole
from tests.faces.web.sample import Basket, Cup

NOT_LOADED = object()


class Period(Input):
    first = Whole(required=True)
    last = Whole(required=True)

    @validates_schema
    def in_order(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("first", 0) > data.get("last", 0):
            raise ValidationError("Expected first before last.", "last")


class Named(Input):
    name = Text(max=10, validate=lambda value: value != "admin", allow_none=True)
    period = fields.Nested(Period)
    sizes = Many(Choice(("s", "m")), max=2, load_default=list)
    old_key = Text(data_key="oldKey", attribute="key")

    @post_load
    def wrap(self, data: dict[str, Any], **_: Any) -> tuple[str, dict[str, Any]]:
        return ("named", data)


BASKET, NAMED = Basket(), Named()
LOAD_BASKET, LOAD_NAMED = loader_of(BASKET), loader_of(NAMED)


def by_marshmallow(schema: Schema, data: Any) -> Any:
    try:
        return schema.load(data)
    except ValidationError:
        return NOT_LOADED


def by_us(load: Callable[[Any], Any], data: Any) -> Any:
    try:
        return load(data)
    except Unfit:
        return NOT_LOADED


numbers = st.sampled_from([0, 1, 2, 2.0, 2.5, 99, 100, 10**13, -1, True, None, "1"])
words = st.sampled_from(["latte", "Latte", "", "s", "m", "x" * 300, "bell\x07", "admin", 3, None])
options = st.fixed_dictionaries({}, optional={"key": words, "count": numbers, "other": numbers})
lines = st.fixed_dictionaries(
    {},
    optional={
        "sku": words,
        "quantity": numbers,
        "price_minor": numbers,
        "options": st.lists(options, max_size=4),
    },
)
baskets = st.fixed_dictionaries(
    {},
    optional={
        "lines": st.lists(lines, max_size=6) | words,
        "at": st.sampled_from(["2026-03-02T12:00:00Z", "2026-03-02", None]),
        "day": st.sampled_from(["2026-03-02", "2026-02-30"]),
        "note": words,
        "texts": st.dictionaries(st.sampled_from(["en", "fr", "de"]), words),
        "size": st.sampled_from(["small", "s", None]),
        "gift": st.sampled_from([True, 1, None]),
        "points_milli": numbers,
        "payer": options | st.none(),
        "extra": words,
        "unknown": words,
    },
)
nameds = st.fixed_dictionaries(
    {},
    optional={
        "name": words,
        "period": st.fixed_dictionaries({}, optional={"first": numbers, "last": numbers}),
        "sizes": st.lists(words, max_size=3),
        "oldKey": words,
        "key": words,
    },
)


@settings(max_examples=400, deadline=None)
@given(data=baskets)
def test_a_basket_loads_the_same_both_ways(data: dict[str, Any]) -> None:
    assert by_us(LOAD_BASKET, data) == by_marshmallow(BASKET, data)


@settings(max_examples=300, deadline=None)
@given(data=nameds)
def test_hooks_and_own_validators_count_in_both_ways(data: dict[str, Any]) -> None:
    assert by_us(LOAD_NAMED, data) == by_marshmallow(NAMED, data)


def test_valid_input_takes_the_short_way() -> None:
    """Guards the point of it: a change that makes everything fall back would otherwise go unnoticed."""
    data = {
        "lines": [{"sku": "latte", "quantity": 2.0, "options": [{"key": "oat"}]}],
        "note": "now",
        "gift": True,
    }
    assert loader_of(Basket())(data)["lines"][0] == {
        "sku": "latte",
        "quantity": 2,
        "price_minor": None,
        "options": [{"key": "oat", "count": 1}],
    }


def test_defaults_are_not_shared() -> None:
    load = loader_of(Basket())
    one, other = (load({"lines": [{"sku": "a", "quantity": 1}]}) for _ in range(2))
    assert one["lines"][0]["options"] is not other["lines"][0]["options"]


@dataclass
class Piece:
    sku: str
    at: datetime
    note: str | None = None
    amount: int = 5


class PieceOut(Output):
    sku = Id()
    at = Instant()
    note = Text(allow_none=True)
    amount_milli = Milli(attribute="amount")
    day = fields.Date()


class Receipt(Output):
    pieces = Many(PieceOut, max=9)
    first = fields.Nested(PieceOut, allow_none=True)
    texts = Map(Text(), max=3)
    tags = Many(Text(), max=3)


@pytest.mark.parametrize("as_objects", [True, False])
def test_objects_and_mappings_are_dumped_the_same_both_ways(as_objects: bool) -> None:
    at = datetime(2026, 3, 2, 12, 0, 0, 5, tzinfo=UTC)
    piece: Any = Piece("latte", at)
    if not as_objects:
        piece = {"sku": "latte", "at": at, "note": None, "amount": 7, "day": date(2026, 3, 2), "secret": 1}
    receipt = {"pieces": [piece, piece], "first": None, "texts": {"en": "Hi"}, "tags": ("a", "b"), "more": 1}
    assert dumper_of(Receipt())(receipt) == Receipt().dump(receipt)
    assert "secret" not in str(dumper_of(Receipt())(receipt))


def test_what_a_document_promises_and_an_answer_lacks_is_found() -> None:
    assert lacking(Cup(), {"sku": "latte"}) == ["/at"]
    assert lacking(Cup(), {"sku": "latte", "at": None}) == []
    assert lacking(
        Receipt(), {"pieces": [Piece("x", datetime.now(UTC))], "first": None, "texts": {}, "tags": []}
    ) == ["/pieces/0/day"]
