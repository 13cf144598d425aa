"""What the staff's verbs refuse."""

from __future__ import annotations

from loyalty.errors import Denied, Invalid, Missing, Refused, TooMany, Unauthenticated


class StaffMissing(Missing):
    """There is no such person in the staff."""

    code = "staff_not_found"
    text = "There is nobody of this id in the staff."


class TillMissing(Missing):
    """There is no such till."""

    code = "till_not_found"
    text = "There is no such till."


class EmailTaken(Refused):
    """Somebody of the staff has this e-mail address already."""

    code = "email_taken"
    text = "Somebody of the staff has this e-mail address already."


class RoleUnknown(Invalid):
    """There is no such role."""

    code = "role_unknown"
    text = "There is no role {role!r}; the roles are {known}."


class RoleTooHigh(Denied):
    """Nobody hands out more than they hold."""

    code = "role_too_high"
    text = "You may not make somebody {role}: that role may do more than you."


class PinInvalid(Invalid):
    """The PIN is not 4 to 8 digits, or is one that everybody tries first."""

    code = "pin_invalid"
    text = "A PIN has 4 to 8 digits, and not such as 1234, 0000 or 1212."


class PinWrong(Unauthenticated):
    """The person, the PIN or both are wrong, or this person does not work in this store."""

    code = "pin_wrong"
    text = "Wrong PIN."


class PinLocked(TooMany):
    """Too many wrong PINs: nobody signs in with this one for a while, not even its owner."""

    code = "pin_locked"
    text = "This PIN is locked after too many wrong tries. Try again in {retry_after_seconds} seconds."


class EnrollmentInvalid(Unauthenticated):
    """The enrollment code is wrong, was used, or its 15 minutes are over; which of them is not told."""

    code = "enrollment_code_invalid"
    text = "This enrollment code is not valid. Ask a manager for a new one."
