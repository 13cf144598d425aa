"""The published JSON Schema and the reader are the same format."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from loyalty import rules
from loyalty.rules.schema import read

VALIDATOR = Draft202012Validator(rules.json_schema())
VALUES: list[Any] = [
    None, "x", "", -1, 0, 1.5, 2.0, True, [], {}, [None], ["a", "a"], {"a": 1}, "1", 10**13, "2026-02-30", "2026-03-10",
    "purchase", {"not": {"field": "channel", "op": "=", "value": "app"}}, {"earn": {}}, {"hours": 3}, "inherit",
    {"kind": "days"}, {"op": "+", "args": [1, "1/2", {"field": "x"}]}, {"en": "x"}, "a b", "é" * 300,
]  # fmt: skip


def shortened(name: str) -> dict[str, Any]:
    """Return a shipped program with one product and one group, so that validating it is quick."""
    document = rules.load_shipped(name)
    return {**document, "products": document["products"][:2], "option_groups": document["option_groups"][:1]}


def objects(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(schema, dict):
        if "properties" in schema:
            yield path, schema
        for key, value in schema.items():
            yield from objects(value, f"{path}/{key}")
    elif isinstance(schema, list):
        for place, value in enumerate(schema):
            yield from objects(value, f"{path}/{place}")


KEYS = sorted({key for _, schema in objects(VALIDATOR.schema) for key in schema["properties"]})


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for key, inner in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield (*path, key)
        yield from places(inner, (*path, key))


def mutated(document: dict[str, Any], chance: random.Random) -> tuple[dict[str, Any], tuple[Any, ...]]:
    """Return the document with one thing in it removed, renamed, added or replaced."""
    found = copy.deepcopy(document)
    path = chance.choice(list(places(found)))
    holder: Any = found
    for step in path[:-1]:
        holder = holder[step]
    last, way = path[-1], chance.randrange(4)
    if way == 0:
        del holder[last]
    elif way == 1 and isinstance(holder[last], dict):
        holder[last][chance.choice(KEYS)] = copy.deepcopy(chance.choice(VALUES))
    elif way == 2 and isinstance(holder, dict):
        holder[f"{last}x"] = holder.pop(last)
    else:
        holder[last] = copy.deepcopy(chance.choice(VALUES))
    return found, path


def test_it_is_a_valid_schema_of_draft_2020_12() -> None:
    Draft202012Validator.check_schema(rules.json_schema())
    assert rules.json_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_key_has_a_description_and_no_object_takes_unknown_keys() -> None:
    found = list(objects(rules.json_schema()))
    assert len(found) > 40
    for path, schema in found:
        if not path.endswith(("/oneOf/0", "/oneOf/1", "/oneOf/2")):
            assert schema["additionalProperties"] is False, path
        for key, value in schema["properties"].items():
            assert value.get("description"), f"{path}/{key}"


@pytest.mark.parametrize("name", rules.SHIPPED)
def test_the_shipped_programs_are_valid(name: str) -> None:
    assert list(VALIDATOR.iter_errors(rules.load_shipped(name))) == []


def test_every_definition_is_used() -> None:
    text = rules.write_json(rules.json_schema())
    for name in rules.json_schema()["$defs"]:
        assert f'"#/$defs/{name}"' in text, name


@pytest.mark.parametrize("seed", range(6))
def test_schema_and_check_agree_on_mutated_documents(seed: int) -> None:
    chance = random.Random(seed)
    document = shortened(rules.SHIPPED[seed % 2])
    verdicts: set[bool] = set()
    for _ in range(25):
        changed, path = mutated(document, chance)
        valid = VALIDATOR.is_valid(changed)
        flaws = read(changed).flaws
        assert valid == (not flaws), (path, flaws, valid)
        assert valid or rules.check(changed)
        verdicts.add(valid)
    assert verdicts == {True, False}


def test_two_mutations_at_once_are_both_found() -> None:
    document = shortened("cafe-stars")
    document["rules"][0]["whn"] = document["rules"][0].pop("when")
    document["products"][1]["price_minor"] = "4.00"
    document["offers"][0]["challenge"]["target"] = 0
    pointers = {flaw.pointer for flaw in rules.check(document)}
    assert pointers >= {
        "/rules/0/whn",
        "/rules/0/when",
        "/products/1/price_minor",
        "/offers/0/challenge/target",
    }
