"""What every verb of this package stands on: the provider, the clock, the limits, the program's currency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from loyalty import rules, wallet
from loyalty.clock import Clock
from loyalty.config import Settings
from loyalty.wallet import Gateway, Limits


@dataclass(frozen=True, slots=True)
class Desk:
    """Where money comes in. ``now`` is read anew after the provider answered: that may take seconds."""

    settings: Settings
    clock: Clock
    limits: Limits = wallet.DEFAULT_LIMITS

    @property
    def gateway(self) -> Gateway:
        """Return the payment provider; raise ``wallet.CardPaymentsOff``."""
        return wallet.gateway_of(self.settings, self.clock)

    @property
    def now(self) -> datetime:
        """Return the current instant."""
        return self.clock.now()

    def page(self, path: str) -> str:
        """Return the address of a page of the customers' app, to which a provider sends people back."""
        return f"{self.settings.public_url.rstrip('/')}/app{path}"

    def currency(self, session: Session) -> str:
        """Return the currency of the program in force."""
        return rules.program_at(session, self.now).currency


def desk_of(settings: Settings, clock: Clock) -> Desk:
    """Return the desk of a running application."""
    return Desk(settings, clock)
