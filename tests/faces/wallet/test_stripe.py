"""The members' API with Stripe behind it: localstripe posts its signed webhooks to our own server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from loyalty.clock import SetClock
from loyalty.config import Settings
from loyalty.db import transaction
from loyalty.wallet.models import GatewayEventRow
from tests.faces.wallet.conftest import App
from tests.stripes import KEY, WEBHOOK_SECRET, ask, card, local_stripe

VISA = "4242424242424242"


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """Return the address of a localstripe."""
    with local_stripe() as address:
        yield address


@pytest.fixture
def clock() -> SetClock:
    """Return a clock at the true time: localstripe signs with it."""
    return SetClock(datetime.now(UTC))


@pytest.fixture
def settings(settings: Settings, base: str) -> Settings:
    """Return settings that take cards with Stripe."""
    return replace(
        settings,
        stripe_secret_key=KEY,
        stripe_webhook_secret=WEBHOOK_SECRET,
        stripe_api_base=base,
    )


def eventually(check: Any) -> None:
    """Wait until ``check()`` is true, five seconds at most."""
    for _ in range(100):
        if check():
            return
        time.sleep(0.05)
    assert check()


def balance(anns: App) -> int:
    return anns.get("/wallet").json["balance_minor"]


def test_a_payment_is_booked_once_by_the_answer_and_the_webhook(
    anns: App, base: str, live_server: str
) -> None:
    ask(base, "/_config/webhooks/ours", url=f"{live_server}/api/v1/webhooks/stripe", secret=WEBHOOK_SECRET)
    made = anns.post("/wallet/top-ups", {"amount_minor": 2_000, "method": card(base, VISA)})
    assert (made.status_code, made.json["status"], made.json["source"]) == (201, "credited", "stripe")

    def told() -> bool:
        with transaction() as session:
            return session.query(GatewayEventRow).count() == 1

    eventually(told)
    assert balance(anns) == 2_000


def test_the_webhook_alone_books_what_the_app_never_came_back_for(
    anns: App, base: str, live_server: str
) -> None:
    ask(base, "/_config/webhooks/ours", url=f"{live_server}/api/v1/webhooks/stripe", secret=WEBHOOK_SECRET)
    made = anns.post(
        "/wallet/top-ups", {"amount_minor": 2_000, "method": card(base, "4000002500003155")}
    ).json
    assert made["status"] == "requires_action"
    secret = made["challenge"]["client_secret"]
    intent = secret.partition("_secret_")[0]
    ask(base, f"/v1/payment_intents/{intent}/_authenticate", client_secret=secret, success="true")
    eventually(lambda: balance(anns) == 2_000)


def test_a_decline_is_402(anns: App, base: str) -> None:
    made = anns.post("/wallet/top-ups", {"amount_minor": 2_000, "method": card(base, "4000000000000341")})
    assert (made.status_code, made.json["decline_code"]) == (402, "card_declined")


def test_a_card_is_kept_and_pays(anns: App, base: str) -> None:
    kept = anns.post("/wallet/cards", {"method": card(base, VISA)})
    assert (kept.status_code, kept.json["last4"]) == (201, "4242")
    assert anns.post("/wallet/top-ups", {"amount_minor": 2_000, "method": kept.json["id"]}).status_code == 201
    assert anns.delete(f"/wallet/cards/{kept.json['id']}").status_code == 204
    assert anns.get("/wallet").json["cards"] == []
