"""Answers that anybody may read, packed where the browser takes it: pages, style sheets, the program, the catalog.

What a caller has signed in for is never packed: the length of a packed answer tells of what is in it (BREACH).
"""

from __future__ import annotations

import gzip
from typing import Final

from flask import Flask, Response, request

_KINDS: Final = frozenset({"application/json", "image/svg+xml", "text/css", "text/html", "text/javascript"})
_LEAST_BYTES: Final = 1_000
_MOST_BYTES: Final = 1_000_000
_LEVEL: Final = 6


def register(app: Flask) -> None:
    """Pack the public answers of ``app``."""
    app.after_request(_packed)


def _packed(response: Response) -> Response:
    if not _is_public() or response.status_code != 200 or response.mimetype not in _KINDS:
        return response
    if response.is_streamed and not response.direct_passthrough:
        return response
    length = response.content_length or response.calculate_content_length() or 0
    if "Content-Encoding" in response.headers or not _LEAST_BYTES <= length <= _MOST_BYTES:
        return response
    response.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"] <= 0:
        return response
    response.direct_passthrough = False  # a file from the disk is read like any other answer
    response.set_data(gzip.compress(response.get_data(), _LEVEL, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    tag, is_weak = response.get_etag()
    if tag is not None and not is_weak:
        response.set_etag(tag, weak=True)
    return response


def _is_public() -> bool:
    return request.method == "GET" and "Authorization" not in request.headers
