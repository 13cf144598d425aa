"""Why a rule nearly applied: exactly one thing was missing, and the member or the clock can mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from loyalty.rules import fields
from loyalty.rules.clauses import is_for_tier, is_here
from loyalty.rules.instances import window_of
from loyalty.rules.limits import ration_of
from loyalty.rules.outcome import Hint
from loyalty.rules.program import Offer, Reward
from loyalty.why import Why

if TYPE_CHECKING:
    from loyalty.rules.clauses import Clause
    from loyalty.rules.conditions import Leaf
    from loyalty.rules.facts import OfferInstance
    from loyalty.rules.scene import Scene

LOOK_AHEAD_DAYS: Final = 7


def near_misses(scene: Scene) -> tuple[Hint, ...]:
    """Return why rules and offers did not apply that lacked one thing, and the next reward the points nearly buy."""
    assert scene.member is not None
    found: list[Hint] = []
    for clause in scene.compiled.hintable:
        if not is_for_tier(clause.deal, scene.member.tier) or scene.was_held(clause):
            continue
        why = _missing(scene, clause)
        if why is not None:
            found.append(Hint(why.key, clause.key, why))
    away = _next_reward(scene)
    return (*found, away) if away is not None else tuple(found)


def _missing(scene: Scene, clause: Clause) -> Why | None:
    """Return the one thing that is missing; None if it is more than one, or nothing that can be mended."""
    lines = scene.group(clause.bit)
    deal = clause.deal
    if not lines or not is_here(deal, None, scene.store):
        return None
    if isinstance(deal, Offer) and deal.challenge is not None:
        return _offer(scene, clause)
    missing: list[Why | None] = []
    if deal.where.channels and scene.channel not in deal.where.channels:
        missing.append(Why("only_in", {"channels": sorted(deal.where.channels)}))
    missing += [_explained(scene, clause, each.reason) for each in clause.demands if not each.test(scene)]
    if clause.condition is not None and scene.chosen(clause, lines) is None:
        missing += _leaves(scene, clause, lines)
    for limit in clause.limits:
        ration = ration_of(scene, limit)
        if ration.empty:
            until = None if ration.period.until is None else ration.period.until.isoformat()
            missing.append(Why("used_up", {clause.source: clause.key, "until": until}))
    if not missing or (len(missing) > 1 and len({why and why.key for why in missing}) > 1):
        return None
    return missing[0]


def _explained(scene: Scene, clause: Clause, reason: str) -> Why | None:
    if reason == "time":
        return _time(scene, clause)
    return _offer(scene, clause) if reason == "offer" else None


def _time(scene: Scene, clause: Clause) -> Why | None:
    """Say at which hours today, or on which next day, a window is open; nothing of what has ended or not begun."""
    valid, wall = clause.deal.valid, scene.wall
    if (valid.starts is not None and wall < valid.starts) or (valid.ends is not None and wall >= valid.ends):
        return None
    today = [window for window in valid.windows if window.has_day(wall.date())]
    if today:
        hours = sorted(frozenset().union(*(window.hours for window in today)))
        if not hours or hours != list(range(hours[0], hours[-1] + 1)):
            return None
        return _hours(
            f"{hours[0]:02d}:00", f"{hours[-1] + 1:02d}:00", first=hours[0] == 0, last=hours[-1] == 23
        )
    for ahead in range(1, LOOK_AHEAD_DAYS + 1):
        day = wall.date() + timedelta(days=ahead)
        if any(window.has_day(day) for window in valid.windows):
            return Why("only_on", {"date": day.isoformat()})
    return None


def _hours(since: str, until: str, *, first: bool, last: bool) -> Why:
    if first:
        return Why("only_before", {"time": until})
    return (
        Why("only_from", {"time": since}) if last else Why("only_between", {"since": since, "until": until})
    )


def _offer(scene: Scene, clause: Clause) -> Why | None:
    """Say "activate first" if an activation now is all that an offer in the member's hands needs."""
    key = clause.deal.key if isinstance(clause.deal, Offer) else clause.deal.who.offer
    offer = scene.program.offers.get(key or "")
    assert scene.member is not None
    if offer is None:
        return None
    requires = offer.challenge.requires if offer.challenge is not None else offer.requires
    if requires != "activated" and isinstance(clause.deal, Offer):
        return None
    for instance in scene.member.offers:
        if instance.offer == offer.key and _waits(scene, offer, instance):
            return Why("activate_first", {"offer": offer.key})
    return None


def _waits(scene: Scene, offer: Offer, instance: OfferInstance) -> bool:
    at = scene.occurred_at
    if instance.activated_at is not None or instance.completed_at is not None or instance.received_at > at:
        return False
    span = window_of(scene.program, offer, instance.received_at, at)
    until = instance.window_until or (span[1] if span else None)
    return span is not None and span[0] <= at and (until is None or at <= until)


def _leaves(scene: Scene, clause: Clause, lines: tuple[int, ...]) -> Iterator[Why | None]:
    """Yield what the comparisons that fail ask for; None where that is nothing to tell."""
    assert clause.condition is not None
    if not clause.condition.leaves or clause.condition.per_line:
        yield None
        return
    scene.eligible_minor = scene.worth(clause, lines)
    for leaf in clause.condition.leaves:
        if not leaf.test(scene):
            teller = _TELLERS.get(leaf.field)
            yield teller(scene, leaf) if teller is not None else None


def _before_or_from(_: Scene, leaf: Leaf) -> Why | None:
    def said(value: Any) -> str:
        return f"{value:02d}:00" if isinstance(value, int) else f"{value:%H:%M}"

    if leaf.op == "<":
        return Why("only_before", {"time": said(leaf.operand)})
    if leaf.op == ">=":
        return Why("only_from", {"time": said(leaf.operand)})
    if leaf.op == "between" and leaf.field == "time.of_day":
        return Why("only_between", {"since": said(leaf.operand[0]), "until": said(leaf.operand[1])})
    return None


def _too_little(key: str, unit: str) -> Callable[[Scene, Leaf], Why | None]:
    def tell(scene: Scene, leaf: Leaf) -> Why | None:
        found = fields.find(leaf.field)
        value = found.get(scene) if found is not None else None
        if leaf.op not in (">", ">=") or value is None:
            return None
        return Why(key, {unit: leaf.operand - value + (leaf.op == ">")})

    return tell


def _channel(_: Scene, leaf: Leaf) -> Why | None:
    if leaf.op == "=":
        return Why("only_in", {"channels": [leaf.operand]})
    return Why("only_in", {"channels": sorted(leaf.operand)}) if leaf.op == "in" else None


_TELLERS: Final[Mapping[str, Callable[[Scene, Leaf], Why | None]]] = {
    "time.of_day": _before_or_from,
    "time.hour": _before_or_from,
    "order.eligible_minor": _too_little("spend_more", "missing_minor"),
    "order.gross_minor": _too_little("spend_more", "missing_minor"),
    "order.items": _too_little("add_items", "missing"),
    "channel": _channel,
}


def _next_reward(scene: Scene) -> Hint | None:
    """Return the cheapest reward that fits this basket and costs more points than the member has left."""
    assert scene.member is not None
    tier = scene.member.tier
    left = scene.member.points_milli - scene.spent_milli
    nearest: tuple[int, str] | None = None
    for key, clause in scene.compiled.rewards.items():
        reward = clause.deal
        assert isinstance(reward, Reward)
        price = reward.price_for(tier)
        if price <= left or reward.granted_only or (nearest is not None and price >= nearest[0]):
            continue
        if (
            is_for_tier(reward, tier)
            and is_here(reward, scene.channel, scene.store)
            and scene.holds(clause) is not None
        ):
            nearest = (price, key)
    if nearest is None:
        return None
    inputs = {"reward": nearest[1], "missing_milli": nearest[0] - left}
    return Hint("points_away", nearest[1], Why("points_away", inputs))
