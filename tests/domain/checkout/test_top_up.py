"""A top-up by card: once, whatever is repeated, lost, late or declined."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loyalty import checkout, ledger, wallet
from loyalty.checkout import CardDeclined
from loyalty.db import transaction
from loyalty.jobs.outbox import deliver
from loyalty.jobs.work import work_of
from loyalty.wallet import Intent
from loyalty.wallet.gateway import ProviderUnavailable
from tests.joined import Joined
from tests.paying import Counter, actor_of


def test_a_top_up_fills_the_wallet_and_earns_its_points(counter: Counter, ann: Joined) -> None:
    payment = counter.top_up(ann, 6_000)
    books = counter.books(ann)
    assert payment.status == "credited"
    assert books.account.wallet_minor == 6_000
    assert books.account.points_milli == 25_000  # E6: $60 earns 25
    assert payment.credited_seq == books.account.seq
    assert counter.findings() == []


def test_the_same_key_is_charged_and_booked_once(counter: Counter, ann: Joined) -> None:
    first = counter.top_up(ann, key="k")
    again = counter.top_up(ann, key="k")
    assert first.id == again.id
    assert counter.wallet(ann) == 2_000


def test_the_same_key_for_another_amount_is_refused(counter: Counter, ann: Joined) -> None:
    counter.top_up(ann, 2_000, key="k")
    with pytest.raises(wallet.KeyReused):
        counter.top_up(ann, 3_000, key="k")


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("test_declined", "card_declined"),
        ("test_insufficient_funds", "insufficient_funds"),
        ("test_expired", "expired_card"),
    ],
)
def test_a_declined_card_loads_nothing_and_says_why(
    counter: Counter, ann: Joined, method: str, code: str
) -> None:
    with pytest.raises(CardDeclined) as refusal:
        counter.top_up(ann, method=method, key="k")
    assert refusal.value.data["decline_code"] == code
    assert counter.payment(ann, refusal.value.data["payment"]).status == "declined"
    with pytest.raises(CardDeclined):
        counter.top_up(ann, method=method, key="k")
    assert counter.wallet(ann) == 0


def test_an_unknown_card_is_refused_and_the_payment_is_given_up_later(counter: Counter, ann: Joined) -> None:
    with pytest.raises(wallet.MethodUnknown):
        counter.top_up(ann, method="pm_of_somebody_else")
    counter.wait(hours=21)
    checkout.ask_about_unfinished(counter.desk)
    with transaction() as session:
        assert [each.status for each in wallet.payments_of(session, ann.member_id)] == ["canceled"]


def test_a_challenged_card_pays_after_its_holder_has_confirmed(counter: Counter, ann: Joined) -> None:
    payment, challenge = checkout.top_up(
        counter.desk, actor=actor_of(ann), amount_minor=2_000, method="test_challenge", key="k"
    )
    assert payment.status == "requires_action"
    assert challenge is not None
    assert challenge.url is not None
    assert counter.wallet(ann) == 0
    secret = challenge.url.rpartition("secret=")[2]
    counter.gateway.answer_challenge(payment.intent, secret, approve=True)
    done, _ = checkout.finish_top_up(counter.desk, actor=actor_of(ann), payment_id=payment.id)
    assert done.status == "credited"
    assert counter.wallet(ann) == 2_000


def test_a_refused_challenge_is_a_decline(counter: Counter, ann: Joined) -> None:
    payment, challenge = checkout.top_up(
        counter.desk, actor=actor_of(ann), amount_minor=2_000, method="test_challenge", key="k"
    )
    assert challenge is not None
    secret = (challenge.url or "").rpartition("secret=")[2]
    counter.gateway.answer_challenge(payment.intent, secret, approve=False)
    with pytest.raises(CardDeclined):
        checkout.finish_top_up(counter.desk, actor=actor_of(ann), payment_id=payment.id)
    assert counter.wallet(ann) == 0


def test_an_abandoned_challenge_is_given_up_after_an_hour(counter: Counter, ann: Joined) -> None:
    payment = counter.top_up(ann, method="test_challenge")
    counter.wait(minutes=5)
    checkout.ask_about_unfinished(counter.desk)
    assert counter.payment(ann, payment.id).status == "requires_action"
    counter.wait(minutes=60)
    checkout.ask_about_unfinished(counter.desk)
    assert counter.payment(ann, payment.id).status == "canceled"
    assert counter.gateway.retrieve(payment.intent).status == "canceled"


def test_a_payment_the_provider_is_still_deciding_is_booked_by_the_job(counter: Counter, ann: Joined) -> None:
    payment = counter.top_up(ann, method="test_processing")
    assert payment.status == "processing"
    counter.wait(minutes=2)
    checkout.ask_about_unfinished(counter.desk)
    assert counter.payment(ann, payment.id).status == "credited"
    assert counter.wallet(ann) == 2_000


def test_a_lost_answer_is_healed_by_the_same_request(counter: Counter, ann: Joined) -> None:
    with pytest.raises(ProviderUnavailable):
        counter.top_up(ann, method="test_no_answer", key="k")
    assert counter.wallet(ann) == 0
    assert counter.top_up(ann, method="test_no_answer", key="k").status == "credited"
    assert counter.wallet(ann) == 2_000


def test_a_crash_between_the_providers_success_and_the_booking_is_healed_by_the_job(
    counter: Counter, ann: Joined, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("the power went")

    with monkeypatch.context() as patched:
        patched.setattr("loyalty.checkout.topups.settle", crash)
        with pytest.raises(RuntimeError):
            counter.top_up(ann)
    assert counter.wallet(ann) == 0
    counter.wait(minutes=2)
    checkout.ask_about_unfinished(counter.desk)
    checkout.ask_about_unfinished(counter.desk)
    assert counter.wallet(ann) == 2_000
    assert counter.findings() == []


def test_a_payment_nobody_confirmed_is_given_up_not_charged(
    counter: Counter, ann: Joined, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("the power went")

    with monkeypatch.context() as patched:
        patched.setattr("loyalty.wallet.gateways.test_card.TestCardGateway.confirm", crash)
        with pytest.raises(RuntimeError):
            counter.top_up(ann)
    counter.wait(minutes=2)
    checkout.ask_about_unfinished(counter.desk)
    with transaction() as session:
        (payment,) = wallet.payments_of(session, ann.member_id)
    assert payment.status == "canceled"
    assert counter.gateway.retrieve(payment.intent).status == "canceled"


def test_what_no_longer_fits_into_the_wallet_goes_back_to_the_card(counter: Counter) -> None:
    ann = counter.join(wallet_limit_minor=3_000)
    payment = counter.top_up(ann, 2_000, method="test_challenge")
    with transaction() as session:
        books = ledger.open_books(session, ann.member_id)
        books.begin("test", at=counter.now)
        books.load_wallet(2_500, source=ledger.chart.LOADS_CASH)
        ledger.write(session, books)
    row = counter.gateway.retrieve(payment.intent)
    secret = row.challenge.url.rpartition("secret=")[2]
    counter.gateway.answer_challenge(payment.intent, secret, approve=True)
    done, _ = checkout.finish_top_up(counter.desk, actor=actor_of(ann), payment_id=payment.id)
    assert done.status == "returned"
    assert counter.wallet(ann) == 2_500
    while deliver(work_of(counter.settings, counter.clock)):
        pass
    assert counter.gateway.retrieve(payment.intent).refunded_minor == 2_000
    assert counter.payment(ann, payment.id).refunded_minor == 2_000


def test_what_is_on_its_way_counts_toward_the_wallets_limit(counter: Counter) -> None:
    ann = counter.join(wallet_limit_minor=3_000)
    counter.top_up(ann, 2_000, method="test_challenge")
    with pytest.raises(ledger.WalletLimit):
        counter.top_up(ann, 2_000)


def test_too_little_too_much_and_too_often_are_refused_before_anybody_is_charged(
    counter: Counter,
) -> None:
    ann = counter.join(wallet_limit_minor=10_000_000)
    for amount in (0, 499, 50_001):
        with pytest.raises(wallet.AmountOutOfRange):
            counter.top_up(ann, amount)
    counter.top_up(ann, 50_000)
    counter.top_up(ann, 50_000)
    with pytest.raises(wallet.DailyLimit):
        counter.top_up(ann, 500)
    counter.wait(hours=24, seconds=1)
    counter.top_up(ann, 500)


@pytest.mark.parametrize(
    "wrong",
    [{"amount_minor": 1}, {"currency": "EUR"}, {"id": "tc_another"}],
)
def test_an_intent_that_is_not_what_was_asked_for_books_nothing(
    counter: Counter, ann: Joined, wrong: dict[str, object]
) -> None:
    payment = counter.top_up(ann, method="test_challenge")
    said = {
        "id": payment.intent,
        "reference": payment.id,
        "status": "succeeded",
        "amount_minor": 2_000,
        "currency": "USD",
        **wrong,
    }
    with pytest.raises(wallet.PaymentMismatch):
        checkout.settle(counter.desk, Intent(**said))  # type: ignore[arg-type]
    assert counter.wallet(ann) == 0


def test_a_late_word_of_failure_does_not_undo_a_success(counter: Counter, ann: Joined) -> None:
    payment = counter.top_up(ann)
    late = Intent(
        str(payment.intent), payment.id, "requires_method", 2_000, "USD", decline_code="card_declined"
    )
    assert checkout.settle(counter.desk, late).status == "credited"
    assert counter.wallet(ann) == 2_000


def test_a_payment_that_was_given_up_and_paid_after_all_is_booked(counter: Counter, ann: Joined) -> None:
    payment = counter.top_up(ann, method="test_challenge")
    checkout.settle(counter.desk, Intent(str(payment.intent), payment.id, "canceled", 2_000, "USD"))
    checkout.settle(counter.desk, Intent(str(payment.intent), payment.id, "succeeded", 2_000, "USD"))
    assert counter.wallet(ann) == 2_000


def test_nobody_finishes_anothers_payment(counter: Counter, ann: Joined) -> None:
    ben = counter.join("ben@example.com")
    payment = counter.top_up(ann, method="test_challenge")
    with pytest.raises(wallet.PaymentMissing):
        checkout.finish_top_up(counter.desk, actor=actor_of(ben), payment_id=payment.id)


def test_a_booked_payment_needs_no_provider_to_be_told_again(
    counter: Counter, ann: Joined, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = counter.top_up(ann, key="k")

    def gone(*_: object, **__: object) -> None:
        raise ProviderUnavailable

    monkeypatch.setattr("loyalty.wallet.gateways.test_card.TestCardGateway.retrieve", gone)
    assert counter.top_up(ann, key="k").id == payment.id
    assert payment.created_at + timedelta(seconds=0) == counter.now
