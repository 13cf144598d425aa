"""What a member allows: given and withdrawn per purpose and channel, with every act kept."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loyalty import changes, edits
from loyalty.actor import Actor
from loyalty.edits import Edit, Status
from loyalty.errors import Flaw, Invalid
from loyalty.preferences import policy
from loyalty.preferences.models import Consent, ConsentEvent
from loyalty.preferences.names import PURPOSES

_LONGEST_TEXT_VERSION: Final = 60


class ConsentUnknown(Invalid):
    """There is no such purpose, or not on this channel."""

    code = "consent_unknown"
    text = "There is nothing to allow under this purpose on this channel."


def give_consent(
    session: Session,
    *,
    actor: Actor,
    member_id: int,
    purpose: str,
    channel: str,
    text_version: str,
    edit: Edit,
    now: datetime,
) -> Status:
    """Allow a purpose on a channel, having read the wording ``text_version``; loses to a withdrawal it did not see."""
    row = _begin(session, actor, member_id, purpose, channel, text_version)
    row.withdrawals = edits.unseen(row.withdrawals, edit)
    effective = not row.withdrawals
    if effective:
        row.given = True
        row.version = changes.mark(session, member_id, f"consent/{purpose}", now=now)
        row.changed_at, row.text_version = edit.at, text_version
        session.add(row)
    _record(session, actor, row, edit, now, given=True, effective=effective, text_version=text_version)
    return "ok" if effective else "superseded"


def withdraw_consent(
    session: Session,
    *,
    actor: Actor,
    member_id: int,
    purpose: str,
    channel: str,
    text_version: str,
    edit: Edit,
    now: datetime,
) -> Status:
    """Stop allowing a purpose on a channel; wins over every giving that has not seen it."""
    row = _begin(session, actor, member_id, purpose, channel, text_version)
    version = changes.mark(session, member_id, f"consent/{purpose}", now=now)
    row.withdrawals = edits.touched(row.withdrawals, edit, version)
    row.given = False
    row.version, row.changed_at, row.text_version = version, edit.at, text_version
    session.add(row)
    _record(session, actor, row, edit, now, given=False, effective=True, text_version=text_version)
    return "ok"


def _begin(
    session: Session, actor: Actor, member_id: int, purpose: str, channel: str, text_version: str
) -> Consent:
    known = PURPOSES.get(purpose)
    if known is None:
        raise ConsentUnknown(flaws=(Flaw("/purpose", f"Expected one of: {', '.join(PURPOSES)}."),))
    if channel not in known.channels:
        raise ConsentUnknown(
            flaws=(Flaw("/channel", f"Expected one of: {', '.join(sorted(known.channels))}."),)
        )
    policy.check_text(text_version, "/text_version", _LONGEST_TEXT_VERSION)
    edits.begin(session, actor=actor, member_id=member_id)
    row = session.get(Consent, (member_id, purpose, channel))
    return row or Consent(member_id=member_id, purpose=purpose, channel=channel, given=False, withdrawals={})


def _record(
    session: Session,
    actor: Actor,
    row: Consent,
    edit: Edit,
    now: datetime,
    *,
    given: bool,
    effective: bool,
    text_version: str,
) -> None:
    counted = select(func.count()).where(ConsentEvent.member_id == row.member_id)
    session.add(
        ConsentEvent(
            member_id=row.member_id,
            number=session.execute(counted).scalar_one() + 1,
            purpose=row.purpose,
            channel=row.channel,
            given=given,
            effective=effective,
            text_version=text_version,
            acted_at=edit.at,
            recorded_at=now,
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_channel=actor.channel,
            staff_id=actor.staff_id,
        )
    )
    session.flush()
