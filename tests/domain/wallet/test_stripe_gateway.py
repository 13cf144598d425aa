"""The gateway ``stripe`` against localstripe, and against our fake for what localstripe lacks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
import requests

from loyalty.wallet import (
    SETUP_ID,
    CardPage,
    Challenge,
    Charge,
    IntentUnknown,
    MethodUnknown,
    ProviderRefused,
    ProviderUnavailable,
)
from loyalty.wallet.gateway import SignatureInvalid
from loyalty.wallet.gateways import signing
from loyalty.wallet.gateways.stripe_gateway import SIGNATURE_HEADER, StripeGateway
from tests.stripe_pages import ASKS
from tests.stripes import KEY, WEBHOOK_SECRET, FakeStripe, ask, card, fake_stripe, local_stripe

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
_numbers = count(1)

VISA = "4242424242424242"
DECLINED_WHEN_CHARGED = "4000000000000341"
DECLINED_WHEN_KEPT = "4000000000000002"
ASKS_ITS_HOLDER = "4000002500003155"
ASKS_AND_IS_DECLINED = "4000008260003178"


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """Return the address of a localstripe."""
    with local_stripe() as address:
        yield address


@pytest.fixture
def stripe(base: str) -> StripeGateway:
    """Return the gateway at localstripe."""
    return StripeGateway(KEY, WEBHOOK_SECRET, api_base=base, retries=0)


@pytest.fixture
def fake() -> Iterator[tuple[FakeStripe, StripeGateway]]:
    """Return our fake, and the gateway at it."""
    with fake_stripe() as (server, address):
        yield server, StripeGateway(KEY, WEBHOOK_SECRET, api_base=address, retries=0)


def charge(method: str, **more: object) -> Charge:
    return Charge(f"payment-{next(_numbers)}", 2_000, "USD", method, **more)  # type: ignore[arg-type]


def test_a_good_card_pays(stripe: StripeGateway, base: str) -> None:
    asked = charge(card(base, VISA))
    made = stripe.create(asked)
    assert (made.status, made.reference, made.amount_minor, made.currency) == (
        "requires_confirmation", asked.reference, 2_000, "USD",
    )  # fmt: skip
    assert stripe.confirm(made.id).status == "succeeded"
    assert stripe.confirm(made.id).status == "succeeded"
    assert stripe.retrieve(made.id).status == "succeeded"


def test_a_declined_card_is_an_answer_with_its_reason(stripe: StripeGateway, base: str) -> None:
    made = stripe.create(charge(card(base, DECLINED_WHEN_CHARGED)))
    said = stripe.confirm(made.id)
    assert (said.status, said.decline_code) == ("requires_method", "card_declined")


@pytest.mark.parametrize(
    ("number", "status"), [(ASKS_ITS_HOLDER, "succeeded"), (ASKS_AND_IS_DECLINED, "requires_method")]
)
def test_a_card_that_asks_its_holder(stripe: StripeGateway, base: str, number: str, status: str) -> None:
    made = stripe.create(charge(card(base, number)))
    asked = stripe.confirm(made.id)
    assert asked.status == "requires_action"
    assert asked.challenge is not None
    secret = asked.challenge.client_secret
    assert secret is not None
    try:
        ask(base, f"/v1/payment_intents/{made.id}/_authenticate", client_secret=secret, success="true")
    except OSError:
        assert status == "requires_method"  # the page in the browser hears of the decline
    assert stripe.retrieve(made.id).status == status


def test_a_refused_authentication_is_a_decline(stripe: StripeGateway, base: str) -> None:
    made = stripe.create(charge(card(base, ASKS_ITS_HOLDER)))
    asked = stripe.confirm(made.id)
    assert asked.challenge is not None
    secret = asked.challenge.client_secret or ""
    ask(base, f"/v1/payment_intents/{made.id}/_authenticate", client_secret=secret, success="false")
    said = stripe.retrieve(made.id)
    assert (said.status, said.decline_code) == ("requires_method", "payment_intent_authentication_failure")


def test_a_payment_is_given_up_unless_it_is_too_late(stripe: StripeGateway, base: str) -> None:
    waiting = stripe.create(charge(card(base, VISA)))
    assert stripe.cancel(waiting.id).status == "canceled"
    paid = stripe.confirm(stripe.create(charge(card(base, VISA))).id)
    assert stripe.cancel(paid.id).status == "succeeded"


def test_a_kept_card_pays_without_its_holder(stripe: StripeGateway, base: str) -> None:
    customer = stripe.open_customer("m_1")
    kept = stripe.save_card(customer, card(base, VISA), key="k1")
    assert kept.card is not None
    assert (kept.card.last4, kept.card.brand, kept.card.expires) == ("4242", "visa", "2039-12")
    paid = stripe.create(charge(kept.card.method, customer=customer, off_session=True))
    assert paid.status == "succeeded"


def test_a_card_that_is_declined_without_its_holder(stripe: StripeGateway, base: str) -> None:
    customer = stripe.open_customer("m_2")
    kept = stripe.save_card(customer, card(base, DECLINED_WHEN_CHARGED), key="k2")
    assert kept.card is not None
    said = stripe.create(charge(kept.card.method, customer=customer, off_session=True))
    assert (said.status, said.decline_code) == ("requires_method", "card_declined")


def test_keeping_a_card_can_be_declined_or_ask_its_holder(stripe: StripeGateway, base: str) -> None:
    customer = stripe.open_customer("m_3")
    assert stripe.save_card(customer, card(base, DECLINED_WHEN_KEPT), key="k3").status == "failed"
    asked = stripe.save_card(customer, card(base, ASKS_ITS_HOLDER), key="k4")
    assert asked.status == "requires_action"
    assert asked.challenge is not None
    ask(base, f"/v1/setup_intents/{asked.id}/confirm", client_secret=asked.challenge.client_secret or "")
    assert stripe.card_setup(asked.id).status == "succeeded"


def test_forgetting_a_card_twice_is_fine(stripe: StripeGateway, base: str) -> None:
    kept = stripe.save_card(stripe.open_customer("m_4"), card(base, VISA), key="k5")
    assert kept.card is not None
    stripe.forget_card(kept.card.method)
    stripe.forget_card(kept.card.method)
    stripe.forget_card("pm_nobody_has")


def test_money_goes_back(stripe: StripeGateway, base: str) -> None:
    paid = stripe.confirm(stripe.create(charge(card(base, VISA))).id)
    assert stripe.refund(paid.id, 500, key="r").status == "succeeded"
    assert stripe.retrieve(paid.id).refunded_minor == 500


def test_unknown_things_are_said_in_our_words(stripe: StripeGateway) -> None:
    with pytest.raises(MethodUnknown):
        stripe.create(charge("pm_nobody_has"))
    with pytest.raises(IntentUnknown):
        stripe.retrieve("pi_nobody_has")
    with pytest.raises(IntentUnknown):
        stripe.card_setup("seti_nobody_has")


def test_a_provider_that_is_away_can_be_asked_again() -> None:
    away = StripeGateway(KEY, WEBHOOK_SECRET, api_base="http://127.0.0.1:1", retries=0)
    with pytest.raises(ProviderUnavailable):
        away.create(charge("pm_1"))


def test_live_keys_are_no_test() -> None:
    assert StripeGateway(KEY, WEBHOOK_SECRET).is_test
    assert not StripeGateway("sk_live_x", WEBHOOK_SECRET).is_test


# -- what localstripe lacks -----------------------------------------------------------------------------------------


def test_every_call_that_moves_money_carries_a_key_made_of_our_ids(
    fake: tuple[FakeStripe, StripeGateway],
) -> None:
    server, stripe = fake
    asked = charge("pm_1")
    intent = stripe.confirm(stripe.create(asked).id)
    stripe.refund(intent.id, 100, key="refund-1")
    keys = [key for _, key in server.calls if key]
    assert keys == [f"{asked.reference}:create", f"{asked.reference}:confirm", "refund-1:refund"]


def test_asking_twice_makes_one_intent_one_payment_one_refund(fake: tuple[FakeStripe, StripeGateway]) -> None:
    server, stripe = fake
    asked = charge("pm_1")
    first = stripe.confirm(stripe.create(asked).id)
    # The replayed answer says "requires_confirmation", as it was then; what it is now is asked for.
    assert stripe.create(asked).status == "succeeded"
    assert len(server.intents) == 1
    assert stripe.refund(first.id, 500, key="r") == stripe.refund(first.id, 500, key="r")
    assert stripe.retrieve(first.id).refunded_minor == 500


def test_a_key_with_another_request_is_refused(fake: tuple[FakeStripe, StripeGateway]) -> None:
    _, stripe = fake
    intent = stripe.confirm(stripe.create(charge("pm_1")).id)
    stripe.refund(intent.id, 500, key="r")
    with pytest.raises(ProviderRefused):
        stripe.refund(intent.id, 600, key="r")


def test_an_over_refund_is_refused(fake: tuple[FakeStripe, StripeGateway]) -> None:
    _, stripe = fake
    intent = stripe.confirm(stripe.create(charge("pm_1")).id)
    stripe.refund(intent.id, 1_500, key="r1")
    with pytest.raises(ProviderRefused):
        stripe.refund(intent.id, 501, key="r2")


def test_a_lost_answer_charges_once_when_asked_again(fake: tuple[FakeStripe, StripeGateway]) -> None:
    server, stripe = fake
    asked = charge("pm_1", off_session=True)
    server.lose_next_answer = True
    with pytest.raises(ProviderUnavailable):
        stripe.create(asked)
    assert stripe.create(asked).status == "succeeded"
    assert len(server.intents) == 1


# -- Stripe's own pages ---------------------------------------------------------------------------------------------

BACK = "https://cafe.example/app/wallet"


def press(page: str, **said: str) -> str:
    """Press a button of a page; return where it sends."""
    answer = requests.post(page, data=said, allow_redirects=False, timeout=10)
    return answer.headers["Location"]


def begin(stripe: StripeGateway, customer: str, key: str = "k") -> CardPage:
    return stripe.begin_card(
        customer, key=key, return_url=f"{BACK}?card={SETUP_ID}", cancel_url=f"{BACK}?card=canceled"
    )


def test_a_card_entered_on_stripes_page_is_kept_for_its_customer_and_pays_without_its_holder(
    fake: tuple[FakeStripe, StripeGateway],
) -> None:
    server, stripe = fake
    customer = stripe.open_customer("m_1")
    page = begin(stripe, customer)
    open_one = stripe.card_setup(page.setup)
    assert (open_one.status, open_one.challenge) == ("requires_action", Challenge(page.url))
    assert press(page.url, card="4242") == f"{BACK}?card={page.setup}"
    for _ in range(2):
        kept = stripe.card_setup(page.setup)
        assert (kept.id, kept.status, kept.customer) == (page.setup, "succeeded", customer)
        assert kept.card is not None
        assert (kept.card.brand, kept.card.last4, kept.card.expires) == ("visa", "4242", "2039-12")
    assert server.cards.methods[kept.card.method]["customer"] == customer
    assert stripe.create(charge(kept.card.method, customer=customer, off_session=True)).status == "succeeded"


def test_a_page_is_opened_once_for_each_key(fake: tuple[FakeStripe, StripeGateway]) -> None:
    server, stripe = fake
    customer = stripe.open_customer("m_1")
    assert begin(stripe, customer, "a") == begin(stripe, customer, "a")
    assert begin(stripe, customer, "a") != begin(stripe, customer, "b")
    assert len(server.cards.sessions) == 2


def test_a_page_that_was_left_for_too_long_keeps_no_card(fake: tuple[FakeStripe, StripeGateway]) -> None:
    server, stripe = fake
    page = begin(stripe, stripe.open_customer("m_1"))
    server.cards.sessions[page.setup].update(status="expired", url=None)
    over = stripe.card_setup(page.setup)
    assert (over.status, over.card, over.decline_code) == ("failed", None, "card_page_expired")


def test_pages_that_are_not_there_or_not_for_cards_are_unknown(
    fake: tuple[FakeStripe, StripeGateway],
) -> None:
    server, stripe = fake
    page = begin(stripe, stripe.open_customer("m_1"))
    server.cards.sessions[page.setup]["mode"] = "payment"
    for setup in (page.setup, "cs_nobody_has"):
        with pytest.raises(IntentUnknown):
            stripe.card_setup(setup)
    with pytest.raises(IntentUnknown):
        begin(stripe, "cus_nobody_has", "another")


@pytest.mark.parametrize(
    ("said", "status", "decline"),
    [("yes", "succeeded", None), ("no", "requires_method", "payment_intent_authentication_failure")],
)
def test_the_bank_asks_on_its_page_and_sends_back(
    fake: tuple[FakeStripe, StripeGateway], said: str, status: str, decline: str | None
) -> None:
    _, stripe = fake
    made = stripe.create(charge(ASKS))
    asked = stripe.confirm(made.id, return_url=f"{BACK}?top_up=p1")
    assert asked.status == "requires_action"
    assert asked.challenge is not None
    assert asked.challenge.client_secret == "secret", "who has Stripe's own code may go on using it"
    assert press(asked.challenge.url or "", say=said).startswith(
        f"{BACK}?top_up=p1&payment_intent={made.id}&"
    )
    found = stripe.retrieve(made.id)
    assert (found.status, found.decline_code) == (status, decline)


def test_without_a_way_back_there_is_no_page_but_a_secret(fake: tuple[FakeStripe, StripeGateway]) -> None:
    _, stripe = fake
    asked = stripe.confirm(stripe.create(charge(ASKS)).id)
    assert asked.challenge == Challenge(None, "secret")


def test_a_card_that_asks_is_declined_without_its_holder(fake: tuple[FakeStripe, StripeGateway]) -> None:
    _, stripe = fake
    said = stripe.create(charge(ASKS, off_session=True))
    assert (said.status, said.decline_code) == ("requires_method", "authentication_required")


@pytest.mark.parametrize(("said", "status"), [("yes", "succeeded"), ("no", "failed")])
def test_keeping_a_token_asks_on_the_banks_page_too(
    fake: tuple[FakeStripe, StripeGateway], said: str, status: str
) -> None:
    _, stripe = fake
    customer = stripe.open_customer("m_1")
    asked = stripe.save_card(customer, ASKS, key="k", return_url=f"{BACK}?card={SETUP_ID}")
    assert asked.challenge is not None
    assert press(asked.challenge.url or "", say=said).startswith(f"{BACK}?card={asked.id}&setup_intent=")
    assert stripe.card_setup(asked.id).status == status


@pytest.mark.parametrize(
    "kind",
    [
        "checkout.session.completed",
        "checkout.session.expired",
        "setup_intent.created",
        "setup_intent.requires_action",
        "setup_intent.setup_failed",
        "setup_intent.succeeded",
        "payment_method.attached",
    ],
)
def test_what_stripe_tells_of_cards_is_nothing_to_us(
    fake: tuple[FakeStripe, StripeGateway], kind: str
) -> None:
    server, stripe = fake
    page = begin(stripe, stripe.open_customer("m_1"))
    thing = server.cards.sessions[page.setup] if kind.startswith("checkout") else {"id": "x", "customer": "y"}
    body, headers = server.event(kind, thing, now=NOW)
    event = stripe.event(headers, body, now=NOW)
    assert (event.kind, event.intent_id) == ("other", None)


# -- signatures -----------------------------------------------------------------------------------------------------


def test_stripes_own_library_signs_as_we_verify() -> None:
    import stripe as library

    body = b'{"id": "evt_1", "type": "customer.created", "data": {"object": {}}}'
    now = datetime.now(UTC)
    header = signing.signature(WEBHOOK_SECRET, body, now=now)
    assert library.WebhookSignature.verify_header(body.decode(), header, WEBHOOK_SECRET, 300)
    gateway = StripeGateway(KEY, WEBHOOK_SECRET)
    assert gateway.event({SIGNATURE_HEADER: header}, body, now=now).kind == "other"
    assert gateway.event({SIGNATURE_HEADER.lower(): header}, body, now=now).kind == "other"


def test_a_second_secret_in_the_header_does_no_harm() -> None:
    body = b'{"id": "evt_1", "type": "x", "data": {"object": {}}}'
    good = signing.signature(WEBHOOK_SECRET, body, now=NOW)
    header = f"{good.replace(',v1=', ',v1=00,v1=')},v0=abc"
    assert StripeGateway(KEY, WEBHOOK_SECRET).event({SIGNATURE_HEADER: header}, body, now=NOW).id == "evt_1"


@pytest.mark.parametrize("late", [timedelta(seconds=301), timedelta(seconds=-301)])
def test_old_and_future_signatures_are_refused(late: timedelta) -> None:
    body = b"{}"
    header = signing.signature(WEBHOOK_SECRET, body, now=NOW)
    with pytest.raises(SignatureInvalid):
        StripeGateway(KEY, WEBHOOK_SECRET).event({SIGNATURE_HEADER: header}, body, now=NOW + late)
