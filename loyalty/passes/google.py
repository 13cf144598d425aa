"""Google's pass: a link that carries it, signed by the operator's service account.

Source: developers.google.com/wallet/retail/loyalty-cards, "JWT" and "Rotating barcodes". Its barcode is the member's
number, drawn by the wallet itself from the same secret (RFC 6238) as the app draws it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from loyalty.codes.number import DIGITS, STEP_SECONDS
from loyalty.passes.card import Card

SAVE: Final = "https://pay.google.com/gp/v/save/"
_TIER: Final = {"en": "Level", "fr": "Niveau"}


@dataclass(frozen=True, slots=True)
class GoogleSigner:
    """Who signs: a service account that the issuer has let in."""

    issuer: str
    email: str
    key: rsa.RSAPrivateKey


@lru_cache(maxsize=4)
def google_signer(issuer: str, account: str) -> GoogleSigner:
    """Read the service account's JSON file once for each process; raise ``OSError`` or ``ValueError``."""
    said: dict[str, Any] = json.loads(Path(account).read_text("utf-8"))
    key = load_pem_private_key(str(said.get("private_key", "")).encode(), None)
    if not isinstance(key, rsa.RSAPrivateKey) or "client_email" not in said:
        raise ValueError(f"{account} is no service account")
    return GoogleSigner(issuer, str(said["client_email"]), key)


def save_url(card: Card, signer: GoogleSigner, *, public_url: str, logo_url: str) -> str:
    """Return the link that puts a card into Google Wallet. It holds the number's secret."""
    parts = urlsplit(public_url)
    claims: dict[str, Any] = {
        "iss": signer.email,
        "aud": "google",
        "typ": "savetowallet",
        "iat": int(card.made_at.timestamp()),
        "origins": [f"{parts.scheme}://{parts.netloc}"],
        "payload": {
            "loyaltyClasses": [loyalty_class(card, signer, logo_url=logo_url)],
            "loyaltyObjects": [loyalty_object(card, signer)],
        },
    }
    return SAVE + jwt.encode(claims, signer.key, "RS256")


def loyalty_class(card: Card, signer: GoogleSigner, *, logo_url: str) -> dict[str, Any]:
    """Return what all cards of the program have in common."""
    return {
        "id": f"{signer.issuer}.{card.program}",
        "issuerName": card.brand,
        "programName": card.program_name,
        "programLogo": {"sourceUri": {"uri": logo_url}},
        "hexBackgroundColor": card.color,
        "reviewStatus": "UNDER_REVIEW",
    }


def loyalty_object(card: Card, signer: GoogleSigner) -> dict[str, Any]:
    """Return one member's card; ``key`` is the TOTP secret in base 16."""
    balance = {"int": card.points} if isinstance(card.points, int) else {"double": card.points}
    return {
        "id": f"{signer.issuer}.{card.serial}",
        "classId": f"{signer.issuer}.{card.program}",
        "state": "INACTIVE" if card.void else "ACTIVE",
        "accountId": card.card_number,
        "accountName": card.holder or card.brand,
        "loyaltyPoints": {"label": card.points_label, "balance": balance},
        "secondaryLoyaltyPoints": {"label": _TIER[card.language], "balance": {"string": card.tier}},
        "rotatingBarcode": {
            "type": "QR_CODE",
            "renderEncoding": "UTF_8",
            "valuePattern": f"7{card.account_number}{{totp_value_0}}",
            "totpDetails": {
                "algorithm": "TOTP_SHA1",
                "periodMillis": str(STEP_SECONDS * 1000),
                "parameters": [{"key": card.number_key.hex(), "valueLength": str(DIGITS)}],
            },
        },
    }
