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
from loyalty.edits.service import PERMISSION, NotYours, begin

__all__ = [
    "EVERYTHING",
    "PERMISSION",
    "Dots",
    "Edit",
    "NotYours",
    "Stamp",
    "Status",
    "begin",
    "made_now",
    "newer",
    "saw",
    "stamped",
    "touched",
    "unseen",
    "wins",
]
