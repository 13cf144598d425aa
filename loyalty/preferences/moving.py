"""What happens to taste and consents when two members become one, when one asks for everything, and when one goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from loyalty import changes
from loyalty.edits import Stamp
from loyalty.preferences import queries
from loyalty.preferences.models import Consent, ConsentEvent, DietaryNote, Favorite, Preference, Usual

Kept = TypeVar("Kept", Preference, Favorite, DietaryNote, Usual, Consent, ConsentEvent)
_MODELS: Final = (Preference, Favorite, DietaryNote, Usual, Consent, ConsentEvent)


def merge(session: Session, *, survivor: int, merged: int, now: datetime) -> None:
    """Give the survivor what the merged member had and the survivor has not.

    The survivor's own words stand. Favorites and dietary notes add up. A withdrawal of either holds. The history of
    both is kept, the merged member's after the survivor's. The caller holds both locks.
    """
    moved = [
        *_move_registers(session, survivor, merged),
        *_move_marks(session, survivor, merged),
        *_move_consents(session, survivor, merged),
    ]
    if moved:
        version = changes.mark(session, survivor, *(entity for entity, _ in moved), now=now)
        for _, row in moved:
            _renumber(row, version)
            session.add(row)
    _move_history(session, survivor, merged)
    session.flush()


_Row = Preference | Favorite | DietaryNote | Usual | Consent
_Moved = list[tuple[str, _Row]]


def _move_registers(session: Session, survivor: int, merged: int) -> _Moved:
    moved: _Moved = []
    for other in _rows(session, Preference, merged):
        own = session.get(Preference, (survivor, other.name))
        if other.value is not None and own is None:
            row = Preference(member_id=survivor, name=other.name, value=other.value)
            row.stamp = other.stamp
            moved.append((f"preference/{other.name}", row))
    for other in _rows(session, Usual, merged):
        own = session.get(Usual, (survivor, other.slot))
        if own is None or not (own.version or own.suggested):
            row = own or Usual(member_id=survivor, slot=other.slot)
            row.suggested, row.chosen, row.hidden = other.suggested, other.chosen, other.hidden
            row.stamp = other.stamp
            moved.append((f"usual/{other.slot}", row))
    return moved


def _move_marks(session: Session, survivor: int, merged: int) -> _Moved:
    moved: _Moved = []
    for favorite in _rows(session, Favorite, merged):
        if session.get(Favorite, (survivor, favorite.sku)) is None:
            row = Favorite(
                member_id=survivor, sku=favorite.sku, added_at=favorite.added_at, dots=favorite.dots
            )
            moved.append((f"favorite/{favorite.sku}", row))
    for note in _rows(session, DietaryNote, merged):
        if session.get(DietaryNote, (survivor, note.tag)) is None:
            row = DietaryNote(member_id=survivor, tag=note.tag, added_at=note.added_at, dots=note.dots)
            moved.append((f"dietary/{note.tag}", row))
    return moved


def _move_consents(session: Session, survivor: int, merged: int) -> _Moved:
    moved: _Moved = []
    for other in _rows(session, Consent, merged):
        own = session.get(Consent, (survivor, other.purpose, other.channel))
        if own is not None and not (own.given and other.withdrawals):
            continue
        row = own or Consent(member_id=survivor, purpose=other.purpose, channel=other.channel)
        row.given, row.withdrawals = other.given, other.withdrawals
        row.changed_at, row.text_version = other.changed_at, other.text_version
        moved.append((f"consent/{other.purpose}", row))
    return moved


def _renumber(row: _Row, version: int) -> None:
    """Let a row that came from another member's numbering begin in this one's."""
    match row:
        case Preference() | Usual():
            last = row.stamp
            row.stamp = Stamp(version if last.version else 0, last.time, last.counter, last.device)
        case Favorite() | DietaryNote():
            row.dots, row.version = dict.fromkeys(row.dots, version), version
        case Consent():
            row.withdrawals, row.version = dict.fromkeys(row.withdrawals, version), version


def _move_history(session: Session, survivor: int, merged: int) -> None:
    held = session.execute(select(func.count()).where(ConsentEvent.member_id == survivor)).scalar_one()
    for event in _rows(session, ConsentEvent, merged):
        columns = {column.key: getattr(event, column.key) for column in ConsentEvent.__table__.columns}
        session.add(
            ConsentEvent(**{**columns, "member_id": survivor, "number": held + event.number}),
        )
    session.flush()
    for model in _MODELS:
        session.execute(delete(model).where(model.member_id == merged))


def _rows(session: Session, model: type[Kept], member_id: int) -> Sequence[Kept]:
    return session.scalars(select(model).where(model.member_id == member_id)).all()


def export(session: Session, member_id: int) -> dict[str, Any]:
    """Return everything that is kept about a member here, as plain data (instants as ``datetime``)."""
    return {
        "preferences": [asdict(each) for each in queries.preferences_of(session, member_id)],
        "favorites": [asdict(each) for each in queries.favorites_of(session, member_id)],
        "dietary": [asdict(each) for each in queries.dietary_notes_of(session, member_id)],
        "usual": [asdict(each) for each in queries.usual_of(session, member_id)],
        "consents": [asdict(each) for each in queries.consents_of(session, member_id)],
        "consent_history": [asdict(each) for each in queries.consent_history(session, member_id)],
    }


def erase(session: Session, member_id: int) -> None:
    """Forget everything that is kept about a member here. The caller holds the lock."""
    for model in _MODELS:
        session.execute(delete(model).where(model.member_id == member_id))
