"""A condition tree in words: what its fields ask, and how they are compared."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from typing import TYPE_CHECKING, Any, Final

from loyalty.rules import fields
from loyalty.rules.plain.speaker import spaced
from loyalty.rules.plain.vocabulary import (
    CHANNELS,
    FIELDS,
    LINE_KINDS,
    MOMENT_OPERATORS,
    OPERATORS,
    TENDERS,
)

if TYPE_CHECKING:
    from loyalty.rules.fields import Field
    from loyalty.rules.plain.speaker import Speaker

_CHOICES: Final = {**LINE_KINDS, **TENDERS, **CHANNELS}


def condition(speaker: Speaker, tree: Mapping[str, Any] | None) -> str:
    """Return ``if …`` or ``unless …``; nothing where there is no condition."""
    if tree is None:
        return ""
    if "not" in tree:
        return speaker.say("unless", x=_tree(speaker, tree["not"], inside=False))
    return speaker.say("if", x=_tree(speaker, tree, inside=False))


def _tree(speaker: Speaker, tree: Mapping[str, Any], *, inside: bool) -> str:
    if "field" in tree:
        return _comparison(speaker, tree)
    if "not" in tree:
        return speaker.say("not", x=_tree(speaker, tree["not"], inside=False))
    name = "all" if "all" in tree else "any"
    parts = [_tree(speaker, each, inside=len(tree[name]) > 1) for each in tree[name]]
    joined = speaker.both(parts) if name == "all" else speaker.either(parts)
    return f"({joined})" if inside and len(parts) > 1 else joined


def _comparison(speaker: Speaker, leaf: Mapping[str, Any]) -> str:
    found = fields.find(leaf["field"])
    assert found is not None, leaf["field"]
    key, name = field_words(leaf["field"])
    return speaker.pick(
        FIELDS[key], **{"is": _compared(speaker, found, leaf["op"], leaf["value"]), "name": name}
    )


def field_words(field: str) -> tuple[str, str]:
    """Return the key under which a field has its words, and the name after the prefix of a family."""
    if field in FIELDS:
        return field, ""
    prefix = next(each for each in fields.FAMILIES if field.startswith(each))
    return prefix, spaced(field.removeprefix(prefix))


def _compared(speaker: Speaker, field: Field, op: str, value: Any) -> str:
    values = [_value(speaker, field, each) for each in (value if isinstance(value, list) else [value])]
    pair = MOMENT_OPERATORS.get(op, OPERATORS[op]) if field.kind in ("date", "time") else OPERATORS[op]
    return speaker.pick(
        pair, a=values[0], b=values[-1], either=speaker.either(values), both=speaker.both(values)
    )


def _value(speaker: Speaker, field: Field, value: Any) -> str:
    if field.kind == "boolean":
        return speaker.say("yes" if value else "no")
    if field.kind == "money":
        return speaker.money(value)
    if field.kind == "points":
        return speaker.points(value)
    if field.kind == "date":
        return speaker.day(date.fromisoformat(value))
    if field.kind == "time":
        return speaker.clock(time.fromisoformat(value))
    if field.key in ("time.month", "member.birthday_month"):
        return speaker.month(value)
    return speaker.number(value) if field.kind == "integer" else _text(speaker, field, value)


def _text(speaker: Speaker, field: Field, value: str) -> str:
    if field.key == "time.weekday":
        return speaker.weekday(fields.WEEKDAYS.index(value))
    if value in field.choices:
        return speaker.pick(_CHOICES[value])
    named = names_of(speaker, field.refers).get(value) if field.refers else None
    if named is not None:
        return speaker.quoted(speaker.name(named.name))
    return speaker.tag_name(value) if field.key.endswith("tags") else speaker.quoted(spaced(value))


def names_of(speaker: Speaker, list_name: str) -> Mapping[str, Any]:
    """Return the things of one list of the program, by key."""
    return getattr(speaker.program, list_name)
