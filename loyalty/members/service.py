"""What changes of a member besides points: the profile, and whether staff let them in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy.orm import Session

from loyalty import changes, staff
from loyalty.actor import Actor
from loyalty.errors import Denied, Refused
from loyalty.members import devices
from loyalty.members.joining import Profile, clean
from loyalty.members.models import Member
from loyalty.members.refusals import MemberUnknown

EDIT_MEMBERS: Final = "members.edit"


class NotYours(Denied):
    """The caller is neither this member nor allowed to edit members."""

    code = "not_your_account"
    text = "This is not your account."


class BirthdayFixed(Refused):
    """A member says their birthday once: it is worth something every year. Staff may correct it."""

    code = "birthday_fixed"
    text = "The birthday can be set once. Please ask us to correct it."


@dataclass(frozen=True, slots=True)
class ProfileEdit:
    """What to change of a profile; ``None`` leaves a field as it is."""

    given_name: str | None = None
    family_name: str | None = None
    locale: str | None = None
    birthday: date | None = None


def update_profile(
    session: Session, *, actor: Actor, member_id: int, edit: ProfileEdit, now: datetime
) -> Member:
    """Change what a member says about themself; raise ``ProfileInvalid``, ``BirthdayFixed`` or ``NotYours``."""
    require_access(actor, member_id)
    member = locked_member(session, member_id)
    if edit.birthday not in (None, member.birthday) and member.birthday and not actor.may(EDIT_MEMBERS):
        raise BirthdayFixed
    asked = Profile(
        member.given_name if edit.given_name is None else edit.given_name,
        member.family_name if edit.family_name is None else edit.family_name,
        edit.locale or member.locale,
        edit.birthday or member.birthday,
    )
    profile = clean(asked, now=now)
    known = Profile(member.given_name, member.family_name, member.locale, member.birthday)
    if profile != known:
        member.given_name, member.family_name = profile.given_name, profile.family_name
        member.locale, member.birthday = profile.locale, profile.birthday
        session.flush()
        changes.mark(session, member_id, "profile", now=now)
    return member


def block(session: Session, *, actor: Actor, member_id: int, now: datetime) -> None:
    """Keep a member out: all devices are signed out, codes are refused, nothing is lost."""
    staff.require(actor, "members.block")
    member = locked_member(session, member_id)
    if member.status == "active":
        member.status = "blocked"
        session.flush()
        devices.revoke_all(session, member_id=member_id, now=now)
        staff.record(session, actor=actor, what="member.block", about=f"member:{member.public_id}", now=now)


def unblock(session: Session, *, actor: Actor, member_id: int, now: datetime) -> None:
    """Let a blocked member sign in again."""
    staff.require(actor, "members.block")
    member = locked_member(session, member_id)
    if member.status == "blocked":
        member.status = "active"
        session.flush()
        staff.record(session, actor=actor, what="member.unblock", about=f"member:{member.public_id}", now=now)


def require_access(actor: Actor, member_id: int) -> None:
    """Raise ``NotYours`` unless the actor is this member or may edit members."""
    if actor.member_id != member_id and not actor.may(EDIT_MEMBERS):
        raise NotYours


def locked_member(session: Session, member_id: int) -> Member:
    """Lock a member who has not gone (merged, erased) for a change; raise ``MemberUnknown``."""
    changes.lock(session, member_id)
    member = session.get(Member, member_id, populate_existing=True)
    if member is None or member.status in ("merged", "erased"):
        raise MemberUnknown
    return member
