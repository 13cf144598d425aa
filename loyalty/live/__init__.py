"""The live half of synchronization: every connected device hears within a moment that its member's version grew."""

from loyalty.live.hub import HEARTBEAT_SECONDS, MOST_OF_A_MEMBER
from loyalty.live.queries import Stand, stand_of
from loyalty.live.service import LOOK_SECONDS, Live, LiveFull, LiveUnavailable

__all__ = [
    "HEARTBEAT_SECONDS",
    "LOOK_SECONDS",
    "MOST_OF_A_MEMBER",
    "Live",
    "LiveFull",
    "LiveUnavailable",
    "Stand",
    "stand_of",
]
