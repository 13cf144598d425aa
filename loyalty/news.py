"""What a transaction has to tell connected devices once it is committed: whose version is now what.

Whoever raises a member's version says so here, on the session; ``loyalty.db.transaction`` publishes it after the
commit, and nowhere else. What is rolled back is never told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.orm import Session

# Instead of a version: look at this member and their devices again (signed out, merged, erased).
LOOK: Final = 0
_INFO: Final = "regulars.news"

News = Mapping[int, int]
Publish = Callable[[News], None]

# Who publishes what is committed on an engine: nobody, unless the process serves or works (``loyalty.live``).
publishers: Final[WeakKeyDictionary[Engine, Publish]] = WeakKeyDictionary()


def raised(session: Session, member_id: int, version: int) -> None:
    """Note the version that a member will have when this is committed."""
    known: dict[int, int] = session.info.setdefault(_INFO, {})
    if known.get(member_id) != LOOK:
        known[member_id] = version


def look(session: Session, member_id: int) -> None:
    """Note that a member's devices or epoch will have changed when this is committed."""
    session.info.setdefault(_INFO, {})[member_id] = LOOK


def publish(session: Session) -> None:
    """Tell what was noted since the last time; the caller has just committed."""
    noted: dict[int, int] | None = session.info.pop(_INFO, None)
    if noted and isinstance(session.bind, Engine) and (tell := publishers.get(session.bind)) is not None:
        tell(noted)
