"""Leaving: nothing personal stays, the books balance, the address is free. And the export before it."""

from __future__ import annotations

import json
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from loyalty import codes, dossier, ledger, members
from loyalty.actor import SYSTEM, Actor
from loyalty.models import metadata
from tests.domain.dossier.conftest import MEMBER_SECRET, People
from tests.domain.sales.conftest import SECRET, Cafe


def erase(session: Session, cafe: Cafe, member_id: int, **more: bool) -> None:
    dossier.erase(session, actor=SYSTEM, member_id=member_id, now=cafe.now, **more)


def everything(session: Session) -> str:
    """Return the whole database as text, but for the demo program and the member's mail to others."""
    rows = []
    for table in metadata.sorted_tables:
        if table.name not in ("program_version", "till"):
            rows += session.execute(text(f"SELECT to_jsonb(t)::text FROM {table.name} t")).scalars().all()
    return "\n".join(rows)


def test_nothing_personal_stays_and_the_books_balance(session: Session, cafe: Cafe, people: People) -> None:
    ann = people.join("ann.unmistakable@example.com", points=264, wallet=2000, birthday=date(1987, 11, 23))
    member = members.member(session, ann)
    member.given_name, member.family_name, member.tags = "Unmistakable", "Surname", ["some-tag"]
    session.flush()
    receipt = cafe.sell(ann, ("caramel-latte", 690))
    marks = ["nmistakable", "Surname", "1987-11-23", "some-tag", member.account_number, member.card_number]
    assert all(mark in everything(session) for mark in marks)
    code = codes.parse(cafe.code(ann))
    erase(session, cafe, ann, forfeit_wallet=True)
    left = everything(session)
    assert [mark for mark in marks if mark in left] == []
    account = ledger.read_books(session, ann).account
    assert (account.points_milli, account.owed_milli, account.wallet_minor) == (0, 0, 0)
    assert cafe.findings() == []
    assert (
        session.execute(
            text("SELECT count(*) FROM sale WHERE id = :id"), {"id": receipt["sale"]}
        ).scalar_one()
        == 1
    )
    with pytest.raises(codes.CodeUnknown):
        codes.identify(session, code, secret=SECRET, reference="sale:1", now=cafe.now)
    with pytest.raises(members.MemberUnknown):
        members.member(session, ann)


def test_the_address_is_free_for_somebody_new(session: Session, cafe: Cafe, people: People) -> None:
    ann = people.join("ann@example.com")
    erase(session, cafe, ann)
    assert members.owner_of(session, contact=members.email("ann@example.com"), secret=MEMBER_SECRET) is None
    assert people.join("ann@example.com") != ann


def test_money_in_the_wallet_must_be_given_up_expressly(session: Session, cafe: Cafe, people: People) -> None:
    ann = people.join("ann@example.com", wallet=2000)
    with pytest.raises(members.WalletNotEmpty) as refusal:
        erase(session, cafe, ann)
    assert refusal.value.data == {"wallet_minor": 2000}
    erase(session, cafe, ann, forfeit_wallet=True)
    forfeited = session.execute(text("SELECT amount FROM posting WHERE credit = 2107")).scalars().all()
    assert forfeited == [2000]


def test_what_is_set_aside_is_released_and_written_off(session: Session, cafe: Cafe, people: People) -> None:
    from datetime import timedelta

    ann = people.join("ann@example.com", points=100)
    books = ledger.open_books(session, ann)
    books.begin("hold", at=cafe.now)
    books.hold_points("h1", 60_000, until=cafe.now + timedelta(minutes=10))
    ledger.write(session, books)
    erase(session, cafe, ann)
    assert (
        session.execute(text("SELECT sum(amount) FROM posting WHERE credit = 1106")).scalar_one() == 100_000
    )
    assert cafe.findings() == []


def test_a_member_may_leave_and_nobody_else_may_send_them_away(
    session: Session, cafe: Cafe, people: People
) -> None:
    ann, ben = people.join("ann@example.com"), people.join("ben@example.com")
    phone = Actor(kind="member", id="phone", channel="app", member_id=ann)
    with pytest.raises(Exception, match="permission"):
        dossier.erase(session, actor=phone, member_id=ben, now=cafe.now)
    with pytest.raises(Exception, match="permission"):
        dossier.export(session, actor=phone, member_id=ben, now=cafe.now)
    dossier.erase(session, actor=phone, member_id=ann, now=cafe.now)
    with pytest.raises(members.MemberUnknown):
        dossier.erase(session, actor=phone, member_id=ann, now=cafe.now)


def test_an_erased_members_sale_can_still_be_looked_at_and_is_nobodys(
    session: Session, cafe: Cafe, people: People
) -> None:
    ann = people.join("ann@example.com")
    cafe.sell(ann, ("latte", 690))
    erase(session, cafe, ann)
    found = session.execute(text("SELECT effects::text FROM sale")).scalar_one()
    assert "Ann" not in found


def test_everything_is_exported_as_json(session: Session, cafe: Cafe, people: People) -> None:
    ann = people.join("ann@example.com", points=264, wallet=2000)
    sale = cafe.sell(ann, ("latte", 690))
    phone = Actor(kind="member", id="phone", channel="app", member_id=ann)
    told = dossier.export(session, actor=phone, member_id=ann, now=cafe.now)
    parts = json.loads(json.dumps(told["parts"]))
    assert parts["identity"][0]["value"] == "ann@example.com"
    assert parts["account"][0]["wallet_minor"] == 2000
    assert sum(lot["free_milli"] for lot in parts["lot"]) == parts["account"][0]["points_milli"]
    assert parts["sale"][0]["id"] == sale["sale"]
    assert parts["sale_line"][0]["sku"] == "latte"
    assert parts["code_use"][0]["reference"] == f"sale:{sale['sale']}"
    assert all("member_id" not in row for rows in parts.values() for row in rows)
    other = people.join("ben@example.com")
    bens = members.member(session, other).public_id
    assert bens not in json.dumps(told, default=str)
