"""E-mail addresses and phone numbers, in the one spelling under which they are kept and compared."""

from __future__ import annotations

import hmac
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b, sha256
from typing import Final, Literal

import phonenumbers

from loyalty.errors import Invalid

EMAIL_MAX: Final = 254  # RFC 5321 § 4.5.3.1.3, less the angle brackets
_LOCAL_MAX: Final = 64
_EMAIL: Final = re.compile(
    r"[^\s@\"(),:;<>\[\\\]\x00-\x20\x7f]+@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,61}[^\W_]"
)


class ContactInvalid(Invalid):
    """The text is no e-mail address, or no phone number with its country."""

    code = "contact_invalid"
    text = "This is neither an e-mail address nor a phone number with its country code."


@dataclass(frozen=True, slots=True)
class Contact:
    """A normalized e-mail address or phone number (E.164)."""

    kind: Literal["email", "phone"]
    value: str


@dataclass(frozen=True, slots=True)
class MemberSecret:
    """The server's secret, split by purpose: hashes of contacts, of sign-in codes, and refresh tokens."""

    contact: bytes
    code: bytes
    refresh: bytes


@lru_cache(maxsize=8)
def member_secret(secret_key: str) -> MemberSecret:
    """Derive the keys of this package from the server's ``secret_key`` (32 random bytes or more)."""
    root = sha256(secret_key.encode()).digest()
    purposes = (b"contact", b"code", b"refresh")
    return MemberSecret(
        *(blake2b(key=root, person=b"members-" + each, digest_size=32).digest() for each in purposes)
    )


def email(text: str) -> Contact:
    """Return an e-mail address, composed (NFC) and in lower case; raise ``ContactInvalid``."""
    value = unicodedata.normalize("NFC", text.strip()).lower()
    local = value.partition("@")[0]
    if len(value.encode()) > EMAIL_MAX or len(local.encode()) > _LOCAL_MAX or not _EMAIL.fullmatch(value):
        raise ContactInvalid
    if local.startswith(".") or local.endswith(".") or ".." in local:
        raise ContactInvalid
    return Contact("email", value)


def phone(text: str, *, region: str | None = None) -> Contact:
    """Return a phone number in E.164.

    ``region`` (ISO 3166-1 alpha-2) is the country of numbers written without one. Raise ``ContactInvalid``.
    """
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        raise ContactInvalid from None
    if not phonenumbers.is_valid_number(number) or number.extension:
        raise ContactInvalid
    return Contact("phone", phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def contact(text: str, *, region: str | None = None) -> Contact:
    """Return what was typed as an e-mail address or a phone number; raise ``ContactInvalid``."""
    return email(text) if "@" in text else phone(text, region=region)


def contact_hash(secret: MemberSecret, contact: Contact) -> bytes:
    """Return the 32-byte keyed hash under which a contact is unique."""
    return blake2b(f"{contact.kind}:{contact.value}".encode(), key=secret.contact, digest_size=32).digest()


def code_hash(secret: MemberSecret, value_hash: bytes, code: str) -> bytes:
    """Return the keyed hash of a sign-in code, bound to the contact it was sent to."""
    return hmac.digest(secret.code, value_hash + code.encode(), "sha256")
