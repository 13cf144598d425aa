"""Synchronization over HTTP: the wire format, and every status a device must understand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from loyalty import members
from loyalty.clock import SetClock
from loyalty.db import transaction
from tests.joined import Joined, join


@pytest.fixture
def ann(app: Flask, clock: SetClock) -> Joined:
    with transaction() as session:
        return join(session, now=clock.now())


class Wire:
    """The requests of one device."""

    def __init__(self, client: FlaskClient, who: Joined, clock: SetClock) -> None:
        self.client, self.who, self.clock = client, who, clock

    def send(self, *mutations: dict[str, Any], cursor: Any = None, **more: Any) -> TestResponse:
        body = {"schema": 1, "cursor": cursor, "mutations": list(mutations), **more}
        return self.client.post("/api/v1/sync", json=body, headers=self.who.headers(self.clock.now()))


@pytest.fixture
def wire(client: FlaskClient, ann: Joined, clock: SetClock) -> Wire:
    return Wire(client, ann, clock)


def milk(number: int = 1, value: str = "oat", **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "uid": f"0198-{number}",
        "name": "preference.set",
        "args": {"name": "milk", "value": value},
        "seen": 0,
        "seen_epoch": None,
        "at": "2026-03-02T11:59:00.120Z",
        **more,
    }


def test_the_answer_is_as_the_design_says(wire: Wire) -> None:
    answer = wire.send(milk())
    assert answer.status_code == 200
    body = answer.get_json()
    assert body["base"] is None
    assert body["reset"] is True
    assert body["more"] is False
    assert body["del"] == []
    assert body["put"]["preference/milk"]["value"] == "oat"
    assert body["results"] == [
        {"uid": "0198-1", "id": 1, "status": "ok", "code": None, "version": body["cursor"]["version"]}
    ]
    assert body["server_time"] == "2026-03-02T12:00:00Z"
    assert body["retry_after_seconds"] is None
    again = wire.send(milk(), cursor=body["cursor"]).get_json()
    assert again["base"] == again["cursor"] == body["cursor"]
    assert again["results"] == body["results"]
    assert (again["put"], again["del"], again["reset"]) == ({}, [], False)


def test_what_a_newer_app_sends_besides_is_ignored(wire: Wire) -> None:
    cursor = {"epoch": "x", "version": 7, "shard": 3}
    assert wire.send(milk(mood="good"), cursor=cursor, battery=90).status_code == 200


def test_a_version_that_is_not_served_asks_for_an_update(wire: Wire) -> None:
    answer = wire.send(milk(), schema=2)
    assert (answer.status_code, answer.get_json()["code"]) == (426, "update_needed")
    assert wire.send(milk(), schema=0).status_code == 200


def test_a_gap_is_a_forked_device(wire: Wire) -> None:
    answer = wire.send(milk(3))
    assert (answer.status_code, answer.get_json()["code"]) == (409, "device_forked")


def test_a_revoked_device_is_told_to_forget(wire: Wire, clock: SetClock) -> None:
    headers = wire.who.headers(clock.now())
    with transaction() as session:
        members.revoke(session, member_id=wire.who.member_id, device_id=wire.who.device_id, now=clock.now())
    answer = wire.client.post("/api/v1/sync", json={"schema": 1}, headers=headers)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "device_revoked")


def test_a_stranger_is_asked_to_sign_in(client: FlaskClient) -> None:
    assert client.post("/api/v1/sync", json={"schema": 1}).status_code == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": 0},
        {"uid": "not an id!"},
        {"at": "yesterday"},
        {"args": "none"},
        {"args": {str(n): n for n in range(21)}},
        {"seen": -1},
    ],
)
def test_a_malformed_mutation_is_refused_with_its_place(wire: Wire, wrong: dict[str, Any]) -> None:
    answer = wire.send(milk(**wrong))
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"].startswith(f"/mutations/0/{next(iter(wrong))}")


def test_too_much_at_once_is_refused(wire: Wire) -> None:
    assert wire.send(*[milk(number) for number in range(1, 52)]).status_code == 422
    big = {str(n): "x" * 4000 for n in range(18)}
    answer = wire.send(milk(args=big))
    assert (answer.status_code, answer.get_json()["code"]) == (422, "sync_too_large")
    assert wire.send(milk(), milk()).get_json()["code"] == "sync_invalid"


def test_odd_arguments_are_a_result(wire: Wire) -> None:
    odd = [
        {"name": "milk", "value": 3},
        {"name": ["milk"], "value": "oat"},
        {},
        {"name": "milk", "value": "x" * 201},
        {"name": "milk", "value": "a\u0000b"[:1] + "\u0007"},
    ]
    answer = wire.send(*[milk(number, args=args, uid=f"u{number}") for number, args in enumerate(odd, 1)])
    assert {result["status"] for result in answer.get_json()["results"]} == {"rejected"}


def test_the_document_fits_the_answer(wire: Wire) -> None:
    answer = wire.send(milk())
    document = wire.client.get("/api/v1/openapi.json").get_json()
    schema = document["paths"]["/sync"]["post"]["responses"]["200"]
    assert schema
    assert json.dumps(answer.get_json())
