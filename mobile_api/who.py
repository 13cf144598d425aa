"""Who calls the members' API: a device, by its access token.

The token names the device and nothing else. Whose it is, and whether it is still welcome, is looked up at every call:
a device that was signed out is out at once, and a merged member's devices are the survivor's at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal

from flask import Request

from loyalty import members
from loyalty.actor import Actor
from loyalty.db import ask
from loyalty.errors import Unauthenticated
from loyalty.web.api import Caller
from loyalty.web.bearer import bearer_of
from loyalty.web.site import Site
from loyalty.web.tokens import TokenExpired, TokenInvalid

AUDIENCE: Final = "regulars:member"
LIFETIME: Final = timedelta(minutes=10)
Channel = Literal["app", "web", "store"]
# A kiosk stands in the store, whoever is signed in on it.
_CHANNELS: Final[dict[str, Channel]] = {"app": "app", "web": "web", "kiosk": "store"}


def access_token(site: Site, *, device_id: str, now: datetime) -> str:
    """Return an access token of ``LIFETIME`` for a device that was just verified."""
    return site.tokens.issue(AUDIENCE, device_id, now=now, lifetime=LIFETIME)


def identify(request: Request, site: Site, now: datetime) -> Actor:
    """Return the actor of an access token; raise ``Unauthenticated``, ``DeviceRevoked`` or ``MemberBlocked``."""
    claims = site.tokens.read(bearer_of(request), AUDIENCE, now=now)
    device = claims["sub"]
    return actor_of(members.caller_of(ask(members.CALLER, {"device_id": device}), device))


def actor_of(caller: members.Caller | members.DeviceSession) -> Actor:
    """Return a device that is known as an actor."""
    return Actor(
        kind="member",
        id=caller.device_id,
        channel=_CHANNELS[caller.platform],
        member_id=caller.member_id,
    )


MEMBER: Final = Caller(
    identify=identify,
    schemes={
        "member": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "The access token of a signed-in device; it lives for 10 minutes.",
        }
    },
    security=({"member": ()},),
    errors=(
        TokenInvalid,
        TokenExpired,
        Unauthenticated,
        members.SessionExpired,
        members.DeviceRevoked,
        members.MemberBlocked,
    ),
)
