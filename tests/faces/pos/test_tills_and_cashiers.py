"""A till and its cashiers over HTTP: from the code that enrolls it to the moment it is nobody again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from loyalty import codes, staff
from loyalty.actor import SYSTEM
from loyalty.clock import SetClock
from loyalty.db import transaction
from pos_adapter.who import FRESH_SECONDS, TILL_AUDIENCE, forget

PIN = "4711"


@pytest.fixture
def code(app: Flask, clock: SetClock) -> str:
    with transaction() as session:
        return staff.offer_enrollment(session, actor=SYSTEM, name="Bar", store="soho", now=clock.now())


@pytest.fixture
def till(client: FlaskClient, code: str) -> dict[str, Any]:
    answer = client.post("/pos/v1/enroll", json={"code": code})
    assert answer.status_code == 201
    return answer.json


@pytest.fixture
def headers(till: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {till['token']}"}


@pytest.fixture
def ada(app: Flask, clock: SetClock) -> str:
    with transaction() as session:
        return staff.add(session, actor=SYSTEM, name="Ada", role="cashier", pin=PIN, now=clock.now()).id


def sign_in(client: FlaskClient, headers: dict[str, str], staff_id: str, pin: str = PIN) -> Any:
    return client.post("/pos/v1/sessions", json={"staff_id": staff_id, "pin": pin}, headers=headers)


@pytest.fixture
def signed_in(client: FlaskClient, headers: dict[str, str], ada: str) -> dict[str, str]:
    answer = sign_in(client, headers, ada)
    assert answer.status_code == 201
    return {**headers, "X-Cashier": answer.json["token"]}


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


def test_a_code_makes_a_till_known(
    client: FlaskClient, till: dict[str, Any], headers: dict[str, str]
) -> None:
    answer = client.get("/pos/v1/till", headers=headers)
    assert answer.json == {
        "till_id": till["till_id"],
        "name": "Bar",
        "store": "soho",
        "signs_offline": False,
        "enrolled_at": "2026-03-02T12:00:00Z",
        "staff_id": None,
        "permissions": sorted(staff.permissions_of(None)),
        "server_time": "2026-03-02T12:00:00Z",
    }


def test_a_code_works_once_and_a_wrong_one_never(
    client: FlaskClient, code: str, till: dict[str, Any]
) -> None:
    for tried in (code, "AAAAA-AAAAA"):
        assert code_of(client.post("/pos/v1/enroll", json={"code": tried})) == (
            401,
            "enrollment_code_invalid",
        )


def test_of_two_tills_with_one_code_one_gets_it(app: Flask, code: str, together) -> None:
    def enroll(_: int) -> int:
        return app.test_client().post("/pos/v1/enroll", json={"code": code}).status_code

    assert sorted(together(enroll, 6)) == [201] + [401] * 5


def test_guessing_codes_is_limited(app: Flask, client: FlaskClient) -> None:
    app.extensions["regulars"].limits._enabled = True
    statuses = [client.post("/pos/v1/enroll", json={"code": "AAAAA-AAAAA"}).status_code for _ in range(12)]
    assert statuses == [401] * 10 + [429] * 2


def test_a_till_registers_its_key(client: FlaskClient, headers: dict[str, str]) -> None:
    key = codes.jwk_of(codes.new_private_key())
    assert client.put("/pos/v1/till/key", json=key, headers=headers).json["signs_offline"] is True
    assert code_of(client.put("/pos/v1/till/key", json={**key, "x": key["y"]}, headers=headers)) == (
        422,
        "key_invalid",
    )
    private = {**key, "d": key["x"]}
    assert client.put("/pos/v1/till/key", json=private, headers=headers).json["errors"][0]["pointer"] == "/d"


def test_a_revoked_till_is_a_stranger_within_seconds(
    client: FlaskClient, clock: SetClock, till: dict[str, Any], headers: dict[str, str]
) -> None:
    assert client.get("/pos/v1/till", headers=headers).status_code == 200
    with transaction() as session:
        staff.revoke(session, actor=SYSTEM, till_id=till["till_id"], now=clock.now())
    clock.advance(seconds=FRESH_SECONDS)
    assert code_of(client.get("/pos/v1/till", headers=headers)) == (401, "till_revoked")


def test_a_till_that_never_was_is_a_stranger(app: Flask, client: FlaskClient, clock: SetClock) -> None:
    tokens = app.extensions["regulars"].tokens
    token = tokens.issue(TILL_AUDIENCE, "never", now=clock.now(), lifetime=timedelta(days=1), generation=1)
    answer = client.get("/pos/v1/till", headers={"Authorization": f"Bearer {token}"})
    assert code_of(answer) == (401, "till_revoked")


def test_a_token_of_another_use_opens_no_till(
    app: Flask, client: FlaskClient, clock: SetClock, till: dict[str, Any], signed_in: dict[str, str]
) -> None:
    tokens = app.extensions["regulars"].tokens
    member = tokens.issue(
        "regulars:member", till["till_id"], now=clock.now(), lifetime=timedelta(1), generation=1
    )
    for wrong in (member, signed_in["X-Cashier"], "", "x"):
        answer = client.get("/pos/v1/till", headers={"Authorization": f"Bearer {wrong}"})
        assert answer.status_code == 401
    assert code_of(client.get("/pos/v1/till", headers={**signed_in, "X-Cashier": till["token"]})) == (
        401,
        "token_invalid",
    )


def test_a_token_is_renewed_before_it_expires(
    client: FlaskClient, clock: SetClock, headers: dict[str, str]
) -> None:
    clock.advance(days=60)
    renewed = client.post("/pos/v1/till/token", headers=headers).json
    clock.advance(days=45)
    assert code_of(client.get("/pos/v1/till", headers=headers)) == (401, "token_expired")
    fresh = {"Authorization": f"Bearer {renewed['token']}"}
    assert client.get("/pos/v1/till", headers=fresh).status_code == 200


# Cashiers


def test_who_may_sign_in_is_listed_by_name_only(
    client: FlaskClient, headers: dict[str, str], ada: str
) -> None:
    assert client.get("/pos/v1/cashiers", headers=headers).json == {
        "items": [{"staff_id": ada, "name": "Ada"}]
    }


def test_a_cashier_brings_permissions(client: FlaskClient, ada: str, signed_in: dict[str, str]) -> None:
    state = client.get("/pos/v1/till", headers=signed_in).json
    assert state["staff_id"] == ada
    assert state["permissions"] == sorted(staff.permissions_of("cashier"))


def test_without_the_header_the_till_is_alone(
    client: FlaskClient, headers: dict[str, str], signed_in
) -> None:
    assert client.get("/pos/v1/till", headers=headers).json["staff_id"] is None


def test_a_cashiers_token_is_of_one_till(
    app: Flask, client: FlaskClient, clock: SetClock, signed_in: dict[str, str]
) -> None:
    with transaction() as session:
        code = staff.offer_enrollment(session, actor=SYSTEM, name="Window", store="soho", now=clock.now())
    other = client.post("/pos/v1/enroll", json={"code": code}).json
    stolen = {"Authorization": f"Bearer {other['token']}", "X-Cashier": signed_in["X-Cashier"]}
    assert code_of(client.get("/pos/v1/till", headers=stolen)) == (401, "token_invalid")


def test_a_cashiers_token_is_short_and_can_be_renewed_until_the_shift_is_over(
    client: FlaskClient, clock: SetClock, signed_in: dict[str, str]
) -> None:
    for _ in range(24):
        clock.advance(minutes=29, seconds=59)
        answer = client.post("/pos/v1/sessions/renew", headers=signed_in)
        assert answer.status_code == 200
        signed_in["X-Cashier"] = answer.json["token"]
    assert answer.json["token_expires_at"] == answer.json["session_ends_at"] == "2026-03-03T00:00:00Z"
    clock.advance(minutes=30)
    assert code_of(client.get("/pos/v1/till", headers=signed_in)) == (401, "token_expired")


def test_what_needs_a_cashier_says_so(client: FlaskClient, headers: dict[str, str]) -> None:
    assert code_of(client.post("/pos/v1/sessions/renew", headers=headers)) == (401, "cashier_needed")


def test_signed_out_is_out_at_once(client: FlaskClient, signed_in: dict[str, str]) -> None:
    assert client.delete("/pos/v1/sessions/current", headers=signed_in).status_code == 204
    assert code_of(client.get("/pos/v1/till", headers=signed_in)) == (401, "cashier_signed_out")


@pytest.mark.parametrize("change", ["deactivate", "set_pin", "another signs in"])
def test_a_cashier_who_is_no_longer_one_is_out(
    client: FlaskClient, clock: SetClock, till, headers, ada: str, signed_in, change: str
) -> None:
    with transaction() as session:
        if change == "deactivate":
            staff.deactivate(session, actor=SYSTEM, staff_id=ada, now=clock.now())
        elif change == "set_pin":
            staff.set_pin(session, actor=SYSTEM, staff_id=ada, pin="2580", now=clock.now())
        else:
            staff.add(session, actor=SYSTEM, name="Bob", role="manager", pin="2580", now=clock.now())
    if change == "another signs in":
        names = {
            each["name"]: each["staff_id"]
            for each in client.get("/pos/v1/cashiers", headers=headers).json["items"]
        }
        assert sign_in(client, headers, names["Bob"], "2580").status_code == 201
    else:
        forget(till["till_id"])
    assert code_of(client.get("/pos/v1/till", headers=signed_in)) == (401, "cashier_signed_out")


def test_the_fifth_wrong_pin_locks(
    client: FlaskClient, clock: SetClock, headers: dict[str, str], ada: str
) -> None:
    for _ in range(5):
        assert code_of(sign_in(client, headers, ada, "4712")) == (401, "pin_wrong")
    locked = sign_in(client, headers, ada)
    assert code_of(locked) == (429, "pin_locked")
    assert locked.headers["Retry-After"] == "901"
    clock.advance(minutes=15)
    assert sign_in(client, headers, ada).status_code == 201


def test_many_guesses_at_once_are_five(app: Flask, headers: dict[str, str], ada: str, together) -> None:
    def one(place: int) -> str:
        return sign_in(app.test_client(), headers, ada, f"{5000 + place}").json["code"]

    assert sorted(together(one, 12)) == ["pin_locked"] * 7 + ["pin_wrong"] * 5


def test_two_cashiers_at_once_at_one_till_leave_one_there(
    app: Flask, client: FlaskClient, clock: SetClock, headers, ada: str, together
) -> None:
    with transaction() as session:
        bob = staff.add(session, actor=SYSTEM, name="Bob", role="cashier", pin="2580", now=clock.now()).id

    def one(place: int) -> int:
        who, pin = ((ada, PIN), (bob, "2580"))[place % 2]
        return sign_in(app.test_client(), headers, who, pin).status_code

    assert together(one, 4) == [201] * 4


def test_a_pin_is_never_answered_or_logged(client: FlaskClient, headers: dict[str, str], ada: str) -> None:
    answer = sign_in(client, headers, ada, "98765")
    assert "98765" not in answer.text
    odd = client.post("/pos/v1/sessions", json={"staff_id": ada, "pin": "98765x"}, headers=headers)
    assert odd.status_code == 422
    assert "98765" not in odd.text


def test_a_till_is_seen_about_once_a_minute(
    client: FlaskClient, clock: SetClock, till: dict[str, Any], headers: dict[str, str]
) -> None:
    def last_seen() -> str:
        with transaction() as session:
            return staff.till(session, till["till_id"]).last_seen_at.isoformat()

    for seconds, seen in ((30, "12:00:00"), (29, "12:00:00"), (10, "12:01:09"), (10, "12:01:09")):
        clock.advance(seconds=seconds)
        client.get("/pos/v1/till", headers=headers)
        assert seen in last_seen()
