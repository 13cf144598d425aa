"""Stored value: what is in it, filling it by card, auto-reload, gift cards. The cards that are kept: ``cards``."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from loyalty import checkout, ledger, members, sales, wallet
from loyalty.checkout import Desk
from loyalty.db import snapshot, transaction
from loyalty.wallet import AutoReloadSettings, Challenge, PaymentRow
from loyalty.web.api import Call, Routes
from loyalty.web.fields import Bool, Choice, Id, Input, Instant, Many, Minor, One, Output, Text
from loyalty.web.limits import Limit
from loyalty.web.paging import PageQuery, page_of
from mobile_api.who import MEMBER

routes: Final = Routes("Wallet", "Stored value: top-ups by card, auto-reload, gift cards.")

TOP_UPS: Final = Limit("wallet.top_up", 20, 3600)
GIFT_CODES: Final = Limit("wallet.gift_code", 10, 3600)
STATUSES: Final = (
    "created", "requires_action", "processing", "paid", "credited", "declined", "canceled", "returned",
)  # fmt: skip
PROVIDER: Final = (wallet.ProviderUnavailable, wallet.CardPaymentsOff, wallet.ProviderRefused)


class ChallengeOut(Output):
    """What the cardholder must answer: go to the page, or hand the secret to the provider's own code.

    The page sends the holder back to the app's wallet, with `top_up` in the address; then confirm.
    """

    url = Text(max=5000, allow_none=True)
    client_secret = Text(max=500, allow_none=True)


class TopUpIn(Input):
    """How much, and from which card: a kept card's id, or the token that the provider's form made of a card."""

    amount_minor = Minor(required=True, min=1)
    method = Id(
        required=True, about="A kept card's id, or the provider's token. Card numbers never come here."
    )


class TopUpOut(Output):
    """A top-up. `credited` is the end; `requires_action` waits for the cardholder, `processing` for the provider.

    `canceled` was given up before anybody paid (begin anew, with a new key); `returned` was paid, could not be booked
    and went back to the card.
    """

    id = Id()
    status = Choice(STATUSES)
    purpose = Choice(("top_up", "auto_reload"))
    source = Text(max=20, about="The payment provider, or `cash`.")
    amount_minor = Minor()
    currency = Text(max=3)
    refunded_minor = Minor(about="What went back to the card, or is on its way there.")
    decline_code = Text(max=100, allow_none=True)
    created_at = Instant()
    credited_at = Instant(allow_none=True)
    challenge = One(ChallengeOut, allow_none=True)
    is_test = Bool(about="Play money: no card is charged. Show this.")


class CardOut(Output):
    """A card that the provider keeps."""

    id = Id()
    brand = Text(max=40)
    last4 = Text(max=4)
    expires = Text(max=7, about="YYYY-MM")


class AutoReloadIn(Input):
    """Below the threshold, load the amount from the card."""

    enabled = Bool(required=True)
    threshold_minor = Minor(required=True)
    amount_minor = Minor(required=True, min=1)
    card = Id(required=True, about="The id of a kept card.")


class AutoReloadOut(Output):
    """The standing order; `stopped_because` where we switched it off ourselves."""

    enabled = Bool()
    threshold_minor = Minor()
    amount_minor = Minor()
    card = Id()
    stopped_because = Text(max=100, allow_none=True)
    updated_at = Instant()


class WalletOut(Output):
    """What is in the wallet, and what may be done with it."""

    balance_minor = Minor(about="What can be spent now.")
    held_minor = Minor(about="Set aside for something that is not finished.")
    limit_minor = Minor(about="What the wallet may hold at most.")
    currency = Text(max=3)
    top_up_min_minor = Minor()
    top_up_max_minor = Minor()
    provider = Text(max=20, allow_none=True, about="Who takes card payments here.")
    is_test = Bool(about="Play money: no card is charged. Show this.")
    cards = Many(CardOut, max=50)
    auto_reload = One(AutoReloadOut, allow_none=True)


class GiftCodeIn(Input):
    """The code of a gift card, as it is printed or typed."""

    code = Text(required=True, min=1, max=64)


class GiftBalanceOut(Output):
    """What is on a gift card."""

    status = Choice(("active", "redeemed", "expired"))
    last4 = Text(max=4)
    amount_minor = Minor()
    balance_minor = Minor()
    currency = Text(max=3)
    expires_at = Instant(allow_none=True)


class RedeemedOut(Output):
    """A gift card that is in the wallet now."""

    gift_card = Id()
    last4 = Text(max=4)
    amount_minor = Minor()
    balance_minor = Minor()


def desk_of(call: Call) -> Desk:
    """Return the desk of this application."""
    return checkout.desk_of(call.site.settings, call.site.clock)


def who(call: Call) -> int:
    """Return the member who calls."""
    assert call.actor.member_id is not None
    return call.actor.member_id


@routes.get("/wallet", summary="What is in my wallet", who=MEMBER, answers={200: WalletOut})
def see_wallet(call: Call) -> object:
    """Answer the balance as of now, the kept cards and the standing order."""
    with transaction() as session:
        return _wallet(session, call)


def _wallet(session: Session, call: Call) -> dict[str, Any]:
    desk, member_id = desk_of(call), who(call)
    state = sales.view(session, member_id, now=call.now)
    assert state.books is not None
    account = state.books.account
    provider = _provider(desk)
    return {
        "balance_minor": account.wallet_minor,
        "held_minor": account.wallet_held_minor,
        "limit_minor": account.wallet_limit_minor,
        "currency": state.program.currency,
        "top_up_min_minor": desk.limits.top_up_min_minor,
        "top_up_max_minor": desk.limits.top_up_max_minor,
        "provider": provider.name if provider else None,
        "is_test": bool(provider and provider.is_test),
        "cards": wallet.cards_of(session, member_id),
        "auto_reload": wallet.auto_reload_of(session, member_id),
    }


def _provider(desk: Desk) -> wallet.Gateway | None:
    try:
        return desk.gateway
    except wallet.CardPaymentsOff:
        return None


# -- top-ups --------------------------------------------------------------------------------------------------------


@routes.get(
    "/wallet/top-ups", summary="My top-ups", who=MEMBER, query=PageQuery, answers={200: page_of(TopUpOut)}
)
def list_top_ups(call: Call) -> object:
    """Answer the top-ups, newest first, with what went back to the card."""
    scope, limit = f"top-ups:{who(call)}", call.query["limit"]
    before = call.site.cursors.read(scope, call.query["cursor"])
    with snapshot() as session:
        rows = wallet.payments_of(session, who(call), before=before[0] if before else None, limit=limit + 1)
        items = [_top_up(row, None) for row in rows]
    more = len(items) > limit
    return {
        "items": items[:limit],
        "next": call.site.cursors.write(scope, [items[limit - 1]["id"]]) if more else None,
    }


@routes.post(
    "/wallet/top-ups",
    summary="Fill my wallet from a card",
    who=MEMBER,
    body=TopUpIn,
    answers={201: TopUpOut},
    errors=(
        checkout.CardDeclined,
        wallet.AmountOutOfRange,
        wallet.DailyLimit,
        wallet.KeyReused,
        wallet.MethodUnknown,
        wallet.PaymentMismatch,
        ledger.WalletLimit,
        *PROVIDER,
    ),
    idempotent=True,
    limits=(TOP_UPS,),
)
def top_up(call: Call) -> object:
    """Charge the card and load the wallet, once per key.

    `requires_action`: let the cardholder answer the challenge, then `POST …/confirm`. After a lost answer send the
    same request again: it is charged once.
    """
    payment, challenge = checkout.top_up(
        desk_of(call),
        actor=call.actor,
        amount_minor=call.body["amount_minor"],
        method=call.body["method"],
        key=call.key,
    )
    return _top_up(payment, challenge)


@routes.post(
    "/wallet/top-ups/<top_up>/confirm",
    summary="The challenge is answered",
    who=MEMBER,
    path={"top_up": Id()},
    answers={200: TopUpOut},
    errors=(checkout.CardDeclined, wallet.PaymentMissing, wallet.PaymentMismatch, *PROVIDER),
)
def confirm_top_up(call: Call) -> object:
    """Ask the provider what became of the payment, and load the wallet if it is paid; again changes nothing."""
    payment, challenge = checkout.finish_top_up(
        desk_of(call), actor=call.actor, payment_id=call.path["top_up"]
    )
    return _top_up(payment, challenge)


def _top_up(row: PaymentRow, challenge: Challenge | None) -> dict[str, Any]:
    return {
        "id": row.id,
        "status": row.status,
        "purpose": row.purpose,
        "source": row.gateway,
        "amount_minor": row.amount_minor,
        "currency": row.currency,
        "refunded_minor": row.refunded_minor + row.refunding_minor + row.disputed_minor,
        "decline_code": row.decline_code,
        "created_at": row.created_at,
        "credited_at": row.credited_at,
        "challenge": challenge,
        "is_test": row.gateway == "test_card",
    }


# -- kept cards, auto-reload ----------------------------------------------------------------------------------------


@routes.put(
    "/wallet/auto-reload",
    summary="Set auto-reload",
    who=MEMBER,
    body=AutoReloadIn,
    answers={200: AutoReloadOut},
    errors=(wallet.AutoReloadGuarded, wallet.CardMissing, wallet.AmountOutOfRange),
)
def set_auto_reload(call: Call) -> object:
    """Set the standing order. It cannot be switched on or raised within 24 hours of a new device or address.

    Every address of the account is told by mail.
    """
    body, member_id = call.body, who(call)
    with transaction() as session:
        contacts = members.contacts_of(session, member_id)
        return wallet.set_auto_reload(
            session,
            member_id=member_id,
            settings=AutoReloadSettings(
                body["enabled"], body["threshold_minor"], body["amount_minor"], body["card"]
            ),
            changed_at=changed_at(session, member_id),
            notify=[each.value for each in contacts if each.kind == "email" and each.verified_at is not None],
            locale=members.member(session, member_id).locale,
            now=call.now,
        )


def changed_at(session: Session, member_id: int) -> datetime | None:
    """Return when a device was last added, or an address added or taken away."""
    devices = [each.created_at for each in members.devices_of(session, member_id)]
    contacts = [each.verified_at for each in members.contacts_of(session, member_id)]
    removed = members.member(session, member_id).contact_removed_at
    return max((at for at in [*devices, *contacts, removed] if at is not None), default=None)


# -- gift cards -----------------------------------------------------------------------------------------------------


@routes.post(
    "/gift-cards/balance",
    summary="What is on a gift card?",
    who=MEMBER,
    body=GiftCodeIn,
    answers={200: GiftBalanceOut},
    errors=(wallet.NoGiftCode, wallet.GiftCardMissing),
    limits=(GIFT_CODES,),
)
def gift_card_balance(call: Call) -> object:
    """Answer what is on a gift card. Ten codes an hour, so that nobody tries them out."""
    with snapshot() as session:
        return wallet.gift_balance(session, call.body["code"], now=call.now)


@routes.post(
    "/gift-cards/redeem",
    summary="Load a gift card into my wallet",
    who=MEMBER,
    body=GiftCodeIn,
    answers={200: RedeemedOut},
    errors=(
        wallet.NoGiftCode,
        wallet.GiftCardMissing,
        wallet.GiftCardUsed,
        wallet.GiftCardExpired,
        ledger.WalletLimit,
    ),
    limits=(GIFT_CODES,),
)
def redeem_gift_card(call: Call) -> object:
    """Load the whole of a gift card into the wallet, once; the same member's retry gets the same answer."""
    done = checkout.redeem_gift_card(member_id=who(call), code=call.body["code"], now=call.now)
    return {
        "gift_card": done.gift_card,
        "last4": done.last4,
        "amount_minor": done.amount_minor,
        "balance_minor": done.wallet_minor,
    }
