"""``regulars scenario``: play scenario files through every door, and say what was not as expected."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import click

from loyalty.commands.output import console, json_option, notices, print_json
from loyalty.rules.nearest import nearest
from loyalty.scenarios import (
    ABOUT,
    DOORS,
    FormatInvalid,
    Result,
    Scenario,
    Workshop,
    described,
    json_schema,
    lines_of,
    load,
    play,
)
from loyalty.scenarios import read as read_document
from loyalty.scenarios.report import document, print_flaws, print_result, print_summary

ENDINGS: Final = (".yaml", ".yml")
# A file in a folder that has one of these and no steps is a program that scenarios name.
PROGRAM_KEYS: Final = frozenset({"format", "tiers", "rules", "settings", "extends"})
EXAMPLE: Final = """\
name: a 200 reward pays at most $10
program: cafe-stars          # a shipped program, a file, or an object merged over one
members: {ann: {tier: green, points: 264, wallet: "20.00", birthday: 1990-02-28}}
steps:
  - at: 2026-05-10T09:00     # store-local time: the clock of everything in the step
    sale: {id: s1, member: ann, lines: [{sku: caramel-latte, quantity: 1, price: "11.25"}],
           rewards: [ladder-200], pay: [{wallet: "1.25"}]}
    expect: {discount: "10.00", due: "0.00", earned: "1.25", points: "65.25", tier: green}
  - at: 2026-05-11T10:00
    return: {sale: s1, lines: [{sku: caramel-latte, quantity: 1}]}
    expect: {refund: {wallet: "1.25"}, points: "264.00"}
  - at: 2027-03-01T00:00
    expect: {ann: {points: "0.00"}}
"""
RULES_OF_THE_FORMAT: Final = """\
Amounts and points are numbers or texts of numbers: 25, 11.25, "11.25". Points are exact: "65.25" is not 65.251.

Times are local to the store unless they have an offset: 2026-05-10, 2026-05-10T09:00, 2026-05-10T09:00:00-04:00.

A day at which something ends (tier_until, expires_at) means its end, the midnight after it. The first of a month as
expires_at means its beginning, as programs write it; where a day is expected, both are taken.

program as an object is merged over the one it extends: objects by their keys (null removes one), lists of rules,
rewards, tiers, products, … by key or sku ({key, remove: true} removes one, {replace: […]} replaces a list); if, expiry,
gives and window are replaced whole.

What a basket names as a coupon is a code, or the key of a coupon: then the code that a rule gave to the member, or one
that is made for it.

A return without sale is of goods without their receipt: it names their price.

Goods that the program does not list are added to it where the line says their price.

A sale with uploaded_at, occurred_at or offline goes through the queue of an offline till at every door; a step with
channel always goes through that door; returns and voids happen at the store.

The same sale again under the same id is a retry: it gets the same answer and changes nothing.

After every file the books are audited, whatever it expects.
"""


class FormatCommand(click.Command):
    """A command whose help documents the file format in full, from the tables that read it."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example, the doors, and every key."""
        formatter.write("\nExample:\n\n")
        formatter.write("".join(f"  {line}\n" for line in EXAMPLE.splitlines()))
        with formatter.section("Doors (--through)"):
            formatter.write_dl(list(ABOUT.items()))
        with formatter.section("How it is read"):
            formatter.write_text(RULES_OF_THE_FORMAT)
        for heading, rows in described():
            with formatter.section(heading):
                formatter.write_dl(rows, col_max=16)


@click.command(cls=FormatCommand)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--through",
    default=",".join(DOORS),
    show_default=True,
    metavar="DOORS",
    help="The doors to play through, by comma.",
)
@click.option("--schema", is_flag=True, help="Print the JSON Schema of the format and end.")
@click.option(
    "-v", "--verbose", is_flag=True, help="Say where a door did something another way, or left it out."
)
@json_option
def command(paths: tuple[Path, ...], through: str, schema: bool, verbose: bool, as_json: bool) -> None:
    """Play the scenario files PATH… through the doors of a real server on a fresh database each time.

    PATH is a file or a folder (all *.yaml and *.yml in it and below; what has no steps but rules is a program). A
    diff is printed for each expectation that fails. Exit status 0: everything as expected; 1: something was not;
    2: a file or the command line is wrong.
    """
    if schema:
        print_json(json_schema())
        return
    doors = _doors(through)
    scenarios, invalid = _read(_files(paths))
    for error in invalid if not as_json else ():
        print_flaws(notices, error)
    began = time.monotonic()
    results: list[Result] = []
    for result in _played(scenarios, doors, invalid, as_json=as_json):
        results.append(result)
        if not as_json:
            print_result(console, result, verbose=verbose)
    if as_json:
        print_json(document(results, invalid))
    else:
        print_summary(console, results, invalid, time.monotonic() - began)
    if invalid:
        sys.exit(2)
    sys.exit(0 if all(result.ok for result in results) else 1)


def _doors(through: str) -> list[str]:
    doors = [door.strip() for door in through.split(",") if door.strip()]
    for door in doors:
        if door not in DOORS:
            raise click.BadParameter(
                f"there is no door {door}{nearest(door, DOORS)}; there are {', '.join(DOORS)}",
                param_hint="--through",
            )
    if not doors:
        raise click.BadParameter("name at least one door", param_hint="--through")
    return list(dict.fromkeys(doors))


def _files(paths: Sequence[Path]) -> list[tuple[Path, bool]]:
    """Return the files, and whether each was found in a folder (then it may be something else)."""
    if not paths:
        raise click.UsageError("Name scenario files, or folders of them.")
    found: dict[Path, bool] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted(each for each in path.rglob("*") if each.suffix in ENDINGS and each.is_file())
            if not inside:
                raise click.UsageError(f"There is no scenario in {path}.")
            for each in inside:
                found.setdefault(each, True)
        elif path.exists():
            found[path] = False
        else:
            raise click.UsageError(f"There is no {path}.")
    return list(found.items())


def _read(files: Sequence[tuple[Path, bool]]) -> tuple[list[Scenario], list[FormatInvalid]]:
    scenarios: list[Scenario] = []
    invalid: list[FormatInvalid] = []
    for path, in_folder in files:
        try:
            documents = load(path)
        except FormatInvalid as error:
            invalid.append(error)
            continue
        for number, each in enumerate(documents):
            if in_folder and _is_program(each):
                continue
            try:
                scenarios.append(replace(read_document(each, path=str(path)), document=number))
            except FormatInvalid as error:
                invalid.append(_located(error, number))
    return scenarios, invalid


def _located(error: FormatInvalid, document: int) -> FormatInvalid:
    """Return an error of one document of a file with the lines that it is about."""
    path = Path(error.path)
    if path.suffix in ENDINGS and path.is_file():
        lines = lines_of(path)
        error.lines = lines[document] if document < len(lines) else {}
    return error


def _is_program(value: object) -> bool:
    return isinstance(value, dict) and "steps" not in value and bool(PROGRAM_KEYS & value.keys())


def _played(
    scenarios: Sequence[Scenario], doors: Sequence[str], invalid: list[FormatInvalid], *, as_json: bool
) -> Iterator[Result]:
    """Play everything on a database server of its own; a scenario that its program makes no sense of is invalid."""
    if not scenarios:
        return
    from loyalty.postgres import temporary  # noqa: PLC0415 - a wrong file is told without starting a server

    with (
        tempfile.TemporaryDirectory(prefix="regulars-scenario-") as folder,
        temporary() as server,
        Workshop(server, data_dir=Path(folder)) as workshop,
    ):
        for scenario in scenarios:
            for door in [each for each in doors if not scenario.through or each in scenario.through]:
                began = time.monotonic()
                try:
                    result = play(workshop, scenario, door)
                except FormatInvalid as error:
                    invalid.append(_located(error, scenario.document))
                    if not as_json:
                        print_flaws(notices, error)
                    break
                result.seconds = time.monotonic() - began
                yield result
