"""Passkeys: signing in on the next device by what the last one knows, with nothing to type and nothing to steal."""

from loyalty.passkeys.ceremony import Party, party_of
from loyalty.passkeys.challenges import LIFE, PasskeySecret, passkey_secret
from loyalty.passkeys.models import Passkey
from loyalty.passkeys.refusals import (
    PasskeyCopied,
    PasskeyInvalid,
    PasskeyNameInvalid,
    PasskeyTaken,
    PasskeyUnknown,
    PasskeyWrong,
    TooManyPasskeys,
)
from loyalty.passkeys.service import (
    MOST_PASSKEYS,
    ask,
    invite,
    passkeys_of,
    purge,
    register,
    remove,
    rename,
    sign_in,
)

__all__ = [
    "LIFE",
    "MOST_PASSKEYS",
    "Party",
    "Passkey",
    "PasskeyCopied",
    "PasskeyInvalid",
    "PasskeyNameInvalid",
    "PasskeySecret",
    "PasskeyTaken",
    "PasskeyUnknown",
    "PasskeyWrong",
    "TooManyPasskeys",
    "ask",
    "invite",
    "party_of",
    "passkey_secret",
    "passkeys_of",
    "purge",
    "register",
    "remove",
    "rename",
    "sign_in",
]
