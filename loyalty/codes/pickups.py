"""The pick-up code: what a member shows to get the order that is theirs, drawn by the server for one order.

Short, to be read aloud (``K7Q-2MX``), and long, for a QR picture. Both are made from the server's secret and the
order's id, so nobody who knows an order's number can make one.
"""

from __future__ import annotations

import hmac
from typing import Final

from loyalty.codes.parsing import MAC_BYTES, encode
from loyalty.codes.secrecy import CodeSecret
from loyalty.record import record

PICKUP_PREFIX: Final = "po_"
# Crockford's base 32 without U: no letter that is read as a digit. Six of them are 30 bits.
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LETTERS: Final = 6
_LOOKALIKES: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


@record
class PickupCode:
    """The code of one order: ``short`` for people, ``qr`` for scanners."""

    short: str
    qr: str


def draw_pickup(secret: CodeSecret, order: str) -> PickupCode:
    """Return the pick-up code of an order."""
    mac = hmac.digest(secret.pickup, order.encode(), "sha256")
    number = int.from_bytes(mac[MAC_BYTES:], "big")
    letters = "".join(_ALPHABET[number >> 5 * place & 31] for place in range(_LETTERS))
    return PickupCode(f"{letters[:3]}-{letters[3:]}", PICKUP_PREFIX + encode(mac[:MAC_BYTES]))


def typed_pickup(text: str) -> str:
    """Return a short code as it was drawn, however it was typed."""
    letters = text.upper().translate(_LOOKALIKES)
    return f"{letters[:3]}-{letters[3:]}"
