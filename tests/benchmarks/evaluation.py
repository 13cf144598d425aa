"""Evaluations per second of a 4-line basket under 12 rules, against engines that decide the same rules.

The peers get their facts ready-made and decide which rules hold and what each gives (zen-engine), or only which hold
(JsonLogic, CEL). Ours also prices the basket, splits every effect over the lines, counts limits and keeps the reasons.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import celpy
import zen
from json_logic import jsonLogic  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

from loyalty import rules
from loyalty.rules.facts import Basket, MemberFacts
from loyalty.rules.program import Program
from tests.benchmarks.harness import Report, interleaved, middle, per_second, ratio_of
from tests.domain.rules.small import (
    DOUBLE_DAY,
    OWN_CUP,
    basket,
    discount,
    line,
    member,
    points,
    program,
    rule,
    tax,
)

ROUNDS: Final = 15
SECONDS: Final = 0.05
OURS: Final = "Regulars"
PEERS: Final = ("zen-engine", "JsonLogic", "cel-python")

# Each rule once more, for the peers: its condition in zen's and CEL's common syntax, the same in JsonLogic, its points.
Condition = tuple[str, str, Any, str]
CONDITIONS: Final[tuple[Condition, ...]] = (
    ("green-base", "tier == 'green'", {"==": [{"var": "tier"}, "green"]}, "eligible * 10"),
    ("gold-base", "tier == 'gold'", {"==": [{"var": "tier"}, "gold"]}, "eligible * 12"),
    ("reserve-base", "tier == 'reserve'", {"==": [{"var": "tier"}, "reserve"]}, "eligible * 17"),
    (
        "own-cup",
        "'own-cup' in tags and used_cup < 3",
        {"and": [{"in": ["own-cup", {"var": "tags"}]}, {"<": [{"var": "used_cup"}, 3]}]},
        "base",
    ),
    ("double-day", "'double' in tags", {"in": ["double", {"var": "tags"}]}, "base"),
    (
        "happy",
        "(weekday == 1 or weekday == 2) and hour >= 10 and hour <= 12",
        {
            "and": [
                {"in": [{"var": "weekday"}, [1, 2]]},
                {">=": [{"var": "hour"}, 10]},
                {"<=": [{"var": "hour"}, 12]},
            ]
        },
        "5000",
    ),
    ("big", "eligible >= 5000", {">=": [{"var": "eligible"}, 5000]}, "10000"),
    ("app", "channel == 'app'", {"==": [{"var": "channel"}, "app"]}, "2000"),
    ("drinks", "drinks > 0", {">": [{"var": "drinks"}, 0]}, "1000 * drinks"),
    ("welcome", "visits == 0", {"==": [{"var": "visits"}, 0]}, "25000"),
    ("cookie-deal", "cookies > 0", {">": [{"var": "cookies"}, 0]}, "cookies / 10"),
    ("b2g1", "bagels >= 3", {">=": [{"var": "bagels"}, 3]}, "bagels / 3"),
)
FACTS: Final[dict[str, Any]] = {
    "tier": "gold",
    "tags": ["own-cup"],
    "used_cup": 0,
    "weekday": 2,
    "hour": 12,
    "channel": "store",
    "visits": 5,
    "eligible": 1790,
    "base": 21_480,
    "drinks": 2,
    "cookies": 500,
    "bagels": 0,
}


def run() -> Report:
    """Measure all sides in turn."""
    report = Report("evaluation", "Evaluations of a 4-line basket under 12 rules")
    mine, bought, who = _ours()
    decided = _mine(mine, bought, who)
    peers = _peers()
    for name in PEERS:
        assert peers[name]() == (decided if name == "zen-engine" else list(decided)), name
    sides: dict[str, Callable[[], float]] = {
        OURS: lambda: per_second(lambda: rules.evaluate(mine, bought, who, hints=False), seconds=SECONDS)
    }
    for name in PEERS:
        work = peers[name]
        sides[name] = lambda work=work: per_second(work, seconds=SECONDS)
    values = interleaved(sides, rounds=ROUNDS)
    for name, number in middle(values).items():
        report.row(name, f"{number:,.0f}/s")
    for name in PEERS:
        report.claim(f"faster than {name}", ratio_of(values, OURS, name), "x", "at least", 1.0)
    report.note("zen-engine decides rules and points; JsonLogic and cel-python only which rules hold.")
    return report


def _ours() -> tuple[Program, Basket, MemberFacts]:
    mine = program(
        OWN_CUP,
        DOUBLE_DAY,
        rule("happy", points(5000), valid={"windows": ["FREQ=WEEKLY;BYDAY=MO,TU;BYHOUR=10,11,12"]}),
        rule("big", points(10_000), if_={"field": "order.eligible_minor", "op": ">=", "value": 5000}),
        rule("app", points(2000), where={"channels": ["app"]}),
        rule("drinks", points(1000, per_item=True), on={"categories": ["drinks"]}),
        rule("cookie-deal", discount(percent="10"), on={"skus": ["cookie"]}),
        rule("b2g1", {"buy_x_get_y": {"buy": 2, "get": 1}}, on={"tags": ["bagel"]}),
        rule("welcome", points(25_000), who={"first_purchase": True}),
    )
    bought = basket(
        line("latte", 690),
        line("cookie", 250, 2),
        line("latte", 650, options=("oat",)),
        tax(100),
        tags={"own-cup"},
    )
    return mine, bought, member("gold")


def _mine(mine: Program, bought: Basket, who: MemberFacts) -> dict[str, int]:
    """Return what our evaluator gives by rule, in the order of the peers."""
    said = rules.evaluate(mine, bought, who)
    given = {each.rule: each.points_milli for each in said.earnings}
    given |= {each.key: each.amount_minor for each in said.discounts}
    return {key: given[key] for key, *_ in CONDITIONS if key in given}


def _peers() -> dict[str, Callable[[], Any]]:
    decision = zen.ZenEngine().create_decision(json.dumps(_graph()))
    environment = celpy.Environment()
    compiled = [
        (key, environment.program(environment.compile(text.replace(" and ", " && ").replace(" or ", " || "))))
        for key, text, _, _ in CONDITIONS
    ]
    known: Any = celpy.json_to_cel(FACTS)
    return {
        "zen-engine": lambda: {
            each["rule"]: int(each["points"]) for each in decision.evaluate(FACTS)["result"]
        },
        "JsonLogic": lambda: [key for key, _, logic, _ in CONDITIONS if jsonLogic(logic, FACTS)],
        "cel-python": lambda: [key for key, each in compiled if each.evaluate(known)],
    }


def _graph() -> dict[str, Any]:
    """Return the rules as zen's decision table that collects every row that holds."""
    place = {"x": 0, "y": 0}
    table = {
        "hitPolicy": "collect",
        "inputs": [{"id": "c", "name": "c", "type": "expression"}],
        "outputs": [
            {"id": "k", "name": "k", "field": "rule", "type": "expression"},
            {"id": "p", "name": "p", "field": "points", "type": "expression"},
        ],
        "rules": [{"_id": key, "c": text, "k": f"'{key}'", "p": gives} for key, text, _, gives in CONDITIONS],
    }
    return {
        "nodes": [
            {"id": "in", "type": "inputNode", "name": "in", "position": place},
            {
                "id": "table",
                "type": "decisionTableNode",
                "name": "table",
                "position": place,
                "content": table,
            },
            {"id": "out", "type": "outputNode", "name": "out", "position": place},
        ],
        "edges": [
            {"id": "a", "sourceId": "in", "targetId": "table", "type": "edge"},
            {"id": "b", "sourceId": "table", "targetId": "out", "type": "edge"},
        ],
    }
