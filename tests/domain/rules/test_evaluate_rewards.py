"""Rewards that a member claims: what they take off, where, what they cost, and every reason to refuse one."""

from __future__ import annotations

from typing import Any

import pytest

from loyalty import ledger, rules
from loyalty.rules.facts import Grant, Used
from loyalty.rules.refusals import (
    LimitReached,
    NotHere,
    NotNow,
    RewardNotApplicable,
    RewardUnknown,
    TierTooLow,
    UsedThisPeriod,
)
from tests.domain.rules.small import (
    NOON,
    basket,
    buy,
    claim,
    keyed,
    line,
    local,
    member,
    off,
    program,
    rule,
    tax,
)
from tests.domain.rules.small import discount as discounted

RICH = member(points_milli=1_000_000)


def reward(gives: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return keyed("one", **{"price_milli": 100_000, "gives": gives, **parts})


def takes(gives: dict[str, Any], *lines: Any, of_line: str | None = None, **parts: Any) -> dict[str, int]:
    outcome = buy(
        program(rewards=[reward(gives, **parts)]), *lines, who=RICH, rewards=[claim("one", line=of_line)]
    )
    return {each.line: each.discount_minor for each in outcome.lines if each.discount_minor}


A, B = line("latte", 690, 2, id="a", options=("oat", "shot")), line("toast", 800, id="b")


@pytest.mark.parametrize(
    ("gives", "expected"),
    [
        ({"free_item": {}}, {"b": 800}),
        ({"free_item": {"max_minor": 600}}, {"a": 600}),  # both save $6.00: the earlier line
        ({"free_item": {"max_minor": 700}}, {"b": 700}),
        ({"free_item": {"of": "cheapest"}}, {"a": 690}),
        ({"free_item": {"on": {"categories": ["drinks"]}}}, {"a": 690}),
        ({"amount_off": {"amount_minor": 200}}, {"a": 200}),
        ({"amount_off": {"amount_minor": 750}}, {"b": 750}),
        ({"amount_off": {"amount_minor": 218, "of": "order"}}, {"a": 138, "b": 80}),
        ({"percent_off": {"percent": "10"}}, {"a": 138, "b": 80}),
        ({"percent_off": {"percent": "50", "max_minor": 109}}, {"a": 69, "b": 40}),
        ({"percent_off": {"percent": "50", "of": "dearest"}}, {"b": 400}),
        ({"percent_off": {"percent": "50", "of": "cheapest", "max_minor": 300}}, {"a": 300}),
        ({"option_upgrade": {}}, {"a": 120}),
        ({"option_upgrade": {"max_minor": 100}}, {"a": 100}),
        ({"option_upgrade": {"options": ["oat"]}}, {"a": 80}),
        ({"merchandise": {"sku": "toast"}}, {"b": 800}),
    ],
)
def test_a_reward_takes_off_what_is_worth_most(gives: dict[str, Any], expected: dict[str, int]) -> None:
    assert takes(gives, A, B, tax(55)) == expected


def test_a_claim_may_name_its_line() -> None:
    assert takes({"free_item": {}}, A, B, of_line="a") == {"a": 690}
    with pytest.raises(RewardNotApplicable):
        takes({"free_item": {"on": {"categories": ["food"]}}}, A, B, of_line="a")
    with pytest.raises(RewardNotApplicable):
        takes({"free_item": {}}, A, B, of_line="nowhere")


def test_two_claims_go_to_two_pieces() -> None:
    of = program(rewards=[reward({"free_item": {}})])
    outcome = buy(of, line(price=690, quantity=2), who=RICH, rewards=[claim("one"), claim("one")])
    assert (outcome.total_minor, outcome.spent_milli) == (0, 200_000)
    with pytest.raises(RewardNotApplicable):
        buy(of, line(price=690), who=RICH, rewards=[claim("one"), claim("one")])
    of = program(rewards=[reward({"amount_off": {"amount_minor": 200}})])
    with pytest.raises(RewardNotApplicable):
        buy(of, line(price=690), who=RICH, rewards=[claim("one"), claim("one")])


def test_a_reward_only_pays_what_discounts_left() -> None:
    of = program(
        rule("half", discounted(percent="50")), rewards=[reward({"amount_off": {"amount_minor": 400}})]
    )
    outcome = buy(of, line(price=600), who=RICH, rewards=[claim("one")])
    assert (off(outcome, "one"), outcome.total_minor) == (300, 0)
    assert outcome.warnings[0].why.inputs == {"reward": "one", "amount_minor": 100}


@pytest.mark.parametrize(
    ("gives", "lost"),
    [
        ({"free_item": {"max_minor": 1000}}, 310),
        ({"free_item": {}}, 0),
        ({"amount_off": {"amount_minor": 700}}, 10),
        ({"amount_off": {"amount_minor": 700, "of": "order"}}, 10),
        ({"percent_off": {"percent": "10", "max_minor": 1000}}, 0),
        ({"option_upgrade": {"max_minor": 100}}, 20),
    ],
)
def test_value_that_would_be_lost_is_said(gives: dict[str, Any], lost: int) -> None:
    of = program(rewards=[reward(gives)])
    outcome = buy(of, line(price=690, options=("oat",)), who=RICH, rewards=[claim("one")])
    assert [each.why.inputs["amount_minor"] for each in outcome.warnings] == ([lost] if lost else [])


REFUSED = [
    ({"who": {"tiers": ["reserve"]}}, TierTooLow, "tier_too_low"),
    ({"who": {"tags": ["vip"]}}, RewardNotApplicable, "reward_not_applicable"),
    ({"where": {"channels": ["app"]}}, NotHere, "not_here"),
    ({"valid": {"from": "2026-03-11"}}, NotNow, "not_now"),
    ({"if": {"field": "order.items", "op": ">", "value": 9}}, RewardNotApplicable, "reward_not_applicable"),
    ({"granted_only": True}, RewardNotApplicable, "reward_not_applicable"),
    (
        {"gives": {"free_item": {"on": {"categories": ["wine"]}}}},
        RewardNotApplicable,
        "reward_not_applicable",
    ),
    ({"gives": {"option_upgrade": {}}}, RewardNotApplicable, "reward_not_applicable"),
    ({"gives": {"merchandise": {"sku": "cookie"}}}, RewardNotApplicable, "reward_not_applicable"),
]


@pytest.mark.parametrize(("parts", "refusal", "code"), REFUSED)
def test_a_reward_that_cannot_be_had_says_why(
    parts: dict[str, Any], refusal: type[Exception], code: str
) -> None:
    of = program(rewards=[{**reward({"free_item": {}}), **parts}])
    with pytest.raises(refusal) as raised:
        buy(of, line(), who=RICH, rewards=[claim("one")])
    assert getattr(raised.value, "code", "") == code


def test_an_unknown_reward_and_a_stranger_are_refused() -> None:
    with pytest.raises(RewardUnknown):
        buy(program(), line(), who=RICH, rewards=[claim("one")])
    with pytest.raises(RewardNotApplicable):
        rules.evaluate(
            program(rewards=[reward({"free_item": {}})]), basket(line(), rewards=[claim("one")]), None
        )


@pytest.mark.parametrize(
    ("per", "refusal"), [("calendar_month", UsedThisPeriod), ("life", LimitReached), ("order", LimitReached)]
)
def test_a_limit_counts_every_claim_of_a_basket(per: str, refusal: type[Exception]) -> None:
    of = program(rewards=[reward({"free_item": {}}, limits=[{"times": 2, "per": per}])])
    claims = [claim("one")] * 3
    assert buy(of, line(quantity=3), who=RICH, rewards=claims[:2]).spent_milli == 200_000
    with pytest.raises(refusal):
        buy(of, line(quantity=3), who=RICH, rewards=claims)
    if per != "order":
        (use,) = buy(of, line(quantity=3), who=RICH, rewards=claims[:2]).limits
        assert use.times == 2


def test_points_are_checked_for_all_claims_together() -> None:
    of = program(rewards=[reward({"free_item": {}})])
    with pytest.raises(ledger.InsufficientPoints) as refusal:
        buy(of, line(quantity=3), who=member(points_milli=250_000), rewards=[claim("one")] * 3)
    assert refusal.value.data["missing_milli"] == 50_000


def test_points_that_are_held_are_not_asked_for_again() -> None:
    of = program(rewards=[reward({"free_item": {}})])
    outcome = buy(
        of,
        line(quantity=2),
        who=member(points_milli=100_000),
        rewards=[claim("one", hold="h1"), claim("one")],
    )
    assert [(each.hold, each.points_milli) for each in outcome.discounts] == [
        ("h1", 100_000),
        (None, 100_000),
    ]


@pytest.mark.parametrize(("tier", "price"), [("green", 100_000), ("gold", 80_000), ("reserve", 100_000)])
def test_a_price_may_depend_on_the_tier(tier: str, price: int) -> None:
    of = program(rewards=[reward({"free_item": {}}, price_milli={"green": 100_000, "gold": 80_000})])
    outcome = buy(of, line(), who=member(tier, points_milli=100_000), rewards=[claim("one")])
    assert outcome.spent_milli == price


def test_a_grant_pays_instead_of_points() -> None:
    of = program(rewards=[reward({"free_item": {}})])
    grant = Grant("g1", "one", NOON, None)
    outcome = buy(of, line(), who=member(grants=(grant,)), rewards=[claim("one", grant="g1")])
    assert [(each.grant, each.points_milli, each.why.key) for each in outcome.discounts] == [
        ("g1", 0, "granted")
    ]
    for wrong in ("g2",):
        with pytest.raises(RewardNotApplicable):
            buy(of, line(), who=member(grants=(grant,)), rewards=[claim("one", grant=wrong)])
    with pytest.raises(RewardNotApplicable):
        buy(of, line(quantity=2), who=member(grants=(grant,)), rewards=[claim("one", grant="g1")] * 2)


def test_a_granted_reward_takes_the_grant_that_ends_first() -> None:
    of = program(rewards=[reward({"free_item": {}}, granted_only=True, price_milli=0)])
    grants = (
        Grant("forever", "one", local(2026, 1, 1), None),
        Grant("late", "one", local(2026, 1, 1), local(2026, 6, 1)),
        Grant("soon", "one", local(2026, 1, 1), local(2026, 4, 1)),
        Grant("over", "one", local(2026, 1, 1), NOON),
        Grant("coming", "one", local(2026, 3, 11), local(2026, 3, 12)),
        Grant("other", "two", local(2026, 1, 1), local(2026, 3, 11)),
    )
    outcome = buy(of, line(quantity=3), who=member(grants=grants), rewards=[claim("one")] * 3)
    assert [each.grant for each in outcome.discounts] == ["soon", "late", "forever"]
    with pytest.raises(RewardNotApplicable):
        buy(of, line(quantity=9), who=member(grants=grants), rewards=[claim("one")] * 4)


def test_a_reward_that_costs_nothing_is_told_without_a_price() -> None:
    of = program(rewards=[reward({"free_item": {}}, price_milli=0)])
    (given,) = buy(of, line(), rewards=[claim("one")]).discounts
    assert given.why.key == "perk"
    assert "star" not in rules.explain(of, given.why, "en")


def test_a_money_limit_caps_a_reward() -> None:
    limits = [{"amount_minor": 500, "per": "day"}]
    of = program(rewards=[reward({"free_item": {}}, limits=limits)])
    outcome = buy(of, line(price=690), who=RICH, rewards=[claim("one")])
    assert outcome.discount_minor == 500
    ((limit, period),) = rules.limit_periods(of, NOON, None)
    used = {(limit.key, period.key): Used(1, 500, period.since, period.until)}
    with pytest.raises(UsedThisPeriod):
        buy(of, line(), who=member(points_milli=100_000, used=used), rewards=[claim("one")])
