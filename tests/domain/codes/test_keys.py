"""Which keys a device may register."""

from __future__ import annotations

import pytest

from loyalty import codes
from loyalty.codes.keys import clean_jwk, new_kid

KEY = codes.jwk_of(codes.new_private_key())


def test_what_browsers_add_is_left_out() -> None:
    assert clean_jwk({**KEY, "ext": True, "key_ops": ["verify"]}) == KEY


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"d": "AAAA"}, "/d"),
        ({"kty": "RSA"}, "/kty"),
        ({"crv": "P-384"}, "/crv"),
        ({"x": "AAAA"}, "/x"),
        ({"x": 7}, "/x"),
        ({"y": KEY["y"] + "="}, "/y"),
        ({"y": "A" * 10_000}, "/y"),
        ({"y": KEY["x"]}, "/x"),
        ({"x": "A" * 43, "y": "A" * 43}, "/x"),
    ],
)
def test_anything_but_a_public_point_of_the_curve_is_refused(change: dict[str, object], pointer: str) -> None:
    with pytest.raises(codes.KeyInvalid) as refusal:
        clean_jwk({**KEY, **change})
    assert refusal.value.flaws[0].pointer == pointer


def test_a_kid_has_eight_characters() -> None:
    assert {len(new_kid()) for _ in range(100)} == {8}


@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(64), b"\xff" * 64])
def test_nonsense_is_no_signature(signature: bytes) -> None:
    assert not codes.signed_by(KEY, signature, b"message")
