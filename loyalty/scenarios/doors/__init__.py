"""The doors a scenario can be played through, in one table: a door is a small module and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from loyalty.scenarios import nouns
from loyalty.scenarios.doors.offline import OfflineTill
from loyalty.scenarios.doors.phone import Phone
from loyalty.scenarios.doors.store import Store
from loyalty.scenarios.play import Outcome, Play


class Door(Protocol):
    """An entry point of the product: how baskets, returns and top-ups go in through its HTTP interface."""

    def quote(self, play: Play, step: nouns.Step, sale: nouns.Sale) -> Outcome:
        """Ask what a basket would cost and bring."""
        ...

    def sale(self, play: Play, step: nouns.Step, sale: nouns.Sale) -> Outcome:
        """Sell."""
        ...

    def give_back(self, play: Play, step: nouns.Step, back: nouns.Return) -> Outcome:
        """Take lines of a sale back."""
        ...

    def void(self, play: Play, step: nouns.Step, void: nouns.Void) -> Outcome:
        """Undo a sale."""
        ...

    def top_up(self, play: Play, step: nouns.Step, top_up: nouns.TopUp) -> Outcome:
        """Put money into a wallet."""
        ...


DOORS: Final[Mapping[str, Door]] = {
    "app": Phone("app"),
    "web": Phone("web"),
    "store": Store(),
    "offline": OfflineTill(),
}
ABOUT: Final[Mapping[str, str]] = {
    "app": "a signed-in phone, by /api/v1; what is not paid from the wallet is paid by a test card",
    "web": "a signed-in browser, by /api/v1; as the app",
    "store": "a till with a cashier, by /pos/v1; a pay code is drawn and scanned for each sale",
    "offline": "a till that signs and queues, and hands in afterwards by /pos/v1/offline, everything twice",
}

__all__ = ["ABOUT", "DOORS", "Door", "OfflineTill", "Outcome", "Phone", "Store"]
