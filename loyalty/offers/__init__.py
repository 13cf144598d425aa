"""What is offered to whom: offers and how far they are, coupon codes."""

from loyalty.offers.kept import (
    CouponCodeOver,
    CouponCodeUnknown,
    CouponCodeUsed,
    CouponNotForYou,
    HeldCoupon,
    TooManyCoupons,
    drop_coupon,
    keep_coupon,
    kept_coupons_of,
)
from loyalty.offers.policy import Receipt, code_hash, new_code, receive
from loyalty.offers.queries import audience, audience_size, instances_of
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
from loyalty.offers.waves import Sent, send_wave

__all__ = [
    "CodeTaken",
    "CouponCodeOver",
    "CouponCodeUnknown",
    "CouponCodeUsed",
    "CouponNotForYou",
    "CouponUnknown",
    "HeldCoupon",
    "Issued",
    "OfferOver",
    "OfferUnknown",
    "Receipt",
    "Sent",
    "TooManyCoupons",
    "activate",
    "audience",
    "audience_size",
    "code_hash",
    "drop_coupon",
    "instances_of",
    "issue_coupons",
    "keep_coupon",
    "kept_coupons_of",
    "new_code",
    "of_member",
    "receive",
    "see",
    "send",
    "send_wave",
    "state_of",
]
