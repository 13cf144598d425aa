"""Wallet passes: which are offered, and getting one."""

from __future__ import annotations

from typing import Final

from flask import Response

from loyalty import passes, rules
from loyalty.db import snapshot, transaction
from loyalty.passes import PassNotOffered
from loyalty.web.api import Call, Media, Routes
from loyalty.web.fields import Bool, Output, Text
from loyalty.web.limits import Limit
from mobile_api.cards import PKPASS, answer_of, apple_signer, card_of
from mobile_api.who import MEMBER

routes = Routes("Passes", "The card in the phone's own wallet, where the operator has set it up.")

LOGO_PIXELS: Final = 660  # what Google asks for


class PassesOut(Output):
    """Which kinds of pass are offered."""

    apple = Bool()
    google = Bool()


class SaveLink(Output):
    """A link to follow once; it holds the secret of the member's number."""

    url = Text(max=8000)


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
    signer = apple_signer(call.site)
    with transaction() as session:
        card, _ = card_of(call, session, passes.pass_of(session, member_id=_member_id(call), now=call.now))
    return answer_of(call.site, card, signer)


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
        card, _ = card_of(call, session, passes.pass_of(session, member_id=_member_id(call), now=call.now))
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


def _member_id(call: Call) -> int:
    assert call.actor.member_id is not None
    return call.actor.member_id
