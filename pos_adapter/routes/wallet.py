"""Stored value at the till: cash into a wallet, gift cards, a top-up back to its card."""

from __future__ import annotations

from typing import Any, Final

from loyalty import checkout, ledger, members, wallet
from loyalty.db import snapshot, transaction
from loyalty.sales.refusals import MemberBlocked
from loyalty.web.api import Call, Routes
from loyalty.web.fields import Choice, Id, Input, Instant, Minor, Output, Text
from loyalty.web.limits import Limit
from pos_adapter.who import CASHIER
from pos_adapter.whom import WHOM_ERRORS, Shown, member_of

routes: Final = Routes("Wallet", "Cash into a wallet, gift cards, refunds of top-ups.")

GIFT_CODES: Final = Limit("till.gift_code", 60, 3600)


class CashIn(Shown):
    """Cash for a wallet."""

    amount_minor = Minor(required=True, min=1)


class CashOut(Output):
    """Cash that is in a wallet now."""

    id = Id()
    status = Choice(("credited",))
    amount_minor = Minor()
    currency = Text(max=3)
    created_at = Instant()
    wallet_minor = Minor(about="What is in the wallet now.")


class GiftCodeIn(Input):
    """The code of a gift card."""

    code = Text(required=True, min=1, max=64)


class GiftRedeemIn(Shown):
    """A gift card, and whose wallet it is for."""

    gift_code = Text(required=True, min=1, max=64)


class GiftBalanceOut(Output):
    """What is on a gift card."""

    status = Choice(("active", "redeemed", "expired"))
    last4 = Text(max=4)
    amount_minor = Minor()
    balance_minor = Minor()
    currency = Text(max=3)
    expires_at = Instant(allow_none=True)


class GiftRedeemedOut(Output):
    """A gift card that is in a wallet now."""

    gift_card = Id()
    last4 = Text(max=4)
    amount_minor = Minor()
    wallet_minor = Minor()


class RefundIn(Input):
    """How much of a top-up goes back to its card."""

    amount_minor = Minor(required=True, min=1)


class TopUpRefundOut(Output):
    """A refund; `pending` until the provider has confirmed it, `failed` where it went back into the wallet."""

    id = Id()
    payment = Id()
    status = Choice(("pending", "succeeded", "failed"))
    amount_minor = Minor()
    created_at = Instant()


@routes.post(
    "/wallet/cash",
    summary="Take cash into a wallet",
    who=CASHIER,
    needs="wallet.cash",
    body=CashIn,
    answers={201: CashOut},
    errors=(
        *WHOM_ERRORS,
        MemberBlocked,
        wallet.AmountOutOfRange,
        wallet.DailyLimit,
        wallet.KeyReused,
        ledger.WalletLimit,
    ),
    idempotent=True,
)
def take_cash(call: Call) -> object:
    """Load a member's wallet with cash that the cashier has in hand; the same key once."""
    member_id = member_of(call, f"cash:{call.key}")
    desk = checkout.desk_of(call.site.settings, call.site.clock)
    with transaction() as session:
        payment = checkout.take_cash(
            session,
            desk,
            actor=call.actor,
            member_id=member_id,
            amount_minor=call.body["amount_minor"],
            key=call.key,
        )
        balance = ledger.read_books(session, member_id).account.wallet_minor
    return {**_fields(payment, CashOut), "wallet_minor": balance}


@routes.post(
    "/gift-cards/balance",
    summary="What is on a gift card?",
    who=CASHIER,
    needs="gift_cards.sell",
    body=GiftCodeIn,
    answers={200: GiftBalanceOut},
    errors=(wallet.NoGiftCode, wallet.GiftCardMissing),
    limits=(GIFT_CODES,),
)
def gift_card_balance(call: Call) -> object:
    """Answer what is on a gift card."""
    with snapshot() as session:
        return wallet.gift_balance(session, call.body["code"], now=call.now)


@routes.post(
    "/gift-cards/redeem",
    summary="Load a gift card into a wallet",
    who=CASHIER,
    needs="wallet.cash",
    body=GiftRedeemIn,
    answers={200: GiftRedeemedOut},
    errors=(
        *WHOM_ERRORS,
        wallet.NoGiftCode,
        wallet.GiftCardMissing,
        wallet.GiftCardUsed,
        wallet.GiftCardExpired,
        ledger.WalletLimit,
    ),
    limits=(GIFT_CODES,),
    idempotent=True,
)
def redeem_gift_card(call: Call) -> object:
    """Load the whole of a gift card into the wallet of whoever was scanned, once."""
    member_id = member_of(call, f"gift:{call.key}")
    return checkout.redeem_gift_card(member_id=member_id, code=call.body["gift_code"], now=call.now)


@routes.post(
    "/members/<member>/top-ups/<top_up>/refund",
    summary="Send a top-up back to its card",
    who=CASHIER,
    needs="wallet.refund",
    path={"member": Id(), "top_up": Id()},
    body=RefundIn,
    answers={201: TopUpRefundOut},
    errors=(
        members.MemberUnknown,
        wallet.PaymentMissing,
        wallet.NotRefundable,
        wallet.KeyReused,
        wallet.CardPaymentsOff,
        wallet.RefundMissing,
        ledger.InsufficientFunds,
    ),
    idempotent=True,
)
def refund_top_up(call: Call) -> object:
    """Send money of a top-up back to its card, if the wallet still has it; the points it earned go with it."""
    with snapshot() as session:
        member_id = members.find(session, call.path["member"])
    desk = checkout.desk_of(call.site.settings, call.site.clock)
    return checkout.ask_for_refund(
        desk,
        actor=call.actor,
        member_id=member_id,
        payment_id=call.path["top_up"],
        amount_minor=call.body["amount_minor"],
        key=call.key,
    )


def _fields(row: object, schema: type[Output]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in schema().fields if hasattr(row, name)}
