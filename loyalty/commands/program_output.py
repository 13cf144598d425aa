"""How ``regulars program`` shows flaws, differences and versions, to people and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import click
from rich.markup import escape

from loyalty import rules
from loyalty.commands.output import console, print_json
from loyalty.errors import Flaw


def summary(program: rules.Program) -> str:
    """Return what is in a program, in numbers."""
    counted = ("tiers", "rules", "rewards", "offers", "coupons", "products", "stores")
    return ", ".join(f"{len(getattr(program, each))} {each}" for each in counted) + "."


def flaw_json(flaw: Flaw) -> dict[str, str]:
    """Return a flaw for programs."""
    return {"pointer": flaw.pointer, "detail": flaw.detail, "code": flaw.code}


def print_flaws(file: str, flaws: Sequence[Flaw], *, err: bool = False) -> None:
    """Print flaws, one a line, and how many there are."""
    for flaw in flaws:
        click.echo(f"{flaw.pointer or '/'}: {flaw.detail}", err=err)
    click.echo(f"{file}: {len(flaws)} flaw{'' if len(flaws) == 1 else 's'}", err=True)


def difference_json(difference: rules.Difference) -> dict[str, Any]:
    """Return a difference for programs."""
    return {
        "pointer": difference.pointer,
        "kind": difference.kind,
        "old": difference.old,
        "new": difference.new,
        "words": difference.words,
    }


_SIGNS: Final = {
    "added": "[green]+[/green]",
    "removed": "[red]-[/red]",
    "changed": "[yellow]~[/yellow]",
    "moved": "[blue]↕[/blue]",
}


def print_differences(differences: Sequence[rules.Difference]) -> None:
    """Print differences, one a line."""
    for each in differences:
        console.print(
            f"{_SIGNS[each.kind]} {escape(each.words)}  [dim]{escape(each.pointer)}[/dim]", soft_wrap=True
        )


def row_json(row: rules.ProgramVersion) -> dict[str, Any]:
    """Return a version for programs, without its document."""
    return {
        "version": row.version,
        "program": row.program,
        "status": row.status,
        "live_from": row.live_from.isoformat() if row.live_from else None,
        "based_on": row.based_on,
        "created_by": row.created_by,
        "created_at": row.created_at.isoformat(),
        "approved_by": row.approved_by,
        "note": row.note,
        "without_notice": row.waived,
        "sha256": row.sha256,
    }


def print_applied(
    row: rules.ProgramVersion,
    before: rules.ProgramVersion | None,
    changes: Sequence[rules.Difference],
    as_json: bool,
) -> None:
    """Print what putting a version into force changed."""
    unchanged = before is not None and before.version == row.version
    if as_json:
        print_json(
            {
                **row_json(row),
                "unchanged": unchanged,
                "differences": [difference_json(each) for each in changes],
            }
        )
        return
    if unchanged:
        console.print(f"Version {row.version} has this very document already; nothing was changed.")
        return
    print_differences(changes)
    verb = "is live" if row.status == "live" else "comes into force"
    console.print(
        f"[bold]Version {row.version}[/bold] of {escape(row.program)} {verb} from {row.live_from:%Y-%m-%d %H:%M} UTC."
    )
