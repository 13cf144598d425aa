"""Pages by cursor: an opaque, signed place to go on from, so that no page is skipped or doubled by what is new."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Sequence
from typing import Any, Final

from marshmallow import Schema, fields

from loyalty.errors import Flaw
from loyalty.web.errors import BadInput
from loyalty.web.fields import Input, Many, Output, Pattern, QueryWhole
from loyalty.web.tokens import derived

PAGE_LIMIT: Final = 200
_TAG_BYTES: Final = 12
_CURSOR_PATTERN: Final = r"^[A-Za-z0-9_-]+$"


class PageQuery(Input):
    """The query of a list: how many, and from where; add filters in a subclass."""

    limit = QueryWhole(min=1, max=PAGE_LIMIT, load_default=50, about="How many at most.")
    cursor = Pattern(
        _CURSOR_PATTERN,
        expected="a cursor as this list gave it",
        max=400,
        load_default=None,
        about="The `next` of the page before.",
    )


class Cursors:
    """Signs and reads cursors. ``scope`` names the list and whose it is: a cursor fits no other."""

    def __init__(self, secret: str) -> None:
        self._key = derived(secret, "cursor")

    def write(self, scope: str, position: Sequence[str | int | None]) -> str:
        """Return the cursor of a position (the sort values of the last item of a page)."""
        payload = json.dumps(list(position), separators=(",", ":"), ensure_ascii=False).encode()
        return base64.urlsafe_b64encode(self._tag(scope, payload) + payload).decode().rstrip("=")

    def read(self, scope: str, cursor: str | None) -> list[Any] | None:
        """Return the position, None without a cursor; raise ``BadInput`` for one that is not of this list."""
        if cursor is None:
            return None
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except ValueError:
            raw = b""
        tag, payload = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
        if not payload or not hmac.compare_digest(tag, self._tag(scope, payload)):
            raise BadInput("query", (Flaw("/cursor", "This cursor is not of this list.", "cursor_invalid"),))
        return json.loads(payload)

    def _tag(self, scope: str, payload: bytes) -> bytes:
        return hmac.digest(self._key, scope.encode() + b"\0" + payload, "sha256")[:_TAG_BYTES]


def page_of(item: type[Schema], *, of: int = PAGE_LIMIT) -> type[Output]:
    """Return the schema of a page of ``item``: ``{"items": [...], "next": cursor or null}``."""
    name = f"{item.__name__.removesuffix('Schema')}Page"
    members: dict[str, fields.Field[Any]] = {
        "items": Many(item, max=of),
        "next": Pattern(
            _CURSOR_PATTERN,
            expected="a cursor",
            max=400,
            allow_none=True,
            about="Where the next page begins.",
        ),
    }
    return type(name, (Output,), dict(members))
