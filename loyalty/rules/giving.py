"""What a clause does besides points and prices: grants, tiers, longer lives of points, messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from loyalty.rules.expiry import midnight
from loyalty.rules.outcome import Extension, GrantGiven, Message, TierSet
from loyalty.rules.specs import ExtendExpiry, GrantEffect, Notify, PartnerPoints, SetTier
from loyalty.rules.tiers import valid_until
from loyalty.why import Why

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loyalty.rules.clauses import Clause
    from loyalty.rules.scene import Scene


@dataclass(slots=True)
class Gifts:
    """Everything that is handed on as it is."""

    grants: list[GrantGiven] = field(default_factory=list[GrantGiven])
    tiers: list[TierSet] = field(default_factory=list[TierSet])
    extensions: list[Extension] = field(default_factory=list[Extension])
    messages: list[Message] = field(default_factory=list[Message])

    def give(self, scene: Scene, clause: Clause, instance: str | None = None) -> None:
        """Add what a clause gives beside points (``instance``: for completing a challenge); count it once."""
        for effect in clause.others:
            if isinstance(effect, GrantEffect):
                self.grants.append(_grant(scene, clause.key, effect, instance))
            elif isinstance(effect, SetTier):
                self.tiers.append(_tier(scene, clause.key, effect))
            elif isinstance(effect, ExtendExpiry):
                self.extensions.append(_extension(scene, clause.key, effect))
            elif isinstance(effect, Notify):
                self._tell(clause.key, "notify", {"text": effect.text})
            elif isinstance(effect, PartnerPoints):
                self._tell(
                    clause.key, "partner", {"partner": effect.partner, "points_milli": effect.points_milli}
                )
        if clause.limits:
            scene.tally(clause)

    def _tell(self, rule: str, kind: Any, data: Mapping[str, Any]) -> None:
        self.messages.append(Message(rule, kind, data, Why(kind, {"rule": rule, **data})))


def _grant(scene: Scene, rule: str, effect: GrantEffect, instance: str | None) -> GrantGiven:
    """Give a reward or coupon. Its days are the program's, today included: one day ends at the next midnight.

    A birthday's day counts from its start, whenever the job comes round to it.
    """
    zone = scene.program.zone
    today = scene.occurred_at.astimezone(zone).date()
    begins = midnight(today, zone) if scene.when == "birthday" else scene.occurred_at.astimezone(UTC)
    ends: datetime | None = None
    inputs: dict[str, Any] = {"rule": rule}
    inputs |= {"reward": effect.reward} if effect.reward is not None else {"coupon": effect.coupon}
    if effect.valid_days is not None:
        ends = midnight(today + timedelta(days=effect.valid_days), zone)
        inputs["last_day"] = (today + timedelta(days=effect.valid_days - 1)).isoformat()
    return GrantGiven(rule, effect.reward or "", begins, ends, Why("grant", inputs), effect.coupon, instance)


def _tier(scene: Scene, rule: str, effect: SetTier) -> TierSet:
    until = valid_until(scene.program, scene.occurred_at, effect.valid_months)
    inputs = {"rule": rule, "tier": effect.tier}
    return TierSet(rule, effect.tier, until, Why("set_tier", inputs))


def _extension(scene: Scene, rule: str, effect: ExtendExpiry) -> Extension:
    """Move what was earned before this calendar month began, on the program's clock."""
    zone = scene.program.zone
    first = scene.occurred_at.astimezone(zone).date().replace(day=1)
    inputs = {"rule": rule, "months": effect.months}
    return Extension(rule, effect.months, midnight(first, zone), Why("extend", inputs))
