"""Reads and writes the text of a program file: JSON in UTF-8, stricter than Python's reader and easy to compare."""

from __future__ import annotations

import json
from typing import Any, Final

from loyalty.errors import Flaw
from loyalty.rules.check import ProgramInvalid

SIZE_LIMIT: Final = 8_000_000
WIDTH: Final = 110


def parse_json(text: str) -> Any:
    """Return the value of a JSON text.

    Raise ProgramInvalid where it is no JSON, has a key twice in one object (Python's reader would keep the last one),
    or a number that JSON does not know.
    """
    if len(text) > SIZE_LIMIT:
        raise _flawed("", f"expected at most {SIZE_LIMIT} characters", "length")
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _flawed("", f"expected JSON; {error.msg} at {where}", "json") from None
    except RecursionError:
        raise _flawed("", "expected fewer levels", "depth") from None
    except ValueError as error:
        raise _flawed("", f"expected JSON; {error}", "json") from None


def write_json(document: Any) -> str:
    """Return the text of a document, one short thing a line, so that a line of a diff is one thing."""
    return f"{_written(document, 0)}\n"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            name = next((str(each) for word, each in pairs if word in ("key", "sku")), "")
            raise _flawed(
                "",
                f"expected every key once; {key} is there twice{f' in {name}' if name else ''}",
                "duplicate",
            )
        found[key] = value
    return found


def _no_constant(name: str) -> Any:
    raise _flawed("", f"expected JSON numbers, not {name}", "json")


def _flawed(pointer: str, detail: str, code: str) -> ProgramInvalid:
    return ProgramInvalid(detail, flaws=(Flaw(pointer, detail, code),), count=1, first="/")


def _written(value: Any, indent: int) -> str:
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value or (indent and len(flat) + indent <= WIDTH):
        return flat
    pad = " " * (indent + 2)
    if isinstance(value, dict):
        items = [
            f"{json.dumps(key, ensure_ascii=False)}: {_written(each, indent + 2)}"
            for key, each in value.items()
        ]
    else:
        items = [_written(each, indent + 2) for each in value]
    opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
    inner = ",\n".join(f"{pad}{item}" for item in items)
    return f"{opening}\n{inner}\n{' ' * indent}{closing}"
