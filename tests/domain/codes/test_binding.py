"""Keys, handles and uses as they are kept, with the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from loyalty import codes

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECRET = codes.code_secret("a secret of the tests, thirty-two characters or more")
MEMBER = 7


class Phone:
    """A phone of the member, with its key registered."""

    def __init__(self, session: Session, device_id: str = "phone") -> None:
        self.key = codes.new_private_key()
        self.kid = codes.register_key(
            session, member_id=MEMBER, device_id=device_id, public_key=codes.jwk_of(self.key), now=NOON
        )
        self.counter = 0

    def draw(self, at: datetime = NOON) -> codes.Code:
        self.counter += 1
        epoch = codes.epochs_at(SECRET, at)[0].value
        return codes.parse(codes.draw_pay(self.key, kid=self.kid, counter=self.counter, epoch=epoch, now=at))


def scan(
    session: Session, code: codes.Code, check: str | None = "sale:1", at: datetime = NOON
) -> codes.Verified:
    return codes.identify(session, code, secret=SECRET, reference=check, now=at)


def test_the_first_check_binds_the_code(session: Session) -> None:
    phone = Phone(session)
    code = phone.draw()
    assert scan(session, code).first_seen
    assert not scan(session, code, at=NOON + timedelta(minutes=20)).first_seen
    with pytest.raises(codes.CodeAlreadyUsed):
        scan(session, code, "sale:2")


def test_looking_without_a_check_binds_nothing(session: Session) -> None:
    code = Phone(session).draw()
    assert scan(session, code, None).first_seen
    assert scan(session, code, "sale:5").first_seen


def test_the_counter_follows(session: Session) -> None:
    phone = Phone(session)
    old, new = phone.draw(), phone.draw()
    scan(session, new, "sale:1")
    with pytest.raises(codes.CodeRolledBack):
        scan(session, old, "sale:2")


def test_another_key_of_the_device_ends_the_first(session: Session) -> None:
    first = Phone(session)
    code = first.draw()
    second = Phone(session)
    with pytest.raises(codes.CodeDeviceRevoked):
        scan(session, code)
    assert scan(session, second.draw()).device_id == "phone"


def test_the_same_key_again_keeps_its_name(session: Session) -> None:
    phone = Phone(session)
    again = codes.register_key(
        session, member_id=MEMBER, device_id="phone", public_key=codes.jwk_of(phone.key), now=NOON
    )
    assert again == phone.kid


def test_a_revoked_phone_is_refused_and_the_other_goes_on(session: Session) -> None:
    lost, kept = Phone(session, "lost"), Phone(session, "kept")
    codes.revoke_keys(session, member_id=MEMBER, device_id="lost")
    with pytest.raises(codes.CodeDeviceRevoked):
        scan(session, lost.draw())
    assert scan(session, kept.draw()).proves == "payment"


def test_a_suspended_phone_pays_again_when_the_loss_is_settled(session: Session) -> None:
    phone = Phone(session)
    codes.suspend_key(session, member_id=MEMBER, kid=phone.kid)
    assert scan(session, phone.draw(), "sale:1").proves == "identity"
    codes.resume_keys(session, member_id=MEMBER)
    assert scan(session, phone.draw(), "sale:2").proves == "payment"


def test_suspending_does_not_revive_a_revoked_key(session: Session) -> None:
    phone = Phone(session)
    codes.revoke_keys(session, member_id=MEMBER, device_id="phone")
    codes.suspend_key(session, member_id=MEMBER, kid=phone.kid)
    with pytest.raises(codes.CodeDeviceRevoked):
        scan(session, phone.draw())


def test_a_merged_members_phone_and_card_name_the_survivor(session: Session) -> None:
    phone = Phone(session)
    _, card = codes.give_numbers(session, MEMBER)
    codes.give_numbers(session, 8)
    codes.merge(session, survivor=8, merged=MEMBER)
    assert scan(session, phone.draw()).member_id == 8
    assert scan(session, codes.parse(card)).member_id == 8


def test_after_erasure_nothing_names_anybody(session: Session) -> None:
    phone = Phone(session)
    _, card = codes.give_numbers(session, MEMBER)
    scan(session, phone.draw())
    codes.erase(session, MEMBER)
    assert codes.export(session, MEMBER) == {"handles": [], "keys": [], "used_codes": []}
    for code in (phone.draw(), codes.parse(card)):
        with pytest.raises(codes.CodeUnknown):
            scan(session, code)


def test_export_tells_everything_kept(session: Session) -> None:
    phone = Phone(session)
    scan(session, phone.draw())
    told = codes.export(session, MEMBER)
    assert told["handles"] == [f"kid:{phone.kid}"]
    assert told["used_codes"][0]["reference"] == "sale:1"
    assert told["keys"][0]["public_key"] == codes.jwk_of(phone.key)


def test_old_uses_are_purged(session: Session) -> None:
    phone = Phone(session)
    scan(session, phone.draw())
    assert codes.purge(session, now=NOON + timedelta(days=90)) == 0
    assert codes.purge(session, now=NOON + timedelta(days=90, seconds=1)) == 1


# Receipts


def test_a_claim_code_names_its_receipt_for_48_hours() -> None:
    code = codes.parse(codes.draw_claim(SECRET, "0199-sale", issued_at=NOON))
    assert isinstance(code, codes.ClaimCode)
    assert codes.verify_claim(SECRET, code, now=NOON + timedelta(hours=48)) == "0199-sale"
    with pytest.raises(codes.ClaimExpired):
        codes.verify_claim(SECRET, code, now=NOON + timedelta(hours=48, seconds=1))


def test_a_claim_code_that_was_changed_or_made_elsewhere_is_forged() -> None:
    text = codes.draw_claim(
        codes.code_secret("somebody else's secret, also long enough"), "s1", issued_at=NOON
    )
    code = codes.parse(text)
    assert isinstance(code, codes.ClaimCode)
    with pytest.raises(codes.CodeForged):
        codes.verify_claim(SECRET, code, now=NOON)


def test_a_claim_code_is_no_members_code(session: Session) -> None:
    code = codes.parse(codes.draw_claim(SECRET, "s1", issued_at=NOON))
    with pytest.raises(codes.CodeInvalid):
        scan(session, code)


def test_one_receipt_is_one_members(session: Session) -> None:
    assert not codes.claim_receipt(session, reference="s1", member_id=7, now=NOON)
    assert not codes.claim_receipt(session, reference="s1", member_id=7, now=NOON)  # a retry after a crash
    with pytest.raises(codes.ReceiptTaken):
        codes.claim_receipt(session, reference="s1", member_id=8, now=NOON)
    codes.finish_claim(session, reference="s1", member_id=7, now=NOON)
    assert codes.claim_receipt(session, reference="s1", member_id=7, now=NOON)
    codes.drop_claim(session, reference="s1", member_id=7)  # done: stays
    with pytest.raises(codes.ReceiptTaken):
        codes.claim_receipt(session, reference="s1", member_id=8, now=NOON)


def test_a_claim_that_came_to_nothing_is_free_again(session: Session) -> None:
    codes.claim_receipt(session, reference="s1", member_id=7, now=NOON)
    codes.drop_claim(session, reference="s1", member_id=7)
    assert not codes.claim_receipt(session, reference="s1", member_id=8, now=NOON)
