"""Entity tags: a phone that polls is told "as before" without the answer being made again."""

from __future__ import annotations

import hashlib

from flask import request


def tag_of(*parts: str | int | None) -> str:
    """Return a weak entity tag of what the answer depends on (a version, a language, a day)."""
    digest = hashlib.blake2b(
        "\0".join("" if each is None else str(each) for each in parts).encode(), digest_size=12
    )
    return f'W/"{digest.hexdigest()}"'


def is_current(tag: str) -> bool:
    """Tell whether the caller already has what ``tag`` names (``If-None-Match``, compared weakly)."""
    return request.if_none_match.contains_weak(tag.removeprefix("W/").strip('"'))
