"""Tills are enrolled once by a code, and forgotten when they are revoked; cashiers come by PIN."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty import codes, staff
from loyalty.actor import SYSTEM, Actor
from loyalty.staff import StaffAct, Till
from loyalty.staff.models import TillEnrollment

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def offer(session: Session, **changes: str) -> str:
    given = {"name": "Bar", "store": "soho", **changes}
    code = staff.offer_enrollment(session, actor=SYSTEM, **given, now=NOW)
    session.flush()
    return code


@pytest.fixture
def till(session: Session) -> Till:
    till = staff.enroll(session, code=offer(session), now=NOW)
    session.flush()
    return till


def actor_of(till: Till) -> Actor:
    return Actor(kind="till", id=till.id, store=till.store)


def cashier(session: Session, pin: str = "4711", store: str | None = None) -> str:
    return staff.add(session, actor=SYSTEM, name="Ada", role="cashier", pin=pin, store=store, now=NOW).id


def acts(session: Session) -> list[str]:
    session.flush()
    return list(session.scalars(select(StaffAct.what).order_by(StaffAct.at, StaffAct.id)))


def test_a_code_enrolls_one_till_once(session: Session) -> None:
    code = offer(session)
    till = staff.enroll(
        session, code=code.lower().replace("-", " "), now=NOW + timedelta(minutes=14, seconds=59)
    )
    assert (till.name, till.store, till.status, till.public_key) == ("Bar", "soho", "active", None)
    with pytest.raises(staff.EnrollmentInvalid):
        staff.enroll(session, code=code, now=NOW + timedelta(minutes=1))
    assert sorted(acts(session)) == ["till.enroll", "till.offer"]


def test_after_fifteen_minutes_the_code_is_nothing(session: Session) -> None:
    code = offer(session)
    with pytest.raises(staff.EnrollmentInvalid):
        staff.enroll(session, code=code, now=NOW + timedelta(minutes=15))


def test_a_wrong_code_is_nothing(session: Session) -> None:
    offer(session)
    for wrong in ("AAAAA-AAAAA", "", "%", "x" * 500):
        with pytest.raises(staff.EnrollmentInvalid):
            staff.enroll(session, code=wrong, now=NOW)


def test_the_code_is_not_in_the_database(session: Session) -> None:
    code = offer(session)
    (row,) = session.scalars(select(TillEnrollment))
    assert code.replace("-", "").encode() not in row.code_hash
    assert len(row.code_hash) == 32


def test_old_codes_are_cleared_away(session: Session) -> None:
    offer(session)
    staff.offer_enrollment(session, actor=SYSTEM, name="Bar 2", store="soho", now=NOW + timedelta(days=2))
    session.flush()
    assert [row.till_name for row in session.scalars(select(TillEnrollment))] == ["Bar 2"]


def test_a_till_brings_its_own_key_and_it_must_be_one(session: Session) -> None:
    key = codes.jwk_of(codes.new_private_key())
    code = offer(session)
    with pytest.raises(codes.KeyInvalid):
        staff.enroll(session, code=code, public_key={**key, "x": key["y"]}, now=NOW)
    till = staff.enroll(session, code=code, name="Window", public_key={**key, "ext": "true"}, now=NOW)
    assert (till.name, till.public_key) == ("Window", key)


def test_a_key_can_be_registered_later(session: Session, till: Till) -> None:
    key = codes.jwk_of(codes.new_private_key())
    assert staff.set_key(session, actor=actor_of(till), public_key=key, now=NOW).public_key == key
    assert "till.set_key" in acts(session)


def test_a_revoked_till_is_nobody_and_so_is_its_cashier(session: Session, till: Till) -> None:
    ada = cashier(session)
    signed_in = staff.sign_in(session, actor=actor_of(till), staff_id=ada, pin="4711", now=NOW)
    session.flush()
    assert staff.standing(session, till.id, signed_in.id).staff_id == ada
    for _ in range(2):
        staff.revoke(session, actor=SYSTEM, till_id=till.id, now=NOW)
    session.flush()
    standing = staff.standing(session, till.id, signed_in.id)
    assert (standing.active, standing.generation, standing.staff_id) == (False, 2, None)
    assert acts(session).count("till.revoke") == 1
    with pytest.raises(staff.TillMissing):
        staff.revoke(session, actor=SYSTEM, till_id="nothing", now=NOW)
    assert staff.standing(session, "nothing", None) is None


def test_a_till_is_seen(session: Session, till: Till) -> None:
    staff.seen(session, till_id=till.id, now=NOW + timedelta(minutes=5))
    staff.seen(session, till_id=till.id, now=NOW + timedelta(minutes=3))
    session.expire_all()
    assert till.last_seen_at == NOW + timedelta(minutes=5)


# Cashiers


def test_a_cashier_has_what_their_role_grants(session: Session, till: Till) -> None:
    ada = cashier(session)
    signed_in = staff.sign_in(session, actor=actor_of(till), staff_id=ada, pin="4711", now=NOW)
    session.flush()
    assert staff.standing(session, till.id, None).permissions == staff.permissions_of(None)
    standing = staff.standing(session, till.id, signed_in.id)
    assert standing.permissions == staff.permissions_of("cashier")
    assert standing.session_ends_at == NOW + timedelta(hours=12)
    staff.set_role(session, actor=SYSTEM, staff_id=ada, role="manager", now=NOW)
    session.flush()
    assert "sales.void" in staff.standing(session, till.id, signed_in.id).permissions


def test_a_sign_in_holds_at_its_own_till_only(session: Session, till: Till) -> None:
    other = staff.enroll(session, code=offer(session, name="Window"), now=NOW)
    signed_in = staff.sign_in(session, actor=actor_of(till), staff_id=cashier(session), pin="4711", now=NOW)
    session.flush()
    assert staff.standing(session, other.id, signed_in.id).staff_id is None


def test_the_next_cashier_signs_the_last_one_out(session: Session, till: Till) -> None:
    ada, bob = cashier(session), cashier(session, "2580")
    first = staff.sign_in(session, actor=actor_of(till), staff_id=ada, pin="4711", now=NOW)
    second = staff.sign_in(session, actor=actor_of(till), staff_id=bob, pin="2580", now=NOW)
    session.flush()
    assert staff.standing(session, till.id, first.id).staff_id is None
    assert staff.session_at(session, till.id).id == second.id
    for _ in range(2):
        staff.sign_out(session, actor=actor_of(till), now=NOW)
    session.flush()
    assert staff.standing(session, till.id, second.id).staff_id is None
    written = acts(session)
    assert (written.count("cashier.sign_in"), written.count("cashier.sign_out")) == (2, 1)
    with pytest.raises(staff.StaffMissing):
        staff.session_at(session, till.id)


@pytest.mark.parametrize("wrong", ["another store", "sent away", "no pin", "wrong pin", "nobody"])
def test_every_wrong_sign_in_is_the_same(session: Session, till: Till, wrong: str) -> None:
    ada = cashier(session, store="mitte" if wrong == "another store" else "soho")
    if wrong == "sent away":
        staff.deactivate(session, actor=SYSTEM, staff_id=ada, now=NOW)
    if wrong == "no pin":
        ada = staff.add(session, actor=SYSTEM, name="Bob", role="cashier", now=NOW).id
    pin = "4712" if wrong == "wrong pin" else "4711"
    staff_id = "nobody" if wrong == "nobody" else ada
    staff.count_pin_try(session, staff_id=staff_id, now=NOW)
    with pytest.raises(staff.PinWrong) as caught:
        staff.sign_in(session, actor=actor_of(till), staff_id=staff_id, pin=pin, now=NOW)
    assert caught.value.detail == "Wrong PIN."
    assert caught.value.data == {}


def guess(session: Session, till: Till, staff_id: str, pin: str, now: datetime) -> str:
    """Do what the route does; savepoints stand for its two transactions."""
    try:
        with session.begin_nested():
            staff.count_pin_try(session, staff_id=staff_id, now=now)
        with session.begin_nested():
            staff.sign_in(session, actor=actor_of(till), staff_id=staff_id, pin=pin, now=now)
    except staff.PinLocked as locked:
        return f"locked {locked.retry_after_seconds}"
    except staff.PinWrong:
        return "wrong"
    return "in"


def test_the_fifth_wrong_pin_locks_it_and_the_right_one_too(session: Session, till: Till) -> None:
    ada = cashier(session)
    assert [guess(session, till, ada, "4712", NOW) for _ in range(5)] == ["wrong"] * 5
    assert guess(session, till, ada, "4711", NOW) == "locked 901"
    assert guess(session, till, ada, "4711", NOW + timedelta(minutes=14, seconds=59)) == "locked 2"
    assert guess(session, till, ada, "4711", NOW + timedelta(minutes=15)) == "in"


def test_the_fifth_try_may_be_right(session: Session, till: Till) -> None:
    ada = cashier(session)
    for _ in range(4):
        guess(session, till, ada, "4712", NOW)
    assert guess(session, till, ada, "4711", NOW) == "in"
    assert [guess(session, till, ada, "4712", NOW) for _ in range(5)] == ["wrong"] * 5
    assert guess(session, till, ada, "4712", NOW).startswith("locked")


def test_each_further_lock_lasts_longer_until_the_right_pin(session: Session, till: Till) -> None:
    ada, now, waits = cashier(session), NOW, []
    for _ in range(3):
        for _ in range(5):
            assert guess(session, till, ada, "4712", now) == "wrong"
        waits.append(int(guess(session, till, ada, "4712", now).removeprefix("locked ")) - 1)
        now += timedelta(seconds=waits[-1])
    assert waits == [900, 1800, 3600]
    assert guess(session, till, ada, "4711", now) == "in"
    for _ in range(5):
        guess(session, till, ada, "4712", now)
    assert guess(session, till, ada, "4712", now) == "locked 901"


def test_a_new_pin_unlocks(session: Session, till: Till) -> None:
    ada = cashier(session)
    for _ in range(5):
        guess(session, till, ada, "4712", NOW)
    staff.set_pin(session, actor=SYSTEM, staff_id=ada, pin="2580", now=NOW)
    assert guess(session, till, ada, "2580", NOW) == "in"


def test_one_locked_pin_locks_nobody_else(session: Session, till: Till) -> None:
    ada, bob = cashier(session), cashier(session, "2580")
    for _ in range(6):
        guess(session, till, ada, "4712", NOW)
    assert guess(session, till, bob, "2580", NOW) == "in"
