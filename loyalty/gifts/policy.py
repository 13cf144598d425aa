"""What keeps gifts from being a thief's way out: how many and how much in a day, and none right after a new device."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from loyalty.errors import Refused, TooMany

DAY: Final = timedelta(hours=24)
GUARD: Final = timedelta(hours=24)
PER_DAY: Final = 10
DAY_MINOR: Final = 50_000
AHEAD: Final = timedelta(days=366)


class GiftLimit(TooMany):
    """The member has sent as many gifts, or as much money, in 24 hours as is allowed."""

    code = "gift_limit"
    text = "No more gifts can be sent today."


class GiftGuarded(TooMany):
    """A device or an address is new: for a day no gift can be sent, so that a thief can't empty the wallet by it."""

    code = "gift_guarded"
    text = "Gifts can be sent a day after a device or an address was added. Try again later."


class GiftNotCancelable(Refused):
    """The gift was redeemed, or canceled before."""

    code = "gift_not_cancelable"
    text = "This gift can no longer be canceled."


def check_day(amount_minor: int, today: list[tuple[datetime, int]], *, now: datetime) -> None:
    """Raise ``GiftLimit`` where this gift would be too many, or too much, of the last 24 hours."""
    spent = sum(amount for _, amount in today)
    if len(today) < PER_DAY and spent + amount_minor <= DAY_MINOR:
        return
    oldest = min((at for at, _ in today), default=now)
    raise GiftLimit(retry_after_seconds=max(1, int((oldest + DAY - now).total_seconds()) + 1))


def check_guard(changed_at: datetime | None, *, now: datetime) -> None:
    """Raise ``GiftGuarded`` within a day of a new device or a changed address."""
    left = timedelta(0) if changed_at is None else changed_at + GUARD - now
    if left > timedelta(0):
        raise GiftGuarded(retry_after_seconds=int(left.total_seconds()) + 1)
