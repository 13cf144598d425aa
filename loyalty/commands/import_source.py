"""Read the rows of an import from a CSV, JSON or JSON Lines file, each with the line where it begins."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

import click

from loyalty import members
from loyalty.errors import Flaw

CELL_MAX: Final = 100_000


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row: its first line (or its place in a JSON list), its cells by column, and what is wrong with its shape."""

    line: int
    cells: Mapping[str, Any]
    flaws: tuple[Flaw, ...] = ()


class Unreadable(click.UsageError):
    """The file as a whole is not what it should be."""


def rows_of(path: Path) -> Iterator[SourceRow]:
    """Iterate over the rows of a file; raise ``Unreadable`` for one that cannot be read at all."""
    kinds = {".csv": _csv, ".json": _json, ".jsonl": _json_lines, ".ndjson": _json_lines}
    read = kinds.get(path.suffix.lower())
    if read is None:
        raise Unreadable(f"{path.name}: expected a file ending in {', '.join(kinds)}")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from read(file)
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path.name} is not UTF-8: {error.reason}") from error


def count_rows(path: Path) -> int:
    """Return about how many rows there are, for the progress bar."""
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))


def _csv(file: TextIO) -> Iterator[SourceRow]:
    csv.field_size_limit(CELL_MAX)
    reader = csv.reader(file, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header)
        before = reader.line_num
        for cells in reader:
            line, before = before + 1, reader.line_num
            if any(cell.strip() for cell in cells):
                yield _shaped(line, header, cells)
    except csv.Error as error:
        raise Unreadable(f"line {reader.line_num}: {error}") from error


def _check_header(header: list[str]) -> None:
    flaws = members.unknown_columns(header)
    if twice := sorted({name for name in header if header.count(name) > 1}):
        raise Unreadable(f"line 1: the column {twice[0]} is there twice")
    if flaws:
        said = "; ".join(f"{flaw.pointer[1:] or '(empty)'}: {flaw.detail}" for flaw in flaws)
        raise Unreadable(f"line 1: {said}")
    if "external_id" not in header:
        raise Unreadable(
            "line 1: the column external_id is missing; regulars import members --help lists all"
        )


def _shaped(line: int, header: list[str], cells: list[str]) -> SourceRow:
    flaws: tuple[Flaw, ...] = ()
    if len(cells) != len(header):
        flaws = (Flaw("/", f"Expected {len(header)} cells, found {len(cells)}."),)
    return SourceRow(line, dict(zip(header, cells, strict=False)), flaws)


def _json(file: TextIO) -> Iterator[SourceRow]:
    try:
        found: Any = json.load(file)
    except ValueError as error:
        raise Unreadable(f"not JSON: {error}") from error
    if not isinstance(found, list):
        raise Unreadable("expected a list of objects")
    for place, item in enumerate(found, 1):
        yield _object(place, item)


def _json_lines(file: TextIO) -> Iterator[SourceRow]:
    for line, text in enumerate(file, 1):
        if not text.strip():
            continue
        try:
            yield _object(line, json.loads(text))
        except ValueError as error:
            yield SourceRow(line, {}, (Flaw("/", f"Not JSON: {error}"),))


def _object(line: int, item: Any) -> SourceRow:
    if not isinstance(item, dict):
        return SourceRow(line, {}, (Flaw("/", "Expected an object."),))
    return SourceRow(line, item, members.unknown_columns([str(name) for name in item]))
