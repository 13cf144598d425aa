"""Passkeys from outside: registered on one device, they sign the next one in, and nobody else's."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from loyalty import dossier, members
from loyalty.actor import SYSTEM
from loyalty.clock import SetClock
from loyalty.config import Settings
from loyalty.db import snapshot, transaction
from loyalty.passkeys import party_of
from loyalty.sync import documents
from tests.authenticator import ELIGIBLE, PRESENT, VERIFIED, Authenticator, b64, unb64
from tests.conftest import Together
from tests.joined import Joined, join

pytestmark = pytest.mark.usefixtures("program")

LAPTOP = {"name": "Ann's laptop", "platform": "web"}


@dataclass
class Person:
    """Somebody who is signed in on one device."""

    client: FlaskClient
    joined: Joined
    clock: SetClock

    @property
    def headers(self) -> dict[str, str]:
        return self.joined.headers(self.clock.now())

    def begin(self) -> dict[str, Any]:
        answer = self.client.post("/api/v1/passkeys/registration", headers=self.headers)
        assert answer.status_code == 200, answer.json
        return answer.json["public_key"]

    def register(self, credential: dict[str, Any], name: str = "Phone") -> Any:
        body = {"credential": credential, "name": name}
        return self.client.post("/api/v1/passkeys", json=body, headers=self.headers)

    def passkey(self, **options: Any) -> Authenticator:
        made = Authenticator(**options)
        answer = self.register(made.make(self.begin()))
        assert answer.status_code == 201, answer.json
        return made


@pytest.fixture
def ann(client: FlaskClient, clock: SetClock) -> Person:
    with transaction() as session:
        return Person(client, join(session, "ann@example.com", now=clock.now()), clock)


@pytest.fixture
def ben(client: FlaskClient, clock: SetClock) -> Person:
    with transaction() as session:
        return Person(client, join(session, "ben@example.com", now=clock.now(), given_name="Ben"), clock)


def challenge(client: FlaskClient) -> dict[str, Any]:
    answer = client.post("/api/v1/auth/passkeys")
    assert answer.status_code == 200, answer.json
    return answer.json["public_key"]


def send(client: FlaskClient, credential: dict[str, Any], device: dict[str, Any] | None = None) -> Any:
    body = {"credential": credential, "device": device or LAPTOP}
    return client.post("/api/v1/auth/passkeys/sessions", json=body)


def outcome(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


WRONG = (401, "passkey_wrong")
INVALID = (422, "passkey_invalid")


def test_a_passkey_signs_the_next_device_in_without_naming_anybody(client: FlaskClient, ann: Person) -> None:
    passkey = ann.passkey()
    options = challenge(client)
    assert "allowCredentials" not in options or options["allowCredentials"] == []
    assert (options["rpId"], options["userVerification"]) == ("localhost", "preferred")
    answer = send(client, passkey.sign(options))
    assert answer.status_code == 201, answer.json
    assert (answer.json["member_id"], answer.json["joined"]) == (ann.joined.public_id, False)
    me = client.get("/api/v1/me", headers={"Authorization": f"Bearer {answer.json['access_token']}"}).json
    assert me["given_name"] == "Ann"
    refreshed = client.post("/api/v1/auth/refresh", json={"refresh_token": answer.json["refresh_token"]})
    assert refreshed.status_code == 200


def test_the_options_ask_for_a_passkey_that_is_found_without_a_name(ann: Person) -> None:
    options = ann.begin()
    assert options["rp"]["id"] == "localhost"
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "preferred"
    assert options["attestation"] == "none"
    assert options["excludeCredentials"] == []
    assert options["user"]["name"] == "ann@example.com"


def test_the_handle_is_opaque_and_the_same_for_all_passkeys_of_a_member(ann: Person, ben: Person) -> None:
    first, second = ann.passkey(), ann.passkey()
    assert first.handle == second.handle
    assert len(first.handle) == 32
    assert str(ann.joined.member_id).encode() not in first.handle
    assert ben.passkey().handle != first.handle
    excluded = ann.begin()["excludeCredentials"]
    assert {each["id"] for each in excluded} == {b64(first.credential_id), b64(second.credential_id)}


def test_passkeys_are_listed_renamed_and_deleted(client: FlaskClient, ann: Person) -> None:
    passkey = ann.passkey()
    (listed,) = client.get("/api/v1/passkeys", headers=ann.headers).json["passkeys"]
    assert (listed["name"], listed["last_used_at"]) == ("Phone", None)
    path = f"/api/v1/passkeys/{listed['id']}"
    renamed = client.patch(path, json={"name": "Pocket"}, headers=ann.headers)
    assert (renamed.status_code, renamed.json["name"]) == (200, "Pocket")
    assert send(client, passkey.sign(challenge(client))).status_code == 201
    (used,) = client.get("/api/v1/passkeys", headers=ann.headers).json["passkeys"]
    assert used["last_used_at"] == "2026-03-02T12:00:00Z"
    assert client.delete(path, headers=ann.headers).status_code == 204
    assert client.get("/api/v1/passkeys", headers=ann.headers).json["passkeys"] == []
    assert outcome(send(client, passkey.sign(challenge(client)))) == WRONG
    assert client.delete(path, headers=ann.headers).status_code == 404
    assert client.patch(path, json={"name": "x"}, headers=ann.headers).status_code == 404


def test_somebody_elses_passkey_is_not_there(client: FlaskClient, ann: Person, ben: Person) -> None:
    ann.passkey()
    (listed,) = client.get("/api/v1/passkeys", headers=ann.headers).json["passkeys"]
    path = f"/api/v1/passkeys/{listed['id']}"
    assert client.get("/api/v1/passkeys", headers=ben.headers).json["passkeys"] == []
    assert client.delete(path, headers=ben.headers).status_code == 404
    assert client.patch(path, json={"name": "x"}, headers=ben.headers).status_code == 404
    assert len(client.get("/api/v1/passkeys", headers=ann.headers).json["passkeys"]) == 1


def test_a_name_that_is_none_is_refused(ann: Person, client: FlaskClient) -> None:
    assert outcome(ann.register(Authenticator().make(ann.begin()), name="  ")) == (
        422,
        "passkey_name_invalid",
    )
    ann.passkey()
    (listed,) = client.get("/api/v1/passkeys", headers=ann.headers).json["passkeys"]
    answer = client.patch(f"/api/v1/passkeys/{listed['id']}", json={"name": " "}, headers=ann.headers)
    assert outcome(answer) == (422, "passkey_name_invalid")


# Attacks on registering


@pytest.mark.parametrize(
    "how",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://localhost:8001"},
        {"origin": "https://localhost:8000"},
        {"rp_id": "evil.example"},
        {"flags": VERIFIED},
        {"flags": 0},
        {"cross_origin": True},
    ],
)
def test_a_registration_from_elsewhere_is_refused(ann: Person, how: dict[str, Any]) -> None:
    assert outcome(ann.register(Authenticator(**how).make(ann.begin()))) == INVALID


def test_user_verification_is_preferred_and_not_required(client: FlaskClient, ann: Person) -> None:
    passkey = ann.passkey(flags=PRESENT)
    assert send(client, passkey.sign(challenge(client))).status_code == 201


def test_a_registration_is_good_once(ann: Person, client: FlaskClient) -> None:
    options = ann.begin()
    assert ann.register(Authenticator().make(options)).status_code == 201
    assert outcome(ann.register(Authenticator().make(options))) == INVALID


def test_a_challenge_ends(ann: Person, client: FlaskClient, clock: SetClock) -> None:
    passkey, options, asked = ann.passkey(), ann.begin(), challenge(client)
    clock.advance(minutes=5, seconds=1)
    assert outcome(ann.register(Authenticator().make(options))) == INVALID
    assert outcome(send(client, passkey.sign(asked))) == WRONG


def test_a_challenge_is_for_one_device_and_one_purpose(ann: Person, ben: Person, client: FlaskClient) -> None:
    assert outcome(ben.register(Authenticator().make(ann.begin()))) == INVALID
    with_user = {**challenge(client), "user": {"id": b64(b"x")}}
    assert outcome(ann.register(Authenticator().make(with_user))) == INVALID
    passkey = ann.passkey()
    assert outcome(send(client, passkey.sign(ann.begin()))) == WRONG


def test_a_challenge_that_somebody_made_up_is_refused(ann: Person, client: FlaskClient) -> None:
    passkey = ann.passkey()
    for made_up in (b"", b"x" * 64, unb64(challenge(client)["challenge"])[:-1] + b"\0\0"):
        assert outcome(send(client, passkey.sign({"challenge": b64(made_up)}))) == WRONG
        options = {**ann.begin(), "challenge": b64(made_up)}
        assert outcome(ann.register(Authenticator().make(options))) == INVALID


def test_the_same_passkey_is_registered_once_for_whomever(ann: Person, ben: Person) -> None:
    passkey = ann.passkey()
    assert outcome(ann.register(passkey.make(ann.begin()))) == (409, "passkey_taken")
    # Ben knows Ann's credential id and claims it with a key of his own.
    thief = Authenticator(credential_id=passkey.credential_id)
    assert outcome(ben.register(thief.make(ben.begin()))) == (409, "passkey_taken")


def test_twenty_passkeys_are_enough(ann: Person) -> None:
    for _ in range(20):
        ann.passkey()
    assert outcome(ann.register(Authenticator().make(ann.begin()))) == (409, "too_many_passkeys")


@pytest.mark.parametrize("damaged", ["clientDataJSON", "attestationObject"])
@pytest.mark.parametrize(
    "data", [b"", b"{}", b"\xff\xfe", b"[" * 5000, b'{"type": 1, "challenge": 2, "origin": 3}']
)
def test_damaged_registrations_are_refused(ann: Person, damaged: str, data: bytes) -> None:
    assert outcome(ann.register(Authenticator().make(ann.begin(), **{damaged: b64(data)}))) == INVALID


# Attacks on signing in


@pytest.mark.parametrize(
    "how",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://localhost"},
        {"rp_id": "evil.example"},
        {"flags": VERIFIED},
        {"flags": 0},
        {"cross_origin": True},
        {"credential_id": b"unknown"},
        {"handle": b"somebody"},
        {"handle": b""},
    ],
)
def test_a_signature_from_elsewhere_is_refused(client: FlaskClient, ann: Person, how: dict[str, Any]) -> None:
    passkey = ann.passkey()
    assert outcome(send(client, replace(passkey, **how).sign(challenge(client)))) == WRONG
    assert send(client, replace(passkey).sign(challenge(client))).status_code == 201


def test_a_replayed_answer_is_refused(client: FlaskClient, ann: Person) -> None:
    passkey = ann.passkey(counts=False)
    answered = passkey.sign(challenge(client))
    assert send(client, answered).status_code == 201
    assert outcome(send(client, answered)) == WRONG


def test_one_answer_sent_many_times_at_once_signs_in_once(
    app: Flask, client: FlaskClient, ann: Person, together: Together
) -> None:
    answered = ann.passkey(counts=False).sign(challenge(client))
    answers = together(lambda _: send(app.test_client(), answered).status_code, 4)
    assert sorted(answers) == [201, 401, 401, 401]


def test_another_members_credential_does_not_sign_in_as_them(
    client: FlaskClient, ann: Person, ben: Person
) -> None:
    anns, bens = ann.passkey(), ben.passkey()
    # Ben's key under Ann's id, Ann's handle with Ben's passkey, and both at once.
    assert (
        outcome(send(client, replace(bens, credential_id=anns.credential_id).sign(challenge(client))))
        == WRONG
    )
    assert outcome(send(client, replace(bens, handle=anns.handle).sign(challenge(client)))) == WRONG
    forged = replace(bens, credential_id=anns.credential_id, handle=anns.handle)
    assert outcome(send(client, forged.sign(challenge(client)))) == WRONG


@pytest.mark.parametrize("tampered", ["signature", "authenticatorData", "clientDataJSON"])
def test_a_tampered_answer_is_refused(client: FlaskClient, ann: Person, tampered: str) -> None:
    passkey = ann.passkey()
    answered = passkey.sign(challenge(client))
    data = bytearray(unb64(answered["response"][tampered]))
    data[-2] ^= 1
    answered["response"][tampered] = b64(bytes(data))
    assert outcome(send(client, answered)) == WRONG


def test_an_id_that_is_not_the_raw_id_is_refused(client: FlaskClient, ann: Person) -> None:
    answered = ann.passkey().sign(challenge(client))
    assert outcome(send(client, {**answered, "id": b64(b"other")})) == WRONG


def test_a_registration_is_no_sign_in(client: FlaskClient, ann: Person) -> None:
    passkey = ann.passkey()
    answered = passkey.sign(challenge(client))
    client_data = json.loads(unb64(answered["response"]["clientDataJSON"]))
    client_data["type"] = "webauthn.create"
    answered["response"]["clientDataJSON"] = b64(json.dumps(client_data).encode())
    assert outcome(send(client, answered)) == WRONG


@pytest.mark.parametrize("damaged", ["clientDataJSON", "authenticatorData", "signature"])
@pytest.mark.parametrize("data", [b"", b"{}", b"\xff\xfe"])
def test_damaged_answers_are_refused(client: FlaskClient, ann: Person, damaged: str, data: bytes) -> None:
    answered = ann.passkey().sign(challenge(client), **{damaged: b64(data)})
    assert outcome(send(client, answered)) == WRONG


def test_a_counter_that_goes_back_is_a_copy_and_only_its_holder_learns_it(
    client: FlaskClient, ann: Person
) -> None:
    passkey = ann.passkey()
    copy = replace(passkey)
    assert send(client, passkey.sign(challenge(client))).status_code == 201
    assert send(client, passkey.sign(challenge(client))).status_code == 201
    answered = copy.sign(challenge(client))
    assert outcome(send(client, answered)) == (401, "passkey_copied")
    forged = Authenticator(credential_id=copy.credential_id, handle=copy.handle)
    assert outcome(send(client, forged.sign(challenge(client)))) == WRONG
    # The owner's own goes on.
    assert send(client, passkey.sign(challenge(client))).status_code == 201


def test_a_passkey_that_never_counts_signs_in_again_and_again(client: FlaskClient, ann: Person) -> None:
    passkey = ann.passkey(counts=False)
    assert [send(client, passkey.sign(challenge(client))).status_code for _ in range(3)] == [201] * 3


def test_a_blocked_member_is_refused_and_learns_it_only_with_the_passkey(
    client: FlaskClient, ann: Person
) -> None:
    passkey = ann.passkey()
    with transaction() as session:
        members.block(session, actor=SYSTEM, member_id=ann.joined.member_id, now=ann.clock.now())
    assert outcome(send(client, passkey.sign(challenge(client)))) == (403, "member_blocked")
    assert outcome(send(client, replace(passkey, rp_id="evil.example").sign(challenge(client)))) == WRONG
    with snapshot() as session:
        assert not members.devices_of(session, ann.joined.member_id)


def test_unknown_and_deleted_passkeys_get_the_same_answer(client: FlaskClient, ann: Person) -> None:
    deleted = ann.passkey()
    (listed,) = client.get("/api/v1/passkeys", headers=ann.headers).json["passkeys"]
    client.delete(f"/api/v1/passkeys/{listed['id']}", headers=ann.headers)
    stranger = Authenticator(handle=b"nobody")
    answers = [send(client, each.sign(challenge(client))).json for each in (deleted, stranger)]
    for each in answers:
        each.pop("instance")
    assert answers[0] == answers[1]


def test_strangers_register_nothing(client: FlaskClient, ann: Person) -> None:
    credential = Authenticator().make(ann.begin())
    for method, path, body in (
        ("post", "/api/v1/passkeys/registration", None),
        ("post", "/api/v1/passkeys", {"credential": credential, "name": "x"}),
        ("get", "/api/v1/passkeys", None),
        ("patch", f"/api/v1/passkeys/{uuid4()}", {"name": "x"}),
        ("delete", f"/api/v1/passkeys/{uuid4()}", None),
    ):
        assert getattr(client, method)(path, json=body).status_code == 401, path


# The rest of the house


def test_the_member_is_told_of_a_new_passkey_on_every_device_and_by_mail(ann: Person) -> None:
    ann.passkey()
    with snapshot() as session:
        found = documents.load_all(session, ann.joined.member_id)
        (mail,) = session.scalars(text("SELECT payload FROM outbox WHERE topic = 'passkey_added'")).all()
    (passkey,) = (each for name, each in found.items() if name.startswith("passkey/"))
    assert set(passkey) == {"id", "name", "created_at"}
    (message,) = (each for name, each in found.items() if name.startswith("message/"))
    assert (message["kind"], message["data"]["passkey"]) == ("passkey_added", passkey["id"])
    assert set(message["text"]) == {"en", "fr"}
    assert (mail["to"], mail["name"]) == ("ann@example.com", "Phone")


def test_devices_learn_of_passkeys_by_the_feed_and_of_their_use_never(
    client: FlaskClient, ann: Person
) -> None:
    def marks() -> dict[str, bool]:
        with snapshot() as session:
            rows = session.execute(text("SELECT entity, deleted FROM change WHERE entity LIKE 'passkey/%'"))
            return {row.entity: row.deleted for row in rows}

    def version() -> int:
        with snapshot() as session:
            statement = text("SELECT version FROM change WHERE entity LIKE 'passkey/%'")
            return session.scalar(statement)

    passkey = ann.passkey()
    (entity,) = marks()
    made = version()
    assert send(client, passkey.sign(challenge(client))).status_code == 201
    assert version() == made
    path = f"/api/v1/passkeys/{entity.partition('/')[2]}"
    client.patch(path, json={"name": "New name"}, headers=ann.headers)
    assert version() > made
    client.delete(path, headers=ann.headers)
    assert marks() == {entity: True}


def test_passkeys_are_exported_without_the_handle_and_erased(client: FlaskClient, ann: Person) -> None:
    passkey = ann.passkey()
    with transaction() as session:
        told = dossier.export(session, actor=SYSTEM, member_id=ann.joined.member_id, now=ann.clock.now())
        (part,) = told["parts"]["passkey"]
        assert part["name"] == "Phone"
        assert "user_handle" not in part
        dossier.erase(session, actor=SYSTEM, member_id=ann.joined.member_id, now=ann.clock.now())
    assert outcome(send(client, passkey.sign(challenge(client)))) == WRONG
    with snapshot() as session:
        assert session.scalar(text("SELECT count(*) FROM passkey")) == 0


def test_after_a_merge_the_passkeys_of_both_sign_in_to_the_survivor(
    client: FlaskClient, ann: Person, ben: Person
) -> None:
    anns, bens = ann.passkey(), ben.passkey()
    with transaction() as session:
        dossier.merge(
            session,
            actor=SYSTEM,
            survivor=ann.joined.member_id,
            merged=ben.joined.member_id,
            now=ann.clock.now(),
        )
    for each in (anns, bens):
        answer = send(client, each.sign(challenge(client)))
        assert (answer.status_code, answer.json["member_id"]) == (201, ann.joined.public_id)
    assert len(client.get("/api/v1/passkeys", headers=ann.headers).json["passkeys"]) == 2


def test_answered_challenges_are_forgotten_when_their_time_is_over(client: FlaskClient, ann: Person) -> None:
    from loyalty import passkeys

    assert send(client, ann.passkey().sign(challenge(client))).status_code == 201
    now = ann.clock.now()
    with transaction() as session:
        assert passkeys.purge(session, now=now) == 0
        assert passkeys.purge(session, now=now + timedelta(minutes=6)) == 2


@pytest.mark.parametrize(
    ("url", "rp_id", "origin"),
    [
        ("http://127.0.0.1:8000", "localhost", "http://localhost:8000"),
        ("https://stars.example", "stars.example", "https://stars.example"),
        ("https://stars.example:443/app", "stars.example", "https://stars.example"),
        ("https://stars.example:8443", "stars.example", "https://stars.example:8443"),
        ("http://[::1]:80", "localhost", "http://localhost"),
    ],
)
def test_the_party_is_that_of_the_public_address(url: str, rp_id: str, origin: str) -> None:
    assert (party_of(url).id, party_of(url).origin) == (rp_id, origin)


class TestLimits:
    """Switched on, per network address, like those of codes."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return dataclasses.replace(settings, rate_limits=True)

    def test_challenges_and_tries_are_limited(self, client: FlaskClient) -> None:
        asked = [client.post("/api/v1/auth/passkeys").status_code for _ in range(61)]
        assert asked == [200] * 60 + [429]
        credential = Authenticator(handle=b"x", flags=PRESENT | VERIFIED | ELIGIBLE).sign({"challenge": "x"})
        tried = [send(client, credential).status_code for _ in range(31)]
        assert tried == [401] * 30 + [429]
