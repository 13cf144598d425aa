"""``python -m tests.benchmarks [name…]``: measure, print, and end with 1 where a promise is not kept."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from dataclasses import asdict
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from tests.benchmarks import machine
from tests.benchmarks.harness import Report, Verdict

# name -> (module:function, what it promises)
BENCHMARKS: Final[dict[str, tuple[str, str]]] = {
    "sales": (
        "sales:against_pgbench",
        "(a) full sales over HTTP: a third of pgbench's, 99 % within 25 ms at half load",
    ),
    "evaluations": ("evaluations:evaluations", "(b) faster than zen-engine, json-logic and cel-python"),
    "replay": ("replay:rewards_log", "(c) replay of the rewards log: at least 5,000 events per second"),
    "size": ("sales:across_sizes", "(d) a million members: at most 1.2 times the time of a thousand"),
    "live": (
        "live:live",
        "(f) another device knows: half within 15 ms, 99 % within 60; (g) 10,000 connected ones in 200 MiB",
    ),
    "page": ("page:page", "(h) the app: 150 kB and 3 s at the first visit on slow 4G, 1 s without a network"),
    "lighthouse": ("lighthouse:lighthouse", "(i) Lighthouse's performance of the first pages: at least 95"),
    "core": ("client:core", "(i) the app's sync core: at most 12 kB gzip, idb with it"),
    "week": ("client:week", "(j) 200 acts after a week offline: at most 5 round trips"),
    "change": ("client:change", "(k) one change made elsewhere: at most 1.5 kB on the wire"),
    "feed": ("feed:pull", "(e) a pull of one change: at most 2 ms, whatever the history"),
}


def main() -> int:
    """Run the named benchmarks (all, if none is named); return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", choices=[[], *BENCHMARKS], metavar="name", help=", ".join(BENCHMARKS)
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of tables")
    arguments = parser.parse_args()
    console = Console(stderr=arguments.json)
    notes = machine.notes()
    console.print(" · ".join(f"{name}: {value}" for name, value in notes.items()), style="dim")
    reports: list[Report] = []
    for name in arguments.names or BENCHMARKS:
        module, _, function = BENCHMARKS[name][0].partition(":")
        with console.status(BENCHMARKS[name][1]):
            reports.append(getattr(importlib.import_module(f"tests.benchmarks.{module}"), function)())
        _show(console, reports[-1])
    if arguments.json:
        json.dump({"machine": notes, "benchmarks": [_plain(each) for each in reports]}, sys.stdout, indent=2)
        print()
    return int(any(not each.met and not each.void for report in reports for each in report.verdicts))


def _show(console: Console, report: Report) -> None:
    table = Table(title=report.title, title_justify="left", show_header=False, min_width=78)
    for name, value in report.rows:
        table.add_row(name, value, "")
    table.add_section()
    for each in report.verdicts:
        target = f"{each.sense} {each.target:.3g} {each.unit}".strip()
        table.add_row(each.claim, f"{each.measured:.3g} {each.unit}".strip(), f"{target}: {_word(each)}")
    console.print(table)
    for note in report.notes:
        console.print(note, style="dim")


def _word(each: Verdict) -> str:
    if each.void:
        return f"[yellow]{each.void}[/]"
    return "[green]met[/]" if each.met else "[red]missed[/]"


def _plain(report: Report) -> dict[str, Any]:
    verdicts = [{**asdict(each), "met": each.met} for each in report.verdicts]
    return {"name": report.name, "rows": dict(report.rows), "verdicts": verdicts, "notes": report.notes}


if __name__ == "__main__":
    sys.exit(main())
