"""Webhooks: believed only when signed, once, in any order, whatever is true by then."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from loyalty import checkout
from loyalty.clock import SetClock
from loyalty.db import transaction
from loyalty.errors import Busy
from loyalty.wallet.gateways import signing, test_card_events
from loyalty.wallet.gateways.test_card_events import SignedEvent
from tests.faces.wallet.conftest import App
from tests.joined import Joined
from tests.paying import Counter, actor_of


def events(counter: Counter) -> list[SignedEvent]:
    """Take the webhooks that the provider owes."""
    with transaction() as session:
        return test_card_events.take_due(session, counter.gateway.webhook_secret, now=counter.now)


def post(client: FlaskClient, event: SignedEvent, **changed: Any) -> Any:
    body = changed.get("body", event.body)
    headers = {**event.headers, **changed.get("headers", {})}
    return client.post("/api/v1/webhooks/test-card", data=body, headers=headers)


def challenged(counter: Counter, who: Joined) -> tuple[str, Any]:
    """Begin a top-up whose holder then confirms at the provider, and leave before telling us."""
    payment, challenge = checkout.top_up(
        counter.desk, actor=actor_of(who), amount_minor=2_000, method="test_challenge", key=counter.key()
    )
    assert challenge is not None
    secret = (challenge.url or "").rpartition("secret=")[2]
    counter.gateway.answer_challenge(payment.intent, secret, approve=True)
    return payment.id, events(counter)


def test_a_webhook_books_what_the_app_never_came_back_for(
    counter: Counter, ann: Joined, client: FlaskClient
) -> None:
    payment, (event,) = challenged(counter, ann)
    assert post(client, event).json == {"result": "done"}
    assert counter.payment(ann, payment).status == "credited"
    assert counter.wallet(ann) == 2_000


def test_a_webhook_twice_books_once(counter: Counter, ann: Joined, client: FlaskClient) -> None:
    _, (event,) = challenged(counter, ann)
    assert post(client, event).json == {"result": "done"}
    assert post(client, event).json == {"result": "again"}
    assert counter.wallet(ann) == 2_000


def test_a_webhook_with_another_id_for_the_same_intent_books_once(
    counter: Counter, ann: Joined, client: FlaskClient
) -> None:
    _, (event,) = challenged(counter, ann)
    post(client, event)
    told = json.loads(event.body)
    other = test_card_events.sign(
        counter.gateway.webhook_secret, "tce_other", told["type"], told["intent"], now=counter.now
    )
    assert post(client, other).json == {"result": "done"}
    assert counter.wallet(ann) == 2_000


def test_a_webhook_before_the_answer_and_the_answer_after_it_book_once(
    counter: Counter, ann: Joined, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = checkout.topups.settle

    def webhook_first(desk: Any, intent: Any) -> Any:
        for event in events(counter):
            assert post(client, event).json == {"result": "done"}
        assert counter.wallet(ann) == 2_000
        return real(desk, intent)

    monkeypatch.setattr("loyalty.checkout.topups.settle", webhook_first)
    assert counter.top_up(ann).status == "credited"
    assert counter.wallet(ann) == 2_000


@pytest.mark.parametrize(
    "header",
    ["", "t=1,v1=00", "nonsense", "t=,v1=", "v1=aa", "t=1e3,v1=é", "t=99999999999999,v1=00", "t=1,t=2,v1=00"],
)
def test_a_webhook_with_a_wrong_signature_is_refused(
    counter: Counter, ann: Joined, client: FlaskClient, header: str
) -> None:
    _, (event,) = challenged(counter, ann)
    refused = post(client, event, headers={test_card_events.SIGNATURE_HEADER: header})
    assert (refused.status_code, refused.json["code"]) == (401, "webhook_signature_invalid")
    assert counter.wallet(ann) == 0


def test_a_webhook_with_another_body_is_refused(counter: Counter, ann: Joined, client: FlaskClient) -> None:
    _, (event,) = challenged(counter, ann)
    changed = event.body.replace(b"2000", b"9000")
    assert changed != event.body
    assert post(client, event, body=changed).status_code == 401
    assert counter.wallet(ann) == 0


def test_a_webhook_signed_with_another_secret_is_refused(
    counter: Counter, ann: Joined, client: FlaskClient
) -> None:
    _, (event,) = challenged(counter, ann)
    forged = signing.signature("another secret", event.body, now=counter.now)
    refused = post(client, event, headers={test_card_events.SIGNATURE_HEADER: forged})
    assert refused.status_code == 401


@pytest.mark.parametrize("minutes", [6, -6])
def test_a_signature_replayed_later_or_from_the_future_is_refused(
    counter: Counter, ann: Joined, client: FlaskClient, clock: SetClock, minutes: int
) -> None:
    _, (event,) = challenged(counter, ann)
    clock.advance(minutes=minutes)
    assert post(client, event).status_code == 401
    assert counter.wallet(ann) == 0


def test_a_webhook_of_a_payment_that_is_not_ours_is_answered_and_does_nothing(
    counter: Counter, ann: Joined, client: FlaskClient
) -> None:
    intent = {
        "id": "tc_x", "reference": "not-ours", "status": "succeeded", "amount_minor": 5, "currency": "USD",
        "refunded_minor": 0, "decline_code": None,
    }  # fmt: skip
    event = test_card_events.sign(
        counter.gateway.webhook_secret, "tce_1", "payment.succeeded", intent, now=counter.now
    )
    assert post(client, event).json == {"result": "unknown"}


def test_a_webhook_that_does_not_fit_the_payment_books_nothing(
    counter: Counter, ann: Joined, client: FlaskClient
) -> None:
    payment, (event,) = challenged(counter, ann)
    told = json.loads(event.body)["intent"]
    wrong = test_card_events.sign(
        counter.gateway.webhook_secret,
        "tce_2",
        "payment.succeeded",
        {**told, "amount_minor": 1},
        now=counter.now,
    )
    assert post(client, wrong).json == {"result": "ignored"}
    assert counter.payment(ann, payment).status == "requires_action"


def test_a_webhook_that_could_not_be_carried_out_is_carried_out_when_it_comes_again(
    counter: Counter, ann: Joined, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, (event,) = challenged(counter, ann)

    def crash(*_: object, **__: object) -> None:
        raise Busy

    with monkeypatch.context() as patched:
        patched.setattr("loyalty.checkout.topups.credit", crash)
        assert post(client, event).status_code == 503
    assert counter.wallet(ann) == 0
    assert post(client, event).json == {"result": "done"}
    assert counter.wallet(ann) == 2_000


def test_stripes_webhook_is_closed_where_stripe_is_not_set_up(client: FlaskClient, counter: Counter) -> None:
    answer = client.post("/api/v1/webhooks/stripe", data=b"{}", content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (409, "card_payments_off")


def test_the_provider_delivers_its_webhooks_until_they_arrive(anns: App, live_server: str) -> None:
    from dataclasses import replace

    counter = anns.counter
    payment, _ = challenged(counter, anns.who)
    counter.wait(minutes=2)  # the first delivery was taken above, and never posted
    desk = checkout.desk_of(replace(counter.settings, public_url=live_server), counter.clock)
    assert checkout.deliver_test_card_events(desk) == 1
    assert counter.payment(anns.who, payment).status == "credited"
    counter.wait(hours=2)
    assert checkout.deliver_test_card_events(desk) == 0
