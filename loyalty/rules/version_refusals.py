"""The refusals of program versions."""

from __future__ import annotations

from loyalty.errors import Denied, Missing, Refused


class NoSuchVersion(Missing):
    """There is no such version of the program."""

    code = "no_such_version"
    text = "There is no version {version} of the program."


class NotADraft(Refused):
    """Only a draft can be approved or scheduled."""

    code = "not_a_draft"
    text = "Version {version} is not a draft any more."


class NotApproved(Refused):
    """A draft needs the approval of another person before it can be scheduled."""

    code = "not_approved"
    text = "Version {version} has not been approved yet."


class OwnApproval(Denied):
    """Who wrote a draft cannot approve it."""

    code = "own_approval"
    text = "Somebody else must approve version {version}: you wrote it."


class LiveInThePast(Refused):
    """Sales were already computed by the version in force: it cannot be replaced afterwards."""

    code = "live_in_the_past"
    text = "A version cannot be in force before now: sales were already computed by another one."


class PointsLifeShortened(Refused):
    """The version would shorten the life of points already earned; there is no way around it."""

    code = "points_life_shortened"
    text = "This version would shorten the life of points already earned: {first}."


class NoticeTooShort(Refused):
    """Something gets dearer without the promised notice; a reason overrides it."""

    code = "notice_too_short"
    text = "Members are promised {notice_days} days of notice: {first}. Earliest: {earliest}."


class AlreadyInForce(Refused):
    """A version that is or was in force cannot be withdrawn."""

    code = "already_in_force"
    text = "Version {version} is already in force."
