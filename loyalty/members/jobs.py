"""Work outside requests: what is kept for a while only."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from loyalty.members.models import RefreshToken, SignInCode

SESSIONS_KEPT: Final = timedelta(days=90)
_HOUR: Final = timedelta(hours=1)


def purge(session: Session, *, now: datetime) -> int:
    """Delete sign-in codes whose hour is over and sessions that ended long ago; return how many.

    A code of the last hour stays although it expired: it counts how many were sent.
    """
    codes = session.execute(
        delete(SignInCode)
        .where(SignInCode.expires_at <= now, SignInCode.window_started_at <= now - _HOUR)
        .returning(SignInCode.value_hash)
    ).all()
    before = now - SESSIONS_KEPT
    sessions = session.execute(
        delete(RefreshToken)
        .where((RefreshToken.ended_at <= before) | (RefreshToken.expires_at <= before))
        .returning(RefreshToken.device_id)
    ).all()
    return len(codes) + len(sessions)
