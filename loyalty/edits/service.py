"""How every edit begins: may this caller, and the member's lock."""

from __future__ import annotations

from typing import Final

from sqlalchemy.orm import Session

from loyalty import changes
from loyalty.actor import Actor
from loyalty.errors import Denied

PERMISSION: Final = "members.edit"
"""What staff and tills need to edit for a member."""


class NotYours(Denied):
    """The caller is neither this member nor allowed to act for members."""

    code = "not_your_account"
    text = "This is not your account."


def begin(session: Session, *, actor: Actor, member_id: int) -> None:
    """Lock the member for an edit; raise ``NotYours`` or ``MemberMissing``."""
    own = actor.kind == "member" and actor.member_id == member_id
    if not own and not actor.may(PERMISSION):
        raise NotYours
    changes.lock(session, member_id)
