"""The pictures of a pass: a cup in the brand's color, drawn pixel by pixel, so that no drawing library is needed."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import Final

# On a square of one by one. Each pixel is asked at four places, which smooths the edges.
_PLACES: Final = ((0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75))


@lru_cache(maxsize=32)
def icon(color: str, size: int) -> bytes:
    """Return a square PNG of ``size`` pixels: a white cup on the color, with round corners."""
    ground = bytes.fromhex(color.removeprefix("#"))
    lines = bytearray()
    for y in range(size):
        lines.append(0)
        for x in range(size):
            ground_share, cup_share = (_share(inside, x, y, size) for inside in (_in_square, _in_cup))
            lines += bytes(round(255 * cup_share + part * (1 - cup_share)) for part in ground)
            lines.append(round(255 * ground_share))
    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(lines), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _share(inside: Callable[[float, float], bool], x: int, y: int, size: int) -> float:
    return sum(inside((x + dx) / size, (y + dy) / size) for dx, dy in _PLACES) / len(_PLACES)


def _in_square(x: float, y: float, radius: float = 0.22) -> bool:
    """Tell whether a place is in the square with round corners."""
    dx, dy = max(radius - x, x - 1 + radius, 0), max(radius - y, y - 1 + radius, 0)
    return dx * dx + dy * dy <= radius * radius


def _in_cup(x: float, y: float) -> bool:
    """Tell whether a place is in the cup: a body that narrows, a ring for a handle, a saucer."""
    body = 0.32 <= y <= 0.66 and 0.24 + (y - 0.32) * 0.22 <= x <= 0.64 - (y - 0.32) * 0.22
    far = ((x - 0.65) ** 2 + (y - 0.45) ** 2) ** 0.5
    handle = 0.07 <= far <= 0.12 and x >= 0.6
    saucer = 0.72 <= y <= 0.77 and 0.22 <= x <= 0.7
    return body or handle or saucer


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
