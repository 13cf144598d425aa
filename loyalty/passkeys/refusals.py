"""Why a passkey is not taken or does not sign in."""

from __future__ import annotations

from loyalty.errors import Invalid, Missing, Refused, Unauthenticated


class PasskeyUnknown(Missing):
    """The member has no such passkey."""

    code = "passkey_not_found"
    text = "There is no such passkey."


class PasskeyNameInvalid(Invalid):
    """A passkey's name is empty, too long or not printable."""

    code = "passkey_name_invalid"
    text = "A passkey's name has 1 to 60 printable characters."


class PasskeyInvalid(Invalid):
    """What the browser sent is no registration for us: another site, another challenge, or damaged."""

    code = "passkey_invalid"
    text = "This passkey could not be registered. Please try again."


class PasskeyTaken(Refused):
    """The passkey is registered already."""

    code = "passkey_taken"
    text = "This passkey is registered already."


class TooManyPasskeys(Refused):
    """The member has as many passkeys as one may have."""

    code = "too_many_passkeys"
    text = "An account has at most {most} passkeys. Please delete one first."


class PasskeyWrong(Unauthenticated):
    """The passkey does not sign in here; why, is not said: unknown, deleted, other challenge, other site, forged."""

    code = "passkey_wrong"
    text = "This passkey does not sign in here. Please sign in with a code."


class PasskeyCopied(Unauthenticated):
    """The passkey's counter went back: somebody may have a copy (WebAuthn § 6.1.1). Only its holder learns it."""

    code = "passkey_copied"
    text = "This passkey may have been copied, so it was refused. Please sign in with a code and delete it."
