"""The states of an order and what leads from one to another. Pure.

``placed`` → ``started`` → ``ready`` → ``picked_up``. A store may leave steps out: what is handed over was made. The
member cancels while it is ``placed``; the store until it is handed over, also after it ``expired`` (nobody came):
whether the money goes back then is the store's decision, and nothing goes back by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, Literal, get_args

State = Literal["placed", "started", "ready", "picked_up", "cancelled", "expired"]
Step = Literal["start", "ready", "hand_over", "cancel_by_member", "cancel_by_store", "expire"]

STATES: Final[tuple[str, ...]] = get_args(State)
OPEN: Final = ("placed", "started", "ready")
EXPIRES_AFTER: Final = timedelta(hours=4)
"""An order that nobody picked up is closed so long after its time."""

STEPS: Final[Mapping[Step, tuple[tuple[str, ...], State]]] = {
    "start": (("placed",), "started"),
    "ready": (("placed", "started"), "ready"),
    "hand_over": (("placed", "started", "ready", "expired"), "picked_up"),
    "cancel_by_member": (("placed",), "cancelled"),
    "cancel_by_store": (("placed", "started", "ready", "expired"), "cancelled"),
    "expire": (OPEN, "expired"),
}
"""From which states a step may be taken, and to which it leads."""


def allows(state: str, step: Step) -> bool:
    """Tell whether a step may be taken in a state."""
    return state in STEPS[step][0]


def done(state: str, step: Step) -> bool:
    """Tell whether a step was taken already: taking it again changes nothing."""
    return state == STEPS[step][1]


def number_text(number: int) -> str:
    """Return an order's number as it is called out: A1 … A99, B1 … Z99, AA1 …"""
    letters, place = "", (number - 1) // 99
    while True:
        letters = chr(ord("A") + place % 26) + letters
        place = place // 26 - 1
        if place < 0:
            return f"{letters}{(number - 1) % 99 + 1}"


def number_of(letters: str, place: int) -> int:
    """Return the number that was called out: the inverse of ``number_text``."""
    row = 0
    for letter in letters:
        row = row * 26 + ord(letter) - ord("A") + 1
    return (row - 1) * 99 + place
