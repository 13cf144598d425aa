"""The audit log: written in the transaction of what it records, so that neither is there without the other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from loyalty.actor import Actor
from loyalty.ids import new_id
from loyalty.staff.models import StaffAct


def record(
    session: Session,
    *,
    actor: Actor,
    what: str,
    about: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    now: datetime,
) -> None:
    """Write down that ``actor`` did ``what`` (``till.revoke``) to ``about`` (``till:<id>``).

    ``before`` and ``after`` have what changed and nothing personal: ids, amounts, names of settings.
    """
    session.add(
        StaffAct(
            id=new_id(now),
            at=now,
            actor=actor.client,
            staff_id=actor.id if actor.kind == "staff" else actor.staff_id,
            till_id=actor.id if actor.kind == "till" else None,
            what=what,
            object=about,
            before=None if before is None else dict(before),
            after=None if after is None else dict(after),
        )
    )
