"""Everybody and every coupon of a scenario, put into a fresh world before its first step."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from loyalty.db import transaction
from loyalty.rules import Program
from loyalty.scenarios import beginnings, nouns
from loyalty.scenarios.cast import Cast
from loyalty.scenarios.entrance import Entrance
from loyalty.scenarios.issuing import issue


def assemble(scenario: nouns.Scenario, program: Program, *, start: datetime, zone: ZoneInfo) -> Cast:
    """Create everybody as they are at the start."""
    cast = Cast()
    with transaction() as session:
        for given in scenario.coupons:
            issue(session, cast, given, None, None, zone=zone, now=start)
        for name, member in scenario.members.items():
            Entrance(session, cast, program, name, member, start, zone).make()
        for key in _named_coupons(scenario):
            coupon = program.coupons.get(key)
            if coupon is not None and coupon.kind != "personal" and (None, key) not in cast.coupons:
                given = beginnings.CouponGiven(key, None, None, None)
                issue(session, cast, given, None, None, zone=zone, now=start)
    return cast


def _named_coupons(scenario: nouns.Scenario) -> list[str]:
    """Return what baskets name as coupons: of a key that is no code, a code is made."""
    actions = (
        step.action.sale if isinstance(step.action, nouns.Quote) else step.action for step in scenario.steps
    )
    return sorted({text for action in actions if isinstance(action, nouns.Sale) for text in action.coupons})
