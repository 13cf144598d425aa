"""Read the text that a scanner delivers: which kind of code it is and what it says, before anything is looked up.

Strict on purpose: one code has exactly one text, so what was used once cannot come back in other letters.
"""

from __future__ import annotations

import binascii
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any, Final

from loyalty.codes.card import luhn_valid
from loyalty.codes.refusals import CodeInvalid, CodeMistyped, CodeTooLong
from loyalty.record import record

CODE_MAX: Final = 400
CLAIM_PREFIX: Final = "rc_"
MAC_BYTES: Final = 16
_NUMBER: Final = re.compile(r"7([0-9]{10})([0-9]{8})", re.ASCII)
_CARD: Final = re.compile(r"9[0-9]{16}", re.ASCII)
_DIGITS_IN_GROUPS: Final = re.compile(r"[0-9]+(?:[ -][0-9]+)+", re.ASCII)
_KID: Final = re.compile(r"[A-Za-z0-9_-]{8}", re.ASCII)
_SAFE_INTEGER: Final = 2**53 - 1  # the counter lives in JavaScript


@record
class PayCode:
    """A pay code as it was read; not verified. ``signed`` is what ``signature`` (r ‖ s, 64 bytes) is over."""

    kid: str
    issued_at: int
    counter: int
    epoch: int
    signed: bytes
    signature: bytes

    @property
    def handle(self) -> str:
        """Return the handle under which its member is found."""
        return f"kid:{self.kid}"

    @property
    def use_key(self) -> str:
        """Return the key under which its use is remembered."""
        return f"pay:{self.kid}:{self.counter}"


@record
class NumberCode:
    """A rotating number as it was read; not verified."""

    account_number: str
    password: str

    @property
    def handle(self) -> str:
        """Return the handle under which its member is found."""
        return f"number:{self.account_number}"

    @property
    def use_key(self) -> str:
        """Return the key under which its use is remembered."""
        return f"number:{self.account_number}{self.password}"


@record
class CardCode:
    """A printed card's number: says who, proves nothing."""

    card_number: str

    @property
    def handle(self) -> str:
        """Return the handle under which its member is found."""
        return f"card:{self.card_number}"


@record
class ClaimCode:
    """A receipt's claim code as it was read; not verified. ``reference`` is the receipt (a sale's id)."""

    reference: str
    issued_at: datetime
    signed: bytes
    mac: bytes


Code = PayCode | NumberCode | CardCode | ClaimCode


def parse(text: str) -> Code:
    """Tell what kind of code ``text`` is and read it.

    White space around it (scanners send it) and between groups of digits (people type it) is ignored. Raise
    ``CodeTooLong``, ``CodeMistyped`` (card number) or ``CodeInvalid`` for everything that is no code of ours.
    """
    if len(text) > CODE_MAX:
        raise CodeTooLong
    text = _compact(text)
    if number := _NUMBER.fullmatch(text):
        return NumberCode(number[1], number[2])
    if _CARD.fullmatch(text):
        if not luhn_valid(text):
            raise CodeMistyped
        return CardCode(text)
    if text.startswith(CLAIM_PREFIX):
        return _claim(text.removeprefix(CLAIM_PREFIX))
    if text.count(".") == 2:
        return _pay(text)
    raise CodeInvalid


def _compact(text: str) -> str:
    text = text.strip()
    return text.replace(" ", "").replace("-", "") if _DIGITS_IN_GROUPS.fullmatch(text) else text


def number_of(text: str) -> NumberCode | None:
    """Return the short number that ``text`` is, if it is one."""
    found = _NUMBER.fullmatch(_compact(text))
    return None if found is None else NumberCode(found[1], found[2])


def _pay(text: str) -> PayCode:
    head, body, tail = text.split(".")
    header, claims = _object(decoded(head)), _object(decoded(body))
    signature = decoded(tail)
    kid = header.get("kid")
    if header.keys() != {"alg", "kid"} or header["alg"] != "ES256" or not isinstance(kid, str):
        raise CodeInvalid
    if not _KID.fullmatch(kid) or claims.keys() != {"iat", "n", "e"} or len(signature) != 64:
        raise CodeInvalid
    issued_at, counter, epoch = claims["iat"], claims["n"], claims["e"]
    if not all(type(each) is int and 0 <= each <= _SAFE_INTEGER for each in (issued_at, counter, epoch)):
        raise CodeInvalid
    return PayCode(kid, issued_at, counter, epoch, f"{head}.{body}".encode("ascii"), signature)


def _claim(text: str) -> ClaimCode:
    data = decoded(text)
    if len(data) <= 4 + MAC_BYTES:
        raise CodeInvalid
    signed, mac = data[:-MAC_BYTES], data[-MAC_BYTES:]
    issued_at = datetime.fromtimestamp(int.from_bytes(signed[:4], "big"), UTC)
    try:
        reference = signed[4:].decode("ascii")
    except UnicodeDecodeError:
        raise CodeInvalid from None
    return ClaimCode(reference, issued_at, signed, mac)


def encode(data: bytes) -> str:
    """Return base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decoded(text: str) -> bytes:
    """Decode base64url without padding; raise ``CodeInvalid`` for anything but the one canonical spelling."""
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise CodeInvalid from None
    if encode(data) != text:
        raise CodeInvalid
    return data


def _object(data: bytes) -> dict[str, Any]:
    try:
        value: Any = json.loads(data, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise CodeInvalid from None
    if not isinstance(value, dict):
        raise CodeInvalid
    return value  # pyright: ignore[reportUnknownVariableType] - keys and values are looked at one by one


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(name)
