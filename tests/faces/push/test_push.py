"""A message in the inbox reaches the closed app of who allows it, through a real push service on this machine."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from loyalty import dossier, members, messages, preferences
from loyalty.actor import SYSTEM
from loyalty.clock import SetClock
from loyalty.config import Settings
from loyalty.db import snapshot, transaction
from loyalty.edits import Edit
from loyalty.jobs.outbox import deliver
from loyalty.jobs.work import work_of
from loyalty.push import vapid_key
from tests.faces.mobile_auth.test_auth_routes import bearer, sign_in
from tests.pushing import Browser, PushService, b64, push_service, unb64

pytestmark = pytest.mark.usefixtures("program")

PATH = "/api/v1/devices/current/push"


@pytest.fixture
def service() -> Iterator[PushService]:
    with push_service() as service:
        yield service


@dataclass
class Phone:
    """A signed-in device that wants to be told."""

    client: FlaskClient
    service: PushService
    tokens: dict[str, Any]
    browser: Browser = field(default_factory=Browser)
    place: str = field(default_factory=lambda: secrets.token_hex(8))

    @property
    def endpoint(self) -> str:
        return f"{self.service.url}/{self.place}"

    def subscribe(self, **changed: Any) -> Any:
        body = {**self.browser.subscription(self.endpoint), **changed}
        return self.client.put(PATH, json=body, headers=bearer(self.tokens))


@pytest.fixture
def phone(client: FlaskClient, service: PushService) -> Phone:
    phone = Phone(client, service, sign_in(client))
    assert phone.subscribe().status_code == 204
    return phone


@pytest.fixture
def work(app: Flask, settings: Settings, clock: SetClock) -> Any:
    return work_of(settings, clock)


def say(phone: Phone, clock: SetClock, *, kind: str = "notice", **more: Any) -> str:
    with transaction() as session:
        return messages.put_in_inbox(
            session,
            member_id=members.find(session, phone.tokens["member_id"]),
            kind=kind,
            title={"en": "Double stars", "fr": "Étoiles doubles"},
            text={"en": "Today only ☕", "fr": "Aujourd'hui seulement ☕"},
            now=clock.now(),
            **more,
        )


def allow(phone: Phone, clock: SetClock, purpose: str = "marketing", *, allowed: bool = True) -> None:
    act = preferences.give_consent if allowed else preferences.withdraw_consent
    with transaction() as session:
        member_id = members.find(session, phone.tokens["member_id"])
        act(
            session, actor=SYSTEM, member_id=member_id, purpose=purpose, channel="push", text_version="1",
            edit=Edit(at=clock.now(), device=phone.tokens["device_id"], seen=None), now=clock.now(),
        )  # fmt: skip


def work_all(work: Any) -> None:
    while deliver(work):
        pass


def waiting() -> list[Any]:
    with snapshot() as session:
        return list(
            session.execute(text("SELECT due_at, parked, last_error FROM outbox WHERE topic = 'push'"))
        )


def subscriptions() -> int:
    with snapshot() as session:
        return session.scalar(text("SELECT count(*) FROM push_subscription")) or 0


def test_who_allows_it_is_told_what_only_their_browser_can_read(
    phone: Phone, clock: SetClock, work: Any, settings: Settings
) -> None:
    allow(phone, clock)
    message = say(phone, clock)
    work_all(work)
    (shown,) = phone.service.shown(phone.browser)
    assert shown == {
        "id": message,
        "kind": "notice",
        "title": "Double stars",
        "text": "Today only ☕",
        "url": "/app/inbox",
    }
    (taken,) = phone.service.taken
    assert taken.path == f"/{phone.place}"
    assert b"stars" not in taken.body
    assert (taken.headers["Content-Encoding"], taken.headers["TTL"]) == ("aes128gcm", "86400")
    assert (taken.headers["Urgency"], len(taken.headers["Topic"])) == ("normal", 32)
    assert f"k={vapid_key(settings.secret_key).text}" in taken.headers["Authorization"]
    assert waiting() == []


def test_offers_are_not_pushed_to_who_has_not_asked_for_them(
    phone: Phone, clock: SetClock, work: Any
) -> None:
    say(phone, clock)
    allow(phone, clock)
    allow(phone, clock, allowed=False)
    say(phone, clock)
    work_all(work)
    assert phone.service.taken == []


def test_consent_counts_when_it_is_sent_and_not_when_it_was_said(
    phone: Phone, clock: SetClock, work: Any
) -> None:
    allow(phone, clock)
    say(phone, clock)
    clock.advance(seconds=1)
    allow(phone, clock, allowed=False)
    work_all(work)
    assert phone.service.taken == []


def test_a_new_device_is_pushed_unless_the_member_said_no(
    phone: Phone, client: FlaskClient, clock: SetClock, work: Any
) -> None:
    laptop = sign_in(client, name="Ann's laptop", platform="web")
    work_all(work)
    (shown,) = phone.service.shown(phone.browser)
    assert (shown["kind"], shown["url"], shown["title"]) == ("device_added", "/app/devices", "New device")
    assert shown["text"].startswith("Ann's laptop, ")
    assert (phone.service.taken[0].headers["Urgency"], phone.service.taken[0].headers["TTL"]) == (
        "high",
        "259200",
    )
    allow(phone, clock, "service", allowed=False)
    sign_in(client, name="Another", platform="web")
    work_all(work)
    assert len(phone.service.taken) == 1
    assert laptop["member_id"] == phone.tokens["member_id"]


def test_it_is_in_the_members_language(phone: Phone, client: FlaskClient, clock: SetClock, work: Any) -> None:
    allow(phone, clock)
    for locale, title in (("fr-CA", "Étoiles doubles"), ("de", "Double stars")):
        client.patch("/api/v1/me", json={"locale": locale}, headers=bearer(phone.tokens))
        say(phone, clock)
        work_all(work)
        assert phone.service.shown(phone.browser)[-1]["title"] == title


def test_every_device_that_asked_is_told(
    phone: Phone, client: FlaskClient, clock: SetClock, work: Any
) -> None:
    tablet = Phone(client, phone.service, sign_in(client, name="Tablet"))
    tablet.subscribe()
    allow(phone, clock)
    work_all(work)
    phone.service.taken.clear()
    say(phone, clock)
    work_all(work)
    assert {each.path for each in phone.service.taken} == {f"/{phone.place}", f"/{tablet.place}"}


def test_what_was_read_meanwhile_is_not_pushed(phone: Phone, clock: SetClock, work: Any) -> None:
    allow(phone, clock)
    message = say(phone, clock)
    with transaction() as session:
        member_id = members.find(session, phone.tokens["member_id"])
        messages.mark_read(session, member_id=member_id, message_id=message, now=clock.now())
    work_all(work)
    assert phone.service.taken == []


def test_what_is_a_day_old_is_not_pushed(phone: Phone, clock: SetClock, work: Any) -> None:
    allow(phone, clock)
    say(phone, clock)
    clock.advance(hours=25)
    work_all(work)
    assert phone.service.taken == []
    assert waiting() == []


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_has_gone_is_forgotten(
    phone: Phone, clock: SetClock, work: Any, status: int
) -> None:
    allow(phone, clock)
    phone.service.answers = [(status, {})]
    say(phone, clock)
    work_all(work)
    assert (subscriptions(), waiting()) == (0, [])
    say(phone, clock)
    assert waiting() == []


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_service_is_asked_again_when_it_said(
    phone: Phone, clock: SetClock, work: Any, status: int
) -> None:
    allow(phone, clock)
    phone.service.answers = [(status, {"Retry-After": "120"})]
    say(phone, clock)
    work_all(work)
    ((due_at, parked, error),) = waiting()
    assert (due_at - clock.now(), parked) == (timedelta(seconds=120), False)
    assert str(status) in error
    clock.advance(seconds=119)
    work_all(work)
    assert len(phone.service.taken) == 1
    clock.advance(seconds=1)
    work_all(work)
    first, second = phone.service.taken
    assert first.headers["Topic"] == second.headers["Topic"], "a double replaces the first"
    assert waiting() == []


def test_a_refused_message_is_parked_and_the_subscription_stays(
    phone: Phone, clock: SetClock, work: Any
) -> None:
    allow(phone, clock)
    phone.service.answers = [(403, {})]
    say(phone, clock)
    work_all(work)
    ((_, parked, error),) = waiting()
    assert (parked, error, subscriptions()) == (True, "the push service answered 403", 1)


def test_a_service_that_is_away_is_asked_again(phone: Phone, clock: SetClock, work: Any) -> None:
    allow(phone, clock)
    with push_service() as other:
        gone = other.url
    phone.subscribe(endpoint=f"{gone}/x")
    say(phone, clock)
    work_all(work)
    ((due_at, parked, _),) = waiting()
    assert (due_at - clock.now(), parked) == (timedelta(seconds=5), False)


# Who is told


def test_signing_out_ends_it(phone: Phone, client: FlaskClient) -> None:
    assert client.delete("/api/v1/auth/session", headers=bearer(phone.tokens)).status_code == 204
    assert subscriptions() == 0


def test_signing_out_from_elsewhere_ends_it(phone: Phone, client: FlaskClient) -> None:
    laptop = sign_in(client, name="Laptop")
    client.delete(f"/api/v1/devices/{phone.tokens['device_id']}", headers=bearer(laptop))
    assert subscriptions() == 0


def test_a_session_that_is_over_ends_it(phone: Phone, clock: SetClock, work: Any) -> None:
    allow(phone, clock)
    clock.advance(days=181)
    say(phone, clock)
    work_all(work)
    assert (phone.service.taken, subscriptions()) == ([], 0)


def test_unsubscribing_ends_it_and_twice_is_once(phone: Phone, client: FlaskClient) -> None:
    assert [client.delete(PATH, headers=bearer(phone.tokens)).status_code for _ in range(2)] == [204, 204]
    assert subscriptions() == 0


def test_a_browser_is_told_what_is_for_who_is_signed_in_now(
    phone: Phone, client: FlaskClient, clock: SetClock, work: Any
) -> None:
    """Ann's session just ended on the family's tablet; Ben signs in in the same browser."""
    ben = replace(phone, tokens=sign_in(client, "ben@example.com"))
    assert ben.subscribe().status_code == 204
    assert subscriptions() == 1
    allow(phone, clock)
    say(phone, clock)
    work_all(work)
    assert phone.service.taken == []


def test_subscribing_again_changes_where(phone: Phone, clock: SetClock, work: Any) -> None:
    allow(phone, clock)
    phone.browser, phone.place = Browser(), "elsewhere"
    assert phone.subscribe().status_code == 204
    say(phone, clock)
    work_all(work)
    assert [each.path for each in phone.service.taken] == ["/elsewhere"]
    assert len(phone.service.shown(phone.browser)) == 1


def test_a_kiosk_is_not_told(client: FlaskClient, service: PushService) -> None:
    kiosk = Phone(client, service, sign_in(client, platform="kiosk"))
    assert (kiosk.subscribe().status_code, kiosk.subscribe().json["code"]) == (409, "push_not_here")


def test_strangers_subscribe_nothing(client: FlaskClient, service: PushService) -> None:
    body = Browser().subscription(f"{service.url}/x")
    assert client.put(PATH, json=body).status_code == 401
    assert client.delete(PATH).status_code == 401


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"endpoint": "https://10.0.0.5/x"}, "/endpoint"),
        ({"endpoint": "http://push.example/x"}, "/endpoint"),
        ({"endpoint": "javascript:alert(1)"}, "/endpoint"),
        ({"keys": {"p256dh": b64(b"\x04" + bytes(64)), "auth": b64(bytes(16))}}, "/keys/p256dh"),
        ({"keys": {"p256dh": "x", "auth": b64(bytes(16))}}, "/keys/p256dh"),
        ({"keys": {"p256dh": b64(Browser().point), "auth": b64(bytes(15))}}, "/keys/auth"),
    ],
)
def test_a_subscription_that_cannot_be_is_refused_with_its_place(
    phone: Phone, changed: dict[str, Any], pointer: str
) -> None:
    answer = phone.subscribe(**changed)
    assert (answer.status_code, answer.json["code"]) == (422, "subscription_invalid")
    assert [each["pointer"] for each in answer.json["errors"]] == [pointer]


def test_everybody_may_see_the_key(client: FlaskClient, settings: Settings) -> None:
    key = client.get("/api/v1/push/key").json["key"]
    assert unb64(key) == vapid_key(settings.secret_key).public


def test_after_the_secret_was_changed_the_former_key_still_knocks(
    phone: Phone, clock: SetClock, settings: Settings, app: Flask
) -> None:
    allow(phone, clock)
    new = "bmV3IHNlY3JldCBmb3IgdGVzdHMgb25seSwgbmV2ZXIgc2VydmVkIQ"
    changed = replace(settings, secret_key=new, old_secret_keys=settings.secret_key)
    say(phone, clock)
    work_all(work_of(changed, clock))
    assert f"k={vapid_key(settings.secret_key).text}" in phone.service.taken[0].headers["Authorization"]
    say(phone, clock)
    work_all(work_of(replace(settings, secret_key=new), clock))
    assert (len(phone.service.taken), subscriptions()) == (1, 0)


def test_in_production_this_machine_is_never_knocked_at(
    phone: Phone, clock: SetClock, settings: Settings
) -> None:
    allow(phone, clock)
    say(phone, clock)
    secret = "cHJvZHVjdGlvbiBsb29rcyBsaWtlIHRoaXMgaGVyZSwgNDcxMSAwOA"
    public = replace(settings, mode="production", secret_key=secret, old_secret_keys=settings.secret_key)
    work_all(work_of(public, clock))
    assert (phone.service.taken, subscriptions()) == ([], 0)


def test_subscriptions_are_exported_without_where_they_lead_and_erased(phone: Phone, clock: SetClock) -> None:
    with transaction() as session:
        member_id = members.find(session, phone.tokens["member_id"])
        told = dossier.export(session, actor=SYSTEM, member_id=member_id, now=clock.now())
        (part,) = told["parts"]["push_subscription"]
        assert set(part) == {"device_id", "public_key", "key_name", "created_at"}
        dossier.erase(session, actor=SYSTEM, member_id=member_id, now=clock.now())
    assert subscriptions() == 0


def test_after_a_merge_the_devices_of_both_are_told(
    phone: Phone, client: FlaskClient, clock: SetClock, work: Any
) -> None:
    ben = Phone(client, phone.service, sign_in(client, "ben@example.com"))
    ben.subscribe()
    with transaction() as session:
        survivor, merged = (members.find(session, each.tokens["member_id"]) for each in (phone, ben))
        dossier.merge(session, actor=SYSTEM, survivor=survivor, merged=merged, now=clock.now())
    allow(phone, clock)
    say(phone, clock)
    work_all(work)
    assert {each.path for each in phone.service.taken} == {f"/{phone.place}", f"/{ben.place}"}
