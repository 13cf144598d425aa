"""What was expected against what came, key by key. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from loyalty.scenarios import nouns
from loyalty.scenarios.looking import ChallengeView, Stand
from loyalty.scenarios.play import Outcome
from loyalty.scenarios.values import Moment, Unreadable, milli_of, minor_of, shown

MONEY_CHALLENGES: Final = frozenset({"accumulated", "single_purchase"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One expectation that was not met; ``key`` with the member's name before it where that was said."""

    key: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Measure:
    """In which units and where the step's values are written: the currency's decimals, and the zone."""

    digits: int
    zone: ZoneInfo

    def points(self, milli: int) -> str:
        """Return thousandths as points."""
        return shown(milli, 3)

    def money(self, minor: int) -> str:
        """Return minor units as an amount."""
        return shown(minor, self.digits)

    def local(self, instant: datetime | None) -> str:
        """Return an instant on the local clock."""
        return "none" if instant is None else f"{instant.astimezone(self.zone):%Y-%m-%dT%H:%M}"


Found = Iterator[Difference]


def differences(
    expect: nouns.Expectation,
    outcome: Outcome,
    own: Stand | None,
    others: Mapping[str, Stand],
    measure: Measure,
) -> list[Difference]:
    """Return every expectation that was not met."""
    found = list(_answer(expect.said, outcome, measure))
    said = {key: value for key, value in expect.said.items() if key in _MEMBER}
    if said and own is None:
        found += [
            Difference(key, _told(value), "nobody: the step has no member") for key, value in said.items()
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
            yield from _number(key, said[key], _value(key, name, outcome), unit, measure)
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


def _number(key: str, wanted: Decimal, got: int | None, unit: str, measure: Measure) -> Found:
    if got is None:
        yield Difference(key, str(wanted), "nothing: this step has no such value")
        return
    try:
        expected = milli_of(wanted) if unit == "points" else minor_of(wanted, measure.digits)
    except Unreadable as error:
        yield Difference(key, str(wanted), str(error))
        return
    if expected != got:
        tell = measure.points if unit == "points" else measure.money
        yield Difference(key, tell(expected), tell(got))


def _missing(wanted: Decimal, outcome: Outcome, measure: Measure) -> Found:
    if "missing_minor" in outcome.facts:
        yield from _number("missing", wanted, outcome.facts["missing_minor"], "money", measure)
    else:
        yield from _number("missing", wanted, outcome.facts.get("missing_milli"), "points", measure)


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
            yield from _number(f"lines.{line}.{key}", value, got.get(line, {}).get(name), unit, measure)


_OTHERS: Final[Mapping[str, Callable[[Any, Outcome, Measure], Found]]] = {
    "refund": _refund,
    "warnings": _hints("warnings", "warnings"),
    "near": _hints("near", "near_misses"),
    "says": _says,
    "lines": _lines,
}


# -- a member --------------------------------------------------------------------------------------------


def member_differences(said: Mapping[str, Any], stand: Stand, measure: Measure) -> list[Difference]:
    """Return what was expected of a member and is not so."""
    return [each for key, value in said.items() for each in _MEMBER[key](key, value, stand, measure)]


Check = Callable[[str, Any, Stand, Measure], Found]


def _balance(name: str, unit: str) -> Check:
    def check(key: str, wanted: Decimal, stand: Stand, measure: Measure) -> Found:
        yield from _number(key, wanted, stand.balance[name], unit, measure)

    return check


def _tier(key: str, wanted: str, stand: Stand, measure: Measure) -> Found:
    del measure
    if wanted != stand.balance["tier"]:
        yield Difference(key, wanted, stand.balance["tier"])


def _tier_until(key: str, wanted: Moment | None, stand: Stand, measure: Measure) -> Found:
    written = stand.balance["tier_until"]
    got = None if written is None else datetime.fromisoformat(written)
    if not ends_at(wanted, got, measure.zone):
        yield Difference(key, _end(wanted), measure.local(got))


def ends_at(wanted: Moment | str | None, got: datetime | None, zone: ZoneInfo) -> bool:
    """Tell whether an end is as written. A day means the midnight after it, or (people write both) the one before."""
    if wanted is None or isinstance(wanted, str):
        return got is None
    if got is None:
        return False
    return got == wanted.instant(zone) or (wanted.is_day and got == wanted.after(zone))


def _end(moment: Moment | str | None) -> str:
    if moment is None or isinstance(moment, str):
        return "none"
    return f"{moment.value:%Y-%m-%d}" if moment.is_day else f"{moment.value:%Y-%m-%dT%H:%M}"


def _visits(key: str, wanted: int, stand: Stand, measure: Measure) -> Found:
    del measure
    if wanted != stand.visits:
        yield Difference(key, str(wanted), str(stand.visits))


def _lots(key: str, wanted: tuple[Mapping[str, Any], ...], stand: Stand, measure: Measure) -> Found:
    told = "; ".join(
        f"{measure.points(lot.points_milli)} earned {measure.local(lot.earned_at)} "
        f"until {measure.local(lot.expires_at)}"
        for lot in stand.lots
    )
    fits = len(wanted) == len(stand.lots) and all(
        _lot_fits(lot, got, measure) for lot, got in zip(wanted, stand.lots, strict=True)
    )
    if not fits:
        yield Difference(key, "; ".join(_told(lot) for lot in wanted) or "none", told or "none")


def _lot_fits(wanted: Mapping[str, Any], got: Any, measure: Measure) -> bool:
    if "points" in wanted and milli_of(wanted["points"]) != got.points_milli:
        return False
    earned: Moment | None = wanted.get("earned_at")
    if earned is not None:
        local = got.earned_at.astimezone(measure.zone)
        same_day = earned.is_day and local.date() == earned.value.date()
        if not same_day and got.earned_at != earned.instant(measure.zone):
            return False
    return "expires_at" not in wanted or ends_at(wanted["expires_at"], got.expires_at, measure.zone)


def _grants(key: str, wanted: tuple[Mapping[str, Any], ...], stand: Stand, measure: Measure) -> Found:
    fits = len(wanted) == len(stand.grants) and all(
        ("reward" not in grant or grant["reward"] == got.reward)
        and ("valid_until" not in grant or ends_at(grant["valid_until"], got.valid_until, measure.zone))
        for grant, got in zip(wanted, stand.grants, strict=True)
    )
    if not fits:
        told = "; ".join(f"{got.reward} until {measure.local(got.valid_until)}" for got in stand.grants)
        yield Difference(key, "; ".join(_told(grant) for grant in wanted) or "none", told or "none")


def _challenge(
    key: str, wanted: Mapping[str, tuple[nouns.ChallengeAt, ...]], stand: Stand, measure: Measure
) -> Found:
    for offer, states in wanted.items():
        mine = [each for each in stand.challenges if each.offer == offer]
        if len(states) == 1:
            # One state for several receipts is that of the one that is still open, or of the last.
            mine = [next((each for each in mine if not each.done), mine[-1])] if mine else []
        fits = len(mine) == len(states) and all(
            _challenge_fits(state, got, measure) for state, got in zip(states, mine, strict=True)
        )
        if not fits:
            expected = ", ".join(_state(state) for state in states)
            yield Difference(
                f"{key}.{offer}", expected, ", ".join(_got(got, measure) for got in mine) or "none"
            )


def _challenge_fits(wanted: nouns.ChallengeAt, got: ChallengeView, measure: Measure) -> bool:
    if wanted.done is not None and wanted.done != got.done:
        return False
    if wanted.state is not None and wanted.state != got.state:
        return False
    if wanted.target is not None and _progress_of(wanted.target, got, measure) != got.target:
        return False
    if wanted.progress is None:
        return True
    return _progress_of(wanted.progress, got, measure) == got.progress


def _progress_of(written: Decimal, got: ChallengeView, measure: Measure) -> Decimal | int:
    return minor_of(written, measure.digits) if got.unit in MONEY_CHALLENGES else written


def _state(state: nouns.ChallengeAt) -> str:
    parts = [] if state.progress is None else [str(state.progress)]
    parts += [] if state.target is None else [f"of {state.target}"]
    parts += [] if state.state is None else [state.state]
    return " ".join([*parts, *([] if state.done is None else ["done" if state.done else "not done"])])


def _got(got: ChallengeView, measure: Measure) -> str:
    progress = measure.money(got.progress) if got.unit in MONEY_CHALLENGES else str(got.progress)
    return f"{progress} {'done' if got.done else 'not done'} ({got.state})"


def _told(value: Any) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{key} {_told(each)}" for key, each in value.items())
    if isinstance(value, tuple):
        return ", ".join(_told(each) for each in value) or "none"
    return _end(value) if isinstance(value, Moment) or value is None else str(value)


_MEMBER: Final[Mapping[str, Check]] = {
    "points": _balance("points_milli", "points"),
    "held": _balance("held_milli", "points"),
    "owed": _balance("owed_milli", "points"),
    "wallet": _balance("wallet_minor", "money"),
    "tier": _tier,
    "tier_points": _balance("tier_points_milli", "points"),
    "tier_until": _tier_until,
    "lots": _lots,
    "grants": _grants,
    "challenge": _challenge,
    "visits": _visits,
}
