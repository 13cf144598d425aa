"""Filling the wallet through the members' API."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests.faces.wallet.conftest import App
from tests.paying import Counter


def test_a_top_up_is_answered_once_per_key_and_shown(anns: App) -> None:
    body = {"amount_minor": 2_500, "method": "test_success"}
    first = anns.post("/wallet/top-ups", body, key="k1")
    again = anns.post("/wallet/top-ups", body, key="k1")
    assert first.status_code == 201
    assert first.json == again.json
    assert first.json["status"] == "credited"
    assert first.json["is_test"] is True
    wallet = anns.get("/wallet").json
    assert wallet["balance_minor"] == 2_500
    assert wallet["provider"] == "test_card"
    listed = anns.get("/wallet/top-ups").json["items"]
    assert [each["id"] for each in listed] == [first.json["id"]]


def test_the_list_of_top_ups_is_paged(anns: App) -> None:
    made = [
        anns.post("/wallet/top-ups", {"amount_minor": 500, "method": "test_success"}).json["id"]
        for _ in range(5)
    ]
    seen, cursor = [], ""
    while True:
        page = anns.get(f"/wallet/top-ups?limit=2{cursor}").json
        seen += [each["id"] for each in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert sorted(seen) == sorted(made)
    assert len(seen) == 5


def test_a_decline_is_402_with_the_reason_and_is_shown_in_the_list(anns: App) -> None:
    answer = anns.post("/wallet/top-ups", {"amount_minor": 2_000, "method": "test_insufficient_funds"})
    assert (answer.status_code, answer.json["code"]) == (402, "card_declined")
    assert answer.json["decline_code"] == "insufficient_funds"
    (shown,) = anns.get("/wallet/top-ups").json["items"]
    assert (shown["status"], shown["decline_code"]) == ("declined", "insufficient_funds")


def test_the_other_refusals(anns: App) -> None:
    def refused(body: dict[str, object], key: str | None = None) -> tuple[int, str]:
        answer = anns.post("/wallet/top-ups", body, key=key)
        return answer.status_code, answer.json["code"]

    assert refused({"amount_minor": 499, "method": "test_success"}) == (409, "amount_out_of_range")
    assert refused({"amount_minor": 2_000, "method": "tok_1"}) == (422, "payment_method_unknown")
    assert refused({"amount_minor": 2_000, "method": "test_no_answer"}) == (
        503,
        "payment_provider_unavailable",
    )
    anns.post("/wallet/top-ups", {"amount_minor": 2_000, "method": "test_success"}, key="k")
    assert refused({"amount_minor": 2_100, "method": "test_success"}, "k") == (422, "idempotency_key_reused")
    assert refused({"amount_minor": 48_000, "method": "test_success"}) == (409, "wallet_limit")


def test_a_challenge_is_answered_on_the_providers_page(anns: App, client: FlaskClient) -> None:
    answer = anns.post("/wallet/top-ups", {"amount_minor": 2_000, "method": "test_challenge"}).json
    assert answer["status"] == "requires_action"
    path = answer["challenge"]["url"].removeprefix(anns.counter.settings.public_url)
    page = client.get(path)
    assert page.status_code == 200
    assert "TEST" in page.text
    secret = path.rpartition("secret=")[2]
    form = path.partition("?")[0] + "/answer"
    done = client.post(form, data={"secret": secret, "approve": "yes"})
    assert "succeeded" in done.text
    again = client.post(form, data={"secret": secret, "approve": "no"})
    assert (again.status_code, again.json["code"]) == (409, "challenge_over")
    confirmed = anns.post(f"/wallet/top-ups/{answer['id']}/confirm")
    assert confirmed.json["status"] == "credited"
    assert anns.post(f"/wallet/top-ups/{answer['id']}/confirm").json["status"] == "credited"
    assert anns.get("/wallet").json["balance_minor"] == 2_000


def test_the_challenge_page_writes_nothing_of_the_address_into_the_page(
    client: FlaskClient, counter: Counter
) -> None:
    page = client.get('/api/v1/test-card/challenges/x?secret="><script>alert(1)</script>')
    assert "<script>" not in page.text


def test_a_guessed_challenge_secret_is_not_found(anns: App, client: FlaskClient) -> None:
    answer = anns.post("/wallet/top-ups", {"amount_minor": 2_000, "method": "test_challenge"}).json
    path = answer["challenge"]["url"].removeprefix(anns.counter.settings.public_url).partition("?")[0]
    refused = client.post(path, json={"secret": "guess", "approve": True})
    assert refused.status_code == 404


def test_strangers_and_other_members_see_nothing(anns: App, client: FlaskClient) -> None:
    assert client.get("/api/v1/wallet").status_code == 401
    assert client.post("/api/v1/wallet/top-ups", json={}).status_code == 401
    answer = anns.post("/wallet/top-ups", {"amount_minor": 2_000, "method": "test_challenge"}).json
    bens = App(anns.counter, client, anns.counter.join("ben@example.com"))
    assert bens.post(f"/wallet/top-ups/{answer['id']}/confirm").status_code == 404
    assert bens.get("/wallet/top-ups").json["items"] == []
