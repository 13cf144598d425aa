"""The pay code and every attack on it that CODES_AND_TILLS.md § 1 lists; pure, no database."""

from __future__ import annotations

import hmac
import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty import codes
from loyalty.codes.parsing import encode

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECRET = codes.code_secret("a secret of the tests, thirty-two characters or more")
KEY = codes.new_private_key()
DEVICE = codes.DeviceKeyState(
    member_id=7, device_id="phone", kid="abCD-_12", public_key=codes.jwk_of(KEY), counter=10, status="active"
)
EPOCH = codes.epochs_at(SECRET, NOON)[0].value


def drawn(
    *, counter: int = 11, at: datetime = NOON, epoch: int = EPOCH, key=KEY, kid: str = DEVICE.kid
) -> str:
    return codes.draw_pay(key, kid=kid, counter=counter, epoch=epoch, now=at)


def scan(
    text: str, *, at: datetime = NOON, device=DEVICE, check: str | None = "sale:1", **more
) -> codes.Verified:
    code = codes.parse(text)
    assert isinstance(code, codes.PayCode)
    return codes.verify_pay(code, device, epochs=codes.epochs_at(SECRET, at), now=at, reference=check, **more)


def segments(header: object, claims: object) -> str:
    return ".".join(encode(json.dumps(each, separators=(",", ":")).encode()) for each in (header, claims))


HEADER = {"alg": "ES256", "kid": DEVICE.kid}
CLAIMS = {"iat": int(NOON.timestamp()), "n": 11, "e": EPOCH}


def signed(header: object, claims: object) -> str:
    message = segments(header, claims)
    return f"{message}.{encode(codes.sign(KEY, message.encode()))}"


def test_a_fresh_code_proves_payment() -> None:
    verified = scan(drawn())
    assert verified == codes.Verified(
        7, "payment", "pay:abCD-_12:11", "phone", "abCD-_12", 11, first_seen=True
    )


def test_a_code_fits_a_version_8_picture() -> None:
    text = drawn(counter=9999)
    assert len(text) <= 192  # ISO/IEC 18004 table 7: 8-L holds 192 bytes
    assert len(codes.drawing.matrix(text)) == 49 + 8


def test_another_library_agrees_on_signature_and_shape() -> None:
    text = jwt.encode(CLAIMS, KEY, algorithm="ES256", headers={"kid": DEVICE.kid, "typ": None})
    assert scan(text).proves == "payment"
    claims = jwt.decode(drawn(), KEY.public_key(), algorithms=["ES256"], options={"verify_iat": False})
    assert claims == CLAIMS


@pytest.mark.parametrize("age", [-15, 0, 45])
def test_the_window_is_45_seconds_back_and_15_ahead(age: int) -> None:
    assert scan(drawn(at=NOON - timedelta(seconds=age)))


def test_a_screenshot_used_later_is_refused() -> None:
    text = drawn()
    with pytest.raises(codes.CodeExpired):
        scan(text, at=NOON + timedelta(seconds=46))


def test_a_code_used_twice_is_refused() -> None:
    use = codes.Use("sale:1", NOON)
    with pytest.raises(codes.CodeAlreadyUsed):
        scan(drawn(), check="sale:2", use=use)


def test_a_code_used_at_two_tills_is_refused_at_the_second() -> None:
    first = scan(drawn(), check="toast:store-1:check-1")
    assert first.first_seen
    use = codes.Use("toast:store-1:check-1", NOON)
    with pytest.raises(codes.CodeAlreadyUsed):
        scan(drawn(), check="toast:store-2:check-9", use=use, at=NOON + timedelta(seconds=1))


def test_a_code_that_was_used_is_refused_where_no_check_is_named() -> None:
    with pytest.raises(codes.CodeAlreadyUsed):
        scan(drawn(), check=None, use=codes.Use("sale:1", NOON))


def test_the_check_that_saw_it_first_may_send_it_again_for_twelve_hours() -> None:
    text, use = drawn(), codes.Use("sale:1", NOON)
    used = replace(DEVICE, counter=15)
    again = scan(text, at=NOON + timedelta(hours=12), use=use, device=used)
    assert (again.proves, again.first_seen) == ("payment", False)
    with pytest.raises(codes.CodeAlreadyUsed):
        scan(text, at=NOON + timedelta(hours=12, seconds=1), use=use, device=used)


def test_the_right_check_does_not_make_a_forged_code_good() -> None:
    message, _, signature = drawn(key=codes.new_private_key()).rpartition(".")
    with pytest.raises(codes.CodeForged):
        scan(f"{message}.{signature}", use=codes.Use("sale:1", NOON))


def test_a_code_from_the_future_is_refused() -> None:
    with pytest.raises(codes.CodeFromFuture):
        scan(drawn(at=NOON + timedelta(seconds=16)))


@pytest.mark.parametrize("counter", [0, 9, 10])
def test_a_counter_that_went_back_is_refused(counter: int) -> None:
    with pytest.raises(codes.CodeRolledBack):
        scan(drawn(counter=counter))


def test_a_stale_epoch_is_refused() -> None:
    old = codes.epochs_at(SECRET, NOON - timedelta(days=2))[0].value
    with pytest.raises(codes.CodeStaleEpoch):
        scan(drawn(epoch=old))


def test_yesterdays_epoch_is_good_until_the_end_of_its_48_hours() -> None:
    epoch = codes.epochs_at(SECRET, NOON)[0]
    last = epoch.valid_until - timedelta(seconds=1)
    assert scan(drawn(at=last, epoch=epoch.value), at=last)
    with pytest.raises(codes.CodeStaleEpoch):
        scan(drawn(at=epoch.valid_until, epoch=epoch.value), at=epoch.valid_until)


def test_codes_made_ahead_with_the_phones_clock_moved_forward_end_with_the_epoch() -> None:
    in_three_days = NOON + timedelta(days=3)
    made_today_for_then = drawn(at=in_three_days, epoch=EPOCH)
    with pytest.raises(codes.CodeStaleEpoch):
        scan(made_today_for_then, at=in_three_days)


def test_an_epoch_cannot_be_foretold_without_the_secret() -> None:
    other = codes.code_secret("another secret of the tests, also long enough")
    assert codes.epochs_at(other, NOON)[0].value != EPOCH
    days = [codes.epochs_at(SECRET, NOON + timedelta(days=day))[0].value for day in range(100)]
    assert len({later - earlier for earlier, later in pairwise(days)}) > 90
    assert all(1_000_000 <= value < 10_000_000 for value in days)


def test_tomorrows_epoch_is_the_one_that_comes() -> None:
    coming = codes.coming_epoch(SECRET, NOON)
    assert coming == codes.epochs_at(SECRET, NOON + timedelta(days=1))[0]
    assert coming not in codes.epochs_at(SECRET, NOON)


def test_a_revoked_device_is_refused() -> None:
    with pytest.raises(codes.CodeDeviceRevoked):
        scan(drawn(), device=replace(DEVICE, status="revoked"))


def test_a_revoked_device_is_refused_for_the_check_that_saw_its_code_too() -> None:
    with pytest.raises(codes.CodeDeviceRevoked):
        scan(drawn(), device=replace(DEVICE, status="revoked"), use=codes.Use("sale:1", NOON))


def test_a_suspended_device_identifies_and_cannot_pay() -> None:
    assert scan(drawn(), device=replace(DEVICE, status="suspended")).proves == "identity"


def test_an_unknown_kid_is_refused() -> None:
    with pytest.raises(codes.CodeUnknown):
        scan(drawn(), device=None)
    with pytest.raises(codes.CodeUnknown):
        scan(drawn(kid="zzzzzzzz"))


def test_another_key_is_refused() -> None:
    with pytest.raises(codes.CodeForged):
        scan(drawn(key=codes.new_private_key()))


@pytest.mark.parametrize("changed", [{"n": 12}, {"iat": CLAIMS["iat"] + 1}, {"e": EPOCH + 1}])
def test_a_changed_payload_is_refused(changed: dict[str, int]) -> None:
    signature = signed(HEADER, CLAIMS).rpartition(".")[2]
    with pytest.raises(codes.CodeForged):
        scan(f"{segments(HEADER, {**CLAIMS, **changed})}.{signature}")


def test_alg_none_is_no_code() -> None:
    for signature in ("", encode(bytes(64))):
        with pytest.raises(codes.CodeInvalid):
            codes.parse(f"{segments({'alg': 'none', 'kid': DEVICE.kid}, CLAIMS)}.{signature}")


def test_hs256_with_the_public_key_is_no_code() -> None:
    message = segments({"alg": "HS256", "kid": DEVICE.kid}, CLAIMS)
    mac = hmac.digest(json.dumps(DEVICE.public_key).encode(), message.encode(), "sha256")
    with pytest.raises(codes.CodeInvalid):
        codes.parse(f"{message}.{encode(mac)}")
    with pytest.raises(codes.CodeInvalid):
        codes.parse(f"{segments(HEADER, CLAIMS)}.{encode(mac)}")  # ES256 announced, 32 bytes delivered


def test_a_signature_of_zeros_is_forged() -> None:
    with pytest.raises(codes.CodeForged):
        scan(f"{segments(HEADER, CLAIMS)}.{encode(bytes(64))}")


def test_oversize_is_refused_before_it_is_read() -> None:
    with pytest.raises(codes.CodeTooLong):
        codes.parse(drawn() + " " * 400)
    with pytest.raises(codes.CodeTooLong):
        codes.parse("7" * 401)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "https://example.com/claim?x=a.b.c",
        "http://127.0.0.1:8000/c/rc_abc",
        "javascript:alert(1).x.y",
        "<script>alert(1)</script>",
        "'; DROP TABLE member; --",
        "../../etc/passwd",
        "\x00" * 20,
        "7123",
        "71234567890123456789",
        "7" + "\N{ARABIC-INDIC DIGIT FIVE}" * 18,
        "a.b.c",
        "..",
        "eyJhbGciOiJFUzI1NiJ9..",
        "[[[[[[[[.]]]]]]]].x",
        "rc_",
        "rc_!!!",
        "💳" * 19,
    ],
)
def test_text_that_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(codes.CodeInvalid):
        codes.parse(text)


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({**HEADER, "typ": "JWT"}, CLAIMS),
        ({**HEADER, "jwk": dict(DEVICE.public_key)}, CLAIMS),
        ({"alg": "ES256"}, CLAIMS),
        ({"alg": "es256", "kid": DEVICE.kid}, CLAIMS),
        ({"alg": "ES256", "kid": "short"}, CLAIMS),
        ({"alg": "ES256", "kid": "abc'--12"}, CLAIMS),
        ({"alg": "ES256", "kid": 12345678}, CLAIMS),
        (HEADER, {**CLAIMS, "exp": 1}),
        (HEADER, {"iat": CLAIMS["iat"], "n": 11}),
        (HEADER, {**CLAIMS, "n": -1}),
        (HEADER, {**CLAIMS, "n": True}),
        (HEADER, {**CLAIMS, "n": 11.0}),
        (HEADER, {**CLAIMS, "n": "11"}),
        (HEADER, {**CLAIMS, "n": 2**53}),
        (HEADER, [1, 2]),
        ("ES256", CLAIMS),
    ],
)
def test_header_and_claims_are_exactly_ours(header: object, claims: object) -> None:
    with pytest.raises(codes.CodeInvalid):
        codes.parse(signed(header, claims))


def test_a_key_written_twice_is_refused() -> None:
    head = encode(b'{"alg":"ES256","kid":"abCD-_12"}')
    body = encode(f'{{"iat":{CLAIMS["iat"]},"n":1,"n":11,"e":{EPOCH}}}'.encode())
    message = f"{head}.{body}"
    with pytest.raises(codes.CodeInvalid):
        codes.parse(f"{message}.{encode(codes.sign(KEY, message.encode()))}")


def test_one_code_has_one_spelling() -> None:
    text = drawn()
    for other in (text + "=", text[:40] + "\n" + text[40:], text.replace(".", " . ", 1)):
        with pytest.raises(codes.CodeInvalid):
            codes.parse(other)
    last = text[-1]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twin = alphabet[alphabet.index(last) ^ 1]  # 64 bytes leave two bits of the last letter unused
    with pytest.raises(codes.CodeInvalid):
        codes.parse(text[:-1] + twin)


def test_the_twin_signature_of_the_same_claims_is_the_same_use() -> None:
    """ECDSA lets anybody turn (r, s) into (r, -s): another text, which must not count as another code."""
    message, _, signature = drawn().rpartition(".")
    raw = codes.parse(f"{message}.{signature}").signature
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    twin = raw[:32] + (order - int.from_bytes(raw[32:], "big")).to_bytes(32, "big")
    other = codes.parse(f"{message}.{encode(twin)}")
    assert other.use_key == codes.parse(f"{message}.{signature}").use_key


def test_the_phones_clock_set_back_makes_expired_codes() -> None:
    with pytest.raises(codes.CodeExpired):
        scan(drawn(counter=99, at=NOON - timedelta(hours=1)))


def test_the_tills_clock_set_back_does_not_revive_a_used_code() -> None:
    """An hour later, everything that knows the time is told it is noon again."""
    text = drawn(counter=11)
    with pytest.raises(codes.CodeAlreadyUsed):
        scan(text, check="sale:2", use=codes.Use("sale:1", NOON), at=NOON)
    with pytest.raises(codes.CodeRolledBack):  # even if the row of its use was gone
        scan(text, check="sale:2", device=replace(DEVICE, counter=11), at=NOON)


def test_an_offline_sale_that_arrives_late_is_judged_by_its_own_time() -> None:
    newer = replace(DEVICE, counter=40)
    code = codes.parse(drawn())
    assert isinstance(code, codes.PayCode)
    verified = codes.verify_pay(
        code, newer, epochs=codes.epochs_at(SECRET, NOON), now=NOON, reference="sale:9", late=True
    )
    assert verified.first_seen
    with pytest.raises(codes.CodeAlreadyUsed):
        codes.verify_pay(
            code, newer, epochs=codes.epochs_at(SECRET, NOON), now=NOON, reference="sale:9", late=True,
            use=codes.Use("sale:8", NOON),
        )  # fmt: skip


def test_scanners_add_white_space() -> None:
    assert scan(f"\t{drawn()}\r\n")


@given(st.text(max_size=420))
def test_any_text_is_parsed_or_refused_and_nothing_else(text: str) -> None:
    with suppress(codes.CodeInvalid):
        codes.parse(text)


@given(st.binary(max_size=200), st.binary(max_size=100), st.binary(max_size=80))
def test_any_three_parts_are_parsed_or_refused_and_nothing_else(
    head: bytes, body: bytes, tail: bytes
) -> None:
    with suppress(codes.CodeInvalid):
        codes.parse(f"{encode(head)}.{encode(body)}.{encode(tail)}")


@given(st.data())
def test_no_code_survives_the_change_of_one_letter(data: st.DataObject) -> None:
    text = drawn()
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("ABCabc019-_."))
    if text[place] == letter:
        return
    with pytest.raises((codes.CodeInvalid, codes.CodeRefused)):
        scan(text[:place] + letter + text[place + 1 :])
