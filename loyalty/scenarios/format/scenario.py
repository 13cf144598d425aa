"""A whole scenario, and the names in it that must mean something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from loyalty.rules.nearest import nearest
from loyalty.scenarios import nouns
from loyalty.scenarios.format.loading import FormatInvalid
from loyalty.scenarios.format.start import COUPONS, MEMBER
from loyalty.scenarios.format.steps import Steps
from loyalty.scenarios.scalars import ANYTHING, KEY, MOMENT, TEXT, Problems
from loyalty.scenarios.shapes import Key, Many, Record, Table

SCENARIO: Final = Record(
    "a scenario",
    {
        "name": Key(TEXT, "What it shows, in one sentence.", ("title",), default=""),
        "about": Key(TEXT, "More about it.", ("description", "note", "comment", "golden")),
        "program": Key(
            ANYTHING,
            "A shipped name (cafe-stars, coffee-chain-2026), a path beside this file, or an object merged over one "
            "(extends names it; cafe-stars if nothing does).",
            default="cafe-stars",
        ),
        "settings": Key(Table(ANYTHING), "Settings of the program to change: the short way.", default={}),
        "store": Key(KEY, "The store where everything happens; the program's first if left out."),
        "start": Key(MOMENT, "When members are as they are below; the first step if left out."),
        "members": Key(Table(MEMBER, as_list=True), "Who there is, and what they have.", default={}),
        "coupons": Key(COUPONS, "Coupon codes in circulation that belong to nobody.", default=()),
        "steps": Key(Steps(), "What happens.", required=True),
        "through": Key(Many(KEY), "The doors it is meant for; all if left out.", ("doors",), default=()),
    },
    lambda **found: found,
)


def read(document: Any, *, path: str) -> nouns.Scenario:
    """Return the scenario that a document says; raise ``FormatInvalid`` with everything that is wrong."""
    problems = Problems()
    found: dict[str, Any] | None = SCENARIO.read(document, (), problems)
    if found is not None:
        _names(found, problems)
    if problems.flaws or found is None:
        raise FormatInvalid(path, tuple(problems.flaws))
    return nouns.Scenario(path=path, **found)


def _names(found: Mapping[str, Any], problems: Problems) -> None:
    """Check that every member who is named exists."""
    members: Mapping[str, Any] = found["members"]
    for step in found["steps"]:
        named: list[str | None] = []
        action = step.action.sale if isinstance(step.action, nouns.Quote) else step.action
        if isinstance(action, nouns.OfferSent):
            named += action.members
        elif isinstance(action, nouns.Merge):
            named += [action.member, action.into]
        elif action is not None:
            named.append(getattr(action, "member", None))
        if step.expect is not None:
            named += step.expect.members
        for name in named:
            if name is not None and name not in members:
                problems.add(("steps", step.number - 1), f"there is no member {name}{nearest(name, members)}")
