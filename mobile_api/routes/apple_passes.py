"""The web service that Apple's wallet asks about a pass.

Source: developer.apple.com/documentation/walletpasses, "Adding a Web Service to Update Passes". Apple's wallet appends
``/v1/…`` to the address in the pass, which is ``/api/v1/passes``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import structlog
from flask import Request
from sqlalchemy.orm import Session

from loyalty import passes, rules
from loyalty.actor import Actor
from loyalty.db import snapshot, transaction
from loyalty.passes import PassNotOffered, PassUnknown, WalletPass
from loyalty.web.api import Answer, Call, Caller, Routes
from loyalty.web.fields import Id, Input, Many, Output, Pattern, Text
from loyalty.web.limits import Limit
from loyalty.web.site import Site
from mobile_api.browser import BrowserMade
from mobile_api.cards import PKPASS, answer_of, apple_signer, card_of, keys_of, program_since

routes = Routes("Apple's wallet", "What a pass asks us: Apple's web service for passes.")

LIBRARY: Final = Limit("passes.library", 600, 3600)
_SCHEME: Final = "ApplePass "
_log = structlog.get_logger("passes")


class PassType(Pattern):
    """The identifier of a pass type."""

    def __init__(self) -> None:
        super().__init__(r"^pass\.[A-Za-z0-9.-]{1,100}$", expected="a pass type", max=120)


class RegistrationIn(BrowserMade):
    """Where a wallet can be told of changes."""

    push_token = Text(required=True, min=1, max=200, data_key="pushToken", attribute="pushToken")


class SinceQuery(Input):
    """What the wallet knows."""

    since = Text(
        max=40, load_default=None, data_key="passesUpdatedSince", about="The tag of the last answer."
    )


class UpdatedPasses(Output):
    """The passes that changed, and the tag to ask with the next time."""

    serials = Many(Id(), max=1000, data_key="serialNumbers")
    tag = Text(max=20, data_key="lastUpdated")


class LogIn(BrowserMade):
    """What a wallet has to say about us."""

    logs = Many(Text(max=2000), max=100, required=True)


def identify(asked: Request, site: Site, now: datetime) -> Actor:
    """Return the member whose pass shows its own token; raise ``PassUnknown``."""
    del now
    header = asked.headers.get("Authorization", "")
    serial = str((asked.view_args or {}).get("serial", ""))
    if not header.startswith(_SCHEME):
        raise PassUnknown
    with snapshot() as session:
        row = passes.admitted(session, serial, header.removeprefix(_SCHEME), keys=keys_of(site))
        return Actor(kind="member", id=f"pass-{row.serial}", channel="app", member_id=row.member_id)


PASS: Final = Caller(
    identify=identify,
    schemes={
        "pass": {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`ApplePass`, a space, and the token that is in the pass.",
        }
    },
    security=({"pass": ()},),
    errors=(PassUnknown,),
)


ONE: Final = "/passes/v1/devices/<library>/registrations/<pass_type>/<serial>"


@routes.post(
    ONE,
    summary="A wallet holds a pass",
    who=PASS,
    path={"pass_type": PassType()},
    body=RegistrationIn,
    answers={201: None, 200: None},
    errors=(PassNotOffered,),
)
def register_pass(call: Call) -> object:
    """Note that a wallet holds a pass: 201 the first time, 200 afterwards."""
    _require_type(call)
    with transaction() as session:
        new = passes.register(
            session,
            _row(call, session),
            library=call.path["library"],
            push_token=call.body["pushToken"],
            now=call.now,
        )
    return Answer(status=201 if new else 200)


@routes.delete(
    ONE,
    summary="A wallet no longer holds a pass",
    who=PASS,
    path={"pass_type": PassType()},
    answers={200: None},
    errors=(PassNotOffered,),
)
def unregister_pass(call: Call) -> object:
    """Note that a pass was taken out of a wallet."""
    _require_type(call)
    with transaction() as session:
        passes.unregister(session, _row(call, session), library=call.path["library"])
    return Answer(status=200)


@routes.get(
    "/passes/v1/devices/<library>/registrations/<pass_type>",
    summary="Which passes of a wallet changed",
    who=None,
    path={"pass_type": PassType()},
    query=SinceQuery,
    answers={200: UpdatedPasses, 204: None},
    errors=(PassNotOffered, rules.NoProgram),
    limits=(LIBRARY,),
)
def see_changed_passes(call: Call) -> object:
    """List the passes that this wallet holds and that changed since its last question; 204: none."""
    _require_type(call)
    with snapshot() as session:
        found = passes.changed_since(
            session,
            library=call.path["library"],
            tag=call.query["since"],
            program_since=program_since(session, call.now),
        )
    return Answer(status=204) if found is None else found


@routes.get(
    "/passes/v1/passes/<pass_type>/<serial>",
    summary="The pass as it is now",
    who=PASS,
    path={"pass_type": PassType()},
    answers={200: PKPASS, 304: None},
    errors=(PassNotOffered, rules.NoProgram),
)
def get_changed_pass(call: Call) -> object:
    """Answer the pass anew, or 304 where it has not changed since `If-Modified-Since`."""
    _require_type(call)
    signer = apple_signer(call.site)
    with snapshot() as session:
        card, changed = card_of(call, session, _row(call, session))
    return answer_of(call.site, card, signer, changed=changed)


@routes.post(
    "/passes/v1/log",
    summary="A wallet has something to say",
    who=None,
    body=LogIn,
    answers={200: None},
    limits=(Limit("passes.log", 60, 3600),),
)
def log_for_pass(call: Call) -> object:
    """Keep what a wallet complains about in our own log: how many lines, and the first of them."""
    lines = call.body["logs"]
    _log.info("wallet_complains", lines=len(lines), first=lines[0][:300] if lines else "")
    return Answer(status=200)


def _require_type(call: Call) -> None:
    if call.path["pass_type"] != call.site.settings.apple_pass_type_id:
        raise PassNotOffered


def _row(call: Call, session: Session) -> WalletPass:
    return session.get_one(WalletPass, (call.actor.member_id, call.path["serial"]))
