"""Reads a document strictly: every flaw of its shape in one pass, and what is left without the flawed parts."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from marshmallow import ValidationError

from loyalty.errors import Flaw
from loyalty.rules.nearest import nearest
from loyalty.rules.schema.fields import (
    Complaint,
)
from loyalty.rules.schema.program import PROGRAM
from loyalty.rules.schema.shapes import loaded

DEPTH_LIMIT: Final = 60
SIZE_LIMIT: Final = 300_000
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A document as read: its flaws, and its sound parts.

    Without flaws ``sound`` is the whole document, numbers made integers and nulls left out. With flaws the wrong
    values are missing in it, and None stands for a wrong item of a list, so that places in lists stay true.
    """

    flaws: tuple[Flaw, ...]
    sound: dict[str, Any]


def read(document: Any) -> Reading:
    """Read a program document, whatever it is; never raises."""
    flaw = _unreadable(document)
    if flaw is not None:
        return Reading((flaw,), {})
    try:
        return Reading((), loaded(PROGRAM, document))
    except ValidationError as error:
        found = sorted(_complaints(error.messages, ()), key=lambda each: tuple(map(_order, each[0])))
    flaws = tuple(_flaw(path, complaint) for path, complaint in found)
    if not isinstance(document, dict):
        return Reading(flaws, {})
    return Reading(flaws, _without(document, [path for path, _ in found]))


def pointer(path: Path) -> str:
    """Return the JSON pointer of a path (RFC 6901)."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)


def _unreadable(document: Any) -> Flaw | None:
    """Refuse what is too deep or too large to look at, and keys that are no texts (YAML reads ``on`` as true)."""
    level: list[tuple[Path, Any]] = [((), document)]
    count = 0
    for _ in range(DEPTH_LIMIT):
        below: list[tuple[Path, Any]] = []
        for path, value in level:
            if isinstance(value, dict):
                strange = next((key for key in value if not isinstance(key, str)), None)
                if strange is not None:
                    return Flaw(pointer(path), f"expected texts as keys, not {strange!r}", "type")
                below += [((*path, key), each) for key, each in value.items()]
            elif isinstance(value, list):
                below += [((*path, place), each) for place, each in enumerate(value)]
        count += len(below)
        if count > SIZE_LIMIT:
            return Flaw("", f"expected at most {SIZE_LIMIT} values in the whole document", "length")
        if not below:
            return None
        level = below
    return Flaw(pointer(level[0][0]), f"expected at most {DEPTH_LIMIT} levels in the whole document", "depth")


def _complaints(messages: Any, path: Path) -> Iterator[tuple[Path, Complaint]]:
    """Walk marshmallow's tree of messages; ``_schema`` holds what is wrong with the object itself."""
    if isinstance(messages, dict):
        for step, below in messages.items():
            yield from _complaints(below, path if step == "_schema" else (*path, step))
    elif isinstance(messages, list):
        for message in messages:
            yield from _complaints(message, path)
    else:
        yield path, messages if isinstance(messages, Complaint) else Complaint(str(messages))


def _order(step: str | int) -> tuple[int, str]:
    return (step, "") if isinstance(step, int) else (-1, step)


def _flaw(path: Path, complaint: Complaint) -> Flaw:
    guess = nearest(str(path[-1]), complaint.known) if complaint.code == "unknown_key" and path else ""
    return Flaw(pointer(path), f"{complaint}{guess}", complaint.code)


def _without(document: dict[str, Any], paths: Sequence[Path]) -> dict[str, Any]:
    sound = copy.deepcopy(document)
    for path in paths:
        if not path:
            continue
        holder: Any = sound
        for step in path[:-1]:
            holder = _step(holder, step)
        if isinstance(holder, dict):
            holder.pop(path[-1], None)
        elif isinstance(holder, list) and isinstance(path[-1], int):
            holder[path[-1]] = None
    return sound


def _step(holder: Any, step: str | int) -> Any:
    if isinstance(holder, dict):
        return holder.get(step)
    return holder[step] if isinstance(holder, list) and isinstance(step, int) else None
