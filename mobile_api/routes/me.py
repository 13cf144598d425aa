"""The member themself: profile, addresses, everything we keep, and leaving."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy.orm import Session

from loyalty import changes, dossier, members
from loyalty.db import snapshot, transaction
from loyalty.members import Member, ProfileEdit
from loyalty.web.api import Answer, Call, Routes
from loyalty.web.etags import is_current, tag_of
from loyalty.web.fields import (
    Choice,
    Day,
    Document,
    Id,
    Input,
    Instant,
    Many,
    Map,
    Output,
    Pattern,
    QueryBool,
    Text,
)
from loyalty.web.limits import Limit
from mobile_api.routes.auth import TRIES_OF_IDENTITY, AddressIn, secret_of
from mobile_api.who import MEMBER

routes = Routes("Me", "Profile and addresses; everything we keep about a member, and how to leave.")

EXPORTS: Final = Limit("me.export", 10, 3600)


class ContactOut(Output):
    """An address that signs the member in."""

    id = Id()
    kind = Choice(("email", "phone"))
    value = Text(max=254)
    verified_at = Instant(allow_none=True)


class Me(Output):
    """A member as they see themself."""

    id = Id()
    given_name = Text(max=100)
    family_name = Text(max=100)
    locale = Text(max=20)
    birthday = Day(allow_none=True)
    joined_at = Instant()
    card_number = Text(max=17, about="On the printed card; identifies and earns, cannot pay.")
    contacts = Many(ContactOut, max=50)


class ProfileEditIn(Input):
    """What to change; what is left out stays."""

    given_name = Text(load_default=None, max=100)
    family_name = Text(load_default=None, max=100)
    locale = Text(load_default=None, max=20)
    birthday = Day(load_default=None, about="Can be set once; then ask the staff.")


class NewContactIn(AddressIn):
    """A further address, and the code that came there (`POST /auth/codes`)."""

    code = Pattern(r"^[0-9]{6}$", expected="the six digits of the code", required=True)


class LeaveQuery(Input):
    """How to leave."""

    forfeit_wallet = QueryBool(load_default=False, about="Give up the money in the wallet.")


class Export(Output):
    """Everything we keep about a member, one part for each feature."""

    format = Text(max=40)
    member_id = Id()
    exported_at = Instant()
    parts = Map(Document(), max=100)


@routes.get("/me", summary="See my profile", who=MEMBER, answers={200: Me}, etag=True)
def see_me(call: Call) -> object:
    """Answer the profile; 304 when nothing of the member has changed."""
    with snapshot() as session:
        tag = tag_of("me", changes.head(session, _member_id(call)).version)
        if is_current(tag):
            return Answer.unchanged(tag)
        return Answer(_me(session, members.member(session, _member_id(call))), etag=tag)


@routes.patch(
    "/me",
    summary="Change my profile",
    who=MEMBER,
    body=ProfileEditIn,
    answers={200: Me},
    errors=(members.ProfileInvalid, members.BirthdayFixed),
)
def change_me(call: Call) -> object:
    """Change what was sent."""
    with transaction() as session:
        member = members.update_profile(
            session, actor=call.actor, member_id=_member_id(call), edit=ProfileEdit(**call.body), now=call.now
        )
        return _me(session, member)


@routes.delete(
    "/me",
    summary="Leave",
    who=MEMBER,
    query=LeaveQuery,
    answers={204: None},
    errors=(members.WalletNotEmpty, members.HoldsOpen),
)
def leave(call: Call) -> object:
    """Erase everything personal and sign all devices out; points are written off. It cannot be undone.

    Money in the wallet must be spent, paid out, or given up (`forfeit_wallet`).
    """
    with transaction() as session:
        dossier.erase(
            session,
            actor=call.actor,
            member_id=_member_id(call),
            forfeit_wallet=call.query["forfeit_wallet"],
            now=call.now,
        )
    return Answer(status=204)


@routes.get("/me/export", summary="Export everything", who=MEMBER, answers={200: Export}, limits=(EXPORTS,))
def export_me(call: Call) -> object:
    """Answer everything that is kept about the member, as one document."""
    with snapshot() as session:
        return dossier.export(session, actor=call.actor, member_id=_member_id(call), now=call.now)


@routes.post(
    "/me/contacts",
    summary="Add an address",
    who=MEMBER,
    body=NewContactIn,
    answers={201: Me},
    errors=(members.ContactInvalid, members.ContactTaken, members.SignInCodeWrong, members.TriesSpent),
)
def add_contact(call: Call) -> object:
    """Let another address sign the member in; the others are told."""
    contact = members.contact(call.body["address"], region=call.body["region"])
    call.limit(TRIES_OF_IDENTITY, contact.value)
    secret = secret_of(call)
    with transaction() as session:
        members.count_try(session, contact=contact, secret=secret)
    with transaction() as session:
        members.use_code(session, contact=contact, code=call.body["code"], secret=secret, now=call.now)
        members.add_contact(session, member_id=_member_id(call), contact=contact, secret=secret, now=call.now)
        return _me(session, members.member(session, _member_id(call)))


@routes.delete(
    "/me/contacts/<contact_id>",
    summary="Remove an address",
    who=MEMBER,
    answers={200: Me},
    errors=(members.ContactUnknown, members.LastContact),
)
def remove_contact(call: Call) -> object:
    """Let an address no longer sign the member in; one must stay."""
    with transaction() as session:
        members.remove_contact(
            session, member_id=_member_id(call), contact_id=call.path["contact_id"], now=call.now
        )
        return _me(session, members.member(session, _member_id(call)))


def _member_id(call: Call) -> int:
    assert call.actor.member_id is not None
    return call.actor.member_id


def _me(session: Session, member: Member) -> dict[str, Any]:
    return {
        "id": member.public_id,
        "given_name": member.given_name,
        "family_name": member.family_name,
        "locale": member.locale,
        "birthday": member.birthday,
        "joined_at": member.joined_at,
        "card_number": member.card_number,
        "contacts": [
            {"id": each.id, "kind": each.kind, "value": each.value, "verified_at": each.verified_at}
            for each in members.contacts_of(session, member.member_id)
        ],
    }
