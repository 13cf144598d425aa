"""QR pictures of codes: SVG and PNG for pages, cards and receipts, text for a terminal.

Level L with large modules reads best from a screen; print at level Q, which survives a scratch.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from typing import Final, Literal

import qrcode
from qrcode.constants import ERROR_CORRECT_L, ERROR_CORRECT_Q

Use = Literal["screen", "print"]
_LEVELS: Final = {"screen": ERROR_CORRECT_L, "print": ERROR_CORRECT_Q}
_QUIET_MODULES: Final = 4  # ISO/IEC 18004 § 6.3.8

Matrix = Sequence[Sequence[bool]]


def matrix(text: str, *, use: Use = "screen") -> Matrix:
    """Return the modules (true is dark) with the quiet zone around them."""
    code = qrcode.QRCode(error_correction=_LEVELS[use], border=_QUIET_MODULES)
    code.add_data(text)
    code.make(fit=True)
    return [[bool(module) for module in row] for row in code.get_matrix()]


def svg(text: str, *, use: Use = "screen", title: str = "") -> str:
    """Return a standalone SVG: one path, black on white, scales without blur."""
    rows = matrix(text, use=use)
    size = len(rows)
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    label = f"<title>{_escaped(title)}</title>" if title else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges" role="img">'
        f'{label}<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path d="{path}"/></svg>'
    )


def png(text: str, *, use: Use = "screen", module_pixels: int = 8) -> bytes:
    """Return a one-bit PNG (W3C PNG § 11) with ``module_pixels`` pixels to a module."""
    rows = matrix(text, use=use)
    size = len(rows) * module_pixels
    lines = b"".join(_scan_line(row, module_pixels) * module_pixels for row in rows)
    header = struct.pack(">IIBBBBB", size, size, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def terminal(text: str, *, use: Use = "screen") -> str:
    """Return lines of half blocks, dark modules left blank: for terminals with light text on dark."""
    rows = [list(row) for row in matrix(text, use=use)]
    if len(rows) % 2:
        rows.append([True] * len(rows[0]))
    signs = {(False, False): "█", (False, True): "▀", (True, False): "▄", (True, True): " "}
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return "\n".join(
        "".join(signs[pair] for pair in zip(upper, lower, strict=True)) for upper, lower in pairs
    )


def _scan_line(row: Sequence[bool], module_pixels: int) -> bytes:
    bits = "".join(("0" if dark else "1") * module_pixels for dark in row)
    bits += "0" * (-len(bits) % 8)
    return b"\0" + int(bits, 2).to_bytes(len(bits) // 8, "big")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
