"""Whether a device may synchronize at all."""

from __future__ import annotations

from loyalty.actor import Actor
from loyalty.members import DeviceRevoked, MemberUnknown, SessionExpired
from loyalty.sync.queries import Stand


def admitted(stand: Stand | None) -> Stand:
    """Return where a device and its member stand; raise why it may not synchronize."""
    if stand is None:
        raise MemberUnknown
    if stand.device_status is None:
        # Not signed out, but unknown (enrolled after the backup that was restored): it keeps its queue.
        raise SessionExpired
    if stand.device_status != "active":
        raise DeviceRevoked
    return stand


def member_of(actor: Actor) -> int:
    """Return the member of a device; raise ``DeviceRevoked`` for anybody else."""
    if actor.kind != "member" or actor.member_id is None:
        raise DeviceRevoked
    return actor.member_id
