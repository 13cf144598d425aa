"""(b): evaluations per second of the café's program, against three engines that decide the same rules.

The peers decide what the café's earning rules decide on this basket: which lines earn, the tier's rate, whether the
own cup doubles the order. They are asked only for that; ours also prices, splits over lines, counts limits, moves
lots and explains. Before anything is timed, all four must give the same points for every member.
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


def _timer(decides: list[Callable[[], int]]) -> Callable[[], float]:
    def all_of_them() -> None:
        for decide in decides:
            decide()

    return lambda: per_second(all_of_them) * len(decides)


def _ours(tier: str, cup: bool) -> Callable[[], int]:
    program = rules.compile_program(rules.load_shipped("cafe-stars"))
    member = MemberFacts(tier, _NOW)
    total = sum(line.gross_minor for line in _LINES)
    tags = frozenset({"own-cup"} if cup else ())
    basket = Basket(_LINES, _NOW, "store", "main-street", tenders=(Tender("card", total),), tags=tags)
    return lambda: rules.evaluate(program, basket, member, hints=False).earned_milli


def _facts(tier: str, cup: bool) -> dict[str, Any]:
    """Return the same basket as the peers' documents."""
    return {
        "tier": tier,
        "tags": ["own-cup"] if cup else [],
        "cups_today": 0,
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


_ZEN_ELIGIBLE: Final = "sum(map(filter(lines, #.kind == 'product' and not ('alcohol' in #.tags)), #.amount))"


def _zen(tier: str, cup: bool) -> Callable[[], int]:
    rate = "tier == 'reserve' ? 1700 : (tier == 'gold' ? 1200 : 1000)"
    cups = "('own-cup' in tags or some(lines, 'own-cup' in #.options)) and cups_today < 3 ? 2 : 1"
    expressions = [
        {"id": "1", "key": "eligible", "value": _ZEN_ELIGIBLE},
        {"id": "2", "key": "rate", "value": rate},
        {"id": "3", "key": "factor", "value": cups},
        {"id": "4", "key": "points", "value": "$.eligible * $.rate / 100 * $.factor"},
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
    return lambda: round(decision.evaluate(facts)["result"]["points"])


def _json_logic(tier: str, cup: bool) -> Callable[[], int]:
    earns = {"and": [{"==": [{"var": "kind"}, "product"]}, {"!": {"in": ["alcohol", {"var": "tags"}]}}]}
    eligible = {
        "reduce": [
            {"filter": [{"var": "lines"}, earns]},
            {"+": [{"var": "accumulator"}, {"var": "current.amount"}]},
            0,
        ]
    }
    rate = {"if": [{"==": [{"var": "tier"}, "reserve"]}, 1700, {"==": [{"var": "tier"}, "gold"]}, 1200, 1000]}
    cups = {
        "or": [
            {"in": ["own-cup", {"var": "tags"}]},
            {"some": [{"var": "lines"}, {"in": ["own-cup", {"var": "options"}]}]},
        ]
    }
    factor = {"if": [{"and": [cups, {"<": [{"var": "cups_today"}, 3]}]}, 2, 1]}
    rule = {"/": [{"*": [eligible, rate, factor]}, 100]}
    facts = _facts(tier, cup)
    return lambda: round(jsonLogic(rule, facts))


def _cel(tier: str, cup: bool) -> Callable[[], int]:
    # CEL has no sum: a basket of four lines is written out, as its users do.
    line = "(lines[{n}].kind == 'product' && !('alcohol' in lines[{n}].tags) ? lines[{n}].amount : 0)"
    eligible = " + ".join(line.format(n=n) for n in range(len(_LINES)))
    rate = "(tier == 'reserve' ? 1700 : (tier == 'gold' ? 1200 : 1000))"
    cups = "('own-cup' in tags || lines.exists(l, 'own-cup' in l.options)) && cups_today < 3 ? 2 : 1"
    environment = celpy.Environment()
    program = environment.program(environment.compile(f"({eligible}) * {rate} * ({cups}) / 100"))
    facts = json_to_cel(_facts(tier, cup))
    return lambda: int(program.evaluate(facts))
