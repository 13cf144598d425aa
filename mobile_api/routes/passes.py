"""Wallet passes: which are offered, getting one, and the web service that Apple's wallet asks.

Source: developer.apple.com/documentation/walletpasses, "Adding a Web Service to Update Passes". Apple's wallet appends
``/v1/…`` to the address in the pass, which is ``/api/v1/passes``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import Final

import structlog
from flask import Request, Response, request
from sqlalchemy.orm import Session

from loyalty import codes, passes, rules
from loyalty.actor import Actor
from loyalty.db import snapshot, transaction
from loyalty.passes import PassNotOffered, PassUnknown, WalletPass
from loyalty.web.api import Answer, Call, Caller, Media, Routes
from loyalty.web.fields import Bool, Id, Input, Many, Output, Pattern, Text
from loyalty.web.limits import Limit
from loyalty.web.site import Site
from mobile_api.browser import BrowserMade
from mobile_api.who import MEMBER

routes = Routes("Passes", "The card in the phone's own wallet, where the operator has set it up.")
apple = Routes("Apple's wallet", "What a pass asks us: Apple's web service for passes.")

PKPASS: Final = Media(passes.MEDIA_TYPE, "A signed pass.")
LOGO_PIXELS: Final = 660  # what Google asks for
LIBRARY: Final = Limit("passes.library", 600, 3600)
_SCHEME: Final = "ApplePass "
_log = structlog.get_logger("passes")


class PassType(Pattern):
    """The identifier of a pass type."""

    def __init__(self) -> None:
        super().__init__(r"^pass\.[A-Za-z0-9.-]{1,100}$", expected="a pass type", max=120)


class PassesOut(Output):
    """Which kinds of pass are offered."""

    apple = Bool()
    google = Bool()


class SaveLink(Output):
    """A link to follow once; it holds the secret of the member's number."""

    url = Text(max=8000)


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
        row = passes.admitted(session, serial, header.removeprefix(_SCHEME), keys=_keys(site))
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


@routes.get("/passes", summary="Which passes there are", who=None, answers={200: PassesOut})
def see_passes(call: Call) -> object:
    """Tell which wallets the card can be put into here."""
    settings = call.site.settings
    return {"apple": bool(settings.apple_pass_type_id), "google": bool(settings.google_wallet_issuer_id)}


@routes.get(
    "/passes/apple",
    summary="Get my pass for Apple's wallet",
    who=MEMBER,
    answers={200: PKPASS},
    errors=(PassNotOffered, rules.NoProgram),
    limits=(Limit("passes.apple", 60, 3600),),
)
def get_apple_pass(call: Call) -> object:
    """Answer the member's card, signed: points, level, and the card number as QR code and Code 128."""
    signer = _apple(call.site)
    with transaction() as session:
        card, _ = _card(call, session, passes.pass_of(session, member_id=_member_id(call), now=call.now))
    return _pkpass(call.site, card, signer)


@routes.get(
    "/passes/google",
    summary="Get my pass for Google's wallet",
    who=MEMBER,
    answers={200: SaveLink},
    errors=(PassNotOffered, rules.NoProgram),
    limits=(Limit("passes.google", 60, 3600),),
)
def get_google_pass(call: Call) -> object:
    """Answer a link that puts the member's card into Google's wallet, with the rotating number.

    After five wrong guesses the number's secret changes, and the card must be put there again.
    """
    settings = call.site.settings
    if not settings.google_wallet_issuer_id:
        raise PassNotOffered
    signer = passes.google_signer(settings.google_wallet_issuer_id, settings.google_wallet_account)
    with transaction() as session:
        card, _ = _card(call, session, passes.pass_of(session, member_id=_member_id(call), now=call.now))
    public_url = settings.public_url.rstrip("/")
    logo_url = f"{public_url}/api/v1/passes/logo.png"
    return {"url": passes.save_url(card, signer, public_url=public_url, logo_url=logo_url)}


@routes.get(
    "/passes/logo.png",
    summary="The picture on a pass",
    who=None,
    answers={200: Media("image/png")},
    errors=(rules.NoProgram,),
)
def see_pass_logo(call: Call) -> object:
    """Answer the brand's picture, for wallets that fetch it themselves."""
    with snapshot() as session:
        brand = rules.program_at(session, call.now).brand
    picture = passes.icon(passes.color_of(brand), LOGO_PIXELS)
    return Response(picture, content_type="image/png", headers={"Cache-Control": "public, max-age=3600"})


ONE: Final = "/passes/v1/devices/<library>/registrations/<pass_type>/<serial>"


@apple.post(
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


@apple.delete(
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


@apple.get(
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
            program_since=_program_since(call, session),
        )
    return Answer(status=204) if found is None else found


@apple.get(
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
    signer = _apple(call.site)
    with snapshot() as session:
        card, changed = _card(call, session, _row(call, session))
    return _pkpass(call.site, card, signer, changed=changed)


@apple.post(
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


def _apple(site: Site) -> passes.AppleSigner:
    settings = site.settings
    if not settings.apple_pass_type_id:
        raise PassNotOffered
    return passes.apple_signer(
        settings.apple_pass_type_id,
        settings.apple_pass_team_id,
        settings.apple_pass_certificate,
        settings.apple_pass_key,
        settings.apple_pass_intermediate,
    )


def _require_type(call: Call) -> None:
    if call.path["pass_type"] != call.site.settings.apple_pass_type_id:
        raise PassNotOffered


def _row(call: Call, session: Session) -> WalletPass:
    return session.get_one(WalletPass, (_member_id(call), call.path["serial"]))


def _card(call: Call, session: Session, row: WalletPass) -> tuple[passes.Card, datetime]:
    program = rules.program_at(session, call.now)
    secret = codes.code_secret(call.site.settings.secret_key)
    card = passes.card_of(session, row, program, secret=secret, now=call.now)
    return card, passes.changed_at(session, row, _program_since(call, session))


def _program_since(call: Call, session: Session) -> datetime:
    version = rules.get_version(session, rules.program_at(session, call.now).version)
    assert version.live_from is not None
    return version.live_from


def _knows(changed: datetime) -> bool:
    """Tell whether the wallet says that it has what last changed then."""
    since = request.if_modified_since
    return since is not None and changed.replace(microsecond=0) <= since


def _keys(site: Site) -> Sequence[bytes]:
    """Return the keys of passes' tokens: those of former secrets are in passes that were given then."""
    old = (each.strip() for each in site.settings.old_secret_keys.split(","))
    return [passes.pass_secret(each) for each in (site.settings.secret_key, *filter(None, old))]


def _member_id(call: Call) -> int:
    assert call.actor.member_id is not None
    return call.actor.member_id


def _pkpass(
    site: Site, card: passes.Card, signer: passes.AppleSigner, *, changed: datetime | None = None
) -> Response:
    settings = site.settings
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": 'attachment; filename="card.pkpass"',
    }
    if changed is not None and passes.is_settled(changed, card.made_at):
        if not card.void and _knows(changed):
            return Response(status=HTTPStatus.NOT_MODIFIED)
        headers["Last-Modified"] = format_datetime(changed.astimezone(UTC), usegmt=True)
    data = passes.pkpass(
        card,
        signer,
        token=passes.token_of(passes.pass_secret(settings.secret_key), card.serial),
        service_url=f"{settings.public_url.rstrip('/')}/api/v1/passes",
    )
    return Response(data, content_type=passes.MEDIA_TYPE, headers=headers)
