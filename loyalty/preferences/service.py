"""What a member says about their taste: preferences, favorites, dietary notes.

Each verb locks the member, decides by ``loyalty.edits`` and marks the change. It returns how the edit ended; a
refusal is raised.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from loyalty import changes, edits
from loyalty.actor import Actor
from loyalty.edits import Edit, Status
from loyalty.errors import Refused
from loyalty.members.models import Member
from loyalty.preferences import policy
from loyalty.preferences.models import DietaryNote, Favorite, Preference
from loyalty.preferences.names import FAVORITE_STORE, MOST_DIETARY_NOTES, MOST_FAVORITES, MOST_PREFERENCES


class TooManyOfThem(Refused):
    """The member keeps as many as one member may."""

    code = "too_many_preferences"
    text = "At most {most} of these can be kept."


def set_preference(
    session: Session, *, actor: Actor, member_id: int, name: str, value: str, edit: Edit, now: datetime
) -> Status:
    """Remember how the member takes it (``milk`` → ``oat``); of concurrent edits the newer stands."""
    policy.check_name(name)
    policy.check_text(value, "/value", 200)
    return _set(session, actor, member_id, name, value, edit, now)


def clear_preference(
    session: Session, *, actor: Actor, member_id: int, name: str, edit: Edit, now: datetime
) -> Status:
    """Forget a preference; of concurrent edits the newer stands. Clearing what is not there is no error."""
    policy.check_name(name)
    return _set(session, actor, member_id, name, None, edit, now)


def _set(
    session: Session, actor: Actor, member_id: int, name: str, value: str | None, edit: Edit, now: datetime
) -> Status:
    edits.begin(session, actor=actor, member_id=member_id)
    row = session.get(Preference, (member_id, name))
    last = row.stamp if row is not None else None
    if not edits.wins(edit, last):
        return "superseded"
    # Clearing what is not there changes nothing that can be seen, but it must beat an older setting still to come.
    visible = value is not None or (row is not None and row.value is not None)
    entities = (f"preference/{name}",) if visible else ()
    if row is None:
        _room(session, Preference, member_id, MOST_PREFERENCES)
        row = Preference(member_id=member_id, name=name)
    version = changes.mark(session, member_id, *entities, now=now, deleted=value is None)
    row.value, row.stamp = value, edits.stamped(edit, last, version)
    session.add(row)
    if name == FAVORITE_STORE:
        _tell_rules(session, member_id, value)
    session.flush()
    return "ok"


def add_favorite(
    session: Session, *, actor: Actor, member_id: int, sku: str, edit: Edit, now: datetime
) -> Status:
    """Mark a product as a favorite; it stays one whatever a concurrent removal says."""
    policy.check_text(sku, "/sku", 100)
    edits.begin(session, actor=actor, member_id=member_id)
    row = session.get(Favorite, (member_id, sku))
    if row is None:
        _room(session, Favorite, member_id, MOST_FAVORITES)
        row = Favorite(member_id=member_id, sku=sku, dots={})
    _add(session, row, f"favorite/{sku}", edit, now)
    return "ok"


def remove_favorite(
    session: Session, *, actor: Actor, member_id: int, sku: str, edit: Edit, now: datetime
) -> Status:
    """Take a product from the favorites, unless somebody added it whom this edit did not see."""
    policy.check_text(sku, "/sku", 100)
    edits.begin(session, actor=actor, member_id=member_id)
    return _remove(session, session.get(Favorite, (member_id, sku)), f"favorite/{sku}", edit, now)


def add_dietary_note(
    session: Session, *, actor: Actor, member_id: int, tag: str, edit: Edit, now: datetime
) -> Status:
    """Note what the member eats or doesn't; it stays whatever a concurrent removal says."""
    policy.check_name(tag, "/tag")
    edits.begin(session, actor=actor, member_id=member_id)
    row = session.get(DietaryNote, (member_id, tag))
    if row is None:
        _room(session, DietaryNote, member_id, MOST_DIETARY_NOTES)
        row = DietaryNote(member_id=member_id, tag=tag, dots={})
    _add(session, row, f"dietary/{tag}", edit, now)
    return "ok"


def remove_dietary_note(
    session: Session, *, actor: Actor, member_id: int, tag: str, edit: Edit, now: datetime
) -> Status:
    """Drop a dietary note, unless somebody added it whom this edit did not see."""
    policy.check_name(tag, "/tag")
    edits.begin(session, actor=actor, member_id=member_id)
    return _remove(session, session.get(DietaryNote, (member_id, tag)), f"dietary/{tag}", edit, now)


def _add(session: Session, row: Favorite | DietaryNote, entity: str, edit: Edit, now: datetime) -> None:
    # Adding again is a change too: a removal that has not seen it must lose.
    version = changes.mark(session, row.member_id, entity, now=now)
    row.dots = edits.touched(row.dots, edit, version)
    row.version, row.added_at = version, edit.at
    session.add(row)
    session.flush()


def _remove(
    session: Session, row: Favorite | DietaryNote | None, entity: str, edit: Edit, now: datetime
) -> Status:
    if row is None:
        return "ok"
    row.dots = edits.unseen(row.dots, edit)
    if row.dots:
        session.flush()
        return "superseded"
    session.delete(row)
    session.flush()
    changes.mark(session, row.member_id, entity, now=now, deleted=True)
    return "ok"


def _room(
    session: Session, table: type[Preference | Favorite | DietaryNote], member_id: int, most: int
) -> None:
    held = select(func.count()).select_from(table).where(table.member_id == member_id)
    if session.execute(held).scalar_one() >= most:
        raise TooManyOfThem(most=most)


def _tell_rules(session: Session, member_id: int, store: str | None) -> None:
    """Keep the copy of the favorite store that rules ask about, on the member's own row."""
    session.execute(update(Member).where(Member.member_id == member_id).values(favorite_store=store))
