"""Gift cards that members buy in the app and send to somebody, from the purchase to the moment they are redeemed."""

from loyalty.gifts.models import SAID
from loyalty.gifts.policy import GiftGuarded, GiftLimit, GiftNotCancelable
from loyalty.gifts.queries import gift_of, gifts_of
from loyalty.gifts.service import (
    DESIGNS,
    TOPIC,
    GiftLetter,
    GiftMissing,
    GiftOrder,
    cancel,
    code_of,
    letter_of,
    mark_sent,
    note_redeemed,
    send,
)

__all__ = [
    "DESIGNS",
    "SAID",
    "TOPIC",
    "GiftGuarded",
    "GiftLetter",
    "GiftLimit",
    "GiftMissing",
    "GiftNotCancelable",
    "GiftOrder",
    "cancel",
    "code_of",
    "gift_of",
    "gifts_of",
    "letter_of",
    "mark_sent",
    "note_redeemed",
    "send",
]
