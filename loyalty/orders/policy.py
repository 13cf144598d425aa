"""Whether a line or a draft is well formed. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from loyalty.errors import Flaw, Invalid

MOST_DRAFTS: Final = 20
MOST_LINES: Final = 100
MOST_OPTIONS: Final = 20
MOST_PIECES: Final = 99
LONGEST_NOTE: Final = 200

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)
_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


class DraftInvalid(Invalid):
    """An id, a line or a note is not well formed."""

    code = "draft_invalid"
    text = "This draft order is not valid."


@dataclass(frozen=True, slots=True)
class Content:
    """What a line says: a product with its options, how many pieces, and a note to the barista."""

    sku: str
    options: tuple[str, ...] = ()
    quantity: int = 1
    note: str = ""


def continued_id(draft_id: str) -> str:
    """Return the id of the draft that continues a submitted one: the same for all that is edited too late."""
    return f"on-{hashlib.sha256(draft_id.encode()).hexdigest()[:32]}"


def check_id(value: str, pointer: str) -> None:
    """Raise ``DraftInvalid`` unless a device could have made this id: letters, digits, ``_``, ``-``, at most 64."""
    if not _ID.fullmatch(value):
        raise _invalid(pointer, "Expected an id of at most 64 letters, digits, '_', '-'.")


def check_content(content: Content) -> None:
    """Raise ``DraftInvalid`` for a product without a name, too many options or pieces, or an endless note."""
    check_text(content.sku, "/sku", 100, least=1)
    check_options(content.options)
    check_quantity(content.quantity)
    check_text(content.note, "/note", LONGEST_NOTE)


def check_options(options: Sequence[str]) -> None:
    """Raise ``DraftInvalid`` for more than 20 options, or one twice."""
    if len(options) > MOST_OPTIONS or len(set(options)) < len(options):
        raise _invalid("/options", f"Expected at most {MOST_OPTIONS} different options.")
    for place, option in enumerate(options):
        check_text(option, f"/options/{place}", 100, least=1)


def check_quantity(quantity: int) -> None:
    """Raise ``DraftInvalid`` unless there are 1 to 99 pieces."""
    if not 1 <= quantity <= MOST_PIECES:
        raise _invalid("/quantity", f"Expected 1 to {MOST_PIECES} pieces.")


def check_text(text: str, pointer: str, most: int, *, least: int = 0) -> None:
    """Raise ``DraftInvalid`` unless the text has ``least`` to ``most`` characters and all of them can be shown."""
    if not least <= len(text) <= most or _UNPRINTABLE.search(text):
        raise _invalid(pointer, f"Expected {least} to {most} printable characters.")


def _invalid(pointer: str, expected: str) -> DraftInvalid:
    return DraftInvalid(flaws=(Flaw(pointer, expected),))
