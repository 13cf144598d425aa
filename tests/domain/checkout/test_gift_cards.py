"""Gift cards: sold, looked at, redeemed once, voided when they are returned."""

from __future__ import annotations

import pytest

from loyalty import checkout, ledger, wallet
from loyalty.db import transaction
from loyalty.wallet import GiftOrder
from loyalty.wallet.gift_codes import code_of_sale, new_code, read
from tests.joined import Joined
from tests.paying import Counter

SECRET = "the secret key of this server, long enough"


def issue(counter: Counter, amount_minor: int = 2_500, **more: object) -> wallet.IssuedCard:
    with transaction() as session:
        order = GiftOrder(amount_minor, "USD", **more)  # type: ignore[arg-type]
        return wallet.issue_gift_card(session, order, now=counter.now)


def redeem(counter: Counter, who: Joined, code: str) -> wallet.Redeemed:
    return checkout.redeem_gift_card(member_id=who.member_id, code=code, now=counter.now)


def test_a_gift_card_is_redeemed_whole_and_earns_nothing(counter: Counter, ann: Joined) -> None:
    card = issue(counter)
    done = redeem(counter, ann, card.code)
    assert (done.amount_minor, done.wallet_minor) == (2_500, 2_500)
    assert counter.books(ann).account.points_milli == 0
    with transaction() as session:
        assert wallet.gift_balance(session, card.code, now=counter.now).status == "redeemed"
    assert counter.findings() == []


def test_the_same_members_retry_gets_the_same_answer(counter: Counter, ann: Joined) -> None:
    card = issue(counter)
    assert redeem(counter, ann, card.code) == redeem(counter, ann, card.code)
    assert counter.wallet(ann) == 2_500


def test_a_used_card_is_refused_to_everybody_else(counter: Counter, ann: Joined) -> None:
    ben = counter.join("ben@example.com")
    card = issue(counter)
    redeem(counter, ann, card.code)
    with pytest.raises(wallet.GiftCardUsed):
        redeem(counter, ben, card.code)
    assert counter.wallet(ben) == 0


def test_a_code_is_read_however_it_is_typed(counter: Counter, ann: Joined) -> None:
    card = issue(counter)
    typed = card.code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert redeem(counter, ann, typed).amount_minor == 2_500


@pytest.mark.parametrize(
    "text", ["", "G", "7" * 20, "G" * 21, "🎁" * 20, "G0HB-BDTE-1NRY-2Y9J-7H0W", "x" * 500]
)
def test_what_is_no_code_is_refused_without_a_look(counter: Counter, ann: Joined, text: str) -> None:
    with pytest.raises(wallet.NoGiftCode):
        redeem(counter, ann, text)


def test_an_unknown_code_is_not_found(counter: Counter, ann: Joined) -> None:
    with pytest.raises(wallet.GiftCardMissing):
        redeem(counter, ann, new_code())


def test_codes_are_long_no_card_number_and_not_in_the_database(counter: Counter) -> None:
    card = issue(counter)
    assert len(read(card.code)) == 20
    assert not card.code[0].isdigit()
    with transaction() as session:
        dumped = session.execute(wallet.GiftCardRow.__table__.select()).all()
    assert card.code not in str(dumped)
    assert read(card.code) not in str(dumped)


def test_every_single_slip_of_the_pen_is_noticed() -> None:
    code = read(new_code())
    for place in range(1, len(code)):
        other = "2" if code[place] != "2" else "3"
        with pytest.raises(wallet.NoGiftCode):
            read(code[:place] + other + code[place + 1 :])


def test_a_voided_card_is_gone(counter: Counter, ann: Joined) -> None:
    with transaction() as session:
        cards = wallet.issue_for_sale(
            session,
            SECRET,
            sale="s1",
            lines=[("1", 2, 2_500)],
            currency="USD",
            bought_by=ann.member_id,
            now=counter.now,
        )
    with transaction() as session:
        wallet.void_gift_cards(session, sale="s1", sale_line="1", quantity=1, now=counter.now)
    with transaction() as session:
        (left,) = wallet.codes_of_sale(session, SECRET, "s1")
    assert left in cards
    (gone,) = [each for each in cards if each != left]
    with pytest.raises(wallet.GiftCardMissing):
        redeem(counter, ann, gone.code)
    redeem(counter, ann, left.code)
    with pytest.raises(wallet.GiftCardUsed), transaction() as session:
        wallet.void_gift_cards(session, sale="s1", sale_line="1", quantity=1, now=counter.now)


def test_a_sales_codes_are_the_same_when_asked_again_and_others_for_another_secret() -> None:
    assert code_of_sale(SECRET, "s1", "1", 0) == code_of_sale(SECRET, "s1", "1", 0)
    codes = {
        code_of_sale(secret, sale, line, piece)
        for secret in (SECRET, SECRET + "!")
        for sale, line in (("s1", "1"), ("s11", ""), ("s", "11"))
        for piece in (0, 1)
    }
    assert len(codes) == 12
    for code in codes:
        assert len(read(code)) == 20


def test_amounts_have_bounds(counter: Counter) -> None:
    for amount in (0, 499, 50_001):
        with pytest.raises(wallet.AmountOutOfRange):
            issue(counter, amount)


def test_a_card_with_an_end_is_refused_afterwards(counter: Counter, ann: Joined) -> None:
    from datetime import timedelta

    card = issue(counter, expires_at=counter.now + timedelta(days=1))
    counter.wait(days=1)
    with pytest.raises(wallet.GiftCardExpired):
        redeem(counter, ann, card.code)
    with transaction() as session:
        balance = wallet.gift_balance(session, card.code, now=counter.now)
    assert (balance.status, balance.balance_minor) == ("expired", 0)


def test_a_full_wallet_leaves_the_card_usable(counter: Counter) -> None:
    ann = counter.join(wallet_limit_minor=1_000)
    ben = counter.join("ben@example.com")
    card = issue(counter)
    with pytest.raises(ledger.WalletLimit):
        redeem(counter, ann, card.code)
    assert redeem(counter, ben, card.code).amount_minor == 2_500


def crash_at(monkeypatch: pytest.MonkeyPatch, step: str, counter: Counter, who: Joined, code: str) -> None:
    """Redeem, and lose power just before ``step``."""

    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("the power went")

    with monkeypatch.context() as patched:
        patched.setattr(f"loyalty.wallet.{step}", crash)
        with pytest.raises(RuntimeError):
            redeem(counter, who, code)


@pytest.mark.parametrize("step", ["book_gift_card", "close_gift_card"])
def test_a_cut_off_redemption_is_finished_by_the_same_members_retry(
    counter: Counter, ann: Joined, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    ben = counter.join("ben@example.com")
    card = issue(counter)
    crash_at(monkeypatch, step, counter, ann, card.code)
    with pytest.raises(wallet.GiftCardUsed):
        redeem(counter, ben, card.code)
    assert redeem(counter, ann, card.code).amount_minor == 2_500
    assert counter.wallet(ann) == 2_500


@pytest.mark.parametrize(("step", "who_gets_it"), [("book_gift_card", "ben"), ("close_gift_card", "ann")])
def test_a_job_hands_over_what_was_not_booked_and_closes_what_was(
    counter: Counter, ann: Joined, monkeypatch: pytest.MonkeyPatch, step: str, who_gets_it: str
) -> None:
    ben = counter.join("ben@example.com")
    card = issue(counter)
    crash_at(monkeypatch, step, counter, ann, card.code)
    counter.wait(minutes=3)
    assert checkout.release_gift_claims(before=counter.now, now=counter.now) == 1
    if who_gets_it == "ben":
        redeem(counter, ben, card.code)
    else:
        with pytest.raises(wallet.GiftCardUsed):
            redeem(counter, ben, card.code)
    assert (counter.wallet(ann), counter.wallet(ben)) == ((0, 2_500) if who_gets_it == "ben" else (2_500, 0))
    assert checkout.release_gift_claims(before=counter.now, now=counter.now) == 0


def test_a_claim_taken_away_meanwhile_books_nothing(counter: Counter, ann: Joined) -> None:
    ben = counter.join("ben@example.com")
    card = issue(counter)
    with transaction() as session:
        claim = wallet.claim_gift_card(session, card.code, member_id=ann.member_id, now=counter.now)
    with transaction() as session:
        wallet.settle_claim(session, claim.code_hash, ann.member_id, now=counter.now)
    redeem(counter, ben, card.code)
    with pytest.raises(wallet.GiftCardUsed), transaction() as session:
        wallet.book_gift_card(session, claim, now=counter.now)
    assert (counter.wallet(ann), counter.wallet(ben)) == (0, 2_500)
