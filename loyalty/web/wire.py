"""JSON as it travels: read strictly, written compactly.

Reading refuses what two readers could understand differently (a doubled name, ``NaN``), what PostgreSQL cannot
keep (the NUL character, half a surrogate pair) and what is deeper than any request of ours.
"""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from loyalty.clock import rfc3339
from loyalty.errors import Flaw, Invalid
from loyalty.jsontext import dumps

MAX_DEPTH: Final = 24
MAX_NUMBER_CHARACTERS: Final = 32
_SUSPECT: Final = re.compile("[\x00\ud800-\udfff]")


class Malformed(Invalid):
    """The request cannot be read at all."""

    code = "malformed"
    text = "The request could not be read."


def read(raw: bytes) -> Any:
    """Parse a JSON text; raise ``Malformed`` with what is wrong and where."""
    try:
        value = _decode(raw.decode())
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Malformed(f"The body is not JSON: {error.msg.lower()} at {where}.") from None
    except UnicodeDecodeError:
        raise Malformed("The body is not UTF-8.") from None
    except RecursionError:
        raise Malformed(f"The body is nested deeper than {MAX_DEPTH} levels.") from None
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH:
        _check_depth(value)
    if b"\\u" in raw:
        _check_characters(value)
    return value


def write(value: Any) -> str:
    """Return compact JSON; instants in RFC 3339, decimals as texts."""
    return dumps(value, _plain)


def pretty(value: Any) -> str:
    """Return indented JSON for people."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=_plain)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        doubled = next(name for name in names if names.count(name) > 1)
        raise Malformed(f"The body has the name {doubled[:64]!r} twice in one object.")
    return found


def _no_constant(name: str) -> Any:
    raise Malformed(f"The body is not JSON: {name} is no number.")


def _integer(digits: str) -> int:
    if len(digits) > MAX_NUMBER_CHARACTERS:
        raise Malformed(f"The body has a number of more than {MAX_NUMBER_CHARACTERS} characters.")
    return int(digits)


def _real(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise Malformed("The body has a number that is too large.")
    return value


def _check_depth(value: Any) -> None:
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            child
            for each in level
            if isinstance(each, (dict, list))
            for child in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return
    raise Malformed(f"The body is nested deeper than {MAX_DEPTH} levels.")


def _check_characters(value: Any) -> None:
    """Refuse NUL and half surrogate pairs, which only an escape can bring into valid UTF-8."""
    found: list[tuple[str, Any]] = [("", value)]
    while found:
        pointer, each = found.pop()
        match each:
            case str() if _SUSPECT.search(each):
                raise Malformed(flaws=(Flaw(pointer, "Has a character that is no text.", "unprintable"),))
            case dict():
                found.extend((f"{pointer}/{_escaped(name)}", child) for name, child in each.items())
                found.extend((pointer, name) for name in each)
            case list():
                found.extend((f"{pointer}/{place}", child) for place, child in enumerate(each))
            case _:
                pass


def _escaped(name: str) -> str:
    return _SUSPECT.sub("�", name).replace("~", "~0").replace("/", "~1")


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return rfc3339(value)
        case date():
            return value.isoformat()
        case Decimal():
            return str(value)
        case frozenset() | set():
            return sorted(value)
        case tuple():
            return list(value)
        case _:
            raise TypeError(f"{type(value).__name__} is no JSON")


# Made once: ``json.loads`` would make it for every call.
_decode: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_no_constant, parse_int=_integer, parse_float=_real
).decode
