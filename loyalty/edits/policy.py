"""Who wins when two devices edit the same thing (SYNC.md § 3), decided on plain values.

Two shapes cover every kind of thing:

- A *register* holds one value (a preference, a line's quantity). Its last edit left a ``Stamp``. Who saw that edit
  overwrites it; who did not is compared by time, and the newer one stands.
- A *set of touches* (``Dots``) says which edits keep a thing alive (a favorite, a draft line) or in force (a
  withdrawal of consent). Taking it away clears only the touches that the taker saw; the others win.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

Status = Literal["ok", "merged", "superseded"]
"""How an edit ended: as asked; kept beside somebody else's concurrent one; or lost to it."""

Dots = Mapping[str, int]
"""Per device, the member's version of its last touch that no later touch has seen."""

EVERYTHING: Final = 2**62
"""``seen`` of somebody who works online and looks at the present state."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One act of a person: on which device, when, and what that device held at the time.

    ``at`` is the device's clock corrected by its offset and never later than the server's now. ``seen`` is the
    member's version that the device held; ``None`` where it held a state of another epoch, so none of this one.
    """

    device: str
    at: datetime
    seen: int | None


@dataclass(frozen=True, slots=True)
class Stamp:
    """The last edit of a register: the member's version it made, and its place among concurrent edits."""

    version: int
    time: datetime
    counter: int
    device: str


def made_now(device: str, now: datetime) -> Edit:
    """Return the edit of somebody who works online: made now, with everything seen."""
    return Edit(device=device, at=now, seen=EVERYTHING)


def saw(edit: Edit, last: Stamp | None) -> bool:
    """Tell whether the edit was made in knowledge of the last one.

    A device's own edits arrive in their order, so it always knows its own last one, pulled or not.
    """
    return last is None or last.device == edit.device or _held(edit, last.version)


def newer(edit: Edit, last: Stamp) -> bool:
    """Tell whether the edit comes after the last one by time, then counter, then device."""
    return (edit.at, 0, edit.device) > (last.time, last.counter, last.device)


def wins(edit: Edit, last: Stamp | None) -> bool:
    """Tell whether the edit stands: it saw the last one, or it is the newer of two concurrent ones."""
    return last is None or saw(edit, last) or newer(edit, last)


def stamped(edit: Edit, last: Stamp | None, version: int) -> Stamp:
    """Return the stamp that a winning edit leaves.

    It comes after the stamp it overwrites even where the device's clock is behind. Then the counter grows and not
    the time: a time that is pushed forward would beat a concurrent edit that is really later.
    """
    if last is None or edit.at > last.time:
        return Stamp(version, edit.at, 0, edit.device)
    return Stamp(version, last.time, last.counter + 1, edit.device)


def unseen(dots: Dots, edit: Edit) -> dict[str, int]:
    """Return the touches that the edit did not know of."""
    return {
        device: version
        for device, version in dots.items()
        if device != edit.device and not _held(edit, version)
    }


def touched(dots: Dots, edit: Edit, version: int) -> dict[str, int]:
    """Return the touches after one more: it takes the place of those it knew of."""
    return {**unseen(dots, edit), edit.device: version}


def _held(edit: Edit, version: int) -> bool:
    return edit.seen is not None and edit.seen >= version
