"""What comes back undoes exactly what it caused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from loyalty import ledger, offers, sales
from loyalty.errors import DomainError
from loyalty.sales.refusals import AlreadyVoided, LineMissing, ReturnTooMuch
from tests.domain.sales.conftest import SECRET, TILL, Cafe


def test_a_return_takes_back_what_the_line_earned_and_refunds_it(cafe: Cafe) -> None:
    ann = cafe.member()
    sale = cafe.sell(ann, ("latte", 690), ("toast", 800))
    back = cafe.give_back(sale["sale"], ("2", 1))
    assert (back["amount_minor"], back["taken_milli"]) == (800, 8000)
    assert back["refunds"] == [{"kind": "other", "amount_minor": 800, "reference": None}]
    assert back["member"]["points_milli"] == 6900
    assert cafe.findings() == []


def test_a_sale_says_what_came_back_and_what_each_line_earned_and_why(cafe: Cafe) -> None:
    ann = cafe.member()
    sale = cafe.sell(ann, ("latte", 690), ("toast", 800))["sale"]
    assert sales.describe(cafe.session, sale, locale="en")["returns"] == []
    cafe.give_back(sale, ("2", 1))
    found = sales.describe(cafe.session, sale, locale="en")
    (back,) = found["returns"]
    assert (back["kind"], back["lines"]) == ("return", [{"line": "2", "quantity": 1}])
    assert (back["amount_minor"], back["taken_milli"], back["restored_milli"]) == (800, 8000, 0)
    assert back["refunds"][0]["amount_minor"] == 800
    assert [line["earned_milli"] for line in found["lines"]] == [6900, 8000]
    base = next(each for each in found["effects"] if each["kind"] == "earn_base")
    assert base["lines"] == ["1", "2"]


def test_a_spent_earning_is_owed_and_the_next_earning_repays_first(cafe: Cafe) -> None:
    ann = cafe.member(points=48)
    sale = cafe.sell(ann, ("toast", 800), ("cookie", 400))
    cafe.sell(ann, ("cookie", 250), rewards=(sales.RewardClaim("ladder-60"),))
    assert cafe.books(ann).account.points_milli == 500
    cafe.give_back(sale["sale"], ("1", 1))
    account = cafe.books(ann).account
    assert (account.points_milli, account.owed_milli) == (0, 7500)
    cafe.sell(ann, ("toast", 1000))
    account = cafe.books(ann).account
    assert (account.points_milli, account.owed_milli) == (2500, 0)
    assert cafe.findings() == []


def test_points_spent_come_back_with_their_old_dates(cafe: Cafe) -> None:
    ann = cafe.member(points=264, wallet=1000)
    before = {lot: (state.free_milli, state.expires_at) for lot, state in cafe.books(ann).lots.items()}
    cafe.wait(days=1)
    sale = cafe.sell(
        ann,
        ("caramel-latte", 1125),
        rewards=(sales.RewardClaim("ladder-200"),),
        tenders=(sales.TenderRequest("wallet", 125),),
    )
    cafe.wait(days=1)
    back = cafe.give_back(sale["sale"], ("1", 1))
    assert back["refunds"] == [{"kind": "wallet", "amount_minor": 125, "reference": None}]
    assert back["restored_milli"] == 200_000
    assert {
        lot: (state.free_milli, state.expires_at) for lot, state in cafe.books(ann).lots.items()
    } == before
    assert cafe.books(ann).account.wallet_minor == 1000
    assert cafe.findings() == []


def test_more_than_was_bought_and_unknown_lines_are_refused(cafe: Cafe) -> None:
    ann = cafe.member()
    sale = cafe.sell(ann, ("latte", 690, 2))["sale"]
    with pytest.raises(ReturnTooMuch) as refused:
        cafe.give_back(sale, ("1", 3))
    assert refused.value.data == {"line": "1", "left": 2}
    with pytest.raises(LineMissing):
        cafe.give_back(sale, ("9", 1))
    cafe.give_back(sale, ("1", 2))
    with pytest.raises(ReturnTooMuch):
        cafe.give_back(sale, ("1", 1))
    with pytest.raises(AlreadyVoided):
        sales.void(cafe.session, actor=TILL, sale=sale, key=cafe.key(), now=cafe.now)


def test_a_promotion_is_undone_with_the_sale_that_brought_it(cafe: Cafe) -> None:
    ann = cafe.member()
    first = cafe.sell(ann, ("beans", 49_200))
    lots = {lot: state.expires_at for lot, state in cafe.books(ann).lots.items()}
    cafe.wait(hours=1)
    crossing = cafe.sell(ann, ("toast", 1000))
    assert crossing["member"]["tier"] == "gold"
    assert all(state.expires_at is None for state in cafe.books(ann).lots.values())
    cafe.wait(hours=1)
    assert cafe.give_back(crossing["sale"], ("1", 1))["member"]["tier"] == "green"
    assert {lot: state.expires_at for lot, state in cafe.books(ann).lots.items()} == lots
    cafe.give_back(first["sale"], ("1", 1))
    assert cafe.books(ann).account.points_milli == 0
    assert cafe.findings() == []


def test_a_challenge_that_falls_below_its_target_loses_its_bonus_and_can_be_won_again(cafe: Cafe) -> None:
    cafe.at(2026, 6, 1, 9)
    ann = cafe.member()
    instance = offers.send(cafe.session, ann, "three-days", now=cafe.now)
    assert instance is not None
    bought = {}
    for day in (2, 5, 8, 9):
        cafe.at(2026, 6, day, 9)
        if day == 5:
            offers.activate(cafe.session, ann, instance, now=cafe.at(2026, 6, 3, 9))
            cafe.at(2026, 6, day, 9)
        bought[day] = cafe.sell(ann, ("latte", 500))
    assert [bought[day]["earned_milli"] for day in (2, 5, 8, 9)] == [5000, 5000, 5000, 80_000]
    cafe.at(2026, 6, 12, 9)
    back = cafe.give_back(bought[8]["sale"], ("1", 1))
    assert back["taken_milli"] == 80_000
    cafe.at(2026, 6, 13, 9)
    assert cafe.sell(ann, ("latte", 500))["earned_milli"] == 80_000
    assert cafe.findings() == []


def test_expired_points_are_not_taken_again(cafe: Cafe) -> None:
    cafe.at(2026, 3, 15, 9)
    ann = cafe.member()
    sale = cafe.sell(ann, ("beans", 3000))
    cafe.at(2026, 10, 2, 9)
    cafe.sell(ann, ("latte", 500))
    assert cafe.books(ann).account.points_milli == 5000
    back = cafe.give_back(sale["sale"], ("1", 1))
    assert (back["amount_minor"], back["taken_milli"]) == (3000, 0)
    assert cafe.books(ann).account.points_milli == 5000
    assert cafe.findings() == []


def test_a_receipt_of_nobody_is_claimed_once_and_earns_by_its_own_day(cafe: Cafe) -> None:
    from loyalty import codes

    ann, ben = cafe.member(), cafe.member()
    sale = cafe.sell(None, ("latte", 690), tenders=(sales.TenderRequest("cash", 700),))
    text = codes.draw_claim(SECRET, sale["sale"], issued_at=cafe.now)
    cafe.wait(hours=20)

    def claim(member: int, key: str) -> dict[str, object]:
        return sales.claim(
            cafe.session, actor=TILL, member_id=member, text=text, secret=SECRET, key=key, now=cafe.now
        )

    first = claim(ann, "claim")
    assert first["earned_milli"] == 6900
    assert claim(ann, "claim") == first
    with pytest.raises(DomainError) as refused:
        claim(ben, "other")
    assert refused.value.code in ("receipt_already_claimed", "receipt_taken")
    back = cafe.give_back(sale["sale"], ("1", 1))
    assert back["member"]["points_milli"] == 0
    assert cafe.findings() == []


def test_a_tier_that_is_not_earned_again_ends_and_its_points_begin_to_live(cafe: Cafe) -> None:
    cafe.at(2026, 5, 10, 9)
    ann = cafe.member()
    cafe.sell(ann, ("beans", 50_000))
    assert cafe.books(ann).lots[1].expires_at is None
    cafe.at(2027, 5, 10, 0, 0)
    looked = sales.view(cafe.session, ann, now=cafe.now)
    assert looked.standing is not None
    assert looked.standing.tier == "green"
    assert sales.bring_up_to_date(cafe.session, ann, now=cafe.now)
    assert cafe.books(ann).lots[1].expires_at == datetime(2027, 12, 1, 5, tzinfo=UTC)
    assert not sales.bring_up_to_date(cafe.session, ann, now=cafe.now)
    assert cafe.findings() == []


def test_the_reader_sees_lapsed_points_gone_without_any_job(cafe: Cafe) -> None:
    cafe.at(2026, 3, 15, 9)
    ann = cafe.member()
    cafe.sell(ann, ("beans", 3000))
    for moment, points in (((2026, 9, 30, 23, 59), 30_000), ((2026, 10, 1, 0, 0), 0)):
        assert sales.standing_of(cafe.session, ann, now=cafe.at(*moment))["points_milli"] == points


def test_a_top_up_in_september_lets_the_points_of_march_live_a_month_longer_once(cafe: Cafe) -> None:
    cafe.at(2026, 3, 15, 9)
    ann = cafe.member()
    cafe.sell(ann, ("beans", 3000))
    cafe.at(2026, 9, 12, 9)

    def top_up() -> None:
        sales.top_up(
            cafe.session,
            actor=TILL,
            member_id=ann,
            amount_minor=500,
            source="cash",
            key=cafe.key(),
            now=cafe.now,
        )

    top_up()
    assert cafe.books(ann).lots[1].expires_at == datetime(2026, 11, 1, 4, tzinfo=UTC)
    cafe.at(2026, 9, 20, 9)
    top_up()
    assert cafe.books(ann).lots[1].expires_at == datetime(2026, 11, 1, 4, tzinfo=UTC)
    assert isinstance(cafe.books(ann), ledger.Books)
    assert cafe.findings() == []
