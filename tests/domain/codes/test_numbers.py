"""Numbers for life, numbers that rotate, and guessing them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from loyalty import codes
from loyalty.codes.card import luhn_digit, luhn_valid, new_account_number, new_card_number
from loyalty.codes.number import password_at

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECRET = codes.code_secret("a secret of the tests, thirty-two characters or more")
MEMBER = 7


@pytest.fixture
def account(session: Session) -> str:
    return codes.give_numbers(session, MEMBER)[0]


def shown(session: Session, account: str, at: datetime = NOON) -> codes.NumberCode:
    key = codes.number_secret(SECRET, MEMBER, account, codes.number_rotation(session, MEMBER))
    code = codes.parse(codes.draw_number(key, account, now=at))
    assert isinstance(code, codes.NumberCode)
    return code


def wrong(account: str, right: codes.NumberCode, n: int = 0) -> codes.NumberCode:
    password = f"{(int(right.password) + 1 + n) % 10**8:08d}"
    return codes.NumberCode(account, password)


def admit(
    session: Session, code: codes.NumberCode, *, at: datetime = NOON, check: str = "sale:1"
) -> codes.Admission:
    return codes.admit_number(session, code, reference=check, secret=SECRET, now=at)


# RFC 6238, appendix B: SHA-1, eight digits.
@pytest.mark.parametrize(
    ("seconds", "password"),
    [(59, "94287082"), (1111111109, "07081804"), (1234567890, "89005924"), (20000000000, "65353130")],
)
def test_passwords_are_those_of_the_rfc(seconds: int, password: str) -> None:
    assert password_at(b"12345678901234567890", seconds // 30) == password


def test_an_authenticator_shows_the_same_number(session: Session, account: str) -> None:
    provision = codes.provision(SECRET, MEMBER, account, 0)
    their = pyotp.TOTP(provision.secret, digits=8).at(NOON)
    assert shown(session, account).password == their
    assert (provision.digits, provision.step_seconds, provision.algorithm) == (8, 30, "SHA1")


def test_a_right_number_is_admitted_and_capped(session: Session, account: str) -> None:
    code = shown(session, account)
    assert admit(session, code).require() == MEMBER
    verified = codes.identify(session, code, secret=SECRET, reference="sale:1", now=NOON)
    assert (verified.member_id, verified.proves) == (MEMBER, "capped")


@pytest.mark.parametrize("drift", [-30, 30])
def test_a_neighboring_step_is_admitted(session: Session, account: str, drift: int) -> None:
    assert admit(session, shown(session, account, NOON + timedelta(seconds=drift))).require() == MEMBER


@pytest.mark.parametrize("drift", [-90, 60])
def test_an_older_or_later_step_is_wrong(session: Session, account: str, drift: int) -> None:
    with pytest.raises(codes.NumberWrong):
        admit(session, shown(session, account, NOON + timedelta(seconds=drift))).require()


def test_a_number_is_used_by_one_check(session: Session, account: str) -> None:
    code = shown(session, account)
    assert admit(session, code, check="sale:1").require() == MEMBER
    assert admit(session, code, check="sale:1", at=NOON + timedelta(hours=11)).require() == MEMBER
    with pytest.raises(codes.CodeAlreadyUsed):
        admit(session, code, check="sale:2").require()
    with pytest.raises(codes.CodeAlreadyUsed):
        codes.identify(session, code, secret=SECRET, reference="sale:2", now=NOON)


def test_a_number_that_was_not_admitted_identifies_nobody(session: Session, account: str) -> None:
    with pytest.raises(codes.NumberWrong):
        codes.identify(session, shown(session, account), secret=SECRET, reference="sale:1", now=NOON)


def test_five_wrong_numbers_lock_and_change_the_secret(session: Session, account: str) -> None:
    right = shown(session, account)
    for n in range(4):
        with pytest.raises(codes.NumberWrong):
            admit(session, wrong(account, right, n)).require()
    with pytest.raises(codes.NumberLocked):
        admit(session, wrong(account, right, 4)).require()
    with pytest.raises(codes.NumberLocked):
        admit(session, right).require()
    later = NOON + timedelta(minutes=15)
    assert codes.number_rotation(session, MEMBER) == 1
    old_key = codes.number_secret(SECRET, MEMBER, account, 0)
    old = codes.parse(codes.draw_number(old_key, account, now=later))
    assert isinstance(old, codes.NumberCode)
    assert type(admit(session, old, at=later).refusal) is codes.NumberWrong
    assert admit(session, shown(session, account, later), at=later).require() == MEMBER


def test_a_right_number_in_between_starts_the_count_again(session: Session, account: str) -> None:
    right = shown(session, account)
    for _ in range(4):
        admit(session, wrong(account, right))
    assert admit(session, right).require() == MEMBER
    for _ in range(4):
        with pytest.raises(codes.NumberWrong):
            admit(session, wrong(account, right)).require()


def test_a_locked_number_does_not_say_whether_a_guess_was_right(session: Session, account: str) -> None:
    right = shown(session, account)
    for n in range(5):
        admit(session, wrong(account, right, n))
    after = shown(session, account)  # of the new secret
    answers = {type(admit(session, code).refusal) for code in (after, wrong(account, after))}
    assert answers == {codes.NumberLocked}


def test_an_account_nobody_has_answers_like_a_wrong_number(session: Session, account: str) -> None:
    nobody = "0000000000" if account != "0000000000" else "1111111111"
    assert type(admit(session, codes.NumberCode(nobody, "12345678")).refusal) is codes.NumberWrong


def test_card_numbers_have_a_check_digit_and_mistakes_show() -> None:
    number = new_card_number()
    assert len(number) == 17
    assert number[0] == "9"
    assert codes.parse(f"{number[:5]} {number[5:9]}-{number[9:]}") == codes.CardCode(number)
    mistyped = number[:-1] + str((int(number[-1]) + 1) % 10)
    with pytest.raises(codes.CodeMistyped):
        codes.parse(mistyped)


@given(st.text("0123456789", min_size=1, max_size=30), st.data())
def test_luhn_finds_every_single_wrong_digit(payload: str, data: st.DataObject) -> None:
    number = payload + luhn_digit(payload)
    assert luhn_valid(number)
    place = data.draw(st.integers(0, len(number) - 1))
    digit = data.draw(st.sampled_from([each for each in "0123456789" if each != number[place]]))
    assert not luhn_valid(number[:place] + digit + number[place + 1 :])


def test_luhn_agrees_with_a_published_number() -> None:
    assert luhn_digit("7992739871") == "3"  # the example of ISO/IEC 7812-1 texts everywhere


def test_a_card_identifies_and_cannot_pay(session: Session) -> None:
    _, card = codes.give_numbers(session, MEMBER)
    verified = codes.identify(session, codes.parse(card), secret=SECRET, reference=None, now=NOON)
    assert (verified.member_id, verified.proves) == (MEMBER, "identity")
    with pytest.raises(codes.CodeUnknown):
        codes.identify(session, codes.CardCode(new_card_number()), secret=SECRET, reference=None, now=NOON)


def test_account_numbers_have_ten_digits() -> None:
    assert all(
        len(number) == 10 and number.isdigit() for number in (new_account_number() for _ in range(200))
    )


def test_a_printed_card_is_one_members(session: Session) -> None:
    _, card = codes.give_numbers(session, MEMBER)
    assert codes.keep_card(session, MEMBER, card)
    assert not codes.keep_card(session, 8, card)
