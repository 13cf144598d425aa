"""Live: a connected device hears at once that its member's version grew, and then synchronizes."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Final

from flask import Request, Response, request

from loyalty import live, members
from loyalty.actor import Actor
from loyalty.db import ask, snapshot
from loyalty.web import handover
from loyalty.web.api import Call, Caller, Media, Routes
from loyalty.web.fields import Bool, Input, Instant, Output, QueryWhole, Text, Whole
from loyalty.web.site import Site
from mobile_api.who import MEMBER, actor_of

routes = Routes(
    "Live",
    "A device keeps one stream open and hears which version its member is at; what changed it gets by synchronizing. "
    "Where there is no stream, it asks for the version every 60 to 120 seconds, at random.",
)

AUDIENCE: Final = "regulars:live"
LIFETIME: Final = timedelta(seconds=60)
_LONGEST: Final = 1024


def identify(request: Request, site: Site, now: datetime) -> Actor:
    """Return the device of a ticket; raise ``Unauthenticated``, ``DeviceRevoked`` or ``MemberBlocked``."""
    ticket = request.args.get("ticket", "")
    device = site.tokens.read(ticket, AUDIENCE, now=now, is_shown_once=True)["sub"]
    return actor_of(members.caller_of(ask(members.CALLER, {"device_id": device}), device))


TICKET: Final = Caller(
    identify=identify,
    schemes={
        "ticket": {
            "type": "apiKey",
            "in": "query",
            "name": "ticket",
            "description": "A ticket of `POST /live/tickets`: a browser's EventSource sends no headers.",
        }
    },
    security=({"ticket": ()},),
    errors=MEMBER.errors,
)


class TicketOut(Output):
    """What opens a stream, once or again, for a minute."""

    ticket = Text(max=_LONGEST)
    url = Text(max=_LONGEST + 60, about="Where to open it: the path and the ticket.")
    expires_at = Instant()


class StreamQuery(Input):
    """The ticket, which is no password: it opens this stream and nothing else."""

    ticket = Text(required=True, max=_LONGEST)


class VersionQuery(Input):
    """What the device holds, if anything."""

    seen = QueryWhole(load_default=None)
    epoch = Text(load_default=None, max=64)


class VersionOut(Output):
    """Where the member's feed stands."""

    epoch = Text(max=64)
    version = Whole()
    behind = Bool(about="Whether a synchronization would bring anything.")


@routes.post("/live/tickets", summary="Get a ticket for a stream", who=MEMBER, answers={200: TicketOut})
def get_ticket(call: Call) -> object:
    """Give this device a ticket: it names the device and lives for a minute."""
    ticket = call.site.tokens.issue(AUDIENCE, call.actor.id, now=call.now, lifetime=LIFETIME)
    return {
        "ticket": ticket,
        "url": f"{request.path.removesuffix('/tickets')}?ticket={ticket}",
        "expires_at": call.now + LIFETIME,
    }


@routes.get(
    "/live",
    summary="Hear of changes",
    who=TICKET,
    query=StreamQuery,
    answers={200: Media("text/event-stream", "Events until either side ends it.")},
    errors=(live.LiveUnavailable, live.LiveFull),
)
def open_stream(call: Call) -> object:
    """Keep a stream of server-sent events open.

    `poke`, at once and after every change: the data is the member's version; synchronize, once, if you hold less.
    `resync`: what you hold is of another epoch; synchronize. `revoked`: this device was signed out. A comment
    comes at least every ten seconds: who hears nothing for 45 opens another stream, with another ticket. A member
    has at most 20 streams on one server process; the oldest ends.
    """
    call.site.live.require_room()
    assert call.actor.member_id is not None
    taker = partial(call.site.live.take, member_id=call.actor.member_id, device_id=call.actor.id)
    if not handover.take(request.environ, taker):
        raise live.LiveUnavailable
    response = Response(content_type="text/event-stream; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"  # nginx would wait for more
    return response


@routes.get(
    "/live/version",
    summary="Ask for my version",
    who=MEMBER,
    query=VersionQuery,
    answers={200: VersionOut},
    errors=(members.MemberUnknown,),
)
def see_version(call: Call) -> object:
    """Answer at once where the member's feed stands: for devices that cannot keep a stream open."""
    assert call.actor.member_id is not None
    with snapshot() as session:
        stand = live.stand_of(session, call.actor.member_id)
    held = (call.query["epoch"], call.query["seen"])
    return {
        "epoch": stand.epoch,
        "version": stand.version,
        "behind": held != (stand.epoch, stand.version),
    }
