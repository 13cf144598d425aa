"""A log of somebody else's loyalty program, played again through the real domain, and compared with what it says."""

from loyalty.replays.comparison import Comparison, compare
from loyalty.replays.document import Variant
from loyalty.replays.log import Log, LogUnreadable, read_log
from loyalty.replays.service import NAME, Begun, ProgramInTheWay, ReplayDiffers, begin, finish, loaded
from loyalty.replays.workers import load

__all__ = [
    "NAME",
    "Begun",
    "Comparison",
    "Log",
    "LogUnreadable",
    "ProgramInTheWay",
    "ReplayDiffers",
    "Variant",
    "begin",
    "compare",
    "finish",
    "load",
    "loaded",
    "read_log",
]
