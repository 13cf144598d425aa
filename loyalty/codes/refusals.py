"""Why a code is not accepted: one class and one stable ``code`` per reason, so that a till can say what to do."""

from __future__ import annotations

from loyalty.errors import Invalid, Refused


class CodeInvalid(Invalid):
    """The text is not one of our codes, or is not whole; nothing was looked up."""

    code = "code_invalid"
    text = "This is not a code of this program."


class CodeTooLong(CodeInvalid):
    """Longer than any code of ours."""

    code = "code_too_long"
    text = "This is not a code of this program: it has more than 400 characters."


class CodeMistyped(CodeInvalid):
    """A card number whose check digit is wrong."""

    code = "code_mistyped"
    text = "The card number has a wrong digit. Please check it."


class CodeForged(CodeInvalid):
    """The signature is not that of the key it names."""

    code = "code_forged"
    text = "The code's signature is not right."


class CodeRefused(Refused):
    """A well-formed code that cannot be accepted now; the subclasses say why."""

    code = "code_refused"
    text = "The code cannot be accepted."


class CodeUnknown(CodeRefused):
    """No member of ours has this handle."""

    code = "code_unknown"
    text = "Nobody has this code."


class CodeExpired(CodeRefused):
    """Drawn too long ago: a screenshot, or a phone whose clock is slow."""

    code = "code_expired"
    text = "The code is too old. Please show a fresh one."


class CodeFromFuture(CodeRefused):
    """Drawn after now: made ahead, or a phone whose clock is fast."""

    code = "code_from_future"
    text = "The code's time has not come. Please check the phone's clock."


class CodeStaleEpoch(CodeRefused):
    """Drawn by a phone that has not been online for two days, or made ahead."""

    code = "code_stale_epoch"
    text = "The phone must go online once before it can show codes again."


class CodeAlreadyUsed(CodeRefused):
    """Another check has seen this code, or the same one too long ago."""

    code = "code_already_used"
    text = "This code was used already. Please show a fresh one."


class CodeRolledBack(CodeRefused):
    """The device's counter went back: a copied or restored phone, or codes shown out of order."""

    code = "code_counter_reused"
    text = "A newer code of this phone was used already. Please show a fresh one."


class CodeDeviceRevoked(CodeRefused):
    """The device was signed out or revoked."""

    code = "device_revoked"
    text = "This phone is signed out."


class NumberWrong(CodeRefused):
    """The number is not the one that the member's app shows now, or nobody has it; which, is not said."""

    code = "number_wrong"
    text = "The number is not right. Please show a fresh one."


class NumberLocked(CodeRefused):
    """Too many wrong numbers: the app must fetch a new secret, and some time must pass."""

    code = "number_locked"
    text = "This number was entered wrongly too often. Please use the app's code."


class ClaimExpired(CodeRefused):
    """The receipt is too old to be claimed."""

    code = "claim_expired"
    text = "This receipt can no longer be claimed."


class ReceiptTaken(CodeRefused):
    """Another member has claimed this receipt."""

    code = "claim_taken"
    text = "This receipt was claimed already."
