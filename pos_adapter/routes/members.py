"""Members at a till: find one without a phone, sign one up, say what happened, put points right."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy.orm import Session

from loyalty import ledger, members, rules, sales, staff
from loyalty.db import transaction
from loyalty.sales import refusals
from loyalty.sales.occasions import AmountNotPositive
from loyalty.web.api import Call, Routes
from loyalty.web.fields import Document, Id, Input, Key, Many, Map, Milli, One, Output, Pattern, Text, Whole
from loyalty.web.limits import Limit
from loyalty.web.receipts import BalanceOut, EffectOut
from pos_adapter.who import CASHIER, TILL

routes: Final = Routes("Members", "Find, sign up, put right.")

LOOK_UPS: Final = Limit("till.find_member", 120, 3600)
JOINS: Final = Limit("till.join", 60, 3600)


class FindIn(Input):
    """What the customer says: an e-mail address, a phone number, or the number on a card."""

    text = Text(min=3, max=254, required=True)


class FoundOut(Output):
    """A member who was named and has proven nothing: they earn, and cannot spend."""

    member = Id(about="Name it as `member` in quotes and sales.")
    given_name = Text()
    initial = Text(about="Of the family name.")
    tier = Text()


@routes.post(
    "/members/find",
    summary="Find a member by what they say",
    who=TILL,
    needs="members.find",
    body=FindIn,
    answers={200: FoundOut},
    errors=(members.MemberUnknown, members.ContactInvalid),
    limits=(LOOK_UPS,),
)
def find(call: Call) -> object:
    """Answer whose address, phone or card this is: enough to say hello, not enough to spend."""
    text = call.body["text"].strip()
    secret = members.member_secret(call.site.settings.secret_key)
    with transaction() as session:
        digits = text.replace(" ", "")
        if digits.isascii() and digits.isdigit() and len(digits) in (10, 17):
            member_id = members.find(session, digits)
        else:
            member_id = members.find(session, "", contact=members.contact(text), secret=secret)
        return _found(session, member_id)


def _found(session: Session, member_id: int) -> dict[str, Any]:
    member = members.member(session, member_id)
    return {
        "member": member.public_id,
        "given_name": member.given_name,
        "initial": member.family_name[:1],
        "tier": members.standing(session, member_id).tier,
    }


class JoinIn(Input):
    """Who joins: an address to prove later, and a name."""

    contact = Text(min=3, max=254, required=True, about="An e-mail address or a phone number.")
    given_name = Text(max=100, load_default="")
    family_name = Text(max=100, load_default="")
    locale = Pattern(
        "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", expected="a language tag", max=35, load_default="en"
    )


@routes.post(
    "/members",
    summary="Sign a member up",
    who=CASHIER,
    needs="members.join",
    body=JoinIn,
    answers={201: FoundOut},
    errors=(
        members.ContactInvalid,
        members.ContactTaken,
        members.ProfileInvalid,
        rules.NoProgram,
    ),
    limits=(JOINS,),
)
def join(call: Call) -> object:
    """Let somebody join at the counter: they earn at once and prove the address when they sign in."""
    body = call.body
    with transaction() as session:
        program = rules.program_at(session, call.now)
        member_id = members.join(
            session,
            contact=members.contact(body["contact"]),
            profile=members.Profile(body["given_name"], body["family_name"], body["locale"]),
            entry=members.Entry(program.entry_tier.key, program.settings.wallet_limit_minor),
            secret=members.member_secret(call.site.settings.secret_key),
            now=call.now,
        )
        found = _found(session, member_id)
        sales.record_event(
            session,
            actor=call.actor,
            member_id=member_id,
            name="signup",
            key=f"signup:{found['member']}",
            now=call.now,
        )
        staff.record(
            session, actor=call.actor, what="members.join", about=f"member:{found['member']}", now=call.now
        )
        return found


class OccasionOut(Output):
    """What the program answered."""

    occurred_at = Text()
    currency = Text()
    earned_milli = Milli()
    changed_milli = Milli(min=-(10**12))
    effects = Many(EffectOut, max=1000)
    member = One(BalanceOut)
    seq = Whole()
    version = Whole()


class EventIn(Input):
    """Something that happened, and what is known of it."""

    name = Key(required=True, about="The rules with `when: event:<name>` answer it.")
    data = Map(Document(), max=20, load_default=dict)


@routes.post(
    "/members/<member>/events",
    summary="Something happened",
    who=CASHIER,
    needs="sales.settle",
    path={"member": Id()},
    body=EventIn,
    answers={200: OccasionOut},
    errors=(members.MemberUnknown, refusals.MemberBlocked, refusals.KeyReused, refusals.TillRevoked),
    idempotent=True,
)
def record_event(call: Call) -> object:
    """Tell the program that something happened (a workshop attended, a cup brought back); once per key."""
    with transaction() as session:
        return sales.record_event(
            session,
            actor=call.actor,
            member_id=members.find(session, call.path["member"]),
            name=f"event:{call.body['name']}",
            data=call.body["data"],
            key=call.key,
            now=call.now,
        )


class AdjustIn(Input):
    """How many points, and why."""

    points_milli = Milli(min=-(10**9), max=10**9, required=True)
    reason = Text(min=3, max=200, required=True, about="The member reads it on their statement.")


@routes.post(
    "/members/<member>/adjustments",
    summary="Give or take points by hand",
    who=CASHIER,
    needs="points.adjust",
    path={"member": Id()},
    body=AdjustIn,
    answers={200: OccasionOut},
    errors=(
        members.MemberUnknown,
        AmountNotPositive,
        ledger.InsufficientPoints,
        refusals.MemberBlocked,
        refusals.KeyReused,
        refusals.TillRevoked,
    ),
    idempotent=True,
)
def adjust(call: Call) -> object:
    """Put a member's points right, with a reason; once per key."""
    with transaction() as session:
        member_id = members.find(session, call.path["member"])
        answer = sales.adjust(
            session,
            actor=call.actor,
            member_id=member_id,
            points_milli=call.body["points_milli"],
            reason=call.body["reason"],
            key=call.key,
            now=call.now,
        )
        staff.record(
            session,
            actor=call.actor,
            what="points.adjust",
            about=f"member:{call.path['member']}",
            after={"points_milli": call.body["points_milli"], "seq": answer["seq"]},
            now=call.now,
        )
        return answer
