"""Pictures of codes are read by somebody else's reader."""

from __future__ import annotations

import struct
import zlib
from xml.etree import ElementTree as ET

import pytest
import zxingcpp

from loyalty.codes import drawing

TEXT = "eyJhbGciOiJFUzI1NiIsImtpZCI6ImFiY2RlZmdoIn0.eyJpYXQiOjE3OTUzNDAwMDAsIm4iOjEyfQ." + "a" * 86


def pixels(png: bytes) -> tuple[int, bytes]:
    """Return the side and the gray pixels of a one-bit PNG."""
    side, _, depth = struct.unpack(">IIB", png[16:25])
    assert depth == 1
    size = struct.unpack(">I", png[33:37])[0]
    lines = zlib.decompress(png[41 : 41 + size])
    stride = 1 + (side + 7) // 8
    rows = (lines[at + 1 : at + stride] for at in range(0, len(lines), stride))
    return side, b"".join(
        bytes(255 if row[x // 8] >> (7 - x % 8) & 1 else 0 for x in range(side)) for row in rows
    )


@pytest.mark.parametrize("use", ["screen", "print"])
def test_a_png_is_read_back(use: drawing.Use) -> None:
    side, gray = pixels(drawing.png(TEXT, use=use, module_pixels=3))
    found = zxingcpp.read_barcodes(memoryview(gray).cast("B", (side, side)))
    assert [each.text for each in found] == [TEXT]


def test_the_terminal_shows_what_is_read_back() -> None:
    rows: list[str] = []
    for line in drawing.terminal(TEXT).splitlines():
        rows += [line.translate(str.maketrans("\u2588\u2580\u2584 ", "1100")),
                 line.translate(str.maketrans("\u2588\u2580\u2584 ", "1010"))]  # fmt: skip
    scale = 4
    gray = b"".join(
        bytes(255 if module == "1" else 0 for module in row for _ in range(scale)) * scale for row in rows
    )
    picture = memoryview(gray).cast("B", (len(rows) * scale, len(rows[0]) * scale))
    assert [each.text for each in zxingcpp.read_barcodes(picture)] == [TEXT]


def test_an_svg_is_one_path_with_a_title() -> None:
    root = ET.fromstring(drawing.svg("7" + "1" * 18, title="Ann's <code> & card"))
    assert [child.tag.rpartition("}")[2] for child in root] == ["title", "path", "path"]
    assert root[0].text == "Ann's <code> & card"


def test_a_number_is_a_version_1_picture() -> None:
    assert len(drawing.matrix("7" + "1" * 18)) == 21 + 8
