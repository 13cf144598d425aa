"""What happens to what was remembered of devices when two members become one, and when one goes."""

from __future__ import annotations

from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from loyalty.db import Batch
from loyalty.sync.models import (
    DeviceQueue,
    FeedHorizon,
    MutationFailure,
    MutationOutcome,
    Notice,
    ProfileStamp,
)

_MODELS: Final = (DeviceQueue, FeedHorizon, MutationFailure, MutationOutcome, Notice, ProfileStamp)
# What a device sends again after the merge must not count a second time.
_MOVE_OUTCOMES: Final = """
    INSERT INTO mutation_outcome
        (member_id, uid, device_id, number, name, args_hash, status, code, version, at)
    SELECT %(survivor)s, uid, device_id, number, name, args_hash, status, code, version, at
    FROM mutation_outcome WHERE member_id = %(merged)s ON CONFLICT (member_id, uid) DO NOTHING
"""
_MOVE_QUEUES: Final = """
    INSERT INTO device_queue (member_id, device_id, last_number)
    SELECT %(survivor)s, device_id, last_number FROM device_queue WHERE member_id = %(merged)s
    ON CONFLICT (member_id, device_id) DO NOTHING
"""


def merge(session: Session, *, survivor: int, merged: int) -> None:
    """Let the survivor know what the merged member's devices have sent. The caller holds both locks.

    Nothing is marked: a merge begins a new epoch for every device of both.
    """
    batch = Batch()
    of = {"survivor": survivor, "merged": merged}
    batch.add(_MOVE_OUTCOMES, of)
    batch.add(_MOVE_QUEUES, of)
    batch.send(session)
    erase(session, merged)


def erase(session: Session, member_id: int) -> None:
    """Forget what a member's devices have sent. The caller holds the lock."""
    for model in _MODELS:
        session.execute(delete(model).where(model.member_id == member_id))
