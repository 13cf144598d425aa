"""Cashiers at this till: who may sign in, sign-in by PIN, sign-out."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from loyalty import staff
from loyalty.db import snapshot, transaction
from loyalty.web.api import Call, Routes
from loyalty.web.fields import Choice, Id, Input, Instant, Many, Output, Pattern, Text
from loyalty.web.limits import Limit
from pos_adapter.who import CASHIER, TILL, cashier_token, forget

routes: Final = Routes("Cashiers", "Who stands at this till, and what they may do.")


class CashierName(Output):
    """Somebody who may sign in here."""

    staff_id = Id()
    name = Text()


class Cashiers(Output):
    """Who may sign in here."""

    items = Many(CashierName, max=1000)


class SignInIn(Input):
    """Who, and their PIN."""

    staff_id = Id(required=True)
    pin = Pattern(r"^[0-9]{4,8}$", expected="4 to 8 digits", max=8, required=True)


class CashierSignedIn(Output):
    """A cashier who is signed in at this till."""

    staff_id = Id()
    name = Text()
    role = Choice(staff.ROLES)
    permissions = Many(Text(max=40), max=100)
    token = Text(max=1024, about="For the header `X-Cashier`; renew it before it expires.")
    token_expires_at = Instant()
    session_ends_at = Instant(about="When the PIN is needed again, however often the token is renewed.")


@routes.get("/cashiers", summary="Who may sign in here", who=TILL, answers={200: Cashiers})
def cashiers(call: Call) -> object:
    """List the names for the sign-in screen of this till."""
    with snapshot() as session:
        found = staff.cashiers_of(session, call.actor.store or "")
        return {"items": [{"staff_id": each.id, "name": each.name} for each in found]}


@routes.post(
    "/sessions",
    summary="Sign a cashier in",
    who=TILL,
    body=SignInIn,
    answers={201: CashierSignedIn},
    errors=(staff.PinWrong, staff.PinLocked),
    limits=(Limit("till.pin", 30, 300),),
)
def sign_in(call: Call) -> object:
    """Sign a cashier in by their PIN; whoever was signed in at this till is signed out.

    The fifth wrong PIN in a row locks it for 15 minutes, then for 30, and so on.
    """
    staff_id, pin = call.body["staff_id"], call.body["pin"]
    with transaction() as session:
        staff.count_pin_try(session, staff_id=staff_id, now=call.now)
    with transaction() as session:
        signed_in = staff.sign_in(session, actor=call.actor, staff_id=staff_id, pin=pin, now=call.now)
        person = staff.person(session, staff_id)
    forget(call.actor.id)
    return _answer(call, person, signed_in.id, signed_in.expires_at)


@routes.post(
    "/sessions/renew",
    summary="Go on with a sign-in",
    who=CASHIER,
    answers={200: CashierSignedIn},
    errors=(staff.StaffMissing,),
)
def renew(call: Call) -> object:
    """Answer a new token for the same sign-in, until the sign-in ends 12 hours after the PIN."""
    with snapshot() as session:
        current = staff.session_at(session, call.actor.id)
        person = staff.person(session, call.actor.staff_id or "")
        return _answer(call, person, current.id, current.expires_at)


@routes.delete("/sessions/current", summary="Sign the cashier out", who=TILL, answers={204: None})
def sign_out(call: Call) -> None:
    """Sign out whoever is signed in at this till; nobody there: nothing happens."""
    with transaction() as session:
        staff.sign_out(session, actor=call.actor, now=call.now)
    forget(call.actor.id)


def _answer(call: Call, person: staff.Staff, session_id: str, ends_at: datetime) -> object:
    token, until = cashier_token(
        call.site,
        till_id=call.actor.id,
        staff_id=person.id,
        session_id=session_id,
        ends_at=ends_at,
        now=call.now,
    )
    return {
        "staff_id": person.id,
        "name": person.name,
        "role": person.role,
        "permissions": sorted(staff.permissions_of(person.role)),
        "token": token,
        "token_expires_at": until,
        "session_ends_at": ends_at,
    }
