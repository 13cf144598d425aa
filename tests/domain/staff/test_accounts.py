"""Staff are added, ranked, given PINs and sent away; every act is written down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from loyalty import staff
from loyalty.actor import SYSTEM, Actor
from loyalty.staff import StaffAct
from loyalty.staff.models import CashierSession

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def somebody(role: str) -> Actor:
    return Actor(kind="staff", id=f"the-{role}", permissions=staff.permissions_of(role))


def acts(session: Session) -> list[StaffAct]:
    return list(session.scalars(select(StaffAct).order_by(StaffAct.at, StaffAct.id)))


def test_somebody_is_added_and_it_is_written_down(session: Session) -> None:
    added = staff.add(
        session, actor=SYSTEM, name="Ada", role="cashier", email=" Ada@Example.ORG ", pin="4711", now=NOW
    )
    assert (added.name, added.role, added.email, added.status) == (
        "Ada",
        "cashier",
        "ada@example.org",
        "active",
    )
    (act,) = acts(session)
    assert (act.what, act.object, act.actor, act.at) == (
        "staff.add",
        f"staff:{added.id}",
        "system:system",
        NOW,
    )
    assert act.after == {"role": "cashier", "store": None, "pin": True}


def test_an_email_is_somebodys_only(session: Session) -> None:
    staff.add(session, actor=SYSTEM, name="Ada", role="admin", email="ada@example.org", now=NOW)
    with pytest.raises(staff.EmailTaken):
        staff.add(session, actor=SYSTEM, name="Bob", role="admin", email="ADA@example.org", now=NOW)
    for name in ("Cy", "Di"):
        staff.add(session, actor=SYSTEM, name=name, role="cashier", now=NOW)


def test_an_unknown_role_is_refused_with_the_known_ones(session: Session) -> None:
    with pytest.raises(staff.RoleUnknown, match=r"wizard.*cashier"):
        staff.add(session, actor=SYSTEM, name="Ada", role="wizard", now=NOW)


@pytest.mark.parametrize("role", ["analyst", "marketer", "approver", "cashier"])
def test_only_managers_and_admins_manage_staff(session: Session, role: str) -> None:
    ada = staff.add(session, actor=SYSTEM, name="Ada", role="cashier", now=NOW)
    actor = somebody(role)
    for act in (
        lambda: staff.add(session, actor=actor, name="Bob", role="cashier", now=NOW),
        lambda: staff.set_role(session, actor=actor, staff_id=ada.id, role="cashier", now=NOW),
        lambda: staff.set_pin(session, actor=actor, staff_id=ada.id, pin="4711", now=NOW),
        lambda: staff.deactivate(session, actor=actor, staff_id=ada.id, now=NOW),
        lambda: staff.offer_enrollment(session, actor=actor, name="Bar", store="soho", now=NOW),
        lambda: staff.revoke(session, actor=actor, till_id="x", now=NOW),
    ):
        with pytest.raises(staff.PermissionDenied):
            act()


def test_a_manager_makes_cashiers_and_cannot_touch_an_admin(session: Session) -> None:
    manager = somebody("manager")
    admin = staff.add(session, actor=SYSTEM, name="Ada", role="admin", now=NOW)
    cashier = staff.add(session, actor=manager, name="Bob", role="cashier", now=NOW)
    with pytest.raises(staff.RoleTooHigh):
        staff.set_role(session, actor=manager, staff_id=cashier.id, role="admin", now=NOW)
    for act in (
        lambda: staff.set_role(session, actor=manager, staff_id=admin.id, role="cashier", now=NOW),
        lambda: staff.set_pin(session, actor=manager, staff_id=admin.id, pin="4711", now=NOW),
        lambda: staff.deactivate(session, actor=manager, staff_id=admin.id, now=NOW),
        lambda: staff.add(session, actor=manager, name="Cy", role="admin", now=NOW),
    ):
        with pytest.raises(staff.RoleTooHigh):
            act()


def test_a_role_change_tells_before_and_after(session: Session) -> None:
    ada = staff.add(session, actor=SYSTEM, name="Ada", role="cashier", now=NOW)
    staff.set_role(session, actor=somebody("admin"), staff_id=ada.id, role="manager", now=NOW + timedelta(1))
    act = acts(session)[-1]
    assert (act.what, act.before, act.after) == ("staff.set_role", {"role": "cashier"}, {"role": "manager"})
    assert (act.actor, act.staff_id) == ("staff:the-admin", "the-admin")


@pytest.mark.parametrize(
    "pin", ["", "471", "471147114", "47a1", "1234", "0000", "\uff14\uff17\uff11\uff11", "4711\n"]
)
def test_a_pin_is_four_to_eight_digits_and_not_simple(session: Session, pin: str) -> None:
    with pytest.raises(staff.PinInvalid):
        staff.add(session, actor=SYSTEM, name="Ada", role="cashier", pin=pin, now=NOW)


def test_no_pin_and_no_hash_is_ever_in_the_log(session: Session) -> None:
    ada = staff.add(session, actor=SYSTEM, name="Ada", role="cashier", pin="4711", now=NOW)
    staff.set_pin(session, actor=SYSTEM, staff_id=ada.id, pin="2580", now=NOW)
    written = str([(act.what, act.object, act.before, act.after) for act in acts(session)])
    assert "4711" not in written
    assert "2580" not in written
    assert "argon2" not in written


def test_who_is_sent_away_is_signed_out_and_has_no_pin(session: Session) -> None:
    ada = staff.add(session, actor=SYSTEM, name="Ada", role="cashier", pin="4711", now=NOW)
    session.add(
        CashierSession(
            id="s", staff_id=ada.id, till_id="t", started_at=NOW, expires_at=NOW + timedelta(hours=1)
        )
    )
    staff.deactivate(session, actor=SYSTEM, staff_id=ada.id, now=NOW)
    session.expire_all()
    assert ada.status == "inactive"
    assert ada.pin_hash is None
    assert session.get_one(CashierSession, "s").ended_at == NOW
    staff.deactivate(session, actor=SYSTEM, staff_id=ada.id, now=NOW)
    assert [act.what for act in acts(session)].count("staff.deactivate") == 1


def test_nobody_is_nobody(session: Session) -> None:
    for act in (
        lambda: staff.person(session, "nobody"),
        lambda: staff.person_named(session, "nobody@example.org"),
        lambda: staff.set_pin(session, actor=SYSTEM, staff_id="nobody", pin="4711", now=NOW),
    ):
        with pytest.raises(staff.StaffMissing):
            act()


def test_cashiers_of_a_store_are_active_have_a_pin_and_work_there(session: Session) -> None:
    def add(name: str, store: str | None, pin: str | None) -> str:
        return staff.add(session, actor=SYSTEM, name=name, role="cashier", store=store, pin=pin, now=NOW).id

    add("Cy", "soho", "4711")
    add("Ada", None, "4711")
    add("No pin", "soho", None)
    add("Elsewhere", "mitte", "4711")
    staff.deactivate(session, actor=SYSTEM, staff_id=add("Gone", "soho", "4711"), now=NOW)
    assert [each.name for each in staff.cashiers_of(session, "soho")] == ["Ada", "Cy"]


@pytest.mark.parametrize("change", ["UPDATE staff_act SET what = 'nothing'", "DELETE FROM staff_act"])
def test_the_log_cannot_be_rewritten(session: Session, change: str) -> None:
    staff.add(session, actor=SYSTEM, name="Ada", role="cashier", now=NOW)
    session.flush()
    with pytest.raises(DBAPIError, match="written once"), session.begin_nested():
        session.execute(text(change))


def test_the_log_is_read_newest_first_by_person_by_object_and_in_pages(session: Session) -> None:
    ada = staff.add(session, actor=SYSTEM, name="Ada", role="cashier", now=NOW)
    for minute, role in enumerate(("manager", "cashier", "manager"), start=1):
        staff.set_role(
            session, actor=somebody("admin"), staff_id=ada.id, role=role, now=NOW + timedelta(minutes=minute)
        )
    session.flush()
    assert len(staff.acts(session)) == 4
    assert len(staff.acts(session, by="the-admin")) == 3
    assert staff.acts(session, about="till:x") == []
    first, second = staff.acts(session, limit=2)
    assert first.at > second.at
    assert [act.at for act in staff.acts(session, before=(second.at, second.id))] == [
        NOW + timedelta(minutes=1),
        NOW,
    ]


def test_an_act_is_there_only_if_its_deed_is(session: Session) -> None:
    with session.begin_nested() as attempt:
        staff.add(session, actor=SYSTEM, name="Ada", role="cashier", now=NOW)
        attempt.rollback()
    assert acts(session) == []
