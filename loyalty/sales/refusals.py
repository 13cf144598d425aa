"""Why a sale, a return or a claim is refused."""

from __future__ import annotations

from loyalty.errors import Denied, Invalid, Missing, Refused


class SaleMissing(Missing):
    """There is no such sale, or not for this caller."""

    code = "sale_not_found"
    text = "There is no such sale."


class SaleExists(Refused):
    """Another sale already has this id."""

    code = "sale_exists"
    text = "There is a sale with this id already."


class Overpaid(Refused):
    """The tenders are more than what is due (only cash may be, and gets change)."""

    code = "overpaid"
    text = "The payments are {excess_minor} minor units more than what is due."


class Underpaid(Refused):
    """A customer's own purchase must be paid in full."""

    code = "underpaid"
    text = "There are {due_minor} minor units left to pay."


class PriceChanged(Refused):
    """The price the customer saw is no longer the catalog's."""

    code = "price_changed"
    text = "The price of {sku} is {price_minor} minor units now."


class CodeCannotPay(Denied):
    """The member was identified by something that cannot spend: a card, a phone number, a till's memory."""

    code = "code_cannot_pay"
    text = "This identifies the member and cannot spend: scan the code in the app."


class NumberCap(Denied):
    """The number pays small amounts only."""

    code = "number_capped"
    text = "The number pays at most {cap_minor} minor units: scan the code in the app."


class MemberBlocked(Denied):
    """The member's account is blocked."""

    code = "member_blocked"
    text = "This account is blocked."


class NobodyScanned(Refused):
    """What was asked for needs a member."""

    code = "member_needed"
    text = "Scan the member's code first."


class TillRevoked(Denied):
    """The till is not, or no longer, enrolled."""

    code = "till_revoked"
    text = "This till is not enrolled any more."


class KeyReused(Invalid):
    """The idempotency key was used for another request."""

    code = "idempotency_key_reused"
    text = "This Idempotency-Key was used for another request."


class ReturnTooMuch(Refused):
    """More pieces are returned than are left."""

    code = "return_exceeds_sale"
    text = "Of line {line} only {left} can still be returned."


class LineMissing(Invalid):
    """The sale has no such line."""

    code = "line_not_found"
    text = "The sale has no line {line}."


class AlreadyVoided(Refused):
    """There is nothing left to void."""

    code = "sale_already_returned"
    text = "This sale was returned or voided already."


class ReturnNeedsReceipt(Refused):
    """The program takes nothing back without a receipt."""

    code = "receipt_needed"
    text = "Nothing is taken back without the receipt."


class AlreadyClaimed(Refused):
    """The receipt was claimed, or the sale already has a member."""

    code = "receipt_already_claimed"
    text = "This receipt was claimed already."


class ClaimTooLate(Refused):
    """The time for a claim is over."""

    code = "claim_too_late"
    text = "This receipt could be claimed for {hours} hours."


class CouponMissing(Refused):
    """There is no such coupon code, or not for this member."""

    code = "coupon_unknown"
    text = "There is no such coupon."


class CouponUsedUp(Refused):
    """The coupon code has been used as often as it may."""

    code = "coupon_used_up"
    text = "This coupon was used already."


class CouponLapsed(Refused):
    """The coupon code is not valid now."""

    code = "coupon_expired"
    text = "This coupon is not valid now."


class SoldOut(Refused):
    """The last one of the reward is gone."""

    code = "reward_sold_out"
    text = "There is none left of {reward}."


class TimeInFuture(Invalid):
    """A sale cannot have happened in the future."""

    code = "occurred_in_future"
    text = "The sale says it happened in the future: check the till's clock."
