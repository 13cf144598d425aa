"""``regulars program``: check, compare, apply, take back and export the program."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import click
from rich.markup import escape
from rich.table import Table
from sqlalchemy.orm import Session

from loyalty import rules
from loyalty.actor import SYSTEM
from loyalty.commands.context import application
from loyalty.commands.output import console, json_option, print_json
from loyalty.commands.program_output import (
    difference_json,
    flaw_json,
    print_applied,
    print_differences,
    print_flaws,
    row_json,
    summary,
)
from loyalty.db import snapshot, transaction

FILE_HELP: Final = (
    "FILE is a path, - for standard input, or a shipped program: cafe-stars, coffee-chain-2026."
)


@click.group()
def command() -> None:
    """Check, compare, apply, take back and export the program: its rules, rewards, offers and goods."""


@command.command(epilog=FILE_HELP)
@click.argument("file")
@json_option
def check(file: str, as_json: bool) -> None:
    """Say everything that is wrong with FILE: where (a JSON pointer), what was expected, the nearest known key.

    Exit status 1 if anything is.
    """
    try:
        document = _document(file)
        flaws = rules.check(document)
    except rules.ProgramInvalid as error:
        document, flaws = {}, error.flaws
    if as_json:
        print_json({"valid": not flaws, "flaws": [flaw_json(each) for each in flaws]})
    elif flaws:
        print_flaws(file, flaws)
    else:
        console.print(f"{escape(file)}: no flaws. {summary(rules.compile_program(document))}", soft_wrap=True)
    sys.exit(1 if flaws else 0)


@command.command(epilog=FILE_HELP)
@click.argument("file")
@click.option(
    "--from", "live_from", metavar="TIME", help="When it comes into force: 2026-04-01T06:00, program's zone."
)
@click.option("--note", default="", help="Why, for those who read the list of versions.")
@click.option(
    "--without-notice", metavar="REASON", help="Put dearer rewards into force without the promised notice."
)
@json_option
def apply(file: str, live_from: str | None, note: str, without_notice: str | None, as_json: bool) -> None:
    """Put FILE into force as a new version, now or at a time to come, and say what changes.

    A version that would shorten the life of points already earned is always refused. One that makes a reward dearer
    needs the notice that the program promises (notice_days), or --without-notice and a reason, which is kept.
    """
    document = _checked(file)
    now = datetime.now(UTC)
    starts = _instant(live_from, document)
    with application(), transaction() as session:
        before = _in_force(session, starts or now)
        version = rules.apply(
            session,
            document,
            actor=SYSTEM,
            live_from=starts,
            note=note,
            without_notice=without_notice,
            now=now,
        )
        row = rules.get_version(session, version)
        changes = rules.diff(before.document, row.document) if before else ()
        print_applied(row, before, changes, as_json)


@command.command(epilog=FILE_HELP)
@click.argument("file")
@click.argument("other", required=False)
@json_option
def diff(file: str, other: str | None, as_json: bool) -> None:
    """Say field by field what is different between FILE and OTHER; without OTHER, between what is in force and FILE.

    Instead of a file, a number names a version. Exit status 1 if there are differences.
    """
    if other is not None and not (file.isdigit() or other.isdigit()):
        differences = rules.diff(_sound(file), _sound(other))
    else:
        with application(), snapshot() as session:
            old = _version_document(session, None) if other is None else _either(session, file)
            differences = rules.diff(old, _either(session, file if other is None else other))
    if as_json:
        print_json([difference_json(each) for each in differences])
    elif differences:
        print_differences(differences)
    else:
        console.print("No differences.")
    sys.exit(1 if differences else 0)


@command.command()
@click.argument("file", required=False, default="-")
@click.option("--version", type=int, help="The version to export; the one in force where nothing is said.")
def export(file: str, version: int | None) -> None:
    """Write the program in force to FILE, or to standard output: to edit, compare and apply again.

    The name of a shipped program instead of FILE prints that one, to start an own program from.
    """
    if file in rules.SHIPPED:
        _deliver(rules.write_json(rules.load_shipped(file)), "-")
        return
    with application(), snapshot() as session:
        text = rules.write_json(rules.ordered(_version_document(session, version)))
    _deliver(text, file)


@command.command()
@click.argument("file", required=False, default="-")
def schema(file: str) -> None:
    """Write the JSON Schema (draft 2020-12) of program files to FILE, or to standard output.

    Editors check against it while you type: name it under "$schema" in the program file.
    """
    _deliver(rules.write_json(rules.json_schema()), file)


@command.command("list")
@json_option
def list_versions(as_json: bool) -> None:
    """List the versions, the newest first."""
    with application(), transaction() as session:
        rules.refresh(session, now=datetime.now(UTC))
        rows = [row_json(each) for each in rules.list_versions(session)]
    if as_json:
        print_json(rows)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("version", "program", "status", "live from", "by", "note"):
        table.add_column(heading)
    for row in rows:
        note = row["note"] + (f" (without notice: {row['without_notice']})" if row["without_notice"] else "")
        table.add_row(
            str(row["version"]),
            row["program"],
            row["status"],
            f"{row['live_from'] or '-':.16}",
            row["created_by"],
            escape(note),
        )
    console.print(table if rows else "There is no version yet: regulars program apply cafe-stars")


@command.command()
@click.argument("version", type=int)
@click.option("--note", default="", help="Why.")
@click.option("--without-notice", metavar="REASON", help="As for apply.")
@json_option
def rollback(version: int, note: str, without_notice: str | None, as_json: bool) -> None:
    """Put VERSION back into force, as a new version."""
    now = datetime.now(UTC)
    with application(), transaction() as session:
        before = _in_force(session, now)
        made = rules.rollback(
            session, version, actor=SYSTEM, note=note, without_notice=without_notice, now=now
        )
        row = rules.get_version(session, made)
        print_applied(row, before, rules.diff(before.document, row.document) if before else (), as_json)


def _text(file: str) -> str | None:
    """Return the text that FILE names; None for a shipped program."""
    if file == "-":
        return _decoded(file, sys.stdin.buffer.read())
    path = Path(file)
    if path.is_file():
        try:
            return _decoded(file, path.read_bytes())
        except OSError as error:
            raise click.BadParameter(f"{file} cannot be read: {error.strerror}") from None
    if file in rules.SHIPPED:
        return None
    raise click.BadParameter(
        f"There is no file {file}, and no shipped program of that name ({', '.join(rules.SHIPPED)})."
    )


def _decoded(file: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise click.BadParameter(f"{file} is not UTF-8 text") from None


def _document(file: str) -> Any:
    text = _text(file)
    return rules.load_shipped(file) if text is None else rules.parse_json(text)


def _checked(file: str) -> Any:
    """Return a document without flaws, or print them and end with status 1."""
    try:
        document = _document(file)
        rules.compile_program(document)
    except rules.ProgramInvalid as error:
        print_flaws(file, error.flaws, err=True)
        sys.exit(1)
    return document


def _sound(file: str) -> dict[str, Any]:
    return rules.normalized(_checked(file))


def _either(session: Session, name: str) -> dict[str, Any]:
    return _version_document(session, int(name)) if name.isdigit() else _sound(name)


def _in_force(session: Session, at: datetime) -> rules.ProgramVersion | None:
    try:
        return rules.get_version(session, rules.version_at(session, at))
    except rules.NoProgram:
        return None


def _version_document(session: Session, version: int | None) -> dict[str, Any]:
    number = rules.version_at(session, datetime.now(UTC)) if version is None else version
    return dict(rules.get_version(session, number).document)


def _instant(text: str | None, document: dict[str, Any]) -> datetime | None:
    """Read a time that may lack its zone: then it is the program's."""
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            f"expected a time like 2026-04-01T06:00, not {text}", param_hint="--from"
        ) from None
    return (read if read.tzinfo else read.replace(tzinfo=ZoneInfo(document["timezone"]))).astimezone(UTC)


def _deliver(text: str, file: str) -> None:
    if file == "-":
        click.echo(text, nl=False)
        return
    try:
        Path(file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.BadParameter(f"{file} cannot be written: {error.strerror}") from None
    console.print(f"Written to {escape(file)}.")
