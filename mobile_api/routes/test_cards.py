"""The page of the demo's test-card provider on which a cardholder confirms. Play money; it says so."""

from __future__ import annotations

from html import escape
from typing import Final
from urllib.parse import parse_qs

from flask import Response

from loyalty import wallet
from loyalty.wallet.gateways.test_card import ChallengeOver
from loyalty.wallet.gateways.test_cards import CARDS
from loyalty.web.api import Call, Media, Routes
from loyalty.web.fields import Bool, Choice, Id, Input, Many, Output, Text

routes: Final = Routes("Test cards", "The demo's payment provider: no card is charged, no money moves.")


class TestCardOut(Output):
    """A test card: its token, and what it does."""

    __test__ = False

    method = Id()
    about = Text()


class TestCardsOut(Output):
    """The test cards."""

    __test__ = False

    is_test = Bool()
    cards = Many(TestCardOut, max=50)


class ChallengeQuery(Input):
    """The secret in the link."""

    secret = Text(required=True, min=1, max=100)


class ChallengeIn(Input):
    """What the cardholder says."""

    secret = Text(required=True, min=1, max=100)
    approve = Bool(required=True)


class ChallengeAnswerOut(Output):
    """What became of the payment."""

    status = Choice(
        (
            "requires_method",
            "requires_confirmation",
            "requires_action",
            "processing",
            "succeeded",
            "canceled",
            "failed",
        )
    )
    is_test = Bool()


@routes.get(
    "/test-card/cards",
    summary="The test cards",
    who=None,
    answers={200: TestCardsOut},
    errors=(wallet.CardPaymentsOff,),
)
def list_cards(call: Call) -> object:
    """Answer the tokens of the test cards, and what each does. Not in production."""
    wallet.test_cards_of(call.site.settings, call.site.clock)
    cards = [{"method": method, "about": f"TEST: {card.about}"} for method, card in CARDS.items()]
    return {"is_test": True, "cards": cards}


@routes.get(
    "/test-card/challenges/<challenge>",
    summary="The page on which a test card's holder confirms",
    who=None,
    path={"challenge": Id()},
    query=ChallengeQuery,
    answers={200: Media("text/html", "A page with two buttons.")},
    errors=(wallet.CardPaymentsOff,),
)
def challenge_page(call: Call) -> Response:
    """Answer a page with two buttons. It works without scripts of anybody else and says TEST."""
    wallet.test_cards_of(call.site.settings, call.site.clock)
    page = _PAGE.format(secret=escape(call.query["secret"], quote=True), id=escape(call.path["challenge"]))
    return Response(page, content_type="text/html; charset=utf-8", headers={"Cache-Control": "no-store"})


@routes.post(
    "/test-card/challenges/<challenge>",
    summary="A test card's holder confirms or refuses",
    who=None,
    path={"challenge": Id()},
    body=ChallengeIn,
    answers={200: ChallengeAnswerOut},
    errors=(wallet.CardPaymentsOff, wallet.IntentUnknown, ChallengeOver),
)
def answer_challenge(call: Call) -> object:
    """Let the cardholder approve or refuse, once."""
    gateway = wallet.test_cards_of(call.site.settings, call.site.clock)
    said = gateway.answer_challenge(call.path["challenge"], call.body["secret"], approve=call.body["approve"])
    return {"status": said.status, "is_test": True}


@routes.post(
    "/test-card/challenges/<challenge>/answer",
    summary="The page's buttons",
    who=None,
    path={"challenge": Id()},
    body=Media("application/x-www-form-urlencoded", "`secret`, and `approve`: `yes` or `no`."),
    answers={200: Media("text/html", "A page that says what became of it.")},
    errors=(wallet.CardPaymentsOff, wallet.IntentUnknown, ChallengeOver),
)
def answer_on_page(call: Call) -> Response:
    """Let the cardholder approve or refuse, once, and say what became of it."""
    form = parse_qs(call.body.decode("ascii", "replace"), max_num_fields=10)
    gateway = wallet.test_cards_of(call.site.settings, call.site.clock)
    approve = form.get("approve", ["no"])[0] == "yes"
    said = gateway.answer_challenge(call.path["challenge"], form.get("secret", [""])[0], approve=approve)
    page = _DONE.format(status=escape(said.status))
    return Response(page, content_type="text/html; charset=utf-8", headers={"Cache-Control": "no-store"})


_PAGE: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>TEST payment</title>
<h1>TEST: confirm the payment</h1>
<p>This is the demo's test-card provider, payment <code>{id}</code>. No card is charged and no money moves.</p>
<form method="post" action="{id}/answer">
<input type="hidden" name="secret" value="{secret}">
<button name="approve" value="yes">Approve (TEST)</button>
<button name="approve" value="no">Refuse (TEST)</button>
</form></html>
"""
_DONE: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>TEST payment</title>
<h1>TEST: {status}</h1>
<p>This was the demo's test-card provider. You can go back to the app.</p></html>
"""
