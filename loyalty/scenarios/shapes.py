"""The shapes of values in a scenario file: each reads a value, says what is wrong with it, and describes itself.

A shape reports what is wrong with ``problems.add(path, detail)`` and goes on, so that all errors of a file are told at
once. The JSON Schema and the help are made from the same shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from loyalty.rules.nearest import nearest
from loyalty.scenarios.scalars import JsonSchema, Path, Problems, Scalar


class Shape(Protocol):
    """What a value may be."""

    def read(self, value: Any, path: Path, problems: Problems) -> Any:
        """Return the value as the program wants it, ``None`` where it is wrong."""
        ...

    def schema(self) -> JsonSchema:
        """Return the JSON Schema of what may be written."""
        ...


@dataclass(frozen=True, slots=True)
class Many:
    """A list; a single value is a list of one."""

    item: Shape

    def read(self, value: Any, path: Path, problems: Problems) -> tuple[Any, ...]:
        """Return the items that are right."""
        if value is None:
            return ()
        if not isinstance(value, list | tuple):
            return (self.item.read(value, path, problems),)
        return tuple(self.item.read(each, (*path, place), problems) for place, each in enumerate(value))

    def schema(self) -> JsonSchema:
        """Return the JSON Schema."""
        item = self.item.schema()
        return {"anyOf": [{"type": "array", "items": item}, item]} if item else {}


@dataclass(frozen=True, slots=True)
class Table:
    """An object with free names; ``names`` reads it where it was written as a list of texts."""

    item: Shape
    as_list: bool = False

    def read(self, value: Any, path: Path, problems: Problems) -> dict[str, Any]:
        """Return the entries."""
        if value is None:
            return {}
        if self.as_list and isinstance(value, list):
            value = {str(each): None for each in value}
        if not isinstance(value, Mapping):
            problems.add(path, "expected an object with a name for each entry")
            return {}
        return {str(name): self.item.read(each, (*path, str(name)), problems) for name, each in value.items()}

    def schema(self) -> JsonSchema:
        """Return the JSON Schema."""
        table: JsonSchema = {"type": "object", "additionalProperties": self.item.schema()}
        return {"anyOf": [table, {"type": "array", "items": {"type": "string"}}]} if self.as_list else table


@dataclass(frozen=True, slots=True)
class Key:
    """One key of an object: its shape, what it means, and other names it is understood by."""

    shape: Shape
    about: str
    also: tuple[str, ...] = ()
    required: bool = False
    default: Any = None


@dataclass(frozen=True, slots=True)
class Record:
    """An object with known keys; ``short`` names the key that a bare value stands for.

    ``free`` reads what is under a key that is not in the table (the members of an expectation); else such a key is an
    error that names the nearest known one.
    """

    what: str
    keys: Mapping[str, Key]
    make: Callable[..., Any]
    short: str | None = None
    free: Shape | None = None

    def read(self, value: Any, path: Path, problems: Problems) -> Any:
        """Return the made object, or note what is wrong."""
        if not isinstance(value, Mapping):
            if self.short is None or (value is None and self.keys[self.short].required):
                problems.add(path, f"expected {self.what}: an object with {', '.join(self.keys)}")
                return None
            value = {} if value is None else {self.short: value}
        before = len(problems.flaws)
        given, rest = self._given(value, path, problems)
        found = {name: key.default for name, key in self.keys.items()}
        for name, (spelled, each) in given.items():
            found[name] = self.keys[name].shape.read(each, (*path, spelled), problems)
        for name, key in self.keys.items():
            if key.required and name not in given:
                problems.add(path, f"expected {name} in {self.what}: {key.about}")
        if len(problems.flaws) > before:
            return None
        return self.make(**found, others=rest) if self.free is not None else self.make(**found)

    def _given(
        self, value: Mapping[Any, Any], path: Path, problems: Problems
    ) -> tuple[dict[str, tuple[str, Any]], dict[str, Any]]:
        spellings = {each: name for name, key in self.keys.items() for each in (name, *key.also)}
        given: dict[str, tuple[str, Any]] = {}
        rest: dict[str, Any] = {}
        for spelled, each in value.items():
            name = spellings.get(str(spelled))
            if name is None and self.free is not None and isinstance(each, Mapping):
                rest[str(spelled)] = self.free.read(each, (*path, str(spelled)), problems)
            elif name is None:
                guess = nearest(str(spelled), spellings)
                known = ", ".join(self.keys)
                problems.add((*path, str(spelled)), f"unknown key {spelled}{guess}; {self.what} has {known}")
            elif name in given:
                problems.add((*path, str(spelled)), f"{name} is said twice, also as {given[name][0]}")
            else:
                given[name] = (str(spelled), each)
        return given, rest

    def schema(self) -> JsonSchema:
        """Return the JSON Schema, with every key and its other names."""
        properties: JsonSchema = {}
        for name, key in self.keys.items():
            properties[name] = {"description": key.about, **key.shape.schema()}
            for other in key.also:
                properties[other] = {"description": f"The same as {name}.", **key.shape.schema()}
        record: JsonSchema = {
            "type": "object",
            "properties": properties,
            "additionalProperties": False if self.free is None else self.free.schema(),
        }
        required = [name for name, key in self.keys.items() if key.required and not key.also]
        if required:
            record["required"] = required
        if self.short is None:
            return record
        return {"anyOf": [record, self.keys[self.short].shape.schema(), {"type": "null"}]}


@dataclass(frozen=True, slots=True)
class Either:
    """A value of one of two shapes, told apart by ``first_if``."""

    first_if: Callable[[Any], bool]
    first: Shape
    second: Shape

    def read(self, value: Any, path: Path, problems: Problems) -> Any:
        """Return what the fitting shape reads."""
        return (self.first if self.first_if(value) else self.second).read(value, path, problems)

    def schema(self) -> JsonSchema:
        """Return the JSON Schema."""
        return {"anyOf": [self.first.schema(), self.second.schema()]}


@dataclass(frozen=True, slots=True)
class Maybe:
    """A value, or null for "none"."""

    shape: Shape

    def read(self, value: Any, path: Path, problems: Problems) -> Any:
        """Return the value, ``None`` for null."""
        return None if value is None else self.shape.read(value, path, problems)

    def schema(self) -> JsonSchema:
        """Return the JSON Schema."""
        return {"anyOf": [self.shape.schema(), {"type": "null"}]}


@dataclass(frozen=True, slots=True)
class Pairs:
    """Named values in order: a list of single-key objects, one object, or names alone (their value is ``None``)."""

    names: Scalar
    item: Shape
    what: str

    def read(self, value: Any, path: Path, problems: Problems) -> tuple[tuple[str, Any], ...]:
        """Return (name, value) in the order they were written."""
        parts = value if isinstance(value, list | tuple) else [value]
        found: list[tuple[str, Any]] = []
        for place, part in enumerate(parts):
            here = (*path, place) if isinstance(value, list | tuple) else path
            if part is None:
                continue
            entries: Mapping[Any, Any] = part if isinstance(part, Mapping) else {part: None}
            if isinstance(part, list):
                problems.add(here, f"expected {self.what}")
                continue
            for name, each in entries.items():
                read = None if each is None else self.item.read(each, (*here, str(name)), problems)
                found.append((self.names.read(name, (*here, str(name)), problems), read))
        return tuple(found)

    def schema(self) -> JsonSchema:
        """Return the JSON Schema."""
        known = self.names.schema()
        entry: JsonSchema = {
            "type": "object",
            "propertyNames": known,
            "additionalProperties": {"anyOf": [self.item.schema(), {"type": "null"}]},
        }
        return {"anyOf": [entry, known, {"type": "array", "items": {"anyOf": [entry, known]}}]}
