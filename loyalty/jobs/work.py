"""What a job or a topic is given: settings, clock, carriers of letters, the desk where money comes in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from loyalty.checkout import Desk
from loyalty.clock import Clock
from loyalty.config import Settings
from loyalty.db import transaction
from loyalty.messages import Carrier, MailboxCarrier, NoCarrier, SmtpCarrier
from loyalty.passes import News, NoNews


@dataclass(frozen=True, slots=True)
class Work:
    """The surroundings of work outside a request; every handler opens its own transactions."""

    settings: Settings
    clock: Clock
    mail: Carrier
    sms: Carrier
    news: News = field(default_factory=NoNews)

    @property
    def now(self) -> datetime:
        """Return the current instant."""
        return self.clock.now()

    @property
    def desk(self) -> Desk:
        """Return the desk where money comes in."""
        return Desk(self.settings, self.clock)


def work_of(settings: Settings, clock: Clock) -> Work:
    """Return the surroundings of a running application.

    Mail goes to the server that the settings name; where they name none, and text messages always, to the
    demo's mailbox, but in production they wait in the outbox and say what is missing.
    """
    mail: Carrier
    if settings.smtp_url:
        mail = SmtpCarrier(settings.smtp_url, settings.mail_from)
    elif settings.is_public:
        mail = NoCarrier("REGULARS_SMTP_URL is not set")
    else:
        mail = MailboxCarrier("mail", transaction)
    sms: Carrier = (
        NoCarrier("no SMS gateway is set up") if settings.is_public else MailboxCarrier("sms", transaction)
    )
    return Work(settings, clock, mail, sms)
