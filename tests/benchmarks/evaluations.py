"""(b): evaluations per second of the café's program, against three engines that decide the same rules.

The peers decide what the café's rules for purchases decide on this basket: what each line earns at the tier's rate,
what the own cup adds to each line, whether older points live longer. They are asked only for that; ours also prices,
counts limits and explains. Before anything is timed, all four must decide the same for every member.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import celpy
import zen
from celpy.adapter import json_to_cel
from json_logic import jsonLogic

from loyalty import rules
from loyalty.rules.facts import Basket, Line, MemberFacts, Tender
from tests.benchmarks.harness import Report, interleaved, middle, per_second, ratio_of

ROUNDS: Final = 7
_NOW: Final = datetime(2026, 5, 11, 14, 30, tzinfo=UTC)
# Base points of each line, what the own cup adds to each line (nothing: no line), whether old points live longer.
Decided = tuple[list[int], list[int], bool]
_RATES: Final = {"green": 1000, "gold": 1200, "reserve": 1700}
_LINES: Final = (
    Line("1", "latte", 1, 490, options=("medium",), category="espresso"),
    Line("2", "butter-croissant", 2, 310, category="bakery"),
    Line("3", "wine-glass", 1, 900, category="bar", tags=frozenset({"alcohol"})),
    Line("4", "tax", 1, 55, kind="tax"),
)


def evaluations() -> Report:
    """Measure (b)."""
    report = Report("evaluations", "Evaluations of the café's program against other rule engines")
    sides = {"regulars": _ours, "zen-engine": _zen, "json-logic": _json_logic, "cel-python": _cel}
    made = {
        name: [make(tier, cup) for tier in _RATES for cup in (False, True)] for name, make in sides.items()
    }
    expected = [decide() for decide in made["regulars"]]
    for name, decides in made.items():
        found = [decide() for decide in decides]
        if found != expected:
            raise RuntimeError(f"{name} decides {found}, not {expected}")
    values = interleaved({name: _timer(decides) for name, decides in made.items()}, rounds=ROUNDS)
    for name, value in middle(values).items():
        report.row(name, f"{value:,.0f} /s")
    for name in list(sides)[1:]:
        report.claim(f"regulars / {name}", ratio_of(values, "regulars", name), "x", "at least", 1)
    report.note(
        "4 lines, three tiers, with and without an own cup; every engine compiled its rules beforehand."
    )
    return report


def _timer(decides: list[Callable[[], Decided]]) -> Callable[[], float]:
    def all_of_them() -> None:
        for decide in decides:
            decide()

    return lambda: per_second(all_of_them) * len(decides)


def _ours(tier: str, cup: bool) -> Callable[[], Decided]:
    program = rules.compile_program(rules.load_shipped("cafe-stars"))
    member = MemberFacts(tier, _NOW)
    total = sum(line.gross_minor for line in _LINES)
    tags = frozenset({"own-cup"} if cup else ())
    basket = Basket(_LINES, _NOW, "store", "main-street", tenders=(Tender("card", total),), tags=tags)

    def decide() -> Decided:
        said = rules.evaluate(program, basket, member, hints=False)
        stages: dict[str, list[int]] = {}
        for earning in said.earnings:
            shares = dict(earning.by_line)
            stages[earning.stage] = [shares.get(line.id, 0) for line in _LINES]
        return stages["base"], stages.get("multiplier", []), bool(said.extensions)

    return decide


def _facts(tier: str, cup: bool) -> dict[str, Any]:
    """Return the same basket as the peers' documents."""
    return {
        "tier": tier,
        "tags": ["own-cup"] if cup else [],
        "cups_today": 0,
        "active_this_month": 0,
        "lines": [
            {
                "sku": line.sku,
                "kind": line.kind,
                "amount": line.gross_minor,
                "tags": sorted(line.tags),
                "options": list(line.options),
            }
            for line in _LINES
        ],
    }


def _zen(tier: str, cup: bool) -> Callable[[], Decided]:
    rate = "tier == 'reserve' ? 1700 : (tier == 'gold' ? 1200 : 1000)"
    base = f"map(lines, #.kind == 'product' and not ('alcohol' in #.tags) ? #.amount * ({rate}) / 100 : 0)"
    cups = "('own-cup' in tags or some(lines, 'own-cup' in #.options)) and cups_today < 3"
    expressions = [
        {"id": "1", "key": "base", "value": base},
        {"id": "2", "key": "doubled", "value": cups},
        {"id": "3", "key": "extended", "value": "active_this_month < 1"},
    ]
    graph = {
        "nodes": [
            {"id": "in", "name": "in", "type": "inputNode"},
            {"id": "ex", "name": "ex", "type": "expressionNode", "content": {"expressions": expressions}},
            {"id": "out", "name": "out", "type": "outputNode"},
        ],
        "edges": [
            {"id": "e1", "sourceId": "in", "targetId": "ex", "type": "edge"},
            {"id": "e2", "sourceId": "ex", "targetId": "out", "type": "edge"},
        ],
    }
    decision = zen.ZenEngine().create_decision(json.dumps(graph))
    facts = _facts(tier, cup)

    def decide() -> Decided:
        found = decision.evaluate(facts)["result"]
        return found["base"], found["base"] if found["doubled"] else [], found["extended"]

    return decide


def _json_logic(tier: str, cup: bool) -> Callable[[], Decided]:
    earns = {"and": [{"==": [{"var": "kind"}, "product"]}, {"!": {"in": ["alcohol", {"var": "tags"}]}}]}
    by_tier = {
        name: {"map": [{"var": "lines"}, {"if": [earns, {"/": [{"*": [{"var": "amount"}, rate]}, 100]}, 0]}]}
        for name, rate in _RATES.items()
    }
    base = {
        "if": [
            {"==": [{"var": "tier"}, "reserve"]},
            by_tier["reserve"],
            {"==": [{"var": "tier"}, "gold"]},
            by_tier["gold"],
            by_tier["green"],
        ]
    }
    brought = {
        "or": [
            {"in": ["own-cup", {"var": "tags"}]},
            {"some": [{"var": "lines"}, {"in": ["own-cup", {"var": "options"}]}]},
        ]
    }
    cups = {"and": [brought, {"<": [{"var": "cups_today"}, 3]}]}
    extends = {"<": [{"var": "active_this_month"}, 1]}
    facts = _facts(tier, cup)

    def decide() -> Decided:
        points = jsonLogic(base, facts)
        return points, points if jsonLogic(cups, facts) else [], jsonLogic(extends, facts)

    return decide


def _cel(tier: str, cup: bool) -> Callable[[], Decided]:
    rate = "(tier == 'reserve' ? 1700 : (tier == 'gold' ? 1200 : 1000))"
    base = f"lines.map(l, l.kind == 'product' && !('alcohol' in l.tags) ? l.amount * {rate} / 100 : 0)"
    cups = "('own-cup' in tags || lines.exists(l, 'own-cup' in l.options)) && cups_today < 3"
    environment = celpy.Environment()
    compiled = [
        environment.program(environment.compile(text)) for text in (base, cups, "active_this_month < 1")
    ]
    facts = json_to_cel(_facts(tier, cup))

    def decide() -> Decided:
        points, doubled, extended = [program.evaluate(facts) for program in compiled]
        return points, points if doubled else [], bool(extended)

    return decide
