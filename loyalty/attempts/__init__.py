"""How often somebody tried something: counters per window, exact over all processes, that name nobody."""

from loyalty.attempts.service import count, sweep

__all__ = ["count", "sweep"]
