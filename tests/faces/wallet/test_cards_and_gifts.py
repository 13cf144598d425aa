"""Kept cards, auto-reload and gift cards through the members' API."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask
from flask.testing import FlaskClient

from loyalty import members, wallet
from loyalty.app import create_app
from loyalty.db import db, transaction
from loyalty.messages.models import OutboxRow
from loyalty.wallet import GiftOrder
from loyalty.wallet.gift_codes import new_code
from tests.faces.wallet.conftest import App
from tests.joined import join
from tests.paying import Counter


def settings(card: str, **more: object) -> dict[str, object]:
    return {"enabled": True, "threshold_minor": 1_000, "amount_minor": 2_000, "card": card, **more}


def test_auto_reload_is_guarded_for_a_day_after_the_device_was_added(anns: App) -> None:
    card = anns.post("/wallet/cards", {"method": "test_success"}).json["id"]
    guarded = anns.put("/wallet/auto-reload", settings(card))
    assert (guarded.status_code, guarded.json["code"]) == (429, "auto_reload_guarded")
    assert guarded.headers["Retry-After"] == "86401"
    anns.counter.wait(hours=24)
    assert anns.put("/wallet/auto-reload", settings(card)).json["enabled"] is True
    with transaction() as session:
        told = [row.payload["to"] for row in session.query(OutboxRow).where(OutboxRow.topic == "mail")]
    assert told == ["ann@example.com"]
    assert anns.get("/wallet").json["auto_reload"]["amount_minor"] == 2_000


def test_a_new_device_guards_it_again_but_it_can_be_switched_off(anns: App) -> None:
    from loyalty import changes
    from loyalty.members import devices

    card = anns.post("/wallet/cards", {"method": "test_success"}).json["id"]
    anns.counter.wait(hours=24)
    anns.put("/wallet/auto-reload", settings(card))
    with transaction() as session:
        changes.lock(session, anns.who.member_id)
        devices.enroll(
            session,
            member_id=anns.who.member_id,
            name="Another phone",
            platform="app",
            known_id=None,
            now=anns.counter.now,
        )
    assert anns.put("/wallet/auto-reload", settings(card, amount_minor=2_001)).status_code == 429
    assert anns.put("/wallet/auto-reload", settings(card, enabled=False)).status_code == 200
    assert anns.put("/wallet/auto-reload", settings(card)).status_code == 429


def test_an_address_that_was_taken_away_guards_it_too(anns: App) -> None:
    card = anns.post("/wallet/cards", {"method": "test_success"}).json["id"]
    secret = members.member_secret(anns.counter.settings.secret_key)
    with transaction() as session:
        members.add_contact(
            session,
            member_id=anns.who.member_id,
            contact=members.contact("ann@work.example"),
            secret=secret,
            now=anns.counter.now,
        )
    anns.counter.wait(hours=25)
    with transaction() as session:
        old = next(
            each
            for each in members.contacts_of(session, anns.who.member_id)
            if each.value == "ann@example.com"
        )
        members.remove_contact(session, member_id=anns.who.member_id, contact_id=old.id, now=anns.counter.now)
    assert anns.put("/wallet/auto-reload", settings(card)).json["code"] == "auto_reload_guarded"
    anns.counter.wait(hours=25)
    assert anns.put("/wallet/auto-reload", settings(card)).status_code == 200


def test_a_card_that_asks_its_holder_is_kept_after_the_challenge(anns: App, client: FlaskClient) -> None:
    asked = anns.post("/wallet/cards", {"method": "test_challenge"})
    assert (asked.status_code, asked.json["code"]) == (409, "card_requires_action")
    path = asked.json["url"].removeprefix(anns.counter.settings.public_url)
    secret = path.rpartition("secret=")[2]
    assert anns.post(f"/wallet/cards/{asked.json['setup']}/confirm").json["code"] == "card_requires_action"
    client.post(path.partition("?")[0], json={"secret": secret, "approve": True})
    kept = anns.post(f"/wallet/cards/{asked.json['setup']}/confirm")
    assert (kept.status_code, kept.json["brand"]) == (200, "test")


def test_a_kept_card_that_asks_its_holder_asks_at_every_charge(anns: App, client: FlaskClient) -> None:
    def approve(url: str) -> None:
        path, _, query = url.removeprefix(anns.counter.settings.public_url).partition("?")
        said = client.post(path, json={"secret": query.removeprefix("secret="), "approve": True})
        assert said.json["status"] == "succeeded"

    asked = anns.post("/wallet/cards", {"method": "test_challenge"}).json
    approve(asked["url"])
    card = anns.post(f"/wallet/cards/{asked['setup']}/confirm").json["id"]
    charged = anns.post("/wallet/top-ups", {"amount_minor": 2_000, "method": card}).json
    approve(charged["challenge"]["url"])
    assert anns.post(f"/wallet/top-ups/{charged['id']}/confirm").json["status"] == "credited"


def test_nobody_finishes_anothers_card(anns: App, client: FlaskClient) -> None:
    setup = anns.post("/wallet/cards", {"method": "test_success"})
    assert setup.status_code == 201
    bens = App(anns.counter, client, anns.counter.join("ben@example.com"))
    bens.post("/wallet/cards", {"method": "test_success"})
    asked = anns.post("/wallet/cards", {"method": "test_challenge"}).json["setup"]
    assert bens.post(f"/wallet/cards/{asked}/confirm").status_code == 404
    assert bens.delete(f"/wallet/cards/{setup.json['id']}").status_code == 404


def test_a_declined_card_is_not_kept(anns: App) -> None:
    refused = anns.post("/wallet/cards", {"method": "test_declined"})
    assert (refused.status_code, refused.json["code"]) == (402, "card_declined")


def test_the_test_cards_have_no_page_of_their_own(anns: App) -> None:
    refused = anns.post("/wallet/card-pages")
    assert (refused.status_code, refused.json["code"]) == (409, "no_card_page")


def issue(anns: App) -> str:
    with transaction() as session:
        return wallet.issue_gift_card(session, GiftOrder(2_500, "USD"), now=anns.counter.now).code


def test_a_gift_card_is_looked_at_and_redeemed_once(anns: App, client: FlaskClient) -> None:
    code = issue(anns)
    balance = anns.post("/gift-cards/balance", {"code": code}).json
    assert (balance["status"], balance["balance_minor"]) == ("active", 2_500)
    done = anns.post("/gift-cards/redeem", {"code": code.lower()})
    assert (done.status_code, done.json["balance_minor"]) == (200, 2_500)
    assert anns.post("/gift-cards/redeem", {"code": code}).json == done.json
    bens = App(anns.counter, client, anns.counter.join("ben@example.com"))
    assert bens.post("/gift-cards/redeem", {"code": code}).json["code"] == "gift_card_used"
    assert anns.post("/gift-cards/balance", {"code": code}).json["balance_minor"] == 0


def test_wrong_codes_are_refused(anns: App) -> None:
    assert anns.post("/gift-cards/redeem", {"code": new_code()}).status_code == 404
    assert anns.post("/gift-cards/redeem", {"code": "hello"}).json["code"] == "gift_code_malformed"


def test_trying_codes_out_is_limited(anns: App, app: Flask) -> None:
    app.extensions["regulars"].limits._enabled = True
    statuses = [anns.post("/gift-cards/balance", {"code": new_code()}).status_code for _ in range(12)]
    assert statuses == [404] * 10 + [429] * 2


def test_in_production_there_are_no_test_cards_and_no_mailbox(counter: Counter) -> None:
    public = replace(counter.settings, mode="production", public_url="https://cafe.example")
    app = create_app(public, clock=counter.clock)
    with app.app_context():
        client = app.test_client()
        assert client.get("/api/v1/dev/mailbox").status_code == 404
        assert client.get("/api/v1/test-card/cards").json["code"] == "card_payments_off"
        assert client.post("/api/v1/webhooks/test-card", data=b"{}").json["code"] == "card_payments_off"
        assert client.get("/api/v1/test-card/challenges/x?secret=y").status_code == 409
        with transaction() as session:
            cleo = join(session, "cleo@example.com", now=counter.now)
        cleos = App(Counter(app, public, counter.clock), client, cleo)
        assert cleos.get("/wallet").json["provider"] is None
        refused = cleos.post("/wallet/top-ups", {"amount_minor": 2_000, "method": "test_success"})
        assert refused.json["code"] == "card_payments_off"
        db.engine.dispose()
