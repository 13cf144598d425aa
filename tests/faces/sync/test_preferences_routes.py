"""What a member likes and allows, verb by verb over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from loyalty.clock import SetClock
from loyalty.db import transaction
from tests.joined import join


class Caller:
    """A signed-in member's requests."""

    def __init__(self, client: FlaskClient, headers: dict[str, str]) -> None:
        self.client, self.headers = client, headers

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        return self.client.open(
            f"/api/v1{path}", method=method, json=body, headers={**self.headers, **headers}
        )


@pytest.fixture
def call(app: Flask, client: FlaskClient, clock: SetClock) -> Caller:
    with transaction() as session:
        ann = join(session, now=clock.now())
    return Caller(client, ann.headers(clock.now()))


def test_preferences_are_set_listed_and_cleared(call: Caller) -> None:
    put = call("PUT", "/preferences/milk", {"value": "oat"})
    assert (put.status_code, put.get_json()["value"]) == (200, "oat")
    listed = call("GET", "/preferences").get_json()
    assert [each["name"] for each in listed["preferences"]] == ["milk"]
    assert {"name": "milk", "label": "Milk"} in listed["known"]
    assert call("DELETE", "/preferences/milk").status_code == 204
    assert call("DELETE", "/preferences/milk").status_code == 204
    assert call("GET", "/preferences").get_json()["preferences"] == []
    assert call("PUT", "/preferences/Milk", {"value": "oat"}).status_code == 422
    assert call("PUT", "/preferences/milk", {"value": ""}).status_code == 422


def test_a_phone_that_polls_is_told_as_before(call: Caller) -> None:
    for path in ("/preferences", "/favorites", "/usual", "/dietary", "/consents"):
        tag = call("GET", path).headers["ETag"]
        assert call("GET", path, **{"If-None-Match": tag}).status_code == 304
    call("PUT", "/favorites/latte")
    assert call("GET", "/favorites", **{"If-None-Match": tag}).status_code == 200


def test_favorites_and_dietary_notes_come_and_go(call: Caller) -> None:
    for path, field, key in (("/favorites", "favorites", "sku"), ("/dietary", "dietary", "tag")):
        assert call("PUT", f"{path}/vegan").get_json()[key] == "vegan"
        assert call("PUT", f"{path}/vegan").status_code == 200
        assert [each[key] for each in call("GET", path).get_json()[field]] == ["vegan"]
        assert call("DELETE", f"{path}/vegan").status_code == 204
        assert call("DELETE", f"{path}/vegan").status_code == 204
        assert call("GET", path).get_json()[field] == []


def test_the_usual_is_chosen_hidden_shown_and_forgotten(call: Caller) -> None:
    items = [{"sku": "caramel-latte", "options": ["oat"], "quantity": 1}]
    chosen = call("PUT", "/usual/morning", {"items": items}).get_json()
    assert (chosen["items"], chosen["source"], chosen["hidden"]) == (items, "chosen", False)
    assert call("PUT", "/usual/morning", {"hidden": True}).get_json()["hidden"] is True
    assert call("PUT", "/usual/morning", {"hidden": False}).get_json()["items"] == items
    forgotten = call("DELETE", "/usual/morning").get_json()
    assert (forgotten["items"], forgotten["source"]) == ([], "purchases")
    assert call("PUT", "/usual/night", {"hidden": True}).status_code == 422
    assert call("PUT", "/usual/morning", {"items": []}).status_code == 422
    doubled = [{"sku": "latte", "options": ["oat", "oat"]}]
    refused = call("PUT", "/usual/morning", {"items": doubled})
    assert refused.get_json()["errors"][0]["pointer"] == "/items/0/options"


def test_consents_are_given_withdrawn_and_remembered(call: Caller) -> None:
    body = {"allowed": True, "text_version": "2026-03"}
    given = call("PUT", "/consents/usual_at_till/till", body).get_json()
    assert given["channels"]["till"]["allowed"] is True
    call("PUT", "/consents/usual_at_till/till", {**body, "allowed": False})
    listed = {each["purpose"]: each for each in call("GET", "/consents").get_json()["consents"]}
    assert listed["usual_at_till"]["channels"]["till"]["allowed"] is False
    assert listed["service"]["channels"]["email"]["allowed"] is True
    acts = call("GET", "/consents/history").get_json()["acts"]
    assert [(act["number"], act["given"], act["actor_channel"]) for act in acts] == [
        (1, True, "app"),
        (2, False, "app"),
    ]
    assert call("PUT", "/consents/world_peace/till", body).get_json()["code"] == "consent_unknown"
    assert call("PUT", "/consents/marketing/till", body).status_code == 422


def test_strangers_see_nothing(client: FlaskClient) -> None:
    for method, path in (
        ("GET", "/preferences"),
        ("PUT", "/favorites/latte"),
        ("GET", "/consents/history"),
        ("DELETE", "/usual/morning"),
    ):
        assert client.open(f"/api/v1{path}", method=method).status_code == 401
