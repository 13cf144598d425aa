"""What a run of scenarios found: a table for people, a document for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from loyalty.scenarios.format import FormatInvalid
from loyalty.scenarios.runner import Failure, Result


def print_result(console: Console, result: Result, *, verbose: bool) -> None:
    """Print one scenario through one door: a line, and a table of what was not as expected."""
    mark = "[green]pass[/]" if result.ok else "[red]FAIL[/]"
    console.print(
        f"{mark}  {result.door:<8} {escape(result.path)}  [dim]{escape(result.name)}[/]", soft_wrap=True
    )
    for failure in result.failures:
        console.print(_table(failure))
    if verbose:
        for note in result.notes:
            console.print(f"      [dim]{escape(note)}[/]", soft_wrap=True)


def _table(failure: Failure) -> Table:
    where = f"step {failure.step} · {failure.at} · {failure.what}" if failure.step else failure.what
    table = Table(
        title=where, title_justify="left", title_style="bold", box=None, pad_edge=True, padding=(0, 2)
    )
    table.add_column("key")
    table.add_column("expected", style="green", overflow="fold")
    table.add_column("got", style="red", overflow="fold")
    for each in failure.differences:
        table.add_row(Text(each.key), Text(each.expected), Text(each.got))
    return table


def print_flaws(console: Console, error: FormatInvalid) -> None:
    """Print what is wrong with a file."""
    console.print(f"[red]INVALID[/]  {escape(error.path)}", soft_wrap=True)
    for flaw in error.flaws:
        line = error.line_of(flaw.pointer)
        where = flaw.pointer or "/" if line is None else f"line {line}, {flaw.pointer or '/'}"
        console.print(f"      {escape(where)}: {escape(flaw.detail)}", soft_wrap=True)


def print_summary(
    console: Console, results: Sequence[Result], invalid: Sequence[FormatInvalid], seconds: float
) -> None:
    """Print how many passed."""
    passed = sum(result.ok for result in results)
    bad = f", {len(invalid)} invalid" if invalid else ""
    style = "green" if passed == len(results) and not invalid else "red"
    console.print(f"[{style}]{passed} passed, {len(results) - passed} failed{bad}[/] in {seconds:.1f} s")


def document(results: Sequence[Result], invalid: Sequence[FormatInvalid]) -> dict[str, Any]:
    """Return everything for programs."""
    return {
        "ok": all(result.ok for result in results) and not invalid,
        "passed": sum(result.ok for result in results),
        "failed": sum(not result.ok for result in results),
        "invalid": [
            {
                "path": error.path,
                "flaws": [
                    {
                        "line": error.line_of(flaw.pointer),
                        "pointer": flaw.pointer,
                        "detail": flaw.detail,
                    }
                    for flaw in error.flaws
                ],
            }
            for error in invalid
        ],
        "results": [_result(result) for result in results],
    }


def _result(result: Result) -> dict[str, Any]:
    return {
        "path": result.path,
        "name": result.name,
        "through": result.door,
        "ok": result.ok,
        "steps": result.steps,
        "seconds": round(result.seconds, 3),
        "notes": result.notes,
        "failures": [
            {
                "step": failure.step,
                "at": failure.at,
                "what": failure.what,
                "differences": [
                    {"key": each.key, "expected": each.expected, "got": each.got}
                    for each in failure.differences
                ],
            }
            for failure in result.failures
        ],
    }
