"""Money from outside into a wallet and back, from beginning to booking: where the provider and the ledger meet.

Every verb here is several transactions with the provider's answer between them, so this package opens its
own: no lock is held while a provider is spoken to, and a crash at any line is healed by the same request
again, by the provider's webhook, or by the job that asks about unfinished payments.
"""

from loyalty.checkout.cards import (
    CardNeedsHolder,
    CardRefused,
    begin_card,
    finish_card,
    forget_card,
    keep_card,
)
from loyalty.checkout.desk import Desk, desk_of
from loyalty.checkout.gifts import redeem_gift_card, release_gift_claims
from loyalty.checkout.purchases import give_back_unused, pay_for_sale
from loyalty.checkout.reloads import reload
from loyalty.checkout.returns import ask_for_refund, send_refund
from loyalty.checkout.topups import CardDeclined, finish_top_up, settle, take_cash, top_up
from loyalty.checkout.upkeep import ask_about_refunds, ask_about_unfinished, deliver_test_card_events
from loyalty.checkout.webhooks import take_webhook

__all__ = [
    "CardDeclined",
    "CardNeedsHolder",
    "CardRefused",
    "Desk",
    "ask_about_refunds",
    "ask_about_unfinished",
    "ask_for_refund",
    "begin_card",
    "deliver_test_card_events",
    "desk_of",
    "finish_card",
    "finish_top_up",
    "forget_card",
    "give_back_unused",
    "keep_card",
    "pay_for_sale",
    "redeem_gift_card",
    "release_gift_claims",
    "reload",
    "send_refund",
    "settle",
    "take_cash",
    "take_webhook",
    "top_up",
]
