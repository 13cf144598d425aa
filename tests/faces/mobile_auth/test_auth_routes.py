"""Signing in, refreshing and signing out from outside, with the real database and real commits."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from loyalty import codes, members
from loyalty.actor import SYSTEM
from loyalty.clock import SetClock
from loyalty.config import Settings
from loyalty.db import transaction
from tests.joined import join

pytestmark = pytest.mark.usefixtures("program")

ANN = "ann@example.com"
DEVICE = {"name": "Ann's phone", "platform": "app"}


def code_for(address: str) -> str:
    with transaction() as session:
        found = session.execute(
            text(
                "DELETE FROM outbox WHERE topic = 'sign_in_code' AND payload->>'to' = :to RETURNING payload->>'code'"
            ),
            {"to": address},
        )
        return found.scalars().all()[-1]


def sign_in(client: FlaskClient, address: str = ANN, **device: Any) -> dict[str, Any]:
    assert client.post("/api/v1/auth/codes", json={"address": address}).status_code == 202
    answer = client.post(
        "/api/v1/auth/sessions",
        json={"address": address, "code": code_for(address), "device": {**DEVICE, **device}},
    )
    assert answer.status_code == 201, answer.json
    assert answer.json is not None
    return answer.json


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


def refresh(client: FlaskClient, token: str):
    return client.post("/api/v1/auth/refresh", json={"refresh_token": token})


def test_somebody_new_joins_and_sees_themself(client: FlaskClient) -> None:
    client.post("/api/v1/auth/codes", json={"address": ANN})
    profile = {"given_name": "Ann", "family_name": "Lee", "locale": "fr", "birthday": "1990-02-28"}
    answer = client.post(
        "/api/v1/auth/sessions",
        json={"address": ANN, "code": code_for(ANN), "device": DEVICE, "profile": profile},
    )
    assert answer.status_code == 201
    assert answer.json["joined"] is True
    assert answer.json["expires_in"] == 600
    me = client.get("/api/v1/me", headers=bearer(answer.json)).json
    assert (me["given_name"], me["locale"], me["birthday"]) == ("Ann", "fr", "1990-02-28")
    assert me["id"] == answer.json["member_id"]
    assert re.fullmatch(r"9[0-9]{16}", me["card_number"])
    assert [(each["kind"], each["value"]) for each in me["contacts"]] == [("email", ANN)]
    again = sign_in(client, name="Laptop", platform="web")
    assert (again["joined"], again["member_id"]) == (False, me["id"])


def test_known_and_unknown_addresses_get_the_same_answer(client: FlaskClient) -> None:
    sign_in(client)
    answers = [
        client.post("/api/v1/auth/codes", json={"address": each}) for each in (ANN, "nobody@example.com")
    ]
    assert [(each.status_code, each.json) for each in answers] == [(202, answers[0].json)] * 2
    wrong = [
        client.post("/api/v1/auth/sessions", json={"address": each, "code": "000000", "device": DEVICE})
        for each in (ANN, "nobody@example.com", "never.asked@example.com")
    ]
    bodies = [{**each.json, "instance": ""} for each in wrong if code_is_not(each)]
    assert {each.status_code for each in wrong} <= {401}
    assert all(each == bodies[0] for each in bodies)


def code_is_not(answer) -> bool:
    return answer.json["code"] == "sign_in_code_wrong"


def test_wrong_codes_count_although_they_are_refused(client: FlaskClient) -> None:
    client.post("/api/v1/auth/codes", json={"address": ANN})
    right = code_for(ANN)
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    attempt = {"address": ANN, "device": DEVICE}
    for _ in range(5):
        assert client.post("/api/v1/auth/sessions", json={**attempt, "code": wrong}).status_code == 401
    spent = client.post("/api/v1/auth/sessions", json={**attempt, "code": right})
    assert (spent.status_code, spent.json["code"]) == (429, "too_many_tries")


def test_a_burst_of_guesses_gets_five_tries(app: Flask, client: FlaskClient, together) -> None:
    client.post("/api/v1/auth/codes", json={"address": ANN})
    right = int(code_for(ANN))

    def guess(n: int) -> int:
        code = f"{(right + 1 + n) % 10**6:06d}"
        with app.app_context():
            return app.test_client().post(
                "/api/v1/auth/sessions", json={"address": ANN, "code": code, "device": DEVICE}
            ).status_code  # fmt: skip

    statuses = together(guess, 12)
    assert sorted(statuses) == [401] * 5 + [429] * 7


def test_one_code_signs_in_once_whoever_is_first(app: Flask, client: FlaskClient, together) -> None:
    client.post("/api/v1/auth/codes", json={"address": ANN})
    body = {"address": ANN, "code": code_for(ANN), "device": DEVICE}

    def go(_: int) -> int:
        with app.app_context():
            return app.test_client().post("/api/v1/auth/sessions", json=body).status_code

    assert sorted(together(go, 4)) == [201, 401, 401, 401]
    with transaction() as session:
        assert session.execute(text("SELECT count(*) FROM member")).scalar_one() == 1


def test_requests_that_are_not_right_are_told_why(client: FlaskClient) -> None:
    unknown = client.post("/api/v1/auth/codes", json={"adress": ANN})
    assert unknown.status_code == 422
    assert (
        client.post("/api/v1/auth/codes", json={"address": "not an address"}).json["code"]
        == "contact_invalid"
    )
    bad = client.post("/api/v1/auth/sessions", json={"address": ANN, "code": "12345", "device": DEVICE})
    assert bad.status_code == 422
    assert bad.json["errors"][0]["pointer"] == "/code"


def test_the_demo_s_phone_numbers_need_a_country(client: FlaskClient) -> None:
    assert client.post("/api/v1/auth/codes", json={"address": "212 555 0123"}).status_code == 422
    assert (
        client.post("/api/v1/auth/codes", json={"address": "212 555 0123", "region": "US"}).status_code == 202
    )


# Refreshing


def test_a_refresh_token_is_good_once(client: FlaskClient, clock: SetClock) -> None:
    first = sign_in(client)
    second = refresh(client, first["refresh_token"]).json
    assert second["refresh_token"] != first["refresh_token"]
    assert second["device_id"] == first["device_id"]
    clock.advance(minutes=10)
    assert refresh(client, second["refresh_token"]).status_code == 200


def test_a_stolen_token_that_is_replayed_ends_the_session_of_its_device_only(
    client: FlaskClient, clock: SetClock
) -> None:
    stolen = sign_in(client)
    other = sign_in(client, name="Laptop", platform="web")
    following = refresh(client, stolen["refresh_token"]).json
    clock.advance(seconds=31)
    replay = refresh(client, stolen["refresh_token"])
    assert (replay.status_code, replay.json["code"]) == (401, "session_replayed")
    ended = refresh(client, following["refresh_token"])
    assert (ended.status_code, ended.json["code"]) == (401, "session_expired")
    assert refresh(client, stolen["refresh_token"]).json["code"] == "session_expired"
    assert refresh(client, other["refresh_token"]).status_code == 200


def test_the_thief_goes_first_and_the_owner_finds_out(client: FlaskClient, clock: SetClock) -> None:
    owner = sign_in(client)
    thief = refresh(client, owner["refresh_token"]).json
    clock.advance(minutes=10)
    assert refresh(client, owner["refresh_token"]).json["code"] == "session_replayed"
    assert refresh(client, thief["refresh_token"]).status_code == 401


def test_a_lost_answer_is_given_again_within_30_seconds(client: FlaskClient, clock: SetClock) -> None:
    first = sign_in(client)
    lost = refresh(client, first["refresh_token"]).json
    clock.advance(seconds=30)
    again = refresh(client, first["refresh_token"]).json
    assert again["refresh_token"] == lost["refresh_token"]
    assert refresh(client, again["refresh_token"]).status_code == 200


def test_the_grace_is_over_once_the_answer_was_used(client: FlaskClient, clock: SetClock) -> None:
    first = sign_in(client)
    second = refresh(client, first["refresh_token"]).json
    refresh(client, second["refresh_token"])
    clock.advance(seconds=1)
    assert refresh(client, first["refresh_token"]).json["code"] == "session_replayed"


def test_a_thief_within_the_grace_gets_no_branch_of_their_own(client: FlaskClient, clock: SetClock) -> None:
    """Both hold the same next token: the second of them to use it, later than a lost answer takes, is found out."""
    first = sign_in(client)
    owners = refresh(client, first["refresh_token"]).json
    clock.advance(seconds=5)
    thiefs = refresh(client, first["refresh_token"]).json
    assert thiefs["refresh_token"] == owners["refresh_token"]
    clock.advance(minutes=9)
    assert refresh(client, thiefs["refresh_token"]).status_code == 200
    clock.advance(minutes=1)
    assert refresh(client, owners["refresh_token"]).json["code"] == "session_replayed"


def test_two_tabs_that_refresh_at_once_share_the_next_token(
    app: Flask, client: FlaskClient, together
) -> None:
    token = sign_in(client)["refresh_token"]

    def go(_: int) -> str:
        with app.app_context():
            return refresh(app.test_client(), token).json["refresh_token"]

    assert len(set(together(go, 6))) == 1


def test_a_session_that_slept_too_long_is_over(client: FlaskClient, clock: SetClock) -> None:
    app_, kiosk = sign_in(client), sign_in(client, name="Kiosk", platform="kiosk")
    clock.advance(minutes=15)
    assert refresh(client, kiosk["refresh_token"]).json["code"] == "session_expired"
    clock.advance(days=179)
    assert refresh(client, app_["refresh_token"]).status_code == 200
    clock.advance(days=181)


@pytest.mark.parametrize(
    "token", ["x", "rt_", "rt_" + "A" * 70, "rt_!!", "bearer", "rt_" + "A" * 90, "\u00e9" * 10]
)
def test_nonsense_is_no_refresh_token(client: FlaskClient, token: str) -> None:
    sign_in(client)
    assert refresh(client, token).json["code"] == "session_expired"


def test_a_token_with_another_generation_is_forged(client: FlaskClient) -> None:
    from base64 import urlsafe_b64decode, urlsafe_b64encode

    token = sign_in(client)["refresh_token"]
    raw = bytearray(urlsafe_b64decode(token[3:] + "=="))
    raw[19] += 1
    forged = "rt_" + urlsafe_b64encode(bytes(raw)).decode().rstrip("=")
    assert refresh(client, forged).json["code"] == "session_expired"
    assert refresh(client, token).status_code == 200


def test_after_a_restored_backup_sessions_go_on(client: FlaskClient, clock: SetClock) -> None:
    first = sign_in(client)
    second = refresh(client, first["refresh_token"]).json
    with transaction() as session:
        session.execute(text("UPDATE refresh_token SET generation = 1"))
    clock.advance(minutes=10)
    assert refresh(client, second["refresh_token"]).status_code == 200


def test_no_token_is_in_the_database(client: FlaskClient) -> None:
    token = sign_in(client)["refresh_token"]
    with transaction() as session:
        rows = session.execute(text("SELECT to_jsonb(t)::text FROM refresh_token t")).scalars().all()
    assert all(token not in row and token[40:] not in row for row in rows)


# Access


def test_an_access_token_lives_ten_minutes(client: FlaskClient, clock: SetClock) -> None:
    tokens = sign_in(client)
    clock.advance(minutes=9, seconds=59)
    assert client.get("/api/v1/me", headers=bearer(tokens)).status_code == 200
    clock.advance(seconds=1)
    late = client.get("/api/v1/me", headers=bearer(tokens))
    assert (late.status_code, late.json["code"]) == (401, "token_expired")


def test_an_access_token_tells_no_member_id(client: FlaskClient) -> None:
    import jwt

    tokens = sign_in(client)
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert claims.keys() == {"sub", "aud", "iat", "exp"}
    assert claims["sub"] == tokens["device_id"]


def test_a_device_that_was_signed_out_is_out_at_once(client: FlaskClient) -> None:
    phone, laptop = sign_in(client), sign_in(client, name="Laptop", platform="web")
    assert client.delete(f"/api/v1/devices/{phone['device_id']}", headers=bearer(laptop)).status_code == 204
    out = client.get("/api/v1/me", headers=bearer(phone))
    assert (out.status_code, out.json["code"]) == (403, "device_revoked")
    assert refresh(client, phone["refresh_token"]).json["code"] == "device_revoked"
    assert client.get("/api/v1/me", headers=bearer(laptop)).status_code == 200


def test_signing_out_ends_tokens_and_pay_codes(
    client: FlaskClient, app: Flask, settings: Settings, clock: SetClock
) -> None:
    tokens = sign_in(client)
    key = codes.new_private_key()
    kid = client.put("/api/v1/devices/current/key", json=codes.jwk_of(key), headers=bearer(tokens)).json[
        "kid"
    ]
    assert client.delete("/api/v1/auth/session", headers=bearer(tokens)).status_code == 204
    assert client.get("/api/v1/me", headers=bearer(tokens)).status_code == 403
    secret = codes.code_secret(settings.secret_key)
    epoch = codes.epochs_at(secret, clock.now())[0].value
    shown = codes.parse(codes.draw_pay(key, kid=kid, counter=1, epoch=epoch, now=clock.now()))
    with pytest.raises(codes.CodeDeviceRevoked), transaction() as session:
        codes.identify(session, shown, secret=secret, reference="sale:1", now=clock.now())


def test_a_blocked_member_is_out_at_once(client: FlaskClient, clock: SetClock) -> None:
    tokens = sign_in(client)
    with transaction() as session:
        member_id = members.find(session, tokens["member_id"])
        members.block(session, actor=SYSTEM, member_id=member_id, now=clock.now())
    assert client.get("/api/v1/me", headers=bearer(tokens)).status_code == 403
    client.post("/api/v1/auth/codes", json={"address": ANN})
    body = {"address": ANN, "code": code_for(ANN), "device": DEVICE}
    assert client.post("/api/v1/auth/sessions", json=body).json["code"] == "member_blocked"


def test_strangers_are_told_to_sign_in(client: FlaskClient) -> None:
    for method, path in (("GET", "/me"), ("PATCH", "/me"), ("DELETE", "/me"), ("GET", "/me/export"),
                         ("GET", "/devices"), ("GET", "/codes/epochs"), ("GET", "/codes/number"),
                         ("GET", "/codes/card"), ("DELETE", "/auth/session")):  # fmt: skip
        answer = client.open(f"/api/v1{path}", method=method)
        assert answer.status_code == 401, path


def test_no_other_members_devices(client: FlaskClient) -> None:
    ann, ben = sign_in(client), sign_in(client, "ben@example.com")
    path = f"/api/v1/devices/{ann['device_id']}"
    assert client.delete(path, headers=bearer(ben)).status_code == 404
    assert client.patch(path, json={"name": "mine"}, headers=bearer(ben)).status_code == 404
    assert client.get("/api/v1/me", headers=bearer(ann)).status_code == 200


# Devices, codes, profile


def test_devices_have_names(client: FlaskClient) -> None:
    tokens = sign_in(client)
    path = f"/api/v1/devices/{tokens['device_id']}"
    renamed = client.patch(path, json={"name": "The red one"}, headers=bearer(tokens)).json
    assert (renamed["name"], renamed["current"], renamed["kid"]) == ("The red one", True, None)
    listed = client.get("/api/v1/devices", headers=bearer(tokens)).json["devices"]
    assert [each["name"] for each in listed] == ["The red one"]


def test_a_key_that_is_none_is_told_where(client: FlaskClient) -> None:
    tokens = sign_in(client)
    key = codes.jwk_of(codes.new_private_key())
    path = "/api/v1/devices/current/key"
    bad = client.put(path, json={**key, "y": key["x"]}, headers=bearer(tokens))
    assert (bad.status_code, bad.json["code"]) == (422, "key_invalid")
    browser = {**key, "ext": True, "key_ops": ["verify"]}
    good = client.put(path, json=browser, headers=bearer(tokens))
    assert client.put(path, json=key, headers=bearer(tokens)).json == good.json


def test_a_phone_gets_what_it_draws_codes_with(
    client: FlaskClient, settings: Settings, clock: SetClock
) -> None:
    tokens = sign_in(client)
    epochs = client.get("/api/v1/codes/epochs", headers=bearer(tokens)).json
    expected = codes.epochs_at(codes.code_secret(settings.secret_key), clock.now())
    assert [each["value"] for each in epochs["epochs"]] == [each.value for each in expected]
    assert epochs["window_seconds"] == 45
    number = client.get("/api/v1/codes/number", headers=bearer(tokens)).json
    assert (number["digits"], number["step_seconds"], number["algorithm"]) == (8, 30, "SHA1")
    import pyotp

    shown = codes.parse(
        "7" + number["account_number"] + pyotp.TOTP(number["secret"], digits=8).at(clock.now())
    )
    with transaction() as session:
        admission = codes.admit_number(
            session, shown, reference="sale:1", secret=codes.code_secret(settings.secret_key), now=clock.now()
        )
        assert admission.require() == members.find(session, tokens["member_id"])
    picture = client.get("/api/v1/codes/card.svg", headers=bearer(tokens))
    assert picture.mimetype == "image/svg+xml"


def test_a_profile_is_changed_field_by_field(client: FlaskClient) -> None:
    tokens = sign_in(client)
    first = client.get("/api/v1/me", headers=bearer(tokens))
    same = client.get("/api/v1/me", headers={**bearer(tokens), "If-None-Match": first.headers["ETag"]})
    assert same.status_code == 304
    changed = client.patch(
        "/api/v1/me", json={"given_name": "  Anne ", "birthday": "2000-02-29"}, headers=bearer(tokens)
    )
    assert (changed.json["given_name"], changed.json["birthday"]) == ("Anne", "2000-02-29")
    fixed = client.patch("/api/v1/me", json={"birthday": "2000-03-01"}, headers=bearer(tokens))
    assert (fixed.status_code, fixed.json["code"]) == (409, "birthday_fixed")
    fresh = client.get("/api/v1/me", headers={**bearer(tokens), "If-None-Match": first.headers["ETag"]})
    assert fresh.status_code == 200
    bad = client.patch("/api/v1/me", json={"locale": "klingon!"}, headers=bearer(tokens))
    assert (bad.status_code, bad.json["errors"][0]["pointer"]) == (422, "/locale")


def test_a_second_address_is_added_and_removed(client: FlaskClient) -> None:
    tokens = sign_in(client)
    client.post("/api/v1/auth/codes", json={"address": "+12125550123"})
    added = client.post(
        "/api/v1/me/contacts",
        json={"address": "+12125550123", "code": code_for("+12125550123")},
        headers=bearer(tokens),
    )
    assert added.status_code == 201
    phone = next(each for each in added.json["contacts"] if each["kind"] == "phone")
    left = client.delete(f"/api/v1/me/contacts/{phone['id']}", headers=bearer(tokens)).json["contacts"]
    assert [each["kind"] for each in left] == ["email"]
    last = client.delete(f"/api/v1/me/contacts/{left[0]['id']}", headers=bearer(tokens))
    assert (last.status_code, last.json["code"]) == (409, "last_contact")


def test_everything_is_exported_and_then_forgotten(client: FlaskClient, app: Flask, clock: SetClock) -> None:
    tokens = sign_in(client)
    client.patch("/api/v1/me", json={"given_name": "Ann"}, headers=bearer(tokens))
    export = client.get("/api/v1/me/export", headers=bearer(tokens)).json
    assert export["format"] == "regulars-member-1"
    assert export["parts"]["member"][0]["given_name"] == "Ann"
    assert export["parts"]["identity"][0]["value"] == ANN
    assert "seed" not in export["parts"]["refresh_token"][0]
    assert client.delete("/api/v1/me", headers=bearer(tokens)).status_code == 204
    assert client.get("/api/v1/me", headers=bearer(tokens)).status_code == 401
    again = sign_in(client)
    assert again["joined"] is True
    assert again["member_id"] != tokens["member_id"]


def test_a_member_of_the_tests_is_a_member(app: Flask, client: FlaskClient, clock: SetClock) -> None:
    with transaction() as session:
        ben = join(session, "ben@example.com", now=clock.now(), given_name="Ben")
    assert client.get("/api/v1/me", headers=ben.headers(clock.now())).json["given_name"] == "Ben"
