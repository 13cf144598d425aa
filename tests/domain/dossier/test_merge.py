"""Two members who are one person (E26): points with their dates, tiers, perks, phones, and sales that can still be
returned exactly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from loyalty import changes, codes, dossier, ledger, members, sales
from loyalty.actor import SYSTEM, Actor
from loyalty.dossier.service import with_lots
from loyalty.members import TierEarning
from tests.domain.dossier.conftest import MEMBER_SECRET, People
from tests.domain.sales.conftest import SECRET, TILL, Cafe

GREEN_LOT, GOLD_LOT = datetime(2026, 3, 15, 12, tzinfo=UTC), datetime(2026, 4, 2, 12, tzinfo=UTC)
GREEN_END = datetime(2026, 10, 1, 4, tzinfo=UTC)


def give(session: Session, member_id: int, points: int, earned: datetime, ends: datetime | None) -> None:
    books = ledger.open_books(session, member_id)
    books.begin("import", at=earned)
    books.earn(points * 1000, source=ledger.chart.IMPORTED, expires_at=ends)
    ledger.write(session, books)


def tier(
    session: Session, member_id: int, key: str, until: datetime | None, points: int, at: datetime
) -> None:
    standing = members.standing(session, member_id)
    standing.tier, standing.tier_until, standing.tier_since = key, until, at
    standing.window_milli += points * 1000
    session.add(TierEarning(member_id=member_id, earned_at=at, seq=1, amount_milli=points * 1000))
    session.flush()


def merge(session: Session, cafe: Cafe, survivor: int, merged: int) -> members.Merge:
    return dossier.merge(session, actor=SYSTEM, survivor=survivor, merged=merged, now=cafe.now)


def lots(session: Session, member_id: int) -> list[tuple[int, datetime, datetime | None]]:
    found = ledger.read_books(session, member_id).lots.values()
    return sorted((lot.free_milli // 1000, lot.earned_at, lot.expires_at) for lot in found)


def test_e26_green_120_and_gold_300_make_420_and_lots_keep_dates(
    session: Session, cafe: Cafe, people: People
) -> None:
    green, gold = people.join("ann@example.com"), people.join("ann@work.example")
    give(session, green, 120, GREEN_LOT, GREEN_END)
    give(session, gold, 300, GOLD_LOT, None)
    until = datetime(2027, 4, 3, 4, tzinfo=UTC)
    tier(session, green, "green", None, 120, GREEN_LOT)
    tier(session, gold, "gold", until, 600, GOLD_LOT)
    merge(session, cafe, green, gold)
    assert lots(session, green) == [(120, GREEN_LOT, GREEN_END), (300, GOLD_LOT, None)]
    standing = members.standing(session, green)
    assert (standing.tier, standing.tier_until, standing.window_milli) == ("gold", until, 720_000)
    books = ledger.read_books(session, gold)
    assert (books.account.points_milli, books.lots) == (0, {})
    assert cafe.findings() == []


@pytest.mark.parametrize("way", ["into the first", "into the second"])
def test_the_sum_may_reach_a_higher_tier(session: Session, cafe: Cafe, people: People, way: str) -> None:
    one, other = people.join("ann@example.com"), people.join("ann@work.example")
    for each in (one, other):
        tier(session, each, "green", None, 300, GOLD_LOT)
    survivor, merged = (one, other) if way == "into the first" else (other, one)
    merge(session, cafe, survivor, merged)
    standing = members.standing(session, survivor)
    assert (standing.tier, standing.window_milli) == ("gold", 600_000)
    assert standing.tier_until == datetime(2027, 5, 10, 4, tzinfo=UTC)
    assert members.standing(session, merged).window_milli == 0


def test_wallets_are_added_beyond_the_limit_too_and_the_clearing_accounts_are_empty(
    session: Session, cafe: Cafe, people: People
) -> None:
    one, other = people.join("ann@example.com", wallet=40_000), people.join("ann@work.example", wallet=30_000)
    merge(session, cafe, one, other)
    assert ledger.read_books(session, one).account.wallet_minor == 70_000
    assert cafe.findings() == []


def test_what_one_owes_the_other_pays(session: Session, cafe: Cafe, people: People) -> None:
    debtor, rich = people.join("ann@example.com"), people.join("ann@work.example", points=100)
    sale = cafe.sell(debtor, ("beans", 3000))
    sales.adjust(
        session, actor=SYSTEM, member_id=debtor, points_milli=-30_000, reason="x", key="k", now=cafe.now
    )
    cafe.give_back(sale["sale"], (sale["lines"][0]["line"], 1))
    owed = ledger.read_books(session, debtor).account.owed_milli
    assert owed == 30_000
    merge(session, cafe, rich, debtor)
    books = ledger.read_books(session, rich).account
    assert (books.points_milli, books.owed_milli) == (70_000, 0)
    assert cafe.findings() == []


def test_what_the_survivor_owes_is_paid_too(session: Session, cafe: Cafe, people: People) -> None:
    debtor, rich = people.join("ann@example.com"), people.join("ann@work.example", points=100)
    sale = cafe.sell(debtor, ("beans", 3000))
    sales.adjust(
        session, actor=SYSTEM, member_id=debtor, points_milli=-30_000, reason="x", key="k", now=cafe.now
    )
    cafe.give_back(sale["sale"], (sale["lines"][0]["line"], 1))
    merge(session, cafe, debtor, rich)
    books = ledger.read_books(session, debtor).account
    assert (books.points_milli, books.owed_milli) == (70_000, 0)
    assert cafe.findings() == []


def test_phones_cards_and_addresses_name_the_survivor(session: Session, cafe: Cafe, people: People) -> None:
    one, other = people.join("ann@example.com"), people.join("ann@work.example")
    code = codes.parse(cafe.code(other))
    card = members.member(session, other).card_number
    kept = people.device(other, "Other phone", cafe.now)
    merge(session, cafe, one, other)
    for shown in (code, codes.parse(card)):
        assert (
            codes.identify(session, shown, secret=SECRET, reference="sale:1", now=cafe.now).member_id == one
        )
    assert members.owner_of(session, contact=members.email("ann@work.example"), secret=MEMBER_SECRET) == one
    again = members.refresh(session, token=kept.refresh_token, secret=MEMBER_SECRET, now=cafe.now)
    assert again.member_id == one
    assert {each.name for each in members.devices_of(session, one)} == {"Ann's phone", "Other phone"}
    assert members.find(session, card) == one


def test_the_survivors_profile_wins_and_gaps_are_filled(session: Session, cafe: Cafe, people: People) -> None:
    from datetime import date

    one, other = people.join("ann@example.com"), people.join("ann@work.example", birthday=date(1990, 2, 28))
    old = members.member(session, other)
    old.given_name, old.tags = "Annie", ["vip"]
    session.flush()
    merge(session, cafe, one, other)
    ann = members.member(session, one)
    assert (ann.given_name, ann.birthday, ann.tags) == ("Ann", date(1990, 2, 28), ["vip"])
    gone = session.get_one(members.Member, other)
    assert (gone.status, gone.merged_into, gone.given_name, gone.birthday) == ("merged", one, "", None)
    assert members.member(session, other).member_id == one


def test_perks_used_by_either_count(session: Session, cafe: Cafe, people: People) -> None:
    one, other = people.join("ann@example.com"), people.join("ann@work.example")
    counters = [
        (one, "rule:cup:1", "2026-05-10", 2),
        (other, "rule:cup:1", "2026-05-10", 1),
        (other, "x", "life", 1),
    ]
    for member_id, limit, period, times in counters:
        session.execute(
            text(
                "INSERT INTO limit_counter (member_id, limit_key, period, since, times, amount) "
                "VALUES (:m, :l, :p, now(), :t, 10)"
            ),
            {"m": member_id, "l": limit, "p": period, "t": times},
        )
    merge(session, cafe, one, other)
    found = session.execute(
        text("SELECT limit_key, times, amount FROM limit_counter WHERE member_id = :m ORDER BY 1"), {"m": one}
    ).all()
    assert [tuple(row) for row in found] == [("rule:cup:1", 3, 20), ("x", 1, 10)]


def test_a_sale_before_the_merge_is_returned_as_exactly_as_ever(
    session: Session, cafe: Cafe, people: People
) -> None:
    """With a reward: its points come back with their old dates, the earned ones go, the money goes back."""
    one, other = (
        people.join("ann@example.com", points=50),
        people.join("ann@work.example", points=264, wallet=2000),
    )
    before = lots(session, other)
    receipt = cafe.sell(
        other,
        ("caramel-latte", 1125),
        rewards=(sales.RewardClaim("ladder-200"),),
        tenders=(sales.TenderRequest("wallet", 125),),
    )
    merge(session, cafe, one, other)
    assert ledger.read_books(session, one).account.points_milli == 50_000 + 65_250
    back = cafe.give_back(receipt["sale"], (receipt["lines"][0]["line"], 1))
    assert (back["taken_milli"], back["restored_milli"]) == (1250, 200_000)
    books = ledger.read_books(session, one)
    assert (books.account.points_milli, books.account.wallet_minor) == (314_000, 2000)
    assert (264, *before[0][1:]) in lots(session, one)
    assert members.standing(session, one).window_milli == 0
    assert cafe.findings() == []


def test_a_sale_whose_points_were_all_spent_before_is_returned_too(
    session: Session, cafe: Cafe, people: People
) -> None:
    one, other = people.join("ann@example.com"), people.join("ann@work.example", points=60)
    receipt = cafe.sell(other, ("caramel-latte", 500), rewards=(sales.RewardClaim("ladder-60"),))
    spent = receipt["spent_milli"]
    merge(session, cafe, one, other)
    cafe.give_back(receipt["sale"], (receipt["lines"][0]["line"], 1))
    assert ledger.read_books(session, one).account.points_milli == 60_000
    assert spent == 60_000
    assert cafe.findings() == []


def test_devices_start_again_with_a_snapshot_that_has_everything(
    session: Session, cafe: Cafe, people: People
) -> None:
    one, other = people.join("ann@example.com"), people.join("ann@work.example", points=10)
    sale = cafe.sell(other, ("latte", 690))
    heads = [changes.head(session, each) for each in (one, other)]
    merge(session, cafe, one, other)
    after = changes.head(session, one)
    assert after.epoch > heads[0].epoch
    assert after.version > max(head.version for head in heads)
    entities = session.execute(
        text("SELECT entity FROM change WHERE member_id = :m AND NOT deleted"), {"m": one}
    ).scalars()
    assert {"balance", "tier", "wallet", "profile", f"sale/{sale['sale']}"} <= set(entities)


def test_consents_of_the_survivor_win_and_both_histories_are_kept(
    session: Session, cafe: Cafe, people: People
) -> None:
    from loyalty import edits, preferences

    one, other = people.join("ann@example.com"), people.join("ann@work.example")
    phone = people.device(one, "x", cafe.now).device_id
    for member_id, give_it in ((one, False), (other, True)):
        actor = Actor(kind="member", id=phone, channel="app", member_id=member_id)
        verb = preferences.give_consent if give_it else preferences.withdraw_consent
        verb(
            session, actor=actor, member_id=member_id, purpose=next(iter(preferences.PURPOSES)), channel="email",
            text_version="1", edit=edits.made_now(phone, cafe.now), now=cafe.now,
        )  # fmt: skip
    merge(session, cafe, one, other)
    given = (
        session.execute(text("SELECT given FROM consent WHERE member_id = :m"), {"m": one}).scalars().all()
    )
    numbers = session.execute(
        text("SELECT number FROM consent_event WHERE member_id = :m ORDER BY number"), {"m": one}
    ).scalars()
    assert given == [False]
    assert list(numbers) == [1, 2]


def test_a_merge_of_a_merge_leads_to_the_last(session: Session, cafe: Cafe, people: People) -> None:
    one, two, three = (people.join(f"ann{n}@example.com", points=10) for n in range(3))
    card = members.member(session, one).card_number
    merge(session, cafe, two, one)
    merge(session, cafe, three, two)
    assert members.member(session, one).member_id == three
    assert members.find(session, card) == three
    assert ledger.read_books(session, three).account.points_milli == 30_000
    assert cafe.findings() == []


def test_what_cannot_be_merged(session: Session, cafe: Cafe, people: People) -> None:
    one, other = people.join("ann@example.com"), people.join("ann@work.example", points=10)
    with pytest.raises(members.CannotMerge):
        merge(session, cafe, one, one)
    with pytest.raises(Exception, match="permission"):
        dossier.merge(session, actor=TILL, survivor=one, merged=other, now=cafe.now)
    books = ledger.open_books(session, other)
    books.begin("hold", at=cafe.now)
    books.hold_points("h1", 5000, until=cafe.now + timedelta(minutes=10))
    ledger.write(session, books)
    with pytest.raises(members.HoldsOpen):
        merge(session, cafe, one, other)
    cafe.wait(minutes=10)
    merge(session, cafe, one, other)
    assert ledger.read_books(session, one).account.points_milli == 10_000
    with pytest.raises(members.CannotMerge):
        merge(session, cafe, one, other)
    with pytest.raises(members.CannotMerge):
        merge(session, cafe, other, one)
    assert cafe.findings() == []


def test_it_is_written_down_who_merged_whom(session: Session, cafe: Cafe, people: People) -> None:
    one, other = people.join("ann@example.com"), people.join("ann@work.example")
    gone = members.member(session, other).public_id
    merge(session, cafe, one, other)
    act = session.execute(text("SELECT what, after FROM staff_act")).one()
    assert (act.what, act.after["merged"]) == ("member.merge", gone)


def test_the_record_of_a_sale_names_the_new_lots() -> None:
    record = {
        "earnings": [{"lot": 1, "rule": "r"}, {"lot": None, "rule": "r"}],
        "discounts": [{"uses": [[2, 5], [1, 7]]}],
        "extensions": [{"lots": [[2, "2026-01-01"]]}],
        "limits": [{"limit": "x"}],
    }
    assert with_lots(record, {1: 11, 2: 12}) == {
        "earnings": [{"lot": 11, "rule": "r"}, {"lot": None, "rule": "r"}],
        "discounts": [{"uses": [[12, 5], [11, 7]]}],
        "extensions": [{"lots": [[12, "2026-01-01"]]}],
        "limits": [{"limit": "x"}],
    }
    assert record["earnings"][0]["lot"] == 1
