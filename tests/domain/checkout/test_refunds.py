"""Money back to the card: asked for, refused, failed, taken by the bank; the books agree every time."""

from __future__ import annotations

from typing import Any

import pytest

from loyalty import auditing, checkout, ledger, sales, wallet
from loyalty.actor import SYSTEM, Actor
from loyalty.checkout import webhooks
from loyalty.db import transaction
from loyalty.jobs.outbox import deliver
from loyalty.jobs.work import work_of
from loyalty.ledger import chart
from loyalty.wallet import Event, PaymentRefundRow, Refund
from loyalty.wallet.gateway import ProviderRefused, ProviderUnavailable
from tests.joined import Joined
from tests.paying import Counter

MANAGER = Actor(kind="staff", id="mo", staff_id="mo", permissions=frozenset({"wallet.refund"}))
GATEWAY = "loyalty.wallet.gateways.test_card.TestCardGateway"


def refund(
    counter: Counter, who: Joined, payment: str, amount_minor: int, key: str | None = None
) -> PaymentRefundRow:
    return checkout.ask_for_refund(
        counter.desk,
        actor=MANAGER,
        member_id=who.member_id,
        payment_id=payment,
        amount_minor=amount_minor,
        key=key or counter.key(),
    )


def spend(counter: Counter, who: Joined, amount_minor: int) -> None:
    with transaction() as session:
        books = ledger.open_books(session, who.member_id)
        books.begin("test", at=counter.now)
        books.spend_wallet(amount_minor)
        ledger.write(session, books)


def points(counter: Counter, who: Joined) -> int:
    return counter.books(who).account.points_milli


def test_a_refund_takes_the_money_and_its_points(counter: Counter, ann: Joined) -> None:
    payment = counter.top_up(ann, 6_000)
    assert refund(counter, ann, payment.id, 6_000).status == "succeeded"
    assert (counter.wallet(ann), points(counter, ann)) == (0, 0)
    assert counter.gateway.retrieve(payment.intent).refunded_minor == 6_000
    assert counter.findings() == []


def tier_points(counter: Counter, who: Joined) -> int:
    with transaction() as session:
        return sales.standing_of(session, who.member_id, now=counter.now)["tier_points_milli"]


def test_what_a_top_up_counted_for_the_tier_goes_with_its_refund(counter: Counter, ann: Joined) -> None:
    payment = counter.top_up(ann, 6_000)
    counter.top_up(ann, 3_000)
    assert tier_points(counter, ann) == 35_000
    refund(counter, ann, payment.id, 2_400)
    assert tier_points(counter, ann) == 25_000
    refund(counter, ann, payment.id, 3_600)
    assert (tier_points(counter, ann), points(counter, ann)) == (10_000, 10_000)
    with transaction() as session:
        assert [*auditing.audit(session)] == []


def test_parts_of_a_refund_add_up_to_the_whole(counter: Counter, ann: Joined) -> None:
    payment = counter.top_up(ann, 6_000)
    left = []
    for _ in range(7):
        refund(counter, ann, payment.id, 857)
        left.append(points(counter, ann))
    refund(counter, ann, payment.id, 1)
    assert (counter.wallet(ann), points(counter, ann)) == (0, 0)
    assert left == sorted(left, reverse=True)
    assert counter.findings() == []


def test_spent_money_is_not_refunded(counter: Counter, ann: Joined) -> None:
    payment = counter.top_up(ann, 2_000)
    spend(counter, ann, 500)
    with pytest.raises(ledger.InsufficientFunds):
        refund(counter, ann, payment.id, 2_000)
    assert refund(counter, ann, payment.id, 1_500).status == "succeeded"


@pytest.mark.parametrize("amount_minor", [2_001, 0, -5])
def test_more_than_was_paid_or_nothing_is_refused(counter: Counter, ann: Joined, amount_minor: int) -> None:
    payment = counter.top_up(ann, 2_000)
    counter.top_up(ann, 2_000)
    with pytest.raises(wallet.NotRefundable):
        refund(counter, ann, payment.id, amount_minor)
    assert counter.wallet(ann) == 4_000


def test_two_refunds_do_not_exceed_the_payment(counter: Counter, ann: Joined) -> None:
    payment = counter.top_up(ann, 2_000)
    counter.top_up(ann, 2_000)
    refund(counter, ann, payment.id, 1_500)
    with pytest.raises(wallet.NotRefundable) as refusal:
        refund(counter, ann, payment.id, 501)
    assert refusal.value.data["refundable_minor"] == 500


def test_the_provider_refuses_an_over_refund_too(counter: Counter, ann: Joined) -> None:
    payment = counter.top_up(ann, 2_000)
    with pytest.raises(ProviderRefused):
        counter.gateway.refund(payment.intent, 2_001, key="k")


def test_the_same_key_refunds_once_and_another_amount_is_refused(counter: Counter, ann: Joined) -> None:
    payment = counter.top_up(ann, 2_000)
    first = refund(counter, ann, payment.id, 700, key="k")
    assert refund(counter, ann, payment.id, 700, key="k").id == first.id
    assert counter.wallet(ann) == 1_300
    with pytest.raises(wallet.KeyReused):
        refund(counter, ann, payment.id, 800, key="k")


def test_only_a_booked_card_payment_is_refunded(counter: Counter, ann: Joined) -> None:
    waiting = counter.top_up(ann, method="test_challenge")
    with transaction() as session:
        cash = checkout.take_cash(
            session, counter.desk, actor=SYSTEM, member_id=ann.member_id, amount_minor=2_000, key="c"
        )
    for payment in (waiting.id, cash.id):
        with pytest.raises(wallet.NotRefundable):
            refund(counter, ann, payment, 500)
    with pytest.raises(wallet.PaymentMissing):
        refund(counter, ann, "no-such-payment", 500)


def test_a_refund_the_provider_did_not_answer_is_asked_again_from_the_outbox(
    counter: Counter, ann: Joined, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = counter.top_up(ann, 2_000)
    real = counter.gateway.refund

    def lost(intent: str, amount: int, *, key: str) -> Refund:
        real(intent, amount, key=key)
        raise ProviderUnavailable

    with monkeypatch.context() as patched:
        patched.setattr(counter.gateway, "refund", lost, raising=False)
        assert refund(counter, ann, payment.id, 2_000).status == "pending"
    assert counter.wallet(ann) == 0
    while deliver(work_of(counter.settings, counter.clock)):
        pass
    row = counter.payment(ann, payment.id)
    assert (row.refunded_minor, row.refunding_minor) == (2_000, 0)
    assert counter.gateway.retrieve(payment.intent).refunded_minor == 2_000


def test_a_refund_the_provider_refuses_goes_back_into_the_wallet_with_its_points(
    counter: Counter, ann: Joined, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = counter.top_up(ann, 6_000)

    def refuse(*_: object, **__: object) -> Refund:
        raise ProviderRefused

    with monkeypatch.context() as patched:
        patched.setattr(counter.gateway, "refund", refuse, raising=False)
        assert refund(counter, ann, payment.id, 6_000).status == "failed"
    assert (counter.wallet(ann), points(counter, ann)) == (6_000, 25_000)
    row = counter.payment(ann, payment.id)
    assert (row.refunded_minor, row.refunding_minor) == (0, 0)
    assert refund(counter, ann, payment.id, 6_000).status == "succeeded"
    assert counter.findings() == []


# -- what nobody asked us for: our own fake of what localstripe does not send ----------------------------------------


class Told:
    """A provider whose webhooks say what the test wants."""

    name = "test_card"

    def __init__(self, event: Event) -> None:
        self._event = event

    def event(self, *_: object, **__: object) -> Event:
        return self._event


def tell(counter: Counter, event: Event) -> str:
    gateway: Any = Told(event)
    return webhooks.take_webhook(counter.desk, gateway, {}, b"")


def test_a_refund_made_at_the_provider_is_taken_out_of_the_wallet_once(counter: Counter, ann: Joined) -> None:
    payment = counter.top_up(ann, 2_000)
    event = Event("e1", "refund", "charge.refunded", None, payment.intent, refunded_minor=800)
    assert (tell(counter, event), tell(counter, event)) == ("done", "again")
    # The same total under another id changes nothing; a higher one adds the difference.
    tell(counter, Event("e2", "refund", "charge.refunded", None, payment.intent, refunded_minor=800))
    assert counter.wallet(ann) == 1_200
    tell(counter, Event("e3", "refund", "charge.refunded", None, payment.intent, refunded_minor=2_000))
    assert counter.wallet(ann) == 0
    assert counter.findings() == []


def test_the_webhook_of_our_own_refund_changes_nothing(counter: Counter, ann: Joined) -> None:
    payment = counter.top_up(ann, 2_000)
    refund(counter, ann, payment.id, 500)
    tell(counter, Event("e1", "refund", "charge.refunded", None, payment.intent, refunded_minor=500))
    assert counter.wallet(ann) == 1_500


def test_a_dispute_takes_what_is_there_and_the_rest_is_a_loss(counter: Counter, ann: Joined) -> None:
    payment = counter.top_up(ann, 2_000)
    spend(counter, ann, 1_400)
    tell(counter, Event("d1", "disputed", "charge.dispute.funds_withdrawn", None, payment.intent, 2_000))
    row = counter.payment(ann, payment.id)
    assert counter.wallet(ann) == 0
    assert (row.disputed_minor, row.lost_minor) == (2_000, 1_400)
    with pytest.raises(wallet.NotRefundable):
        refund(counter, ann, payment.id, 100)
    tell(counter, Event("d2", "reinstated", "charge.dispute.funds_reinstated", None, payment.intent, 2_000))
    row = counter.payment(ann, payment.id)
    assert counter.wallet(ann) == 600
    assert (row.disputed_minor, row.lost_minor) == (0, 0)
    assert counter.findings() == []


def test_a_refund_that_the_bank_sends_back_returns_to_the_wallet(counter: Counter, ann: Joined) -> None:
    payment = counter.top_up(ann, 2_000)
    done = refund(counter, ann, payment.id, 2_000)
    said = Refund(str(done.provider_refund), "failed")
    event = Event("r1", "refund", "refund.failed", None, payment.intent, provider_refund=said)
    assert (tell(counter, event), tell(counter, event)) == ("done", "again")
    tell(counter, Event("r2", "refund", "refund.updated", None, payment.intent, provider_refund=said))
    assert counter.wallet(ann) == 2_000
    assert counter.payment(ann, payment.id).refunded_minor == 0
    assert counter.findings() == []


def test_the_audit_compares_every_payment_with_its_bookings(counter: Counter, ann: Joined) -> None:
    first = counter.top_up(ann, 2_000)
    second = counter.top_up(ann, 3_000)
    refund(counter, ann, first.id, 700)
    with transaction() as session:
        assert wallet.audit(session) == []
        books = ledger.open_books(session, ann.member_id)
        books.begin("test", at=counter.now, reference=f"top_up:{second.id}")
        books.load_wallet(1, source=chart.LOADS_CARD)
        ledger.write(session, books)
    with transaction() as session:
        (finding,) = wallet.audit(session)
    assert second.id in finding
