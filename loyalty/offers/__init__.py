"""What is offered to whom: offers and how far they are, coupon codes."""

from loyalty.offers.policy import Receipt, code_hash, new_code, receive
from loyalty.offers.queries import instances_of
from loyalty.offers.service import (
    CodeTaken,
    CouponUnknown,
    Issued,
    OfferOver,
    OfferUnknown,
    activate,
    issue_coupons,
    of_member,
    see,
    send,
    state_of,
)

__all__ = [
    "CodeTaken",
    "CouponUnknown",
    "Issued",
    "OfferOver",
    "OfferUnknown",
    "Receipt",
    "activate",
    "code_hash",
    "instances_of",
    "issue_coupons",
    "new_code",
    "of_member",
    "receive",
    "see",
    "send",
    "state_of",
]
