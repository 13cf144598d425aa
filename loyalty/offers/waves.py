"""An offer sent to many members at once: a wave, which reaches each of them once however often it is run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from loyalty import changes, staff
from loyalty.actor import Actor
from loyalty.offers import queries
from loyalty.offers.models import OfferWave
from loyalty.offers.service import send


@dataclass(frozen=True, slots=True)
class Sent:
    """What a batch of a wave did: how many received the offer, ignore the repeat, or had it from this wave already."""

    sent: int = 0
    ignored: int = 0
    already: int = 0

    def __add__(self, other: Sent) -> Sent:
        return Sent(self.sent + other.sent, self.ignored + other.ignored, self.already + other.already)


def send_wave(
    session: Session,
    members: Sequence[int],
    offer: str,
    *,
    wave: str,
    actor: Actor,
    now: datetime,
    channel: str = "inbox",
) -> Sent:
    """Send an offer to a batch of members, once for each ``wave``; raise ``OfferUnknown``.

    The members are locked in the order of their ids, so that two waves wait for each other and never for ever.
    """
    done = Sent()
    for member_id in sorted(set(members)):
        changes.lock(session, member_id)
        if queries.had_wave(session, member_id, wave, offer):
            done += Sent(already=1)
            continue
        instance = send(session, member_id, offer, now=now, channel=channel)
        session.execute(
            insert(OfferWave).values(
                member_id=member_id, wave=wave, offer=offer, instance=instance, sent_at=now
            )
        )
        done += Sent(sent=1) if instance else Sent(ignored=1)
    if done.sent:
        after = {"wave": wave, "channel": channel, "sent": done.sent}
        staff.record(session, actor=actor, what="offers.send", about=f"offer:{offer}", after=after, now=now)
    return done
