"""The member's numbered changes: every feature marks what it changed, under the same lock."""

from loyalty.changes.service import (
    BUMP,
    MARK,
    Head,
    MemberMissing,
    head,
    insert_feed,
    lock,
    mark,
    mark_parameters,
    queue,
)

__all__ = [
    "BUMP",
    "MARK",
    "Head",
    "MemberMissing",
    "head",
    "insert_feed",
    "lock",
    "mark",
    "mark_parameters",
    "queue",
]
