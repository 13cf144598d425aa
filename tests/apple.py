"""The other side of a signed pass: a certificate authority, and a reader of RFC 5652 that is not the writer's.

The signature is verified step by step with ``pyasn1`` (§ 5.4: attributes are signed, one is the hash of the content),
and once more by ``openssl smime`` where the machine has that program.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha1, sha256
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pyasn1.codec.der.decoder import decode
from pyasn1.codec.der.encoder import encode
from pyasn1.type.univ import SetOf
from pyasn1_modules import rfc5652

_SHA256 = "2.16.840.1.101.3.4.2.1"
_DIGEST = "1.2.840.113549.1.9.4"


@dataclass
class Authority:
    """A root, an intermediate like Apple's WWDR, and a pass type's certificate, as files."""

    folder: Path
    root: x509.Certificate
    intermediate: x509.Certificate
    own: x509.Certificate

    @property
    def settings(self) -> dict[str, str]:
        return {
            "apple_pass_type_id": "pass.com.example.card",
            "apple_pass_team_id": "TEAM123456",
            "apple_pass_certificate": str(self.folder / "own.pem"),
            "apple_pass_key": str(self.folder / "own.key"),
            "apple_pass_intermediate": str(self.folder / "intermediate.pem"),
        }


def authority(folder: Path) -> Authority:
    folder.mkdir(exist_ok=True)
    root_key, middle_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    own_key = rsa.generate_private_key(65537, 2048)  # as Apple gives them out
    root = _certificate("Test Root", "Test Root", root_key.public_key(), root_key, ca=True)
    middle = _certificate("Test WWDR", "Test Root", middle_key.public_key(), root_key, ca=True)
    own = _certificate(
        "Pass Type ID: pass.com.example.card", "Test WWDR", own_key.public_key(), middle_key, ca=False
    )
    for name, each in (("root", root), ("intermediate", middle), ("own", own)):
        (folder / f"{name}.pem").write_bytes(each.public_bytes(Encoding.PEM))
    (folder / "own.key").write_bytes(own_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return Authority(folder, root, middle, own)


def _certificate(subject: str, issuer: str, key: Any, signer: Any, *, ca: bool) -> x509.Certificate:
    def name(common: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])

    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .sign(signer, hashes.SHA256())
    )


def verify(signature: bytes, content: bytes, made_by: Authority) -> None:
    """Raise unless ``signature`` is over ``content``, by the pass type's certificate, with the chain to the root."""
    wrapped, rest = decode(signature, asn1Spec=rfc5652.ContentInfo())
    assert (rest, wrapped["contentType"]) == (b"", rfc5652.id_signedData)
    signed, _ = decode(wrapped["content"], asn1Spec=rfc5652.SignedData())
    assert not signed["encapContentInfo"]["eContent"].isValue, "detached: the content is a file of its own"
    sent = [x509.load_der_x509_certificate(encode(each["certificate"])) for each in signed["certificates"]]
    assert made_by.root not in sent
    own = next(each for each in sent if each == made_by.own)
    middle = next(each for each in sent if each == made_by.intermediate)
    own.verify_directly_issued_by(middle)
    middle.verify_directly_issued_by(made_by.root)
    (info,) = signed["signerInfos"]
    assert str(info["digestAlgorithm"]["algorithm"]) == _SHA256
    digest = next(each["attrValues"][0] for each in info["signedAttrs"] if str(each["attrType"]) == _DIGEST)
    assert decode(digest)[0].asOctets() == sha256(content).digest(), "another content"
    attributes = SetOf(componentType=rfc5652.Attribute())
    attributes.extend(info["signedAttrs"])
    key = own.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(info["signature"].asOctets(), encode(attributes), padding.PKCS1v15(), hashes.SHA256())
    if program := shutil.which("openssl"):
        _by_openssl(program, signature, content, made_by.folder)


def _by_openssl(program: str, signature: bytes, content: bytes, folder: Path) -> None:
    (folder / "signature").write_bytes(signature)
    (folder / "content").write_bytes(content)
    command = [program, "smime", "-verify", "-inform", "DER", "-binary", "-purpose", "any"]
    files = ["-in", folder / "signature", "-content", folder / "content", "-CAfile", folder / "root.pem"]
    done = subprocess.run([*command, *files], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == content


def sha1_of(data: bytes) -> str:
    return sha1(data, usedforsecurity=False).hexdigest()
