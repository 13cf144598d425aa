"""Codes by mail or phone: joining, coming back, guessing, and telling nobody who is a member."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from loyalty import ledger, members
from loyalty.members.contacts import contact_hash
from loyalty.members.models import SignInCode
from tests.domain.members.conftest import ANN, BEN, ENTRY, NOON, SECRET, SignIn, sent_code


def ask(session: Session, contact: members.Contact = ANN, at: datetime = NOON) -> str:
    members.request_code(session, contact=contact, secret=SECRET, locale="en", now=at)
    return sent_code(session, contact)


def answer(
    session: Session, code: str, contact: members.Contact = ANN, at: datetime = NOON
) -> members.SignedIn:
    members.count_try(session, contact=contact, secret=SECRET)
    return members.sign_in(
        session,
        contact=contact,
        code=code,
        device=members.NewDevice("Ann's phone", "app"),
        profile=members.Profile("Ann"),
        entry=ENTRY,
        secret=SECRET,
        now=at,
    )


def other_than(code: str, n: int = 1) -> str:
    return f"{(int(code) + n) % 10**6:06d}"


def test_the_first_sign_in_joins(session: Session, sign_in: SignIn) -> None:
    profile = members.Profile("Ann", "Lee", "fr-CA", date(1990, 2, 28))
    signed_in = sign_in(ANN, profile=profile)
    assert signed_in.joined
    ann = members.member(session, signed_in.member_id)
    assert (ann.given_name, ann.family_name, ann.locale, ann.birthday) == (
        "Ann",
        "Lee",
        "fr-CA",
        date(1990, 2, 28),
    )
    assert ann.public_id.startswith("m_")
    assert len(ann.public_id) == 22
    assert members.standing(session, ann.member_id).tier == "green"
    books = ledger.read_books(session, ann.member_id)
    assert (books.account.points_milli, books.account.wallet_limit_minor) == (0, 50_000)
    assert [each.value for each in members.contacts_of(session, ann.member_id)] == ["ann@example.com"]


def test_the_second_sign_in_comes_back(session: Session, sign_in: SignIn) -> None:
    first = sign_in(ANN)
    second = sign_in(ANN, device=members.NewDevice("Ann's laptop", "web"), now=NOON + timedelta(hours=1))
    assert (second.member_id, second.joined) == (first.member_id, False)
    assert {each.name for each in members.devices_of(session, first.member_id)} == {
        "Ann's phone",
        "Ann's laptop",
    }


def test_a_device_that_remembers_its_id_stays_the_same_device(session: Session, sign_in: SignIn) -> None:
    first = sign_in(ANN)
    device = members.NewDevice("Ann's phone", "app", first.session.device_id)
    assert sign_in(ANN, device=device).session.device_id == first.session.device_id
    assert len(members.devices_of(session, first.member_id)) == 1


def test_nobody_takes_another_members_device(session: Session, sign_in: SignIn) -> None:
    anns = sign_in(ANN).session.device_id
    bens = sign_in(BEN, device=members.NewDevice("Ben's phone", "app", anns)).session.device_id
    assert bens != anns


def test_two_people_are_two_members(sign_in: SignIn) -> None:
    assert sign_in(ANN).member_id != sign_in(BEN).member_id


@pytest.mark.parametrize("spelling", ["Ann@Example.COM", " ann@example.com ", "ANN@EXAMPLE.com"])
def test_one_address_has_many_spellings(sign_in: SignIn, spelling: str) -> None:
    assert sign_in(ANN).member_id == sign_in(members.email(spelling)).member_id


def test_composed_and_decomposed_letters_are_one_address() -> None:
    composed, decomposed = (
        "jos\N{LATIN SMALL LETTER E WITH ACUTE}@example.com",
        "jose\N{COMBINING ACUTE ACCENT}@example.com",
    )
    assert members.email(composed) == members.email(decomposed)


@pytest.mark.parametrize(
    ("text_", "region"),
    [
        ("+1 (212) 555-0123", None),
        ("212 555 0123", "US"),
        ("0012125550123", "FR"),
        ("tel:+1-212-555-0123", None),
    ],
)
def test_one_phone_has_many_spellings(text_: str, region: str | None) -> None:
    assert members.phone(text_, region=region) == members.Contact("phone", "+12125550123")


@pytest.mark.parametrize(
    "text_",
    ["", "ann", "ann@", "@example.com", "a b@example.com", "ann@example", "ann@@example.com", "ann@-x.com", "+1 555",
     "2125550123", "ann@example.com\nBcc: x@example.com", "a" * 65 + "@example.com", "a@" + "b." * 130 + "com",
     "+12125550123 ext 5", ".ann@example.com", "a..b@example.com", '"a b"@example.com', "ann@exa\x00mple.com"],
)  # fmt: skip
def test_what_is_no_address_is_refused(text_: str) -> None:
    with pytest.raises(members.ContactInvalid):
        members.contact(text_)


def test_a_phone_number_signs_in_too(session: Session, sign_in: SignIn) -> None:
    phone = members.phone("+33 6 12 34 56 78")
    member_id = sign_in(phone).member_id
    assert [(each.kind, each.value) for each in members.contacts_of(session, member_id)] == [
        ("phone", "+33612345678")
    ]


def test_whoever_was_signed_up_at_a_till_proves_the_address_by_signing_in(
    session: Session, sign_in: SignIn
) -> None:
    asked = {"contact": ANN, "profile": members.Profile("Ann"), "entry": ENTRY, "secret": SECRET, "now": NOON}
    member_id = members.join(session, **asked)
    (claimed,) = members.contacts_of(session, member_id)
    assert claimed.verified_at is None
    assert members.find(session, "", contact=ANN, secret=SECRET) == member_id  # to earn, not to spend
    with pytest.raises(members.ContactTaken), session.begin_nested():
        members.join(session, **asked)
    signed_in = sign_in(ANN)
    assert (signed_in.member_id, signed_in.joined) == (member_id, False)
    session.expire_all()
    (proven,) = members.contacts_of(session, member_id)
    assert proven.verified_at == NOON


# Codes


def test_a_code_is_six_digits_and_used_once(session: Session) -> None:
    code = ask(session)
    assert len(code) == 6
    assert code.isdigit()
    answer(session, code)
    with pytest.raises(members.SignInCodeWrong):
        answer(session, code)


def test_a_code_is_good_for_ten_minutes(session: Session) -> None:
    code = ask(session)
    with pytest.raises(members.SignInCodeWrong):
        answer(session, code, at=NOON + timedelta(minutes=10))
    assert answer(session, code, at=NOON + timedelta(minutes=9, seconds=59))


def test_a_new_code_ends_the_old_one(session: Session) -> None:
    old = ask(session)
    new = ask(session)
    if old != new:
        with pytest.raises(members.SignInCodeWrong):
            answer(session, old)
    assert answer(session, new)


def test_a_code_belongs_to_its_address(session: Session) -> None:
    code = ask(session, ANN)
    bens = ask(session, BEN)
    if code != bens:
        with pytest.raises(members.SignInCodeWrong):
            answer(session, code, BEN)


def test_five_tries_and_no_more_not_even_with_the_right_code(session: Session) -> None:
    code = ask(session)
    for n in range(5):
        with pytest.raises(members.SignInCodeWrong):
            answer(session, other_than(code, n + 1))
    with pytest.raises(members.TriesSpent):
        answer(session, code)
    assert answer(session, ask(session))  # a new code starts anew


def test_the_fifth_try_may_be_right(session: Session) -> None:
    code = ask(session)
    for n in range(4):
        with pytest.raises(members.SignInCodeWrong):
            answer(session, other_than(code, n + 1))
    assert answer(session, code)


def test_five_codes_an_hour(session: Session) -> None:
    for _ in range(5):
        ask(session)
    with pytest.raises(members.CodesSpent) as refusal:
        ask(session, at=NOON + timedelta(minutes=59))
    assert refusal.value.retry_after_seconds == 61
    assert ask(session, BEN)
    assert ask(session, at=NOON + timedelta(minutes=60))


def test_codes_whose_hour_is_over_are_purged(session: Session) -> None:
    ask(session)
    assert members.purge(session, now=NOON + timedelta(minutes=59)) == 0
    assert members.purge(session, now=NOON + timedelta(minutes=60)) == 1


def test_sessions_that_ended_long_ago_are_purged(session: Session, sign_in: SignIn) -> None:
    ann = sign_in(ANN)
    members.sign_out(session, member_id=ann.member_id, device_id=ann.session.device_id, now=NOON)
    assert members.purge(session, now=NOON + timedelta(days=89)) == 0
    assert members.purge(session, now=NOON + timedelta(days=90)) == 1


def test_a_try_without_a_code_is_just_wrong(session: Session) -> None:
    for _ in range(7):
        with pytest.raises(members.SignInCodeWrong):
            answer(session, "123456")


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６"])  # noqa: RUF001
def test_nonsense_is_just_wrong(session: Session, code: str) -> None:
    ask(session)
    with pytest.raises(members.SignInCodeWrong):
        answer(session, code)


def test_codes_and_addresses_are_kept_as_keyed_hashes(session: Session) -> None:
    code = ask(session)
    row = session.get_one(SignInCode, contact_hash(SECRET, ANN))
    assert code.encode() not in row.code_hash
    other = members.member_secret("another secret, also of thirty-two characters")
    assert contact_hash(other, ANN) != contact_hash(SECRET, ANN)


def test_a_stranger_and_a_member_cannot_be_told_apart(session: Session, sign_in: SignIn) -> None:
    """Same statements, same answers: for a known address, and for one that nobody has."""
    sign_in(ANN)
    traces = []
    for contact in (ANN, BEN):
        seen: list[str] = []
        with recorded(session, seen):
            members.request_code(session, contact=contact, secret=SECRET, locale="en", now=NOON)
            with pytest.raises(members.SignInCodeWrong) as refusal:
                answer(session, other_than(sent_code(session, contact)), contact)
        traces.append((seen, refusal.value.code, refusal.value.detail))
    assert traces[0] == traces[1]
    assert len(traces[0][0]) >= 4


def test_a_blocked_member_is_told_only_after_the_right_code(session: Session, sign_in: SignIn) -> None:
    from loyalty.actor import SYSTEM

    members.block(session, actor=SYSTEM, member_id=sign_in(ANN).member_id, now=NOON)
    code = ask(session)
    with pytest.raises(members.SignInCodeWrong):
        answer(session, other_than(code))
    with pytest.raises(members.MemberBlocked):
        answer(session, code)


def test_a_profile_that_cannot_be_right_names_its_fields(sign_in: SignIn) -> None:
    bad = members.Profile("A" * 101, "L\x07", "english please", date(2030, 1, 1))
    with pytest.raises(members.ProfileInvalid) as refusal:
        sign_in(ANN, profile=bad)
    assert [flaw.pointer for flaw in refusal.value.flaws] == [
        "/given_name",
        "/family_name",
        "/locale",
        "/birthday",
    ]


# More addresses


def prove(session: Session, contact: members.Contact) -> None:
    members.use_code(session, contact=contact, code=ask(session, contact), secret=SECRET, now=NOON)


def test_a_second_address_signs_the_same_member_in_and_the_first_is_told(
    session: Session, sign_in: SignIn
) -> None:
    ann = sign_in(ANN).member_id
    more = members.phone("+1 212 555 0123")
    prove(session, more)
    members.add_contact(session, member_id=ann, contact=more, secret=SECRET, now=NOON)
    assert sign_in(more).member_id == ann
    told = (
        session.execute(text("SELECT payload->>'to' FROM outbox WHERE topic = 'contact_added'"))
        .scalars()
        .all()
    )
    assert told == ["ann@example.com"]


def test_an_address_of_another_member_is_refused(session: Session, sign_in: SignIn) -> None:
    ann, _ = sign_in(ANN).member_id, sign_in(BEN)
    prove(session, BEN)
    with pytest.raises(members.ContactTaken):
        members.add_contact(session, member_id=ann, contact=BEN, secret=SECRET, now=NOON)


def test_the_last_address_stays(session: Session, sign_in: SignIn) -> None:
    ann = sign_in(ANN).member_id
    (only,) = members.contacts_of(session, ann)
    with pytest.raises(members.LastContact):
        members.remove_contact(session, member_id=ann, contact_id=only.id, now=NOON)
    prove(session, BEN)
    members.add_contact(session, member_id=ann, contact=BEN, secret=SECRET, now=NOON)
    members.remove_contact(session, member_id=ann, contact_id=only.id, now=NOON)
    with pytest.raises(members.ContactUnknown):
        members.remove_contact(session, member_id=ann, contact_id=only.id, now=NOON)
    assert sign_in(ANN).joined  # free again, for somebody new


def recorded(session: Session, seen: list[str]):
    """Record every statement that goes to the database, the pipelined ones too."""
    from contextlib import contextmanager

    from sqlalchemy import event

    from loyalty.db import Batch

    @contextmanager
    def recording():
        def note(conn, cursor, statement, parameters, context, executemany) -> None:
            seen.append(statement)

        engine = session.get_bind()
        send = Batch.send

        def noted(self: Batch, session: Session):
            seen.extend(statement for statement, _ in self._statements)
            return send(self, session)

        event.listen(engine, "before_cursor_execute", note)
        Batch.send = noted  # type: ignore[method-assign]
        try:
            yield
        finally:
            Batch.send = send  # type: ignore[method-assign]
            event.remove(engine, "before_cursor_execute", note)

    return recording()
