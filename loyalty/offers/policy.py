"""What receiving an offer does; coupon codes, how they look and how they are kept. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from loyalty.rules.deals import Offer
from loyalty.rules.facts import OfferInstance
from loyalty.rules.instances import window_of
from loyalty.rules.program import Program

# No 0/O, 1/I/L, 5/S, 8/B: these are typed from paper.
ALPHABET: Final = "ACDEFGHJKMNPQRTUVWXYZ234679"
CODE_LENGTH: Final = 12


def new_code(choice: Callable[[str], str]) -> str:
    """Return a code of twelve characters in groups of four: 27^12, about 57 bits, cannot be guessed."""
    letters = "".join(choice(ALPHABET) for _ in range(CODE_LENGTH))
    return "-".join(letters[place : place + 4] for place in range(0, CODE_LENGTH, 4))


def code_hash(code: str) -> bytes:
    """Return the hash under which a code is kept: case, spaces and dashes don't matter."""
    return hashlib.sha256(code.replace(" ", "").replace("-", "").upper().encode()).digest()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What receiving an offer makes: a new instance, and the open one that it starts afresh, if it does."""

    instance: OfferInstance
    replaces: str | None = None


def repeat_of(offer: Offer) -> Literal["independent", "restart", "ignore"]:
    """Return what receiving an offer again does while it is open."""
    return offer.challenge.repeat_receipt if offer.challenge is not None else "independent"


def receive(
    program: Program, offer: Offer, mine: Sequence[OfferInstance], *, instance: str, now: datetime
) -> Receipt | None:
    """Return what receiving an offer does; ``None`` where a repeat is ignored.

    ``mine`` are the instances to which something can still happen, in order of receipt. One whose window is over is no
    longer open, whether or not a job has closed it.
    """
    span = window_of(program, offer, now)
    received = OfferInstance(
        instance,
        offer.key,
        now,
        window_from=span[0] if span else None,
        window_until=span[1] if span else None,
    )
    repeat = repeat_of(offer)
    if repeat == "independent":
        return Receipt(received)
    open_ones = [each.id for each in mine if each.offer == offer.key and _is_open(each, now)]
    if open_ones and repeat == "ignore":
        return None
    return Receipt(received, open_ones[-1] if open_ones else None)


def _is_open(instance: OfferInstance, now: datetime) -> bool:
    return instance.completed_at is None and (instance.window_until is None or instance.window_until >= now)
