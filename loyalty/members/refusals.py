"""Why a member is not let in or not changed."""

from __future__ import annotations

from loyalty.errors import Denied, Invalid, Missing, Refused, TooMany, Unauthenticated


class MemberUnknown(Missing):
    """There is no such member, or no longer."""

    code = "member_not_found"
    text = "There is no such member."


class MemberBlocked(Denied):
    """The member was blocked by staff."""

    code = "member_blocked"
    text = "This account is blocked. Please ask us."


class ProfileInvalid(Invalid):
    """A profile field has a value that cannot be right; ``flaws`` say which."""

    code = "profile_invalid"
    text = "The profile has a value that cannot be right."


class CodesSpent(TooMany):
    """Too many codes were asked for, for one address."""

    code = "too_many_codes"
    text = "Too many codes were sent to this address. Try again in {retry_after_seconds} seconds."


class TriesSpent(TooMany):
    """The code was tried five times; a new one must be asked for."""

    code = "too_many_tries"
    text = "Too many tries. Please ask for a new code."


class SignInCodeWrong(Unauthenticated):
    """No open code, another code, or one whose time is over; which, is not said."""

    code = "sign_in_code_wrong"
    text = "The code is not right, or its time is over."


class SessionExpired(Unauthenticated):
    """The refresh token is not one of ours, or its time is over: sign in again and keep what is queued."""

    code = "session_expired"
    text = "Please sign in again."


class SessionReplayed(Unauthenticated):
    """An old refresh token came back: somebody else has it. The device's session must be ended.

    Raised by ``refresh``, which has changed nothing: the caller commits ``end_session`` and answers this.
    """

    code = "session_replayed"
    text = "This session was used from two places and has ended. Please sign in again."


class DeviceRevoked(Denied):
    """The member, or staff, has signed this device out: it forgets everything."""

    code = "device_revoked"
    text = "This device was signed out."


class DeviceUnknown(Missing):
    """The member has no such device."""

    code = "device_not_found"
    text = "There is no such device."


class ContactTaken(Refused):
    """Another member signs in with this address."""

    code = "contact_taken"
    text = "This address belongs to another account."


class ContactUnknown(Missing):
    """The member has no such address."""

    code = "contact_not_found"
    text = "There is no such address."


class LastContact(Refused):
    """Without this address nobody could sign in to the account any more."""

    code = "last_contact"
    text = "This is the only address of the account."


class CannotMerge(Refused):
    """The two members cannot be merged; the text says why."""

    code = "cannot_merge"
    text = "These two members cannot be merged."


class HoldsOpen(Refused):
    """Points or money are set aside for something that is not finished."""

    code = "holds_open"
    text = "Something is still being paid for. Try again when it is done."


class WalletNotEmpty(Refused):
    """Erasure was asked for while the wallet holds money."""

    code = "wallet_not_empty"
    text = "The wallet still holds {wallet_minor} minor units: pay them out, or say that they are given up."
