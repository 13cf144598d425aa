"""Apple's pass: a zip of ``pass.json``, pictures, their hashes, and our signature over the hashes.

Source: developer.apple.com/documentation/walletpasses, "Building a Pass" and "Pass". The barcode is the card number: a
pass is a picture that anybody may copy, so it identifies and earns, and never pays.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha1
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder

from loyalty.passes import drawing
from loyalty.passes.card import Card

MEDIA_TYPE: Final = "application/vnd.apple.pkpass"
_SIZES: Final = {
    "icon.png": 29,
    "icon@2x.png": 58,
    "icon@3x.png": 87,
    "logo.png": 50,
    "logo@2x.png": 100,
    "logo@3x.png": 150,
}
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "tier": "Level",
        "holder": "Name",
        "card": "Card number",
        "points": "You have %@",
        "about": "About this card",
        "note": "It collects and shows what you have. Pay and redeem with the app.",
    },
    "fr": {
        "tier": "Niveau",
        "holder": "Nom",
        "card": "Numéro de carte",
        "points": "Vous avez %@",
        "about": "À propos de cette carte",
        "note": "Elle collecte et montre ce que vous avez. Payez et échangez avec l'application.",
    },
}


@dataclass(frozen=True, slots=True)
class AppleSigner:
    """Who signs: the pass type's certificate with its key, Apple's intermediate certificate, and their names."""

    pass_type: str
    team: str
    certificate: x509.Certificate
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    intermediate: x509.Certificate


@lru_cache(maxsize=4)
def apple_signer(pass_type: str, team: str, certificate: str, key: str, intermediate: str) -> AppleSigner:
    """Read the PEM files once for each process; raise ``OSError`` or ``ValueError``."""
    private = load_pem_private_key(_read(key), None)
    if not isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise ValueError(f"{key} is neither an RSA nor an EC key")
    certificates = (x509.load_pem_x509_certificate(_read(each)) for each in (certificate, intermediate))
    own, above = certificates
    return AppleSigner(pass_type, team, own, private, above)


def pkpass(card: Card, signer: AppleSigner, *, token: str, service_url: str) -> bytes:
    """Return the signed pass of a card."""
    files = {name: drawing.icon(card.color, size) for name, size in _SIZES.items()}
    files["pass.json"] = _json(pass_json(card, signer, token=token, service_url=service_url))
    # SHA-1 is what the format asks for; it is the signature over it that protects.
    manifest = _json(
        {name: sha1(data, usedforsecurity=False).hexdigest() for name, data in sorted(files.items())}
    )
    files["manifest.json"] = manifest
    files["signature"] = signature_of(manifest, signer)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            # One date for all: the same card gives the same files.
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def signature_of(manifest: bytes, signer: AppleSigner) -> bytes:
    """Return the detached PKCS#7 signature (RFC 5652) in DER, with the chain up to Apple's root."""
    return (
        PKCS7SignatureBuilder()
        .set_data(manifest)
        .add_signer(signer.certificate, signer.key, hashes.SHA256())
        .add_certificate(signer.intermediate)
        .sign(Encoding.DER, [PKCS7Options.DetachedSignature, PKCS7Options.Binary])
    )


def pass_json(card: Card, signer: AppleSigner, *, token: str, service_url: str) -> dict[str, Any]:
    """Return what the wallet shows: a store card with points, level and name."""
    words = _WORDS[card.language]
    points = _field("points", card.points_label, card.points, changeMessage=words["points"])
    beside = [_field("tier", words["tier"], card.tier), _field("holder", words["holder"], card.holder)]
    back = [_field("card", words["card"], card.card_number), _field("about", words["about"], words["note"])]
    return {
        "formatVersion": 1,
        "passTypeIdentifier": signer.pass_type,
        "teamIdentifier": signer.team,
        "serialNumber": card.serial,
        "authenticationToken": token,
        "webServiceURL": service_url,
        "organizationName": card.brand,
        "description": card.program_name,
        "logoText": card.brand,
        "backgroundColor": _rgb(card.color),
        "foregroundColor": _rgb(text_color(card.color)),
        "labelColor": _rgb(text_color(card.color)),
        "sharingProhibited": True,
        "voided": card.void,
        "barcodes": [
            {
                "format": kind,
                "message": card.card_number,
                "messageEncoding": "iso-8859-1",
                "altText": card.card_number,
            }
            for kind in ("PKBarcodeFormatQR", "PKBarcodeFormatCode128")
        ],
        "storeCard": {
            "primaryFields": [points],
            "secondaryFields": [each for each in beside if each["value"]],
            "backFields": back,
        },
    }


def text_color(ground: str) -> str:
    """Return black or white, whichever stands out more from a color (WCAG 2.2, relative luminance)."""
    parts = [each / 255 for each in bytes.fromhex(ground.removeprefix("#"))]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#000000" if (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) else "#ffffff"


def _field(key: str, label: str, value: object, **more: str) -> dict[str, Any]:
    return {"key": key, "label": label, "value": value, **more}


def _rgb(color: str) -> str:
    return "rgb({}, {}, {})".format(*bytes.fromhex(color.removeprefix("#")))


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _read(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123 - a path of the settings, as text
        return file.read()
