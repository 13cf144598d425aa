"""What localstripe lacks, by our own small fake: refunds, disputes, remembered keys, nonsense that is signed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from loyalty.config import Settings
from loyalty.wallet.gateways import signing
from loyalty.wallet.gateways.stripe_gateway import SIGNATURE_HEADER
from tests.faces.wallet.conftest import App
from tests.stripes import KEY, WEBHOOK_SECRET, FakeStripe


@pytest.fixture
def settings(settings: Settings, stripes: tuple[FakeStripe, str]) -> Settings:
    """Return settings that take cards with our fake."""
    return replace(
        settings, stripe_secret_key=KEY, stripe_webhook_secret=WEBHOOK_SECRET, stripe_api_base=stripes[1]
    )


def balance(anns: App) -> int:
    return anns.get("/wallet").json["balance_minor"]


def post(client: FlaskClient, body: bytes, headers: dict[str, str]) -> Any:
    return client.post(
        "/api/v1/webhooks/stripe", data=body, headers={**headers, "Content-Type": "application/json"}
    )


def test_refunds_and_disputes_come_by_webhook(anns: App, client: FlaskClient, fake: FakeStripe) -> None:
    now = anns.counter.now
    anns.post("/wallet/top-ups", {"amount_minor": 2_000, "method": "pm_1"})
    (intent,) = fake.intents
    charge = {**fake.charge(intent), "amount_refunded": 300}
    for _ in range(2):
        assert post(client, *fake.event("charge.refunded", charge, now=now)).status_code == 200
    assert balance(anns) == 1_700
    dispute = {"id": "dp_1", "object": "dispute", "payment_intent": intent, "amount": 1_700}
    body, headers = fake.event("charge.dispute.funds_withdrawn", dispute, now=now)
    assert [post(client, body, headers).json["result"] for _ in range(2)] == ["done", "again"]
    assert balance(anns) == 0
    post(client, *fake.event("charge.dispute.funds_reinstated", dispute, now=now))
    assert balance(anns) == 1_700
    assert anns.counter.findings() == []


def test_a_lost_answer_is_charged_once(anns: App, fake: FakeStripe) -> None:
    fake.lose_next_answer = True
    body = {"amount_minor": 2_000, "method": "pm_1"}
    anns.post("/wallet/top-ups", body, key="k")  # the library asks again by itself, with the same key
    assert anns.post("/wallet/top-ups", body, key="k").json["status"] == "credited"
    assert len(fake.intents) == 1
    assert balance(anns) == 2_000


@pytest.mark.parametrize("secret", ["another", ""])
def test_a_forged_webhook_is_refused(anns: App, client: FlaskClient, fake: FakeStripe, secret: str) -> None:
    now = anns.counter.now
    anns.post("/wallet/top-ups", {"amount_minor": 2_000, "method": "pm_1"})
    (intent,) = fake.intents
    body, _ = fake.event("charge.refunded", {**fake.charge(intent), "amount_refunded": 300}, now=now)
    headers = {SIGNATURE_HEADER: signing.signature(secret, body, now=now)} if secret else {}
    assert post(client, body, headers).status_code == 401
    assert balance(anns) == 2_000


@pytest.mark.parametrize(
    "thing", [b"{}", b"[]", b"null", b"not json", b'{"id": 1, "type": "charge.refunded"}']
)
def test_a_signed_webhook_that_makes_no_sense_is_refused_not_a_crash(
    anns: App, client: FlaskClient, thing: bytes
) -> None:
    headers = {SIGNATURE_HEADER: signing.signature(WEBHOOK_SECRET, thing, now=anns.counter.now)}
    refused = post(client, thing, headers)
    assert (refused.status_code, refused.json["code"]) == (422, "webhook_malformed")
