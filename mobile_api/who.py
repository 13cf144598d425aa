"""Who calls the members' API: a device, by its access token."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal

from flask import Request

from loyalty.actor import Actor
from loyalty.errors import Unauthenticated
from loyalty.web.api import Caller
from loyalty.web.bearer import bearer_of
from loyalty.web.site import Site
from loyalty.web.tokens import TokenExpired, TokenInvalid

AUDIENCE: Final = "regulars:member"
LIFETIME: Final = timedelta(minutes=10)
Channel = Literal["app", "web"]


def access_token(site: Site, *, device_id: str, member_id: int, channel: Channel, now: datetime) -> str:
    """Return an access token of ``LIFETIME`` for a device that was just verified."""
    return site.tokens.issue(
        AUDIENCE, device_id, now=now, lifetime=LIFETIME, member=member_id, channel=channel
    )


def identify(request: Request, site: Site, now: datetime) -> Actor:
    """Return the actor of an access token; raise ``Unauthenticated``."""
    claims = site.tokens.read(bearer_of(request), AUDIENCE, now=now)
    channel: Channel = "web" if claims.get("channel") == "web" else "app"
    return Actor(kind="member", id=claims["sub"], channel=channel, member_id=claims["member"])


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
    errors=(TokenInvalid, TokenExpired, Unauthenticated),
)
