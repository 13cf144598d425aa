"""The fingerprint of a draft's lines: by it the server tells that an order is for what the person saw. Pure.

A client computes the same, in any language (TypeScript: ``JSON.stringify`` and the default ``sort``)::

    lines sorted by their id; each is [id, sku, [options, sorted], quantity, note]
    text = JSON of the list of them, without white space, nothing escaped but what JSON must escape
    lines_hash = first 32 characters of the lower-case hexadecimal SHA-256 of the text in UTF-8

Texts are compared by their UTF-16 code units, as ECMAScript does. ``note`` is ``""`` where there is none. One line::

    [["l1","latte",["hot","oat","small"],1,"extra hot"]]  ->  18ca99e8104f6f9232ce0c122f5593c6
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Final

from loyalty.orders.policy import Content

LENGTH: Final = 32


def lines_hash(lines: Iterable[tuple[str, Content]]) -> str:
    """Return the fingerprint of a draft's lines, each given by its id and what it says."""
    canonical = [
        [line_id, content.sku, sorted(content.options, key=_code_units), content.quantity, content.note]
        for line_id, content in sorted(lines, key=lambda line: _code_units(line[0]))
    ]
    text = json.dumps(canonical, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


def _code_units(text: str) -> bytes:
    return text.encode("utf-16-be")
