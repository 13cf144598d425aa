"""A card payment for one purchase: used by one sale, or it goes back."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from loyalty import checkout, ledger, wallet
from loyalty.db import transaction
from loyalty.jobs.outbox import deliver
from loyalty.jobs.work import work_of
from loyalty.wallet import Event, PaymentNotUsable, PaymentRow
from tests.domain.checkout.test_refunds import tell
from tests.joined import Joined
from tests.paying import Counter, actor_of


def pay(counter: Counter, who: Joined, amount_minor: int = 450, method: str = "test_success") -> PaymentRow:
    payment, _ = checkout.pay_for_sale(
        counter.desk, actor=actor_of(who), amount_minor=amount_minor, method=method, key=counter.key()
    )
    return payment


def use(
    counter: Counter, who: Joined, payment: str | None, amount_minor: int = 450, sale: str = "s1"
) -> None:
    with transaction() as session:
        books = ledger.open_books(session, who.member_id)
        wallet.use_for_sale(
            session,
            member_id=who.member_id,
            payment_id=payment,
            amount_minor=amount_minor,
            sale=sale,
            seq=books.account.seq,
            now=counter.now,
        )


def test_a_payment_is_used_by_one_sale(counter: Counter, ann: Joined) -> None:
    payment = pay(counter, ann)
    assert payment.status == "paid"
    assert counter.wallet(ann) == 0
    use(counter, ann, payment.id)
    with pytest.raises(PaymentNotUsable):
        use(counter, ann, payment.id, sale="s2")
    assert counter.findings() == []


def test_anothers_payment_another_amount_an_unpaid_one_or_a_top_up_pay_for_nothing(
    counter: Counter, ann: Joined
) -> None:
    ben = counter.join("ben@example.com")
    payment = pay(counter, ann)
    waiting = pay(counter, ann, method="test_challenge")
    top_up = counter.top_up(ann, 500)
    for who, named, amount in (
        (ben, payment.id, 450),
        (ann, payment.id, 449),
        (ann, waiting.id, 450),
        (ann, top_up.id, 500),
        (ann, None, 450),
        (ann, "no-such-payment", 450),
    ):
        with pytest.raises(PaymentNotUsable):
            use(counter, who, named, amount)


def test_what_no_sale_uses_within_an_hour_goes_back_to_the_card(counter: Counter, ann: Joined) -> None:
    payment, used = pay(counter, ann), pay(counter, ann)
    use(counter, ann, used.id)
    counter.wait(minutes=59)
    assert checkout.give_back_unused(counter.desk) == 0
    counter.wait(minutes=2)
    assert checkout.give_back_unused(counter.desk) == 1
    while deliver(work_of(counter.settings, counter.clock)):
        pass
    assert counter.gateway.retrieve(payment.intent).refunded_minor == 450
    assert counter.gateway.retrieve(used.intent).refunded_minor == 0
    with pytest.raises(PaymentNotUsable):
        use(counter, ann, payment.id)


def test_a_chargeback_of_a_purchase_takes_nothing_from_the_wallet(counter: Counter, ann: Joined) -> None:
    counter.top_up(ann, 2_000)
    payment = pay(counter, ann)
    use(counter, ann, payment.id)
    event: Any = Event("d1", "disputed", "charge.dispute.funds_withdrawn", None, payment.intent, 450)
    tell(counter, event)
    assert counter.wallet(ann) == 2_000
    assert counter.payment(ann, payment.id).lost_minor == 450
    tell(counter, Event("d2", "reinstated", "charge.dispute.funds_reinstated", None, payment.intent, 450))
    assert counter.wallet(ann) == 2_000
    assert counter.findings() == []


def test_an_erased_members_unfinished_payment_is_given_up(
    counter: Counter, ann: Joined, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("the power went")

    with monkeypatch.context() as patched:
        patched.setattr("loyalty.wallet.gateways.test_card.TestCardGateway.create", crash)
        with pytest.raises(RuntimeError):
            counter.top_up(ann)
    with transaction() as session:
        session.execute(update(PaymentRow).values(method=None, customer=None))
    counter.wait(minutes=2)
    assert checkout.ask_about_unfinished(counter.desk) == 1
    with transaction() as session:
        assert [each.status for each in wallet.payments_of(session, ann.member_id)] == ["canceled"]
