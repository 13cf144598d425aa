"""A sale, settled: what it earns, costs and writes."""

from __future__ import annotations

import pytest

from loyalty import ledger, rules, sales
from loyalty.actor import SYSTEM
from loyalty.errors import DomainError
from loyalty.sales.refusals import KeyReused, Overpaid, SoldOut
from tests.domain.sales.conftest import SECRET, TILL, Cafe


def test_a_latte_earns_a_star_a_dollar_and_the_books_balance(cafe: Cafe) -> None:
    ann = cafe.member()
    receipt = cafe.sell(ann, ("latte", 690), tenders=(sales.TenderRequest("card", 690),))
    assert receipt["earned_milli"] == 6900
    assert receipt["member"]["points_milli"] == 6900
    assert receipt["due_minor"] == 0
    assert cafe.books(ann).account.points_milli == 6900
    assert cafe.findings() == []


def test_tax_and_tip_do_not_earn(cafe: Cafe) -> None:
    ann = cafe.member()
    receipt = cafe.sell(
        ann, ("latte", 690), sales.LineRequest("tax", 1, 55, "tax"), sales.LineRequest("tip", 1, 100, "tip")
    )
    assert receipt["total_minor"] == 845
    assert receipt["earned_milli"] == 6900


def test_a_reward_takes_points_and_what_is_left_is_paid_from_the_wallet(cafe: Cafe) -> None:
    ann = cafe.member(points=264, wallet=2000)
    receipt = cafe.sell(
        ann,
        ("caramel-latte", 1125),
        rewards=(sales.RewardClaim("ladder-200"),),
        tenders=(sales.TenderRequest("wallet", 125),),
    )
    assert (receipt["discount_minor"], receipt["total_minor"], receipt["spent_milli"]) == (1000, 125, 200_000)
    assert receipt["earned_milli"] == 1250
    assert receipt["member"]["points_milli"] == 65_250
    assert receipt["member"]["wallet_minor"] == 1875
    assert cafe.findings() == []


def test_too_few_points_for_a_reward_are_refused_and_the_refusal_is_remembered(cafe: Cafe) -> None:
    ann = cafe.member(points=264)
    request = cafe.request(ann, ("caramel-latte", 1600), rewards=(sales.RewardClaim("ladder-300"),))
    with pytest.raises(ledger.InsufficientPoints) as refused:
        cafe.settle(request, key="once")
    assert refused.value.data["missing_milli"] == 36_000
    with pytest.raises(DomainError) as again:
        cafe.settle(request, key="once")
    assert again.value.code == "insufficient_points"
    assert cafe.books(ann).account.points_milli == 264_000


def test_the_same_key_gives_the_same_receipt_and_changes_nothing(cafe: Cafe) -> None:
    ann = cafe.member()
    request = cafe.request(ann, ("latte", 690))
    first = cafe.settle(request, key="once")
    cafe.wait(minutes=30)
    assert cafe.settle(request, key="once") == first
    assert cafe.books(ann).account.seq == 1
    with pytest.raises(KeyReused):
        cafe.settle(sales.SaleRequest(lines=request.lines * 2, code=request.code), key="once")


def test_change_is_given_for_cash_only(cafe: Cafe) -> None:
    receipt = cafe.sell(None, ("latte", 690), tenders=(sales.TenderRequest("cash", 1000),))
    assert receipt["change_minor"] == 310
    assert receipt["tenders"] == [{"kind": "cash", "amount_minor": 690}]
    with pytest.raises(Overpaid):
        cafe.sell(None, ("latte", 690), tenders=(sales.TenderRequest("card", 1000),))


def test_five_hundred_tier_points_make_gold_for_a_year_and_the_next_purchase_earns_more(cafe: Cafe) -> None:
    cafe.at(2026, 5, 1, 9)
    ann = cafe.member()
    cafe.sell(ann, ("beans", 49_200))
    cafe.at(2026, 5, 10, 9)
    crossing = cafe.sell(ann, ("toast", 1000))
    assert crossing["earned_milli"] == 10_000
    assert crossing["member"]["tier"] == "gold"
    assert crossing["member"]["tier_until"] == "2027-05-10T04:00:00Z"
    assert cafe.sell(ann, ("toast", 1000))["earned_milli"] == 12_000
    assert cafe.findings() == []


def test_a_quote_says_that_a_reward_is_sold_out(cafe: Cafe) -> None:
    document = rules.load_shipped("cafe-stars")
    mug = {
        "key": "mug",
        "name": {"en": "A mug"},
        "price_milli": 50_000,
        "gives": {"merchandise": {"sku": "water-glass"}},
        "stock": 1,
    }
    document["rewards"] = [*document["rewards"], mug]
    rules.apply(cafe.session, document, actor=SYSTEM, without_notice="a test", now=cafe.now)
    ann, wants = cafe.member(points=200), {"rewards": (sales.RewardClaim("mug"),)}
    asked = {"session": cafe.session, "actor": TILL, "secret": SECRET, "now": cafe.now}
    _, quoted = sales.quote(**asked, request=cafe.request(ann, ("water-glass", 150), **wants))
    assert quoted["spent_milli"] == 50_000
    cafe.sell(ann, ("water-glass", 150), **wants)
    with pytest.raises(SoldOut):
        sales.quote(**asked, request=cafe.request(ann, ("water-glass", 150), **wants))
