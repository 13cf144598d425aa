"""Placed and cancelled is as if nothing had been: money, points, lots, limits, rewards, coupons, challenges."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from loyalty import auditing, codes, members, offers, orders, rules, sales
from loyalty.actor import SYSTEM, Actor
from loyalty.edits import made_now
from loyalty.errors import DomainError
from loyalty.orders import Content
from loyalty.staff.models import Till

NOON = datetime(2026, 5, 11, 16, tzinfo=UTC)  # a Monday, noon in New York
SECRET = codes.code_secret("a secret of the tests, thirty-two characters or more")
CONTENTS = [
    Content("latte", ("hot", "small"), 1),
    Content("latte", ("iced", "large", "oat"), 2),
    Content("cookie", (), 3),
    Content("latte", ("hot", "small", "own-cup"), 1),
]
CODES = {"cookie-on-us": "COOKIE-1", "rainy-day": "RAIN-1"}
TILL = Actor(kind="till", id="till-1", store="main-street")
# Everything of a member that an order may touch. Of a lot, what is left; who it was that used it is the ledger's.
STATE = (
    "SELECT points_milli, held_milli, owed_milli, wallet_minor, wallet_held_minor FROM account WHERE member_id = :m",
    """SELECT free_milli, held_milli, earned_at, expires_at FROM lot
       WHERE member_id = :m AND free_milli > 0 ORDER BY 4, 1""",
    """SELECT limit_key, period, times, amount FROM limit_counter
       WHERE member_id = :m AND (times, amount) <> (0, 0) ORDER BY 1, 2""",
    """SELECT limit_key, period, sum(times), sum(amount) FROM budget_counter
       GROUP BY 1, 2 HAVING sum(times) + sum(amount) > 0 ORDER BY 1, 2""",
    "SELECT reward, used_by FROM reward_grant WHERE member_id = :m AND withdrawn_at IS NULL ORDER BY 1",
    "SELECT uses_left FROM coupon_code ORDER BY id",
    "SELECT offer, progress, completed_at FROM offer_instance WHERE member_id = :m ORDER BY id",
    "SELECT tier, window_milli FROM standing WHERE member_id = :m",
)


def state(session: Session, member_id: int) -> list[Any]:
    session.flush()
    return [[tuple(row) for row in session.execute(text(each), {"m": member_id})] for each in STATE]


@pytest.fixture
def program(session: Session) -> None:
    start = datetime(2020, 1, 1, tzinfo=UTC)
    rules.apply(session, rules.load_shipped("cafe-stars"), actor=SYSTEM, live_from=start, now=start)
    session.add(
        Till(
            id="till-1",
            name="Bar",
            store="main-street",
            status="active",
            enrolled_at=start,
            last_seen_at=start,
        )
    )
    session.flush()


def ann(session: Session, points: int) -> int:
    profile, entry = members.Profile("Ann", "Lee"), members.Entry("green", 50_000)
    member = members.create_member(session, profile=profile, entry=entry, now=NOON).member_id
    of: dict[str, Any] = {"actor": SYSTEM, "member_id": member, "now": NOON}
    sales.top_up(session, amount_minor=9_000, source="cash", key=f"w{member}", **of)
    sales.adjust(session, points_milli=points * 1000, reason="start", key=f"p{member}", **of)
    for offer in ("three-days", "spend-forty"):
        instance = offers.send(session, member, offer, now=NOON)
        assert instance is not None
        offers.activate(session, member, instance, now=NOON)
    for coupon in ("cookie-on-us", "rainy-day"):
        offers.issue_coupons(session, coupon, codes=[CODES[coupon]], actor=SYSTEM, now=NOON)
    return member


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    chosen=st.lists(st.sampled_from(CONTENTS), min_size=1, max_size=3),
    points=st.sampled_from([30, 110, 450]),
    wanted=st.lists(st.sampled_from(["ladder-25", "ladder-60", "ladder-100", "ladder-200"]), max_size=2),
    coupons=st.sets(st.sampled_from(sorted(CODES.values()))).map(sorted),
    by=st.sampled_from(["member", "store", "expired"]),
    steps=st.lists(st.sampled_from(["start", "ready"]), max_size=2),
)
def test_placed_and_cancelled_is_as_if_nothing_had_been(
    session: Session,
    program: None,
    chosen: list[Content],
    points: int,
    wanted: list[str],
    coupons: list[str],
    by: str,
    steps: list[Any],
) -> None:
    nested = session.begin_nested()
    member = ann(session, points)
    actor = Actor(kind="member", id="phone", channel="app", member_id=member)
    edit: dict[str, Any] = {"actor": actor, "member_id": member, "edit": made_now("phone", NOON), "now": NOON}
    orders.create_draft(session, draft_id="d1", store=None, **edit)
    for place, content in enumerate(chosen):
        orders.put_line(session, draft_id="d1", line_id=f"l{place}", content=content, **edit)
    before = state(session, member)
    order = placed(session, actor, wanted, coupons)
    assert state(session, member) != before
    if by == "member":
        orders.cancel(session, actor=actor, member_id=member, order_id=order["id"], now=NOON)
    else:
        cancelled_by_store(session, member, order["id"], steps, by)
    assert state(session, member) == before
    assert list(auditing.audit(session, members=[member])) == []
    nested.rollback()


def placed(session: Session, actor: Actor, wanted: list[str], coupons: list[str]) -> dict[str, Any]:
    """Place the order with the rewards and coupons that can be had together: all of them, or some, or none."""
    assert actor.member_id is not None
    lines = orders.draft_lines_of(session, actor.member_id, ["d1"])
    request, total = cheapest_that_can_be_had(session, actor, lines, wanted, coupons)
    asked = orders.Placing(
        draft="d1",
        lines_hash=orders.lines_hash((each.id, each.content) for each in lines),
        store="main-street",
        pickup_at=None,
        expected_total_minor=total,
        rewards=request.rewards,
        coupons=request.coupons,
        tenders=(sales.TenderRequest("wallet", total),) if total else (),
    )
    return orders.place(
        session, actor=actor, member_id=actor.member_id, asked=asked, key="the-key", secret=SECRET, now=NOON
    )


def cheapest_that_can_be_had(
    session: Session, actor: Actor, lines: list[orders.DraftLineView], wanted: list[str], coupons: list[str]
) -> tuple[sales.SaleRequest, int]:
    bought = tuple(
        sales.LineRequest(each.content.sku, each.content.quantity, options=each.content.options, id=each.id)
        for each in lines
    )
    offered = [
        (wanted, coupons),
        *((wanted, [each]) for each in coupons),
        *(([], [each]) for each in coupons),
    ]
    for rewards, codes_shown in [*offered, *(([each], []) for each in wanted)]:
        request = sales.SaleRequest(
            bought,
            rewards=tuple(sales.RewardClaim(reward) for reward in rewards),
            coupons=tuple(codes_shown),
            store="main-street",
        )
        with suppress(DomainError):
            _, quote = sales.quote(session, actor=actor, request=request, secret=SECRET, now=NOON)
            return request, quote["total_minor"]
    bare = sales.SaleRequest(bought, store="main-street")
    return bare, sales.quote(session, actor=actor, request=bare, secret=SECRET, now=NOON)[1]["total_minor"]


def cancelled_by_store(session: Session, member: int, order: str, steps: list[Any], by: str) -> None:
    for step in sorted(set(steps), reverse=True):
        orders.serve(session, actor=TILL, order_id=order, step=step, now=NOON)
    later = NOON + (timedelta(hours=5) if by == "expired" else timedelta(minutes=5))
    if by == "expired":
        assert orders.expire(session, member_id=member, order_id=order, now=later)
    orders.serve(session, actor=TILL, order_id=order, step="cancel_by_store", reason="No milk.", now=later)
