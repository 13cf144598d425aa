"""Stripe's own pages through the members' API: a card entered there, and the bank that asks there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from loyalty.config import Settings
from tests.faces.wallet.conftest import App
from tests.stripe_pages import ASKS
from tests.stripes import KEY, WEBHOOK_SECRET, FakeStripe

PUBLIC = "https://cafe.example"


@pytest.fixture
def settings(settings: Settings, stripes: tuple[FakeStripe, str]) -> Settings:
    """Return settings that take cards with our fake; the address ends as operators sometimes write it."""
    return replace(
        settings,
        public_url=f"{PUBLIC}/",
        stripe_secret_key=KEY,
        stripe_webhook_secret=WEBHOOK_SECRET,
        stripe_api_base=stripes[1],
    )


@pytest.fixture
def bens(anns: App, client: FlaskClient) -> App:
    """Return Ben's app."""
    return App(anns.counter, client, anns.counter.join("ben@example.com"))


def press(page: str, **said: str) -> str:
    """Press a button of a page of Stripe's; return where it sends."""
    return requests.post(page, data=said, allow_redirects=False, timeout=10).headers["Location"]


def balance(app: App) -> int:
    return app.get("/wallet").json["balance_minor"]


def keep(app: App, card: str) -> str:
    """Enter a card on Stripe's page; return its id with us."""
    page = app.post("/wallet/card-pages").json
    press(page["url"], card=card)
    return app.post(f"/wallet/cards/{page['setup']}/confirm").json["id"]


def test_a_card_is_entered_on_stripes_page_and_kept_when_its_holder_is_back(anns: App) -> None:
    opened = anns.post("/wallet/card-pages")
    assert opened.status_code == 201
    setup = opened.json["setup"]
    waiting = anns.post(f"/wallet/cards/{setup}/confirm")
    assert (waiting.status_code, waiting.json["code"]) == (409, "card_requires_action")
    assert (waiting.json["setup"], waiting.json["url"]) == (setup, opened.json["url"])
    assert press(opened.json["url"], card="4242") == f"{PUBLIC}/app/wallet?card={setup}"
    kept = [anns.post(f"/wallet/cards/{setup}/confirm") for _ in range(2)]
    assert [(each.status_code, each.json["last4"]) for each in kept] == [(200, "4242")] * 2
    assert [each["id"] for each in anns.get("/wallet").json["cards"]] == [kept[0].json["id"]]


def test_who_changes_their_mind_is_sent_back_and_no_card_is_kept(anns: App, fake: FakeStripe) -> None:
    page = anns.post("/wallet/card-pages").json
    assert fake.cards.sessions[page["setup"]]["cancel_url"] == f"{PUBLIC}/app/wallet?card=canceled"
    fake.cards.sessions[page["setup"]].update(status="expired", url=None)
    over = anns.post(f"/wallet/cards/{page['setup']}/confirm")
    assert (over.status_code, over.json["decline_code"]) == (402, "card_page_expired")
    assert anns.get("/wallet").json["cards"] == []


def test_a_lost_answer_opens_one_page_and_another_member_another(
    anns: App, bens: App, fake: FakeStripe
) -> None:
    opened = [anns.post("/wallet/card-pages", key="k").json for _ in range(2)]
    assert opened[0] == opened[1]
    assert bens.post("/wallet/card-pages", key="k").json["setup"] != opened[0]["setup"]
    assert len(fake.cards.customers) == 2


def test_nobody_keeps_the_card_of_anothers_page(anns: App, bens: App, client: FlaskClient) -> None:
    assert client.post("/api/v1/wallet/card-pages").status_code == 401
    keep(bens, "4242")
    page = anns.post("/wallet/card-pages").json
    press(page["url"], card="4242")
    assert bens.post(f"/wallet/cards/{page['setup']}/confirm").status_code == 404
    assert len(bens.get("/wallet").json["cards"]) == 1


def test_opening_pages_is_limited(anns: App, app: Flask) -> None:
    app.extensions["regulars"].limits._enabled = True
    statuses = [anns.post("/wallet/card-pages").status_code for _ in range(11)]
    assert statuses == [201] * 10 + [429]


@pytest.mark.parametrize(("said", "status", "loaded"), [("yes", 200, 2_000), ("no", 402, 0)])
def test_the_bank_asks_on_its_page_and_the_wallet_has_what_its_holder_said(
    anns: App, said: str, status: int, loaded: int
) -> None:
    card = keep(anns, "3155")
    made = anns.post("/wallet/top-ups", {"amount_minor": 2_000, "method": card}).json
    assert (made["status"], balance(anns)) == ("requires_action", 0)
    back = urlsplit(press(made["challenge"]["url"], say=said))
    assert f"{back.scheme}://{back.netloc}{back.path}" == f"{PUBLIC}/app/wallet"
    assert parse_qs(back.query)["top_up"] == [made["id"]]
    assert anns.post(f"/wallet/top-ups/{made['id']}/confirm").status_code == status
    assert balance(anns) == loaded
    assert anns.counter.findings() == []


def test_who_closes_the_banks_page_has_the_money_by_webhook(
    anns: App, client: FlaskClient, fake: FakeStripe
) -> None:
    made = anns.post("/wallet/top-ups", {"amount_minor": 2_000, "method": keep(anns, "3155")}).json
    press(made["challenge"]["url"], say="yes")
    (intent,) = fake.intents.values()
    assert tell(client, fake, anns, "payment_intent.succeeded", intent) == (200, "done")
    assert balance(anns) == 2_000
    assert anns.post(f"/wallet/top-ups/{made['id']}/confirm").json["status"] == "credited"
    assert balance(anns) == 2_000


def test_a_question_that_was_left_open_is_asked_again_on_the_same_page(anns: App) -> None:
    made = anns.post("/wallet/top-ups", {"amount_minor": 2_000, "method": ASKS}).json
    again = anns.post(f"/wallet/top-ups/{made['id']}/confirm").json
    assert (again["status"], again["challenge"]) == ("requires_action", made["challenge"])


def test_a_purchase_by_card_gets_the_secret_and_no_way_into_the_app(anns: App) -> None:
    made = anns.post("/payments", {"amount_minor": 700, "method": ASKS}).json
    assert made["challenge"] == {"url": None, "client_secret": "secret"}


def test_what_stripe_tells_of_cards_is_taken_in_and_changes_nothing(
    anns: App, client: FlaskClient, fake: FakeStripe
) -> None:
    page = anns.post("/wallet/card-pages").json
    session = fake.cards.sessions[page["setup"]]
    setup = fake.cards.setups[session["setup_intent"]]
    for kind in ("checkout.session.completed", "checkout.session.expired"):
        assert tell(client, fake, anns, kind, session) == (200, "ignored")
    for kind in ("setup_intent.created", "setup_intent.succeeded", "setup_intent.setup_failed"):
        assert tell(client, fake, anns, kind, setup) == (200, "ignored")
    assert anns.get("/wallet").json["cards"] == []


def tell(
    client: FlaskClient, fake: FakeStripe, anns: App, kind: str, thing: dict[str, Any]
) -> tuple[int, str]:
    """Post a webhook of Stripe's."""
    body, headers = fake.event(kind, thing, now=anns.counter.now)
    said: Any = client.post(
        "/api/v1/webhooks/stripe", data=body, headers={**headers, "Content-Type": "application/json"}
    )
    return said.status_code, said.json["result"]
