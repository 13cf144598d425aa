"""What a member who asks for something explicitly is told when it cannot be."""

from __future__ import annotations

from loyalty.errors import Missing, Refused


class RewardUnknown(Missing):
    """The program has no such reward."""

    code = "reward_unknown"
    text = "There is no reward {reward}."


class RewardNotApplicable(Refused):
    """The reward fits nothing in this basket, or is not for this member."""

    code = "reward_not_applicable"
    text = "The reward {reward} does not fit this basket."


class CouponNotApplicable(Refused):
    """The coupon fits nothing in this basket, or is not for this member."""

    code = "coupon_not_applicable"
    text = "The coupon {coupon} does not fit this basket."


class UsedThisPeriod(Refused):
    """It may be used so many times per day, week, month or year, and has been; ``until`` is when that is over."""

    code = "used_this_period"
    text = "{key} is used up for this period."


class LimitReached(Refused):
    """It may be used so many times, or for so much, and has been."""

    code = "limit_reached"
    text = "{key} is used up."


class TierTooLow(Refused):
    """It is for members of other tiers."""

    code = "tier_too_low"
    text = "{key} is for the tiers {tiers}."


class NotHere(Refused):
    """It does not hold in this channel or store."""

    code = "not_here"
    text = "{key} cannot be used here."


class NotNow(Refused):
    """It does not hold at this time."""

    code = "not_now"
    text = "{key} cannot be used now."
