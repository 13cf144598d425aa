"""``regulars import``: bring members over from another system."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, TypedDict

import click
from psycopg.errors import UniqueViolation
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from sqlalchemy.orm import Session

from loyalty import members, rules
from loyalty.commands.context import application
from loyalty.commands.import_source import SourceRow, count_rows, rows_of
from loyalty.commands.output import console, json_option, notices, print_json
from loyalty.db import transaction
from loyalty.errors import Flaw
from loyalty.members import ImportContext, MemberRow, MemberSecret
from loyalty.rules import Program

BATCH: Final = 200
SHOWN: Final = 20
# Values that only one row of a file may have.
_UNIQUE: Final = ("external_id", "email", "phone", "card_number")


@dataclass(frozen=True, slots=True)
class Refused:
    """One fault of one row, for the report."""

    line: int
    external_id: str
    column: str
    right: str


@dataclass(slots=True)
class Report:
    """What became of a file's rows."""

    imported: int = 0
    known: int = 0
    refused_rows: int = 0
    refused: list[Refused] = field(default_factory=list[Refused])

    def refuse(self, row: SourceRow, flaws: Iterable[Flaw]) -> None:
        """Note a row that was not imported, with each of its faults."""
        self.refused_rows += 1
        external_id = str(row.cells.get("external_id") or "")
        for flaw in flaws:
            self.refused.append(Refused(row.line, external_id, flaw.pointer[1:], flaw.detail))

    def add(self, other: Report) -> None:
        """Count what became of other rows, in the order of their lines."""
        self.imported += other.imported
        self.known += other.known
        self.refused_rows += other.refused_rows
        self.refused = sorted([*self.refused, *other.refused], key=lambda each: each.line)


class _How(TypedDict):
    source: str
    program: Program
    secret: MemberSecret
    now: datetime


class _Undone(Exception):
    """A dry run's batch is rolled back by raising this."""


@dataclass(slots=True)
class Import:
    """One run over one file. ``take`` imports a batch in one transaction; a run killed in between goes on later."""

    source: str
    context: ImportContext
    secret: MemberSecret
    dry_run: bool
    report: Report = field(default_factory=Report)
    seen: dict[int, int] = field(default_factory=dict[int, int])

    def take(self, rows: list[SourceRow]) -> None:
        """Import rows together in one transaction, or in a dry run only see whether they could be."""
        sound = [row for row in rows if not self._refused(row, row.flaws or self._doubles(row))]
        try:
            self._commit(sound, self._together)
        except UniqueViolation:
            # Somebody joined with one of these addresses at this very moment: find out whose row it is.
            self._commit(sound, self._one_by_one)

    def _commit(self, rows: list[SourceRow], work: Callable[[Session, list[SourceRow]], Report]) -> None:
        """Run ``work`` on the rows that no earlier run imported, commit, and count what became of them."""
        done = Report()
        try:
            with transaction() as session:
                fresh = self._fresh(session, rows, done)
                done.add(work(session, fresh))
                if self.dry_run:
                    raise _Undone
        except _Undone:
            pass
        self.report.add(done)

    def _fresh(self, session: Session, rows: list[SourceRow], done: Report) -> list[SourceRow]:
        prints = {_external_id(row): members.fingerprint(row.cells) for row in rows}
        before = members.imported_before(session, source=self.source, fingerprints=prints)
        fresh: list[SourceRow] = []
        for row in rows:
            external_id = _external_id(row)
            if external_id not in before:
                fresh.append(row)
            elif (refusal := before[external_id]) is None:
                done.known += 1
            else:
                done.refuse(row, refusal.flaws)
        return fresh

    def _together(self, session: Session, fresh: list[SourceRow]) -> Report:
        done = Report()
        read: dict[str, tuple[SourceRow, MemberRow]] = {}
        for row in fresh:
            try:
                found = members.read_row(row.cells, self.context)
                read[found.external_id] = row, found
            except members.RowRefused as refusal:
                done.refuse(row, refusal.flaws)
        refused = members.import_members(session, [found for _, found in read.values()], **self._how)
        for external_id, refusal in refused.items():
            done.refuse(read[external_id][0], refusal.flaws)
        done.imported = len(read) - len(refused)
        return done

    def _one_by_one(self, session: Session, fresh: list[SourceRow]) -> Report:
        done = Report()
        for row in fresh:
            try:
                read = members.read_row(row.cells, self.context)
                with session.begin_nested():
                    members.import_member(session, read, **self._how)
                done.imported += 1
            except members.RowRefused as refusal:
                done.refuse(row, refusal.flaws)
        return done

    @property
    def _how(self) -> _How:
        context = self.context
        return {"source": self.source, "program": context.program, "secret": self.secret, "now": context.now}

    def _refused(self, row: SourceRow, flaws: tuple[Flaw, ...]) -> bool:
        if flaws:
            self.report.refuse(row, flaws)
        return bool(flaws)

    def _doubles(self, row: SourceRow) -> tuple[Flaw, ...]:
        """Return a flaw for each value that an earlier line of the file has."""
        flaws: list[Flaw] = []
        for name in _UNIQUE:
            value = str(row.cells.get(name) or "").strip().lower()
            if not value:
                continue
            digest = blake2b(f"{name}:{value}".encode(), digest_size=8).digest()
            first = self.seen.setdefault(int.from_bytes(digest, "big"), row.line)
            if first != row.line:
                flaws.append(Flaw(f"/{name}", f"Is the same as in line {first}."))
        return tuple(flaws)


def _external_id(row: SourceRow) -> str:
    return str(row.cells.get("external_id") or "").strip()


def run(path: Path, work: Import) -> Report:
    """Import a file batch by batch, with a progress bar on standard error."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=notices, transient=True) as progress:
        task = progress.add_task("checking" if work.dry_run else "importing", total=count_rows(path))
        for batch in _batches(rows_of(path)):
            work.take(batch)
            progress.update(task, completed=batch[-1].line)
    return work.report


def _batches(rows: Iterator[SourceRow]) -> Iterator[list[SourceRow]]:
    batch: list[SourceRow] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _columns_help() -> str:
    width = max(len(name) for name in members.IMPORT_COLUMNS)
    return "\n".join(f"{name:<{width}}  {column.about}" for name, column in members.IMPORT_COLUMNS.items())


@click.group()
def command() -> None:
    """Bring members over from another system."""


@command.command("members", epilog=f"\b\nColumns:\n{_columns_help()}")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check every row against the database and change nothing.")
@click.option("--source", default="import", show_default=True, help="What the old system is called.")
@click.option("--region", help="The country (such as US) of phone numbers that are written without one.")
@click.option(
    "--report",
    "report_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write every refused row to this CSV file.",
)
@json_option
def import_members(
    file: Path, dry_run: bool, source: str, region: str | None, report_file: Path | None, as_json: bool
) -> None:
    """Import the members of FILE (.csv, .json, .jsonl) with old balances, lots and dates.

    A row that cannot be imported is told with its line, its column and what would be right; the others are imported.
    Run it again as often as you like: a row is imported once. Exit status 1 if a row was refused.
    """
    with application() as app:
        now = datetime.now(UTC)
        with transaction() as session:
            program = rules.program_at(session, now)
        secret = members.member_secret(app.extensions["regulars"].settings.secret_key)
        work = Import(source, ImportContext(program, now, region), secret, dry_run)
        report = run(file, work)
    if report_file is not None:
        _write(report_file, report.refused)
    if as_json:
        print_json(_document(report, dry_run=dry_run))
    else:
        _print(report, dry_run=dry_run, report_file=report_file)
    if report.refused_rows:
        raise click.exceptions.Exit(1)


def _document(report: Report, *, dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "imported": report.imported,
        "known": report.known,
        "refused": report.refused_rows,
        "rows": [
            {"line": each.line, "external_id": each.external_id, "column": each.column, "right": each.right}
            for each in report.refused
        ],
    }


def _print(report: Report, *, dry_run: bool, report_file: Path | None) -> None:
    if report.refused:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for heading in ("line", "member", "column", "what would be right"):
            table.add_column(heading, overflow="fold", justify="right" if heading == "line" else "left")
        for each in report.refused[:SHOWN]:
            table.add_row(str(each.line), each.external_id, each.column or "(row)", each.right)
        console.print(table)
        if len(report.refused) > SHOWN:
            where = f"see {report_file}" if report_file else "--report FILE writes all of them"
            console.print(f"… and {len(report.refused) - SHOWN} more: {where}", style="dim")
    verb = "can be imported" if dry_run else "imported"
    console.print(
        f"{report.imported} {verb}, {report.known} were there already, {report.refused_rows} refused"
    )


def _write(path: Path, refused: list[Refused]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["line", "external_id", "column", "what would be right"])
        writer.writerows([each.line, _tame(each.external_id), each.column, each.right] for each in refused)


def _tame(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@") else cell
