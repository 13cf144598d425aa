"""Rows of an import: read strictly, told exactly what would be right, brought over with their dates."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from loyalty import codes, ledger, members, rules
from loyalty.codes.card import new_card_number
from loyalty.errors import Flaw
from tests.domain.members.conftest import NOON, SECRET, SignIn

PROGRAM = rules.compile_program(rules.load_shipped("cafe-stars"), version=1)
CONTEXT = members.ImportContext(PROGRAM, NOON, "US")


def read(**cells: Any) -> members.MemberRow:
    return members.read_row({"external_id": "1", **cells}, CONTEXT)


def flaws(**cells: Any) -> list[Flaw]:
    with pytest.raises(members.RowRefused) as refusal:
        read(**cells)
    return list(refusal.value.flaws)


def bring(session: Session, **cells: Any) -> int:
    return members.import_member(
        session, read(**cells), source="old", program=PROGRAM, secret=SECRET, now=NOON
    )


def test_a_member_comes_over_with_lots_and_dates(session: Session) -> None:
    member_id = bring(
        session,
        email="Ann@Example.com",
        phone="(212) 555-0123",
        given_name="Ann",
        family_name="Lee",
        locale="fr",
        birthday="1990-02-28",
        joined_at="2019-06-01",
        tier="gold",
        tier_since="2025-11-01",
        tier_until="2026-11-02",
        tier_points="480 2026-01-05; 30.5 2026-02-01",
        lots="120 2026-01-15 2026-08-01; 300.25 2026-02-02 never",
        wallet="20.00",
        tags="vip, founder",
        employee="yes",
    )
    ann = members.member(session, member_id)
    assert (ann.given_name, ann.family_name, ann.locale, ann.birthday) == (
        "Ann",
        "Lee",
        "fr",
        date(1990, 2, 28),
    )
    assert (ann.tags, ann.employee) == (["founder", "vip"], True)
    assert ann.joined_at == datetime(2019, 6, 1, 4, tzinfo=UTC)
    books = ledger.read_books(session, member_id)
    assert (books.account.points_milli, books.account.wallet_minor) == (420_250, 2000)
    assert [(lot.free_milli, lot.earned_at, lot.expires_at) for lot in books.lots.values()] == [
        (120_000, datetime(2026, 1, 15, 5, tzinfo=UTC), datetime(2026, 8, 1, 4, tzinfo=UTC)),
        (300_250, datetime(2026, 2, 2, 5, tzinfo=UTC), None),
    ]
    standing = members.standing(session, member_id)
    assert (standing.tier, standing.tier_until) == ("gold", datetime(2026, 11, 2, 5, tzinfo=UTC))
    assert standing.window_milli == 510_500
    assert {each.value for each in members.contacts_of(session, member_id)} == {
        "ann@example.com",
        "+12125550123",
    }
    assert list(ledger.audit(session)) == []


def test_whoever_was_imported_signs_in_by_the_old_address(session: Session, sign_in: SignIn) -> None:
    member_id = bring(session, email="ann@example.com", points="12.5")
    signed_in = sign_in(members.email("ann@example.com"))
    assert (signed_in.member_id, signed_in.joined) == (member_id, False)


def test_nothing_but_an_id_is_a_member_too(session: Session) -> None:
    member_id = bring(session)
    assert members.standing(session, member_id).tier == "green"
    assert ledger.read_books(session, member_id).account.seq == 0


def test_a_lot_without_an_end_ends_as_the_program_says() -> None:
    (lot,) = read(lots="120 2026-02-15").lots
    assert lot.expires_at == datetime(2026, 9, 1, 4, tzinfo=UTC)
    (gold,) = read(lots="120 2026-02-15", tier="gold").lots
    assert gold.expires_at is None


def test_a_lot_that_would_be_gone_by_our_rules_gets_what_new_points_get() -> None:
    (lot,) = read(lots="120 2020-02-15").lots
    assert (lot.earned_at.year, lot.expires_at) == (2020, datetime(2026, 10, 1, 4, tzinfo=UTC))


def test_one_balance_is_one_lot_earned_when_they_joined() -> None:
    (lot,) = read(points="120", joined_at="2026-02-10").lots
    assert (lot.amount_milli, lot.earned_at) == (120_000, datetime(2026, 2, 10, 5, tzinfo=UTC))


def test_json_says_the_same_as_text() -> None:
    text_ = read(
        lots="120 2026-01-15 2026-08-01; 300 2026-02-02 never",
        points="",
        tags="a b",
        employee="no",
        wallet="20",
    )
    said = read(
        lots=[
            {"points": 120, "earned_at": "2026-01-15", "expires_at": "2026-08-01"},
            {"points": "300", "earned_at": "2026-02-02", "expires_at": "never"},
        ],
        tags=["b", "a"],
        employee=False,
        wallet=20,
    )
    assert (text_.lots, text_.tags, text_.wallet_minor) == (said.lots, said.tags, said.wallet_minor)


@pytest.mark.parametrize(
    ("cells", "column", "says"),
    [
        ({"external_id": ""}, "/external_id", "Is missing"),
        ({"external_id": "has space"}, "/external_id", "without spaces"),
        ({"email": "ann"}, "/email", "ann@example.com"),
        ({"phone": "555"}, "/phone", "+12125550123"),
        ({"birthday": "28.02.1990"}, "/birthday", "1990-02-28"),
        ({"birthday": "2030-01-01"}, "/birthday", "past"),
        ({"birthday": "1990-02-30"}, "/birthday", "1990-02-28"),
        ({"joined_at": "2026-13-01"}, "/joined_at", "2026-03-15"),
        ({"joined_at": "2026-01-01T10:00:00"}, "/joined_at", "instant"),
        ({"joined_at": "2027-01-01"}, "/joined_at", "future"),
        ({"tier": "golf"}, "/tier", "did you mean gold"),
        ({"tier": "gold", "tier_until": "2026-01-01"}, "/tier_until", "over already"),
        ({"tier_until": "2027-01-01"}, "/tier_until", "green has no end"),
        ({"points": "12.3456"}, "/points", "three decimals"),
        ({"points": "-5"}, "/points", "three decimals"),
        ({"points": "NaN"}, "/points", "three decimals"),
        ({"points": "1e99"}, "/points", "three decimals"),
        ({"points": "12,5"}, "/points", "three decimals"),
        ({"points": "1", "lots": "1 2026-01-01"}, "/points", "not both"),
        ({"wallet": "20.001"}, "/wallet", "USD"),
        ({"wallet": "501"}, "/wallet", "50000 minor units"),
        ({"lots": "120"}, "/lots", "Entry 1: expected"),
        (
            {"lots": "1 2026-01-01 2026-09-01; 2 2026-01-01 2026-02-01"},
            "/lots",
            "Entry 2: Must be in the future",
        ),
        ({"lots": "1 2026-01-01 2026-09-01 extra"}, "/lots", "Entry 1"),
        ({"lots": "1 2027-01-01"}, "/lots", "Entry 1: Must not be in the future"),
        ({"lots": [{"points": 1, "earned": "2026-01-01"}]}, "/lots", "did you mean earned_at"),
        ({"lots": 5}, "/lots", "a list"),
        ({"lots": "1 2026-01-01;" * 1001}, "/lots", "1000"),
        ({"tier_points": "5 2026-01-01 2026-02-01"}, "/tier_points", "Entry 1"),
        ({"tags": "Not Good!"}, "/tags", "lower-case"),
        ({"employee": "maybe"}, "/employee", "yes or no"),
        ({"given_name": "x" * 101}, "/given_name", "100"),
        ({"given_name": 5}, "/given_name", "text"),
        ({"locale": "english"}, "/locale", "en"),
        ({"card_number": "12345678901234567"}, "/card_number", "Luhn"),
    ],
)
def test_a_wrong_cell_is_told_what_would_be_right(cells: dict[str, Any], column: str, says: str) -> None:
    found = flaws(**cells)
    assert [flaw.pointer for flaw in found] == [column]
    assert says in found[0].detail


def test_every_wrong_cell_of_a_row_is_told() -> None:
    found = flaws(email="x", points="y", tier="z")
    assert {flaw.pointer for flaw in found} == {"/email", "/points", "/tier"}


def test_an_address_or_card_of_another_member_is_refused(session: Session, sign_in: SignIn) -> None:
    sign_in(members.email("ann@example.com"))
    card = new_card_number()
    bring(session, external_id="2", card_number=card)
    with pytest.raises(members.RowRefused) as refusal, session.begin_nested():
        bring(session, external_id="3", email="ann@example.com", card_number=card)
    assert [flaw.pointer for flaw in refusal.value.flaws] == ["/email", "/card_number"]
    assert session.execute(text("SELECT count(*) FROM imported_member")).scalar_one() == 1


def test_an_old_card_goes_on_working(session: Session) -> None:
    card = new_card_number()
    member_id = bring(session, card_number=f"{card[:4]} {card[4:]}")
    assert members.member(session, member_id).card_number == card
    assert codes.member_of(session, f"card:{card}") == member_id


def test_a_row_is_known_again_whatever_its_spacing_and_order(session: Session) -> None:
    bring(session, given_name="Ann", points="5")
    same = members.fingerprint({"points": " 5 ", "given_name": "Ann", "external_id": "1", "tags": ""})
    other = members.fingerprint({"points": "6", "given_name": "Ann", "external_id": "1"})
    assert members.imported_before(session, source="old", fingerprints={"1": same, "2": same}) == {"1": None}
    refusal = members.imported_before(session, source="old", fingerprints={"1": other})["1"]
    assert refusal is not None
    assert "other values" in refusal.flaws[0].detail
    assert members.imported_before(session, source="another", fingerprints={"1": same}) == {}


def test_columns_that_there_are_not_get_the_nearest() -> None:
    (flaw,) = members.unknown_columns(["external_id", "birth_day"])
    assert "did you mean birthday" in flaw.detail


TEXTS = st.text(max_size=12)
CELL = st.one_of(
    st.text(max_size=40),
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.lists(TEXTS, max_size=3),
    st.lists(st.dictionaries(st.sampled_from(["points", "earned_at", "expires_at"]), TEXTS), max_size=2),
)


@given(st.dictionaries(st.sampled_from(sorted(members.IMPORT_COLUMNS)), CELL, max_size=6))
def test_any_row_is_read_or_refused_and_nothing_else(cells: dict[str, Any]) -> None:
    with suppress(members.RowRefused):
        members.read_row(cells, CONTEXT)
    members.fingerprint(cells)
