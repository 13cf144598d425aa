"""Buy, look back, claim: the customer's own sales, by the very code that a till uses."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from loyalty import codes, members, sales
from loyalty.db import snapshot, transaction
from loyalty.sales import refusals
from loyalty.web import baskets
from loyalty.web.api import Answer, Call, Routes
from loyalty.web.basket_errors import BASKET_ERRORS
from loyalty.web.baskets import BasketIn, request_of
from loyalty.web.etags import is_current, tag_of
from loyalty.web.fields import Id, Input, Instant, Key, Many, Milli, One, Output, Text, Whole
from loyalty.web.paging import PageQuery, page_of
from loyalty.web.receipts import BalanceOut, OneSaleOut, QuoteOut, ReceiptOut, SaleOut
from mobile_api.who import MEMBER

routes: Final = Routes("Sales", "Buy, look back, claim a receipt.")


class OwnBasketIn(BasketIn):
    """A basket of the customer's own: prices are the catalog's, paid from the wallet or by a card payment of ours."""

    store = Key(allow_none=True, load_default=None, about="Where it is bought.")


class OwnQuoteOut(QuoteOut):
    """A quote, with where the member stands before it."""

    member = One(BalanceOut, allow_none=True)


def secret_of(call: Call) -> codes.CodeSecret:
    """Return the secret that codes are made with."""
    return codes.code_secret(call.site.settings.secret_key)


@routes.post(
    "/quotes",
    summary="What would it cost and bring?",
    who=MEMBER,
    body=OwnBasketIn,
    answers={200: OwnQuoteOut},
    errors=BASKET_ERRORS,
)
def quote(call: Call) -> object:
    """Price a basket: discounts, points to come, rewards, what nearly applied. Nothing is written."""
    request = request_of(call.body, actor=call.actor, store=call.body["store"])
    with transaction() as session:
        _, answer = sales.quote(
            session, actor=call.actor, request=request, secret=secret_of(call), now=call.now
        )
    return answer


@routes.post(
    "/sales",
    summary="Buy",
    who=MEMBER,
    body=OwnBasketIn,
    answers={200: ReceiptOut},
    errors=BASKET_ERRORS,
    idempotent=True,
)
def buy(call: Call) -> object:
    """Settle a purchase once, paid in full. A retry with the same key gets the same receipt."""
    request = request_of(call.body, actor=call.actor, store=call.body["store"])
    with transaction() as session:
        return baskets.settle(session, call, request, key=call.key)


@routes.get("/sales", summary="Past sales", who=MEMBER, query=PageQuery, answers={200: page_of(SaleOut)})
def list_sales(call: Call) -> object:
    """Answer past sales, the newest first, each with its explanation."""
    scope = f"sales:{call.actor.member_id}"
    position = call.site.cursors.read(scope, call.query["cursor"])
    before = None if position is None else (datetime.fromisoformat(position[0]), str(position[1]))
    limit = call.query["limit"]
    with snapshot() as session:
        found = sales.history(session, member_id_of(call), before=before, limit=limit + 1)
    return _page(call, scope, found, limit)


def _page(call: Call, scope: str, found: list[dict[str, Any]], limit: int) -> dict[str, Any]:
    shown = found[:limit]
    cursor = None
    if len(found) > limit:
        last = shown[-1]
        cursor = call.site.cursors.write(scope, [last["occurred_at"].isoformat(), last["sale"]])
    return {"items": shown, "next": cursor}


def member_id_of(call: Call) -> int:
    """Return the member who calls."""
    assert call.actor.member_id is not None
    return call.actor.member_id


@routes.get(
    "/sales/<sale>",
    summary="One sale",
    who=MEMBER,
    path={"sale": Id()},
    answers={200: OneSaleOut},
    errors=(sales.SaleMissing, members.MemberUnknown),
)
def one_sale(call: Call) -> object:
    """Answer one of the caller's own sales as it stands now, with what came back of it, in the member's language."""
    member_id = member_id_of(call)
    with snapshot() as session:
        locale = members.member(session, member_id).locale
        return sales.describe(session, call.path["sale"], locale=locale, member_id=member_id)


class ClaimIn(Input):
    """A receipt."""

    receipt = Text(min=1, max=400, required=True, about="The code on the receipt.")


@routes.post(
    "/claims",
    summary="Claim a receipt",
    who=MEMBER,
    body=ClaimIn,
    answers={200: ReceiptOut},
    errors=(
        codes.ClaimExpired,
        codes.CodeForged,
        codes.CodeInvalid,
        codes.CodeTooLong,
        codes.CodeMistyped,
        codes.ReceiptTaken,
        refusals.AlreadyClaimed,
        refusals.ClaimTooLate,
        refusals.KeyReused,
        refusals.MemberBlocked,
        refusals.SaleMissing,
    ),
    idempotent=True,
)
def claim(call: Call) -> object:
    """Get the points of a visit at which nobody was scanned, once."""
    with transaction() as session:
        answer = sales.claim(
            session,
            actor=call.actor,
            member_id=member_id_of(call),
            text=call.body["receipt"],
            secret=secret_of(call),
            key=call.key,
            now=call.now,
        )
    return {**answer, "claim_code": None, "gift_cards": []}


class ExpiringOut(Output):
    """Points that end together."""

    points_milli = Milli()
    expires_at = Instant(allow_none=True)


class BalanceAnswer(BalanceOut):
    """Where the member stands, and which points end when."""

    expiring = Many(ExpiringOut, max=10_000)
    version = Whole()


@routes.get("/balance", summary="Where do I stand?", who=MEMBER, answers={200: BalanceAnswer}, etag=True)
def balance(call: Call) -> object:
    """Answer points, tier and wallet as of now: what lapsed is gone, whether or not a job ran."""
    with snapshot() as session:
        answer = sales.standing_of(session, member_id_of(call), now=call.now)
    tag = tag_of(answer["version"], answer["points_milli"], answer["tier"], answer["held_milli"])
    return Answer.unchanged(tag) if is_current(tag) else Answer(answer, etag=tag)
