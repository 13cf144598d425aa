"""Who saw what, and who wins: the conflict rules of everything that a member's devices edit."""

from loyalty.edits.policy import (
    EVERYTHING,
    Dots,
    Edit,
    Stamp,
    Status,
    made_now,
    newer,
    saw,
    stamped,
    touched,
    unseen,
    wins,
)

__all__ = [
    "EVERYTHING",
    "Dots",
    "Edit",
    "Stamp",
    "Status",
    "made_now",
    "newer",
    "saw",
    "stamped",
    "touched",
    "unseen",
    "wins",
]
