"""The test cards of the demo, by their tokens: what each does when it is charged or kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Behavior:
    """What a test card does when it is charged. ``off_session_decline``: with nobody there to answer."""

    about: str
    decline: str | None = None
    challenge: bool = False
    processing: bool = False
    silent: bool = False
    off_session_decline: str | None = None
    last4: str = "4242"


CARDS: Final[Mapping[str, Behavior]] = {
    "test_success": Behavior("is accepted"),
    "test_declined": Behavior("is declined", decline="card_declined", last4="0002"),
    "test_insufficient_funds": Behavior("has no money", decline="insufficient_funds", last4="9995"),
    "test_expired": Behavior("has expired", decline="expired_card", last4="0069"),
    "test_challenge": Behavior(
        "asks its holder to confirm",
        challenge=True,
        off_session_decline="authentication_required",
        last4="3155",
    ),
    "test_challenge_declined": Behavior(
        "asks its holder to confirm, and is declined", challenge=True, decline="card_declined", last4="1629"
    ),
    "test_processing": Behavior("takes two seconds to decide", processing=True, last4="0077"),
    "test_no_answer": Behavior("is charged, but the provider's answer is lost", silent=True, last4="5904"),
    "test_later_declined": Behavior(
        "can be kept, and is declined when charged without its holder",
        off_session_decline="card_declined",
        last4="0341",
    ),
}
