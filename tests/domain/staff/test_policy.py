"""Who may do what, and what a PIN may be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from loyalty.staff.policy import (
    GRANTS,
    PERMISSIONS,
    ROLES,
    TILL,
    is_simple,
    lock_until,
    may_hand_out,
    normalized_code,
    permissions_of,
    shown_code,
)
from loyalty.staff.secrecy import code_hash, fits, hash_of, new_code

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_every_role_has_its_grants_and_every_grant_is_a_known_permission() -> None:
    assert GRANTS.keys() == set(ROLES)
    for granted in (*GRANTS.values(), TILL):
        assert granted <= PERMISSIONS.keys()
    assert GRANTS["admin"] == PERMISSIONS.keys()


def test_a_till_alone_gives_nothing_back() -> None:
    assert permissions_of(None) == TILL
    for permission in (
        "sales.return",
        "sales.void",
        "wallet.cash",
        "wallet.refund",
        "points.adjust",
        "members.edit",
    ):
        assert permission not in TILL


def test_a_cashier_may_what_the_till_may_and_a_manager_what_a_cashier_may() -> None:
    assert TILL < GRANTS["cashier"] < GRANTS["manager"] < GRANTS["admin"]


def test_only_an_approver_and_an_admin_put_a_program_into_force() -> None:
    assert [role for role in ROLES if "program.apply" in GRANTS[role]] == ["approver", "admin"]


@pytest.mark.parametrize(
    ("giver", "roles"),
    [
        ("admin", set(ROLES)),
        ("manager", {"manager", "cashier", "analyst"}),
        ("cashier", {"cashier"}),
        ("analyst", {"analyst"}),
    ],
)
def test_nobody_hands_out_more_than_they_hold(giver: str, roles: set[str]) -> None:
    assert {role for role in ROLES if may_hand_out(GRANTS[giver], role)} == roles


@pytest.mark.parametrize(
    "pin", ["0000", "1111", "99999999", "1234", "4567", "7890", "4321", "9876", "1212", "909090"]
)
def test_a_simple_pin_is_known(pin: str) -> None:
    assert is_simple(pin)


@pytest.mark.parametrize("pin", ["4711", "2580", "1357", "1221", "8642", "19841", "121213"])
def test_another_pin_is_not(pin: str) -> None:
    assert not is_simple(pin)


def test_each_lock_lasts_twice_as_long_up_to_a_day() -> None:
    minutes = [(lock_until(NOW, locks) - NOW) / timedelta(minutes=1) for locks in (1, 2, 3, 7, 8, 500)]
    assert minutes == [15, 30, 60, 960, 1440, 1440]


def test_an_enrollment_code_is_read_however_it_was_typed() -> None:
    assert normalized_code("0o1i l-abcde") == "00111ABCDE"
    code = new_code()
    assert normalized_code(shown_code(code).lower()) == code
    assert code_hash(shown_code(code).lower().replace("0", "o")) == code_hash(code)
    assert len({new_code() for _ in range(100)}) == 100


def test_a_pin_fits_its_hash_and_nobody_without_one() -> None:
    hashed = hash_of("4711")
    assert hashed != hash_of("4711"), "salted"
    assert "4711" not in hashed
    assert fits(hashed, "4711")
    assert not fits(hashed, "4712")
    assert not fits(None, "4711")
    assert not fits("no hash", "4711")
