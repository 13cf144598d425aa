"""What a device needs to draw codes by itself."""

from __future__ import annotations

from typing import Final

from flask import Response

from loyalty import codes, members, rules
from loyalty.db import snapshot
from loyalty.web.api import Call, Media, Routes
from loyalty.web.fields import Choice, Instant, Many, Output, Pattern, Text, Whole
from loyalty.web.limits import Limit
from mobile_api.who import MEMBER

routes = Routes("Codes", "What a member shows at a till.")

DRAW_EVERY_SECONDS: Final = 25


class EpochOut(Output):
    """A number to write into pay codes, as proof that the device was online lately."""

    value = Whole()
    valid_from = Instant()
    valid_until = Instant()


class EpochList(Output):
    """The epochs accepted now; use the first. `server_time` lets a device correct its clock."""

    epochs = Many(EpochOut, max=2)
    draw_every_seconds = Whole()
    window_seconds = Whole(about="How old a pay code may be when it is scanned.")
    server_time = Instant()


class NumberSecret(Output):
    """What the app needs to show the rotating number: `7`, the account number, and the TOTP (RFC 6238)."""

    account_number = Text(max=10)
    secret = Text(max=32, about="Base32; changes when the number was guessed wrongly five times.")
    digits = Whole()
    step_seconds = Whole()
    algorithm = Choice(("SHA1",))
    server_time = Instant()


class Card(Output):
    """The printed card's number."""

    card_number = Pattern(r"^9[0-9]{16}$", expected="a card number")


@routes.get(
    "/codes/epochs",
    summary="Get the epochs of pay codes",
    who=MEMBER,
    answers={200: EpochList},
    errors=(rules.NoProgram,),
)
def see_epochs(call: Call) -> object:
    """Answer what pay codes must carry today; ask once a day."""
    with snapshot() as session:
        settings = rules.program_at(session, call.now).settings
    return {
        "epochs": codes.epochs_at(codes.code_secret(call.site.settings.secret_key), call.now),
        "draw_every_seconds": DRAW_EVERY_SECONDS,
        "window_seconds": settings.code_window_seconds,
        "server_time": call.now,
    }


@routes.get(
    "/codes/number",
    summary="Get the secret of my number",
    who=MEMBER,
    answers={200: NumberSecret},
    limits=(Limit("codes.number", 60, 3600),),
)
def see_number(call: Call) -> object:
    """Answer the secret that the rotating number is made from; ask again when a till says it is locked."""
    assert call.actor.member_id is not None
    with snapshot() as session:
        member = members.member(session, call.actor.member_id)
        given = codes.provision(
            codes.code_secret(call.site.settings.secret_key),
            member.member_id,
            member.account_number,
            codes.number_rotation(session, member.member_id),
        )
    return {
        "account_number": given.account_number,
        "secret": given.secret,
        "digits": given.digits,
        "step_seconds": given.step_seconds,
        "algorithm": given.algorithm,
        "server_time": call.now,
    }


@routes.get("/codes/card", summary="Get my card number", who=MEMBER, answers={200: Card})
def see_card(call: Call) -> object:
    """Answer the number that identifies the member and cannot pay."""
    assert call.actor.member_id is not None
    with snapshot() as session:
        return {"card_number": members.member(session, call.actor.member_id).card_number}


@routes.get(
    "/codes/card.svg", summary="Get my card as a picture", who=MEMBER, answers={200: Media("image/svg+xml")}
)
def see_card_picture(call: Call) -> object:
    """Answer the card number as a QR code to be printed."""
    assert call.actor.member_id is not None
    with snapshot() as session:
        number = members.member(session, call.actor.member_id).card_number
    return Response(
        codes.drawing.svg(number, use="print"),
        content_type="image/svg+xml",
        headers={"Cache-Control": "private, no-store"},
    )
