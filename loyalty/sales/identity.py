"""Who is in front of the till, and what that proves: the app's code pays, a card or phone number only identifies."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from loyalty import codes
from loyalty.actor import Actor
from loyalty.errors import Denied
from loyalty.record import record
from loyalty.rules.facts import Basket
from loyalty.sales.refusals import CodeCannotPay, MemberBlocked, NobodyScanned, NumberCap
from loyalty.sales.requests import SaleRequest
from loyalty.sales.state import State, Who

# What the 19-digit number may spend in one sale: its 8 digits are weaker than a signature.
NUMBER_CAP_MINOR: Final = 2_500


@record
class Presented:
    """What the caller showed: how to find the member, and the parsed code if there was one."""

    who: Who | None
    code: codes.PayCode | codes.NumberCode | codes.CardCode | None = None
    own: bool = False


@record
class Identified:
    """What was proven: ``payment`` may spend all, ``capped`` a little, ``identity`` nothing; ``nobody`` is nobody."""

    proves: Literal["payment", "capped", "identity", "nobody"]
    verified: codes.Verified | None = None


def presented(request: SaleRequest, actor: Actor) -> Presented:
    """Read what identifies the member, without looking anything up; raise ``CodeInvalid`` kinds."""
    if actor.kind == "member":
        return Presented(Who(member_id=actor.member_id), own=True)
    if request.code is not None:
        code = codes.parse(request.code)
        if isinstance(code, codes.ClaimCode):
            raise codes.CodeInvalid("This is a receipt to be claimed in the app, not a member's code.")
        return Presented(Who(handle=code.handle), code)
    if request.member is not None:
        return Presented(Who(public_id=request.member))
    return Presented(None)


def identify(
    shown: Presented,
    state: State,
    *,
    secret: codes.CodeSecret,
    reference: str,
    at: datetime,
    late: bool = False,
) -> Identified:
    """Verify what was shown against the loaded member; raise the reason why it is not accepted."""
    person = state.person
    if shown.who is None or person is None:
        return Identified("nobody")
    if person.status != "active":
        raise MemberBlocked
    if shown.own:
        return Identified("payment")
    match shown.code:
        case codes.PayCode():
            verified = codes.verify_pay(
                shown.code,
                state.device,
                epochs=codes.epochs_at(secret, at),
                now=at,
                reference=reference,
                use=state.use,
                window_seconds=state.program.settings.code_window_seconds,
                late=late,
            )
        case codes.NumberCode():
            verified = codes.verify_admitted_number(
                shown.code, person.member_id, use=state.use, reference=reference, now=at
            )
        case _:
            return Identified("identity")
    return Identified(verified.proves, verified)


def require_may_spend(identified: Identified, *, wallet_minor: int, rewards: bool) -> None:
    """Raise unless what was proven allows this spending."""
    if not (wallet_minor or rewards):
        return
    if identified.proves == "nobody":
        raise NobodyScanned
    if identified.proves == "identity":
        raise CodeCannotPay
    if identified.proves == "capped" and wallet_minor > NUMBER_CAP_MINOR:
        raise NumberCap(cap_minor=NUMBER_CAP_MINOR)


class NotYours(Denied):
    """A customer may not do this; a till may."""

    code = "not_for_customers"
    text = "Only the store can record this payment."


class MayNotSellGiftCards(Denied):
    """Selling gift cards needs a cashier who may."""

    code = "gift_cards_not_allowed"
    text = "A cashier who may sell gift cards must be signed in."


def require_may_sell(basket: Basket, actor: Actor) -> None:
    """Raise unless the till's cashier may sell what is in the basket."""
    sells = any(line.kind == "gift_card" for line in basket.lines)
    if sells and actor.kind == "till" and not actor.may("gift_cards.sell"):
        raise MayNotSellGiftCards


def require_own_tenders(request: SaleRequest, actor: Actor) -> None:
    """A customer pays from the wallet or by a payment we took; cash and terminals are the store's to record."""
    if actor.kind == "member" and any(tender.kind not in ("wallet", "card") for tender in request.tenders):
        raise NotYours
