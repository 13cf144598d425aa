"""The card in the phone's own wallet: signed as the wallets ask, true after a sale, and nobody else's."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from loyalty import changes, codes, dossier, members, passes
from loyalty.actor import SYSTEM
from loyalty.clock import SetClock
from loyalty.config import ConfigError, Settings
from loyalty.db import snapshot, transaction
from loyalty.jobs.topics import TOPICS
from loyalty.jobs.work import work_of
from loyalty.messages import Task
from loyalty.passes.apple import text_color
from tests.apple import Authority, authority, sha1_of, verify
from tests.joined import Joined, join

pytestmark = pytest.mark.usefixtures("program")

TYPE = "pass.com.example.card"
LIBRARY = "a1b2c3d4e5f60718293a4b5c6d7e8f90"
GOOGLE = rsa.generate_private_key(65537, 2048)


@pytest.fixture
def apple(tmp_path: Path) -> Authority:
    return authority(tmp_path / "apple")


@pytest.fixture
def settings(settings: Settings, apple: Authority, tmp_path: Path) -> Settings:
    account = tmp_path / "account.json"
    pem = GOOGLE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    account.write_text(json.dumps({"client_email": "wallet@example.iam", "private_key": pem}))
    return replace(
        settings,
        public_url="https://stars.example",
        google_wallet_issuer_id="3388000000012345678",
        google_wallet_account=str(account),
        **apple.settings,
    )


@pytest.fixture
def ann(app: Flask, clock: SetClock) -> Joined:
    with transaction() as session:
        ann = join(session, "ann@example.com", now=clock.now())
    clock.advance(minutes=1)
    return ann


class Pass:
    """A pass in a wallet: its files, and asking about itself with its own token."""

    def __init__(self, client: FlaskClient, answer: Any) -> None:
        assert answer.status_code == 200, answer.json
        assert answer.content_type == "application/vnd.apple.pkpass"
        with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
            self.files = {name: archive.read(name) for name in archive.namelist()}
        self.said: dict[str, Any] = json.loads(self.files["pass.json"])
        self.serial = self.said["serialNumber"]
        self.changed = answer.headers.get("Last-Modified")
        self.client = client

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"ApplePass {self.said['authenticationToken']}"}

    def ask(self, method: str, path: str, **more: Any) -> Any:
        headers = {**self.headers, **more.pop("headers", {})}
        return getattr(self.client, method)(f"/api/v1/passes/v1{path}", headers=headers, **more)

    def register(self, library: str = LIBRARY, token: str = "push-token") -> Any:
        path = f"/devices/{library}/registrations/{TYPE}/{self.serial}"
        return self.ask("post", path, json={"pushToken": token})

    def fetch(self, **headers: str) -> Any:
        return self.ask("get", f"/passes/{TYPE}/{self.serial}", headers=headers)

    def updated(self, since: str | None = None, library: str = LIBRARY) -> Any:
        query = {} if since is None else {"passesUpdatedSince": since}
        return self.client.get(
            f"/api/v1/passes/v1/devices/{library}/registrations/{TYPE}", query_string=query
        )


def get_pass(client: FlaskClient, person: Joined, clock: SetClock) -> Pass:
    return Pass(client, client.get("/api/v1/passes/apple", headers=person.headers(clock.now())))


def change(person: Joined, clock: SetClock, entity: str = "balance") -> None:
    """As a sale does it: under the lock, marked in the feed."""
    with transaction() as session:
        changes.lock(session, person.member_id)
        session.execute(
            text("UPDATE account SET points_milli = points_milli + 12500 WHERE member_id = :m"),
            {"m": person.member_id},
        )
        changes.mark(session, person.member_id, entity, now=clock.now())


# Apple


def test_the_pass_is_signed_over_every_file_up_to_the_root(
    client: FlaskClient, ann: Joined, clock: SetClock, apple: Authority
) -> None:
    got = get_pass(client, ann, clock)
    manifest = json.loads(got.files["manifest.json"])
    assert manifest == {
        name: sha1_of(data) for name, data in got.files.items() if name not in ("manifest.json", "signature")
    }
    assert {"pass.json", "icon.png", "icon@2x.png", "icon@3x.png", "logo.png"} <= set(manifest)
    verify(got.files["signature"], got.files["manifest.json"], apple)


def test_a_changed_file_breaks_the_signature(
    client: FlaskClient, ann: Joined, clock: SetClock, apple: Authority
) -> None:
    got = get_pass(client, ann, clock)
    with pytest.raises(AssertionError, match="another content"):
        verify(got.files["signature"], got.files["manifest.json"] + b" ", apple)


def test_the_pass_is_a_store_card_with_the_card_number_that_never_pays(
    client: FlaskClient, ann: Joined, clock: SetClock
) -> None:
    change(ann, clock)
    said = get_pass(client, ann, clock).said
    with snapshot() as session:
        number = members.member(session, ann.member_id).card_number
    assert [(each["format"], each["message"]) for each in said["barcodes"]] == [
        ("PKBarcodeFormatQR", number),
        ("PKBarcodeFormatCode128", number),
    ]
    (points,) = said["storeCard"]["primaryFields"]
    assert (points["label"], points["value"]) == ("Stars", 12.5)
    assert [each["value"] for each in said["storeCard"]["secondaryFields"]] == ["Green", "Ann"]
    assert (said["passTypeIdentifier"], said["teamIdentifier"]) == (TYPE, "TEAM123456")
    assert (said["organizationName"], said["backgroundColor"]) == ("Fernlight", "rgb(31, 111, 84)")
    assert said["webServiceURL"] == "https://stars.example/api/v1/passes"
    assert len(said["authenticationToken"]) >= 16
    assert said["voided"] is False
    assert isinstance(codes.parse(number), codes.CardCode)


def test_the_pass_speaks_the_members_language(client: FlaskClient, ann: Joined, clock: SetClock) -> None:
    client.patch("/api/v1/me", json={"locale": "fr-CA"}, headers=ann.headers(clock.now()))
    fields = get_pass(client, ann, clock).said["storeCard"]
    assert fields["primaryFields"][0]["label"] == "Étoiles"
    assert fields["secondaryFields"][0]["label"] == "Niveau"


def test_it_is_the_same_pass_every_time_and_for_everybody_another(
    client: FlaskClient, ann: Joined, clock: SetClock
) -> None:
    with transaction() as session:
        ben = join(session, "ben@example.com", now=clock.now(), given_name="Ben")
    serials = [get_pass(client, each, clock).serial for each in (ann, ann, ben)]
    assert serials[0] == serials[1] != serials[2]
    assert str(ann.public_id) not in serials[0]


def test_pictures_are_pngs_of_their_size(client: FlaskClient, ann: Joined, clock: SetClock) -> None:
    files = get_pass(client, ann, clock).files
    for name, size in (("icon.png", 29), ("icon@2x.png", 58), ("icon@3x.png", 87), ("logo.png", 50)):
        data = files[name]
        assert data[:8] == b"\x89PNG\r\n\x1a\n"
        assert struct.unpack(">II", data[16:24]) == (size, size)
        start = data.index(b"IDAT")
        (length,) = struct.unpack(">I", data[start - 4 : start])
        assert len(zlib.decompress(data[start + 4 : start + 4 + length])) == size * (1 + 4 * size)


@pytest.mark.parametrize(("ground", "text"), [("#000000", "#ffffff"), ("#ffffff", "#000000"), ("#1f6f54", "#ffffff"),
                                              ("#e6b450", "#000000")])  # fmt: skip
def test_the_text_stands_out(ground: str, text: str) -> None:
    assert text_color(ground) == text


# The web service


def test_a_wallet_registers_hears_of_a_change_and_fetches_it(
    client: FlaskClient, ann: Joined, clock: SetClock
) -> None:
    got = get_pass(client, ann, clock)
    assert [got.register().status_code, got.register().status_code] == [201, 200]
    first = got.updated()
    assert (first.status_code, first.json["serialNumbers"]) == (200, [got.serial])
    tag = first.json["lastUpdated"]
    assert got.updated(tag).status_code == 204
    clock.advance(minutes=5)
    change(ann, clock)
    second = got.updated(tag)
    assert (second.status_code, second.json["serialNumbers"]) == (200, [got.serial])
    assert got.updated(second.json["lastUpdated"]).status_code == 204
    fresh = Pass(client, got.fetch())
    assert fresh.said["storeCard"]["primaryFields"][0]["value"] == 12.5
    assert fresh.said["authenticationToken"] == got.said["authenticationToken"]


@pytest.mark.parametrize("entity", ["balance", "tier", "profile"])
def test_what_has_not_changed_is_not_sent_again(
    client: FlaskClient, ann: Joined, clock: SetClock, entity: str
) -> None:
    got = Pass(client, get_pass(client, ann, clock).fetch())
    clock.advance(minutes=1)
    known = Pass(client, got.fetch()).changed
    assert got.fetch(**{"If-Modified-Since": known}).status_code == 304
    change(ann, clock, "preference/milk")
    assert got.fetch(**{"If-Modified-Since": known}).status_code == 304
    change(ann, clock, entity)
    assert got.fetch(**{"If-Modified-Since": known}).status_code == 200


def test_two_changes_within_one_second_are_both_seen(
    client: FlaskClient, ann: Joined, clock: SetClock
) -> None:
    got = get_pass(client, ann, clock)
    clock.advance(minutes=1)
    change(ann, clock)
    clock.advance(milliseconds=300)
    between = Pass(client, got.fetch())
    assert between.changed is None, "its second is not over"
    clock.advance(milliseconds=300)
    change(ann, clock)
    clock.advance(seconds=2)
    later = Pass(client, got.fetch())
    assert later.said["storeCard"]["primaryFields"][0]["value"] == 25
    assert got.fetch(**{"If-Modified-Since": later.changed}).status_code == 304


def test_a_wallet_that_lets_go_is_asked_no_more(client: FlaskClient, ann: Joined, clock: SetClock) -> None:
    got = get_pass(client, ann, clock)
    got.register()
    path = f"/devices/{LIBRARY}/registrations/{TYPE}/{got.serial}"
    assert [got.ask("delete", path).status_code for _ in range(2)] == [200, 200]
    assert got.updated().status_code == 204


def test_another_wallet_knows_nothing(client: FlaskClient, ann: Joined, clock: SetClock) -> None:
    got = get_pass(client, ann, clock)
    got.register()
    assert got.updated(library="other").status_code == 204


@pytest.mark.parametrize("tag", ["", "x", "-1", "9" * 30, "٣"])
def test_a_tag_that_is_none_gets_everything(
    client: FlaskClient, ann: Joined, clock: SetClock, tag: str
) -> None:
    got = get_pass(client, ann, clock)
    got.register()
    assert got.updated(tag).status_code == 200


def test_fifty_wallets_are_enough(client: FlaskClient, ann: Joined, clock: SetClock) -> None:
    got = get_pass(client, ann, clock)
    for number in range(52):
        clock.advance(seconds=1)
        assert got.register(f"library-{number}").status_code == 201
    with snapshot() as session:
        assert session.scalar(text("SELECT count(*) FROM pass_registration")) == passes.REGISTRATIONS_MAX
    assert [got.updated(library=f"library-{each}").status_code for each in (0, 51)] == [204, 200]


def test_only_its_own_token_opens_a_pass(client: FlaskClient, ann: Joined, clock: SetClock) -> None:
    with transaction() as session:
        ben = join(session, "ben@example.com", now=clock.now(), given_name="Ben")
    anns, bens = get_pass(client, ann, clock), get_pass(client, ben, clock)
    for headers in (
        {},
        bens.headers,
        {"Authorization": "ApplePass "},
        {"Authorization": f"Bearer {anns.said['authenticationToken']}"},
        {"Authorization": f"ApplePass {anns.said['authenticationToken'][:-1]}ä"},
        ann.headers(clock.now()),
    ):
        for method, path, body in (
            ("get", f"/passes/{TYPE}/{anns.serial}", None),
            ("post", f"/devices/{LIBRARY}/registrations/{TYPE}/{anns.serial}", {"pushToken": "x"}),
            ("delete", f"/devices/{LIBRARY}/registrations/{TYPE}/{anns.serial}", None),
        ):
            answer = getattr(client, method)(f"/api/v1/passes/v1{path}", headers=headers, json=body)
            assert (answer.status_code, answer.json["code"]) == (401, "pass_unknown"), (method, headers)


def test_a_pass_opens_nothing_else(client: FlaskClient, ann: Joined, clock: SetClock) -> None:
    got = get_pass(client, ann, clock)
    for path in ("/me", "/passes/apple", "/passes/google", "/devices"):
        assert client.get(f"/api/v1{path}", headers=got.headers).status_code == 401


def test_another_type_of_pass_is_not_offered(client: FlaskClient, ann: Joined, clock: SetClock) -> None:
    got = get_pass(client, ann, clock)
    answer = got.ask("get", f"/passes/pass.com.example.other/{got.serial}")
    assert (answer.status_code, answer.json["code"]) == (404, "pass_not_offered")


def test_after_the_secret_was_changed_old_passes_still_open(
    client: FlaskClient, app: Flask, ann: Joined, clock: SetClock, settings: Settings
) -> None:
    from loyalty.web import site

    got = get_pass(client, ann, clock)
    new = "bmV3IHNlY3JldCBmb3IgdGVzdHMgb25seSwgbmV2ZXIgc2VydmVkIQ"
    there = site.current()
    changed = replace(settings, secret_key=new, old_secret_keys=settings.secret_key)
    site.install(app, replace(there, settings=changed))
    fresh = Pass(client, got.fetch())
    assert fresh.said["authenticationToken"] != got.said["authenticationToken"]
    assert fresh.fetch().status_code == 200
    site.install(app, replace(there, settings=replace(changed, old_secret_keys="")))
    assert got.fetch().status_code == 401


def test_a_wallets_complaints_are_taken(client: FlaskClient) -> None:
    answer = client.post("/api/v1/passes/v1/log", json={"logs": ["[2026] Web service error", "x"]})
    assert (answer.status_code, answer.data) == (200, b"")


def test_a_blocked_members_pass_is_void(client: FlaskClient, ann: Joined, clock: SetClock) -> None:
    got = get_pass(client, ann, clock)
    clock.advance(minutes=5)
    known = Pass(client, got.fetch()).changed
    with transaction() as session:
        members.block(session, actor=SYSTEM, member_id=ann.member_id, now=clock.now())
    assert Pass(client, got.fetch(**{"If-Modified-Since": known})).said["voided"] is True


def test_after_a_merge_both_passes_show_the_survivor(
    client: FlaskClient, ann: Joined, clock: SetClock
) -> None:
    with transaction() as session:
        ben = join(session, "ben@example.com", now=clock.now(), given_name="Ben")
    got = get_pass(client, ben, clock)
    got.register()
    anns = get_pass(client, ann, clock)
    with transaction() as session:
        dossier.merge(session, actor=SYSTEM, survivor=ann.member_id, merged=ben.member_id, now=clock.now())
    assert Pass(client, got.fetch()).said["barcodes"] == anns.said["barcodes"]
    assert got.updated().json["serialNumbers"] == [got.serial]


def test_an_erased_members_pass_is_nobodys(client: FlaskClient, ann: Joined, clock: SetClock) -> None:
    got = get_pass(client, ann, clock)
    got.register()
    with transaction() as session:
        dossier.erase(session, actor=SYSTEM, member_id=ann.member_id, now=clock.now())
    assert got.fetch().status_code == 401
    assert got.updated().status_code == 204


def test_a_sale_is_told_to_the_wallets_where_there_is_a_way(
    client: FlaskClient, ann: Joined, clock: SetClock, settings: Settings, app: Flask
) -> None:
    class Ear:
        heard: list[str] = []  # noqa: RUF012 - of this test alone

        def tell(self, push_token: str) -> None:
            self.heard.append(push_token)

    got = get_pass(client, ann, clock)
    got.register(token="tok-1")
    got.register("other", token="tok-2")
    task = Task(ann.member_id, "t", "sale.returned", {}, clock.now(), 1)
    TOPICS["sale.returned"].run(work_of(settings, clock), task)  # nobody to tell it to: nothing breaks
    TOPICS["sale.returned"].run(replace(work_of(settings, clock), news=Ear()), task)
    assert sorted(Ear.heard) == ["tok-1", "tok-2"]


# Google


def claims_of(client: FlaskClient, person: Joined, clock: SetClock) -> dict[str, Any]:
    answer = client.get("/api/v1/passes/google", headers=person.headers(clock.now()))
    assert answer.status_code == 200, answer.json
    start, _, token = answer.json["url"].rpartition("/")
    assert start == "https://pay.google.com/gp/v/save"
    return jwt.decode(token, GOOGLE.public_key(), ["RS256"], audience="google", options={"verify_iat": False})


def totp(key: bytes, seconds: int, digits: int) -> str:
    """RFC 6238, written again."""
    import hashlib
    import hmac

    digest = hmac.new(key, struct.pack(">Q", seconds // 30), hashlib.sha1).digest()
    offset = digest[19] & 15
    return str((struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF) % 10**digits).zfill(digits)


def test_the_link_carries_the_card_signed_by_the_service_account(
    client: FlaskClient, ann: Joined, clock: SetClock
) -> None:
    change(ann, clock)
    claims = claims_of(client, ann, clock)
    assert (claims["iss"], claims["typ"]) == ("wallet@example.iam", "savetowallet")
    assert claims["origins"] == ["https://stars.example"]
    (kind,), (card,) = claims["payload"]["loyaltyClasses"], claims["payload"]["loyaltyObjects"]
    assert card["classId"] == kind["id"] == "3388000000012345678.cafe-stars"
    assert (kind["issuerName"], kind["hexBackgroundColor"]) == ("Fernlight", "#1f6f54")
    assert kind["programLogo"]["sourceUri"]["uri"] == "https://stars.example/api/v1/passes/logo.png"
    assert card["loyaltyPoints"] == {"label": "Stars", "balance": {"double": 12.5}}
    assert (card["state"], card["accountName"]) == ("ACTIVE", "Ann")


def test_what_google_draws_is_the_number_that_the_app_draws(
    client: FlaskClient, ann: Joined, clock: SetClock, settings: Settings
) -> None:
    (card,) = claims_of(client, ann, clock)["payload"]["loyaltyObjects"]
    barcode = card["rotatingBarcode"]
    details = barcode["totpDetails"]
    (parameter,) = details["parameters"]
    assert (details["algorithm"], details["periodMillis"]) == ("TOTP_SHA1", "30000")
    with snapshot() as session:
        account = members.member(session, ann.member_id).account_number
        rotation = codes.number_rotation(session, ann.member_id)
    key = codes.number_secret(codes.code_secret(settings.secret_key), ann.member_id, account, rotation)
    for _ in range(3):
        drawn = totp(
            bytes.fromhex(parameter["key"]), int(clock.now().timestamp()), int(parameter["valueLength"])
        )
        shown = barcode["valuePattern"].replace("{totp_value_0}", drawn)
        assert shown == codes.draw_number(key, account, now=clock.now())
        assert isinstance(codes.parse(shown), codes.NumberCode)
        clock.advance(seconds=30)


# What is offered


def test_what_is_set_up_is_offered(client: FlaskClient) -> None:
    assert client.get("/api/v1/passes").json == {"apple": True, "google": True}
    logo = client.get("/api/v1/passes/logo.png")
    assert (logo.status_code, logo.content_type, logo.data[:4]) == (200, "image/png", b"\x89PNG")


def test_strangers_get_no_pass(client: FlaskClient) -> None:
    for path in ("/passes/apple", "/passes/google"):
        assert client.get(f"/api/v1{path}").status_code == 401


class TestNothingSetUp:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        names = ("type_id", "team_id", "certificate", "key", "intermediate")
        empty = {f"apple_pass_{name}": "" for name in names}
        return replace(settings, google_wallet_issuer_id="", google_wallet_account="", **empty)

    def test_nothing_is_offered(self, client: FlaskClient, ann: Joined, clock: SetClock) -> None:
        assert client.get("/api/v1/passes").json == {"apple": False, "google": False}
        for path in ("/passes/apple", "/passes/google"):
            answer = client.get(f"/api/v1{path}", headers=ann.headers(clock.now()))
            assert (answer.status_code, answer.json["code"]) == (404, "pass_not_offered")
        answer = client.get(f"/api/v1/passes/v1/devices/x/registrations/{TYPE}")
        assert (answer.status_code, answer.json["code"]) == (404, "pass_not_offered")


def test_half_a_set_up_is_refused_at_the_start(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="REGULARS_APPLE_PASS_KEY"):
        replace(settings, apple_pass_key="")
    with pytest.raises(ConfigError, match="REGULARS_GOOGLE_WALLET_ACCOUNT"):
        replace(settings, google_wallet_account="")
    with pytest.raises(ConfigError, match="there is none at"):
        replace(settings, apple_pass_certificate=str(tmp_path / "missing.pem"))
