"""Messages only the browser can read: the RFC's own example, byte for byte."""

from __future__ import annotations

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from loyalty import push
from loyalty.push.encryption import encrypt, point_of
from tests.conftest import NOON
from tests.pushing import Browser, unb64

# RFC 8291, § 5 and appendix A.
PLAIN = b"When I grow up, I want to be a watermelon"
AUTH = unb64("BTBZMqHH6r4Tts7J_aSIgg")
SENDER = unb64("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")
RECEIVER = unb64("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")
POINT = unb64("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4")
SALT = unb64("DGv6ra1nlYgDCS1FRnbzlw")
BODY = unb64(
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
    "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def private(number: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(number, "big"), ec.SECP256R1())


def test_the_example_of_the_rfc_comes_out_byte_for_byte() -> None:
    assert encrypt(PLAIN, public_key=POINT, auth_secret=AUTH, own=private(SENDER), salt=SALT) == BODY


def test_the_tests_own_reading_reads_the_example_of_the_rfc() -> None:
    assert Browser(private(RECEIVER), AUTH).read(BODY) == PLAIN


def test_two_messages_have_nothing_in_common_and_both_are_read() -> None:
    browser = Browser()
    bodies = [encrypt(PLAIN, public_key=browser.point, auth_secret=browser.auth) for _ in range(2)]
    assert bodies[0][:16] != bodies[1][:16]
    assert bodies[0][21:86] != bodies[1][21:86]
    assert [browser.read(each) for each in bodies] == [PLAIN, PLAIN]


def test_the_longest_message_fits_one_record_and_a_longer_one_is_refused() -> None:
    browser = Browser()
    body = encrypt(b"x" * push.LONGEST, public_key=browser.point, auth_secret=browser.auth)
    assert len(body) <= 4096
    assert browser.read(body) == b"x" * push.LONGEST
    with pytest.raises(ValueError, match="too long"):
        encrypt(b"x" * (push.LONGEST + 1), public_key=browser.point, auth_secret=browser.auth)


@pytest.mark.parametrize(
    "point", [b"", b"\x04" + bytes(64), POINT[:-1], b"\x02" + POINT[1:33], POINT[:-1] + b"\0"]
)
def test_what_is_no_point_of_the_curve_is_refused(point: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        point_of(point)


SECRET = "Zm9yIHRlc3RzIG9ubHksIG5ldmVyIHNlcnZlZCE0NzExMDgxNQ"
OTHER = "b3RoZXIgc2VjcmV0IGZvciB0ZXN0cyBvbmx5LCBuZXZlciBzZXJ2ZWQ"


def test_the_key_follows_from_the_secret_and_from_nothing_else() -> None:
    key = push.vapid_key(SECRET)
    push.vapid_key.cache_clear()
    assert push.vapid_key(SECRET).public == key.public
    assert push.vapid_key(OTHER).public != key.public
    assert push.key_named([OTHER, SECRET], key.name) == push.vapid_key(SECRET)
    assert push.key_named([OTHER], key.name) is None
    assert (len(unb64(key.text)), unb64(key.text)[0]) == (65, 4)


def test_the_token_names_the_push_service_and_us_for_half_a_day() -> None:
    key = push.vapid_key(SECRET)
    header = push.authorization(
        key, "https://push.example/send/abc?x=1", contact="mailto:us@example.com", now=NOON
    )
    scheme, _, rest = header.partition(" ")
    said = dict(part.split("=", 1) for part in rest.split(", "))
    assert (scheme, said["k"]) == ("vapid", key.text)
    options = {"verify_exp": False}
    claims = jwt.decode(
        said["t"], key.private.public_key(), ["ES256"], audience="https://push.example", options=options
    )
    assert (claims["sub"], claims["exp"]) == ("mailto:us@example.com", int(NOON.timestamp()) + 12 * 3600)


def test_the_contact_is_our_page_or_our_mail_address() -> None:
    assert push.contact_of("https://stars.example", "Stars <hi@stars.example>") == "https://stars.example"
    assert push.contact_of("http://127.0.0.1:8000", "Stars <hi@stars.example>") == "mailto:hi@stars.example"
