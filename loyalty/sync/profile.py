"""One field of the profile, edited on devices: of concurrent edits the newer stands, field by field.

The profile is also edited online, in one piece and without stamps. Such an edit is found in the change feed, and
counts as an edit of every field at that moment.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty import changes, edits, members
from loyalty.actor import Actor
from loyalty.changes.models import Change
from loyalty.edits import Edit, Stamp, Status
from loyalty.errors import Flaw
from loyalty.sync.args import ArgsInvalid
from loyalty.sync.models import ProfileStamp

FIELDS: Final = ("given_name", "family_name", "locale", "birthday")


def set_field(
    session: Session, *, actor: Actor, member_id: int, field: str, value: str, edit: Edit, now: datetime
) -> Status:
    """Set one field of the profile; raise what ``members.update_profile`` refuses."""
    asked = _asked(field, value)
    edits.begin(session, actor=actor, member_id=member_id)
    stamps = _stamps(session, member_id)
    last = stamps[field].stamp if field in stamps else None
    if not edits.wins(edit, last):
        return "superseded"
    members.update_profile(session, actor=actor, member_id=member_id, edit=asked, now=now)
    # Also where the value is the same: whoever has not seen this edit must be able to lose to it.
    version = changes.mark(session, member_id, now=now)
    _store(session, stamps, member_id, field, edits.stamped(edit, last, version))
    return "ok"


def _asked(field: str, value: str) -> members.ProfileEdit:
    match field:
        case "given_name":
            return members.ProfileEdit(given_name=value)
        case "family_name":
            return members.ProfileEdit(family_name=value)
        case "locale":
            return members.ProfileEdit(locale=value)
        case "birthday":
            return members.ProfileEdit(birthday=_day(value))
        case _:
            raise ArgsInvalid(flaws=(Flaw("/field", f"Expected one of: {', '.join(FIELDS)}."),))


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ArgsInvalid(flaws=(Flaw("/value", "Expected a day such as 1990-05-17."),)) from None


def _stamps(session: Session, member_id: int) -> dict[str, ProfileStamp]:
    """Return the stamp of every field, an edit without stamps told as one of all fields."""
    found = session.scalars(select(ProfileStamp).where(ProfileStamp.member_id == member_id))
    stamps = {row.field: row for row in found}
    feed = session.get(Change, (member_id, "profile"), populate_existing=True)
    if feed is not None and feed.version > max((row.version for row in stamps.values()), default=0):
        for field in FIELDS:
            _store(session, stamps, member_id, field, Stamp(feed.version, feed.at, 0, ""))
    return stamps


def _store(
    session: Session, stamps: dict[str, ProfileStamp], member_id: int, field: str, stamp: Stamp
) -> None:
    row = stamps.setdefault(field, ProfileStamp(member_id=member_id, field=field))
    row.stamp = stamp
    session.add(row)
    session.flush()
