"""``make bench``: run the benchmarks, print medians, ratios and whether each promise is kept; exit 1 if one is not."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final

from rich.console import Console
from rich.table import Table

from tests.benchmarks import evaluation
from tests.benchmarks.harness import Report
from tests.benchmarks.machine import notes

BENCHMARKS: Final[dict[str, Callable[[], Report]]] = {"evaluation": evaluation.run}
console = Console()


def show(report: Report) -> bool:
    """Print a report and tell whether all its promises are kept."""
    table = Table(title=report.title, title_justify="left")
    table.add_column("what")
    table.add_column("measured", justify="right")
    for name, value in report.rows:
        table.add_row(name, value)
    for each in report.verdicts:
        kept = "kept" if each.met else "NOT KEPT"
        table.add_row(
            each.claim, f"{each.measured:.2f} {each.unit} ({each.sense} {each.target:g}): {each.void or kept}"
        )
    console.print(table)
    for text in report.notes:
        console.print(f"[dim]{text}[/dim]")
    return all(each.met or each.void for each in report.verdicts)


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        console.print(f"There is no benchmark {unknown[0]}; there are: {', '.join(BENCHMARKS)}.")
        return 2
    for name, value in notes().items():
        console.print(f"[dim]{name}: {value}[/dim]")
    kept = [show(BENCHMARKS[name]()) for name in names or BENCHMARKS]
    return 0 if all(kept) else 1


sys.exit(main(sys.argv[1:]))
