"""Where a member stands against what was expected of them: balances, tier, lots, grants, challenges. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from loyalty.scenarios import nouns
from loyalty.scenarios.looking import ChallengeView, Stand
from loyalty.scenarios.measures import Difference, Found, Measure, number_differs
from loyalty.scenarios.values import Moment, milli_of, minor_of

MONEY_CHALLENGES: Final = frozenset({"accumulated", "single_purchase"})


def member_differences(said: Mapping[str, Any], stand: Stand, measure: Measure) -> list[Difference]:
    """Return what was expected of a member and is not so."""
    return [each for key, value in said.items() for each in MEMBER[key](key, value, stand, measure)]


Check = Callable[[str, Any, Stand, Measure], Found]


def _balance(name: str, unit: str) -> Check:
    def check(key: str, wanted: Decimal, stand: Stand, measure: Measure) -> Found:
        yield from number_differs(key, wanted, stand.balance[name], unit, measure)

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
    had = "; ".join(
        f"{measure.points(lot.points_milli)} earned {measure.local(lot.earned_at)} "
        f"until {measure.local(lot.expires_at)}"
        for lot in stand.lots
    )
    fits = len(wanted) == len(stand.lots) and all(
        _lot_fits(lot, got, measure) for lot, got in zip(wanted, stand.lots, strict=True)
    )
    if not fits:
        yield Difference(key, "; ".join(told(lot) for lot in wanted) or "none", had or "none")


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
        had = "; ".join(f"{got.reward} until {measure.local(got.valid_until)}" for got in stand.grants)
        yield Difference(key, "; ".join(told(grant) for grant in wanted) or "none", had or "none")


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


def told(value: Any) -> str:
    """Return an expected value as a person wrote it."""
    if isinstance(value, Mapping):
        return " ".join(f"{key} {told(each)}" for key, each in value.items())
    if isinstance(value, tuple):
        return ", ".join(told(each) for each in value) or "none"
    return _end(value) if isinstance(value, Moment) or value is None else str(value)


MEMBER: Final[Mapping[str, Check]] = {
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
