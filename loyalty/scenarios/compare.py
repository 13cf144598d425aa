"""What was expected against what came, key by key. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from loyalty.scenarios import nouns
from loyalty.scenarios.compare_member import MEMBER, member_differences, told
from loyalty.scenarios.looking import Stand
from loyalty.scenarios.measures import Difference, Found, Measure, number_differs
from loyalty.scenarios.play import Outcome
from loyalty.scenarios.values import minor_of


def differences(
    expect: nouns.Expectation,
    outcome: Outcome,
    own: Stand | None,
    others: Mapping[str, Stand],
    measure: Measure,
) -> list[Difference]:
    """Return every expectation that was not met."""
    found = list(_answer(expect.said, outcome, measure))
    said = {key: value for key, value in expect.said.items() if key in MEMBER}
    if said and own is None:
        found += [
            Difference(key, told(value), "nobody: the step has no member") for key, value in said.items()
        ]
    elif own is not None:
        found += member_differences(said, own, measure)
    for name, wanted in expect.members.items():
        found += [
            Difference(f"{name}.{each.key}", each.expected, each.got)
            for each in member_differences(wanted, others[name], measure)
        ]
    return found


# -- the answer of the step ------------------------------------------------------------------------------


def _answer(said: Mapping[str, Any], outcome: Outcome, measure: Measure) -> Found:
    wanted = said.get("error")
    if wanted != outcome.error and ("error" in said or outcome.error is not None):
        got = "no refusal" if outcome.error is None else f"{outcome.error} ({outcome.detail})"
        yield Difference("error", wanted or "no refusal", got)
    if "missing" in said:
        yield from _missing(said["missing"], outcome, measure)
    if outcome.error is not None:
        return
    for key, (name, unit) in _NUMBERS.items():
        if key in said and key not in outcome.unseen:
            yield from number_differs(key, said[key], _value(key, name, outcome), unit, measure)
    for key, check in _OTHERS.items():
        if key in said:
            yield from check(said[key], outcome, measure)


_NUMBERS: Final[Mapping[str, tuple[str, str]]] = {
    "discount": ("discount_minor", "money"),
    "total": ("total_minor", "money"),
    "due": ("due_minor", "money"),
    "change": ("change_minor", "money"),
    "risk": ("risk_minor", "money"),
    "earned": ("earned_milli", "points"),
    "spent": ("spent_milli", "points"),
    "taken": ("taken_milli", "points"),
    "restored": ("restored_milli", "points"),
}


def _value(key: str, name: str, outcome: Outcome) -> int | None:
    if key == "due" and outcome.due_minor is not None:
        return outcome.due_minor
    if key == "earned" and outcome.earned_milli is not None:
        return outcome.earned_milli
    return outcome.answer.get(name)


def _missing(wanted: Decimal, outcome: Outcome, measure: Measure) -> Found:
    if "missing_minor" in outcome.facts:
        yield from number_differs("missing", wanted, outcome.facts["missing_minor"], "money", measure)
    else:
        yield from number_differs("missing", wanted, outcome.facts.get("missing_milli"), "points", measure)


def _refund(wanted: Mapping[str, Decimal], outcome: Outcome, measure: Measure) -> Found:
    got: dict[str, int] = {}
    for refund in outcome.answer.get("refunds", ()):
        got[refund["kind"]] = got.get(refund["kind"], 0) + refund["amount_minor"]
    expected = {kind: minor_of(amount, measure.digits) for kind, amount in wanted.items() if amount}
    if expected != {kind: amount for kind, amount in got.items() if amount}:
        yield Difference("refund", _amounts(expected, measure), _amounts(got, measure))


def _amounts(amounts: Mapping[str, int], measure: Measure) -> str:
    return ", ".join(f"{kind} {measure.money(minor)}" for kind, minor in sorted(amounts.items())) or "nothing"


def _hints(key: str, name: str) -> Callable[[tuple[str, ...], Outcome, Measure], Found]:
    def check(wanted: tuple[str, ...], outcome: Outcome, measure: Measure) -> Found:
        del measure
        got = outcome.answer.get(name, ())
        known = {each["code"] for each in got} | {each["key"] for each in got} | {str(len(got))}
        missing = [
            each for each in wanted if each not in known and not any(each in hint["text"] for hint in got)
        ]
        if missing or (not wanted and got):
            told = ", ".join(f"{each['code']} ({each['key']})" for each in got) or "none"
            yield Difference(key, ", ".join(wanted) or "none", told)

    return check


def _says(wanted: tuple[str, ...], outcome: Outcome, measure: Measure) -> Found:
    del measure
    texts = [
        each["text"]
        for name in ("effects", "warnings", "near_misses")
        for each in outcome.answer.get(name, ())
    ]
    for text in wanted:
        if not any(text in each for each in texts):
            yield Difference("says", text, " | ".join(texts) or "nothing")


def _lines(wanted: Mapping[str, Mapping[str, Decimal]], outcome: Outcome, measure: Measure) -> Found:
    got = {line["line"]: line for line in outcome.answer.get("lines", ())}
    units = {
        "discount": ("discount_minor", "money"),
        "net": ("net_minor", "money"),
        "earned": ("earned_milli", "points"),
    }
    for line, values in wanted.items():
        for key, value in values.items():
            name, unit = units[key]
            yield from number_differs(
                f"lines.{line}.{key}", value, got.get(line, {}).get(name), unit, measure
            )


_OTHERS: Final[Mapping[str, Callable[[Any, Outcome, Measure], Found]]] = {
    "refund": _refund,
    "warnings": _hints("warnings", "warnings"),
    "near": _hints("near", "near_misses"),
    "says": _says,
    "lines": _lines,
}
