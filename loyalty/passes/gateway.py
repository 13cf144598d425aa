"""Telling a wallet that its pass has changed."""

from __future__ import annotations

from typing import Protocol


class NewsOff(Exception):
    """There is no way to tell wallets: they ask when their holder refreshes the pass or adds it again."""


class News(Protocol):
    """Something that tells wallets; Apple's takes a push token of ``PassRegistration``."""

    def tell(self, push_token: str) -> None:
        """Say that there is something new, or raise ``NewsOff``."""
        ...


class NoNews:
    """Apple's push service speaks HTTP/2 only, which nothing we depend on does: passes are not told yet."""

    def tell(self, push_token: str) -> None:
        """Raise ``NewsOff``."""
        raise NewsOff
