"""One payment from many sides at the same moment, with real commits: charged once, booked once."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask

from loyalty import checkout, wallet
from loyalty.clock import SetClock
from loyalty.config import Settings
from loyalty.db import retrying, transaction
from loyalty.wallet import AutoReloadSettings, PaymentRow, payments
from tests.conftest import Together
from tests.paying import Counter, actor_of, put_program_in_force


@pytest.fixture
def counter(app: Flask, settings: Settings, clock: SetClock) -> Counter:
    put_program_in_force()
    return Counter(app, settings, clock)


def test_the_answer_the_webhook_and_the_job_together_book_once(counter: Counter, together: Together) -> None:
    ann = counter.join()
    for _ in range(5):
        before = counter.wallet(ann)
        payment, challenge = checkout.top_up(
            counter.desk, actor=actor_of(ann), amount_minor=2_000, method="test_challenge", key=counter.key()
        )
        assert challenge is not None
        secret = (challenge.url or "").rpartition("secret=")[2]
        counter.gateway.answer_challenge(payment.intent, secret, approve=True)
        intent = counter.gateway.retrieve(payment.intent)

        def settle(_: int, intent: Any = intent) -> str:
            with counter.app.app_context():
                return retrying(lambda: checkout.settle(counter.desk, intent)).status

        assert set(together(settle, 6)) == {"credited"}
        assert counter.wallet(ann) == before + 2_000
    assert counter.findings() == []


def test_one_key_sent_many_times_at_once_is_charged_once(counter: Counter, together: Together) -> None:
    ann = counter.join()

    def send(_: int) -> Any:
        with counter.app.app_context():
            return retrying(lambda: counter.top_up(ann, key="the-same-key"))

    got = together(send, 6)
    assert {each.id for each in got if isinstance(each, PaymentRow)} == {got[0].id}
    assert counter.wallet(ann) == 2_000
    assert counter.findings() == []


def test_one_trigger_seen_by_two_workers_reloads_once(counter: Counter, together: Together) -> None:
    ann = counter.join()
    card = checkout.keep_card(
        counter.desk, actor=actor_of(ann), reference=ann.public_id, method="test_success", key="k"
    )
    with transaction() as session:
        settings = AutoReloadSettings(True, 1_000, 2_000, card.id)
        wallet.set_auto_reload(
            session, member_id=ann.member_id, settings=settings, changed_at=None, now=counter.now
        )

    def reload(_: int) -> Any:
        with counter.app.app_context():
            return checkout.reload(counter.desk, member_id=ann.member_id, trigger="sale:1")

    assert set(together(reload, 4)) <= {"credited", "created"}
    assert counter.wallet(ann) == 2_000


@pytest.mark.parametrize(("lock", "times"), [(False, 2), (True, 1)])
def test_without_the_lock_a_payment_pays_for_two_sales(
    counter: Counter, together: Together, monkeypatch: pytest.MonkeyPatch, lock: bool, times: int
) -> None:
    """Both sales look at the payment before either has used it; only the lock makes one wait for the other."""
    ann = counter.join()
    payment, _ = checkout.pay_for_sale(
        counter.desk, actor=actor_of(ann), amount_minor=450, method="test_success", key="k"
    )
    both_looked = threading.Barrier(2)
    real = payments.lock_payment

    def look(session: Any, member_id: int, payment_id: str) -> PaymentRow:
        if lock:
            return real(session, member_id, payment_id)
        row = session.get_one(PaymentRow, (member_id, payment_id), populate_existing=True)
        both_looked.wait(5)
        return row

    monkeypatch.setattr("loyalty.wallet.purchases.lock_payment", look)

    def use(place: int) -> str:
        with counter.app.app_context(), transaction() as session:
            wallet.use_for_sale(
                session,
                member_id=ann.member_id,
                payment_id=payment.id,
                amount_minor=450,
                sale=f"s{place}",
                seq=1,
                now=counter.now,
            )
            return "used"

    got = together(use, 2)
    assert got.count("used") == times
