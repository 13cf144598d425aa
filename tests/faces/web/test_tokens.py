"""A token is ours, unchanged, for this use and in time, or it is nothing."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from loyalty.web.tokens import TokenExpired, TokenInvalid, Tokens, derived, kid_of

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECRET = "Zm9yIHRlc3RzIG9ubHksIG5ldmVyIHNlcnZlZCE0NzExMDgxNQ"
OTHER = "YW5vdGhlciBvbmUsIGFsc28gb25seSBmb3IgdGVzdHMhIDQ3MTE"
KEY = derived(SECRET, "token")
CLAIMS = {"sub": "device-1", "aud": "app", "iat": int(NOW.timestamp()), "exp": int(NOW.timestamp()) + 600}
HEADER = {"kid": kid_of(SECRET)}


@pytest.fixture
def tokens() -> Tokens:
    return Tokens([SECRET])


def forged(claims: dict[str, Any], key: Any = KEY, alg: str = "HS256", **header: Any) -> str:
    return jwt.encode(claims, key, alg, {**HEADER, **header})


def by_hand(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def test_a_token_is_read_back(tokens: Tokens) -> None:
    token = tokens.issue("app", "device-1", now=NOW, lifetime=timedelta(minutes=10), channel="web")
    assert tokens.read(token, "app", now=NOW) == {**CLAIMS, "channel": "web"}
    assert tokens.read(token, "app", now=NOW) == {**CLAIMS, "channel": "web"}, "the kept one is the same"


def test_claims_cannot_replace_the_standard_ones(tokens: Tokens) -> None:
    token = tokens.issue("app", "device-1", now=NOW, lifetime=timedelta(minutes=10), exp=10**12, aud="all")
    assert tokens.read(token, "app", now=NOW) == CLAIMS


def test_the_clock_of_the_application_decides_also_for_a_token_seen_before(tokens: Tokens) -> None:
    token = tokens.issue("app", "device-1", now=NOW, lifetime=timedelta(minutes=10))
    assert tokens.read(token, "app", now=NOW + timedelta(minutes=9, seconds=59))
    with pytest.raises(TokenExpired):
        tokens.read(token, "app", now=NOW + timedelta(minutes=10))
    with pytest.raises(TokenInvalid):
        tokens.read(token, "app", now=NOW - timedelta(minutes=1))


def test_another_audience_is_refused(tokens: Tokens) -> None:
    token = tokens.issue("till", "device-1", now=NOW, lifetime=timedelta(minutes=10))
    with pytest.raises(TokenInvalid):
        tokens.read(token, "app", now=NOW)


@pytest.mark.parametrize("without", ["exp", "iat", "sub", "aud"])
def test_a_token_without_a_required_claim_is_refused(tokens: Tokens, without: str) -> None:
    claims = {name: value for name, value in CLAIMS.items() if name != without}
    with pytest.raises(TokenInvalid):
        tokens.read(forged(claims), "app", now=NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"exp": None},
        {"exp": "4102444800"},
        {"exp": 4102444800.5},
        {"exp": True},
        {"iat": "1"},
        {"sub": 5},
        {"aud": ["app", "till"]},
        {"aud": None},
    ],
    ids=str,
)
def test_a_claim_of_another_type_is_refused(tokens: Tokens, change: dict[str, Any]) -> None:
    token = by_hand({"alg": "HS256", "typ": "JWT", **HEADER}, {**CLAIMS, **change})
    signed = jwt.api_jws.encode(
        json.dumps({**CLAIMS, **change}).encode(), KEY, "HS256", {**HEADER, "typ": "JWT"}
    )
    for each in (token, signed):
        with pytest.raises(TokenInvalid):
            tokens.read(each, "app", now=NOW)


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "", "HS384", "HS512", "RS256", "ES256"])
def test_another_algorithm_is_refused(tokens: Tokens, alg: str) -> None:
    with pytest.raises(TokenInvalid):
        tokens.read(by_hand({"alg": alg, "typ": "JWT", **HEADER}, CLAIMS), "app", now=NOW)


@pytest.mark.parametrize("alg", ["HS384", "HS512"])
def test_another_algorithm_is_refused_even_when_it_is_signed_with_our_key(tokens: Tokens, alg: str) -> None:
    with pytest.raises(TokenInvalid):
        tokens.read(forged(CLAIMS, KEY * 2, alg), "app", now=NOW)


def test_a_token_signed_by_an_rsa_key_is_refused_and_so_is_one_keyed_with_a_public_key(
    tokens: Tokens,
) -> None:
    private = rsa.generate_private_key(65537, 2048)
    public = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    whole = by_hand({"alg": "HS256", "typ": "JWT", **HEADER}, CLAIMS).removesuffix(".")
    signature = base64.urlsafe_b64encode(hmac.digest(public, whole.encode(), "sha256")).decode().rstrip("=")
    for token in (forged(CLAIMS, private, "RS256"), f"{whole}.{signature}"):
        with pytest.raises(TokenInvalid):
            tokens.read(token, "app", now=NOW)


@pytest.mark.parametrize(
    "header",
    [
        {"kid": "unknown1"},
        {"kid": "../../secret"},
        {"kid": ["a"]},
        {"kid": None},
        {"jku": "https://evil.example/keys"},
        {"jwk": {"kty": "oct", "k": "AA"}},
        {"x5u": "https://evil.example"},
        {"crit": ["exp"]},
        {"typ": "at+jwt"},
        {"b64": False},
    ],
    ids=str,
)
def test_a_header_with_anything_of_its_own_is_refused(tokens: Tokens, header: dict[str, Any]) -> None:
    whole = {"alg": "HS256", "typ": "JWT", **HEADER, **header}
    with pytest.raises(TokenInvalid):
        tokens.read(by_hand(whole, CLAIMS, b"x" * 32), "app", now=NOW)


def test_a_changed_payload_or_signature_is_refused(tokens: Tokens) -> None:
    head, body, signature = tokens.issue("app", "device-1", now=NOW, lifetime=timedelta(minutes=10)).split(
        "."
    )
    other = tokens.issue("app", "device-2", now=NOW, lifetime=timedelta(minutes=10)).split(".")[1]
    for token in (
        f"{head}.{other}.{signature}",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{head}.{body}.{signature[:-2]}",
    ):
        with pytest.raises(TokenInvalid):
            tokens.read(token, "app", now=NOW)


@pytest.mark.parametrize(
    "text", ["", ".", "..", "...", "a.b.c", "é.é.é", "x" * 5000, "null", "\x00", "e30.e30.e30"]
)
def test_what_is_no_token_is_refused(tokens: Tokens, text: str) -> None:
    with pytest.raises(TokenInvalid):
        tokens.read(text, "app", now=NOW)


def test_a_former_secret_still_verifies_and_no_longer_signs() -> None:
    old, new = Tokens([OTHER]), Tokens([SECRET, OTHER])
    token = old.issue("app", "device-1", now=NOW, lifetime=timedelta(minutes=10))
    assert new.read(token, "app", now=NOW)["sub"] == "device-1"
    assert jwt.get_unverified_header(new.issue("app", "d", now=NOW, lifetime=timedelta(1)))["kid"] == kid_of(
        SECRET
    )
    with pytest.raises(TokenInvalid):
        Tokens([SECRET]).read(token, "app", now=NOW)


def test_the_name_of_a_secret_is_not_the_secret() -> None:
    assert kid_of(SECRET) not in SECRET
    assert derived(SECRET, "token") != derived(SECRET, "cursor")
