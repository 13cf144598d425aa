"""Devices and passkeys: signed in without a code, told of each other, out within seconds; sessions that end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.browser.cafe import Cafe
from tests.browser.phone import Phone, fingerprint_reader
from tests.browser.test_account import assert_forgotten


def credentials(control: CDPSession, of: str) -> list[dict[str, Any]]:
    return control.send("WebAuthn.getCredentials", {"authenticatorId": of})["credentials"]


def test_a_passkey_is_offered_once_made_here_and_signs_the_next_device_in(
    phone: Callable[..., Phone],
) -> None:
    ann = phone("devices.passkey@example.com")
    page = ann.page
    control, reader = fingerprint_reader(page)
    expect(page.get_by_role("heading", name="Faster next time")).to_be_visible()
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("Your passkey is ready.")).to_be_visible()
    expect(page.get_by_role("heading", name="Faster next time")).to_have_count(0)
    (made,) = credentials(control, reader)

    web = phone()
    other, second = fingerprint_reader(web.page)
    other.send("WebAuthn.addCredential", {"authenticatorId": second, "credential": made})
    web.page.get_by_role("button", name="Sign in with a passkey").click()
    expect(web.page.get_by_test_id("balance")).to_be_visible()
    expect(web.page.get_by_role("heading", name="Hello, Ann")).to_be_visible()
    # Who has one is not asked again, on no device.
    expect(web.page.get_by_role("heading", name="Faster next time")).to_have_count(0)


def test_the_offer_of_a_passkey_that_was_declined_does_not_come_back(phone: Callable[..., Phone]) -> None:
    ann = phone("devices.later@example.com")
    offer = ann.page.get_by_role("heading", name="Faster next time")
    expect(offer).to_be_visible()
    ann.page.get_by_role("button", name="Not now").click()
    expect(offer).to_have_count(0)
    ann.page.reload()
    expect(ann.page.get_by_test_id("balance")).to_be_visible()
    expect(offer).to_have_count(0)


def test_a_passkey_is_renamed_and_deleted(phone: Callable[..., Phone]) -> None:
    ann = phone("devices.keys@example.com")
    page = ann.page
    fingerprint_reader(page)
    ann.open("/devices")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("list", name="Passkeys").get_by_role("button").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("Name").fill("Thumb")
    sheet.get_by_role("button", name="Rename").click()
    page.get_by_role("button", name="Thumb").click()
    sheet.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("The passkey is deleted.")).to_be_visible()
    expect(page.get_by_role("button", name="Thumb")).to_have_count(0)


def test_a_device_that_is_signed_out_from_another_forgets_everything_within_seconds(
    phone: Callable[..., Phone],
) -> None:
    here, there = phone("devices.revoke@example.com"), phone("devices.revoke@example.com")
    here.open("/devices")
    rows = here.page.get_by_role("list", name="Signed in on").get_by_role("button")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("This device")
    rows.nth(1).click()
    here.page.get_by_role("dialog").get_by_role("button", name="Sign it out").click()
    expect(there.page.get_by_text("This device was signed out from another one of yours")).to_be_visible()
    assert_forgotten(there.page)
    expect(rows).to_have_count(1)
    there.sign_in("devices.revoke@example.com")


def test_all_others_are_signed_out_at_once(phone: Callable[..., Phone]) -> None:
    here, *others = (phone("devices.others@example.com") for _ in range(3))
    here.open("/devices")
    here.page.get_by_role("button", name="Sign out all others").click()
    sheet = here.page.get_by_role("dialog")
    expect(sheet.get_by_text("2 other devices forget everything")).to_be_visible()
    sheet.get_by_role("button", name="Sign out all others").click()
    for each in others:
        expect(each.page.get_by_text("This device was signed out")).to_be_visible(timeout=5_000)
    expect(here.page.get_by_role("button", name="Sign out all others")).to_have_count(0)


def test_a_device_gets_a_name_and_all_devices_show_it(phone: Callable[..., Phone]) -> None:
    here, there = phone("devices.name@example.com"), phone("devices.name@example.com")
    for each in (here, there):
        each.open("/devices")
    rows = here.page.get_by_role("list", name="Signed in on").get_by_role("button")
    rows.nth(0).click()
    here.page.get_by_role("dialog").get_by_label("Name").fill("Ann's phone")
    here.page.get_by_role("dialog").get_by_role("button", name="Rename").click()
    for each in (here, there):
        expect(each.page.get_by_role("button", name="Ann's phone")).to_be_visible()


def test_who_did_not_sign_in_signs_the_new_device_out_from_the_message(phone: Callable[..., Phone]) -> None:
    ann = phone("devices.thief@example.com")
    thief = phone("devices.thief@example.com")
    ann.page.get_by_role("link", name="Inbox, 1 new").click()
    ann.page.get_by_role("button", name="New device").click()
    ann.page.get_by_role("button", name="Not me: sign it out").click()
    expect(ann.page.get_by_text("It is signed out")).to_be_visible()
    expect(thief.page.get_by_text("This device was signed out")).to_be_visible(timeout=5_000)


@pytest.mark.installed
def test_an_expired_session_keeps_what_was_done_and_sends_it_after_signing_in_again(
    phone: Callable[..., Phone],
) -> None:
    ann = phone("devices.expired@example.com")
    page = ann.page
    ann.open("/me/taste")
    page.context.set_offline(True)
    page.get_by_label("Vegan").check()
    forge(page, {"access": "x", "refresh": "x", "access_until": 0})
    page.context.set_offline(False)
    expect(page.get_by_text("Sign in again: nothing you did is lost.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Sign in again: nothing you did is lost.")).to_be_visible()
    sign_in_again(ann, "devices.expired@example.com")
    expect(page.get_by_label("Vegan")).to_be_checked()
    assert_saved(phone, "devices.expired@example.com")


def test_a_storage_that_was_put_back_becomes_a_new_device_and_loses_nothing(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    ann = phone("devices.forked@example.com")
    page = ann.page
    ann.open("/me/taste")
    # What a copy of this storage has done meanwhile: the first number of this device is used.
    access = forge(page, {})["access"]
    asked = {"schema": 1, "cursor": None, "offset_ms": 0}
    now = cafe.ask("POST", "/api/v1/sync", asked, token=access)["server_time"]
    act = {
        "id": 1,
        "uid": str(uuid4()),
        "name": "dietary.add",
        "args": {"tag": "halal"},
        "seen": 0,
        "at": now,
    }
    cafe.ask("POST", "/api/v1/sync", {**asked, "mutations": [act]}, token=access)
    expect(page.get_by_label("Halal")).to_be_checked()
    # Not ``check``, which would look at it once more: the page may be gone by then.
    page.get_by_label("Vegan").click()
    expect(page.get_by_text("storage was put back to an older state")).to_be_visible()
    sign_in_again(ann, "devices.forked@example.com")
    expect(page.get_by_label("Vegan")).to_be_checked()
    assert_saved(phone, "devices.forked@example.com")
    # The new device has a key of its own: its codes are taken.
    assert cafe.sell(code=ann.pay_code())["earned_milli"] > 0


def sign_in_again(ann: Phone, address: str) -> None:
    """Sign in where the app has gone on: on the page that was shown before."""
    page = ann.page
    code = ann.ask_for_code(address)
    page.locator(".mail", has_text=code).get_by_role("button", name="Use it").click()
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()


def assert_saved(phone: Callable[..., Phone], address: str) -> None:
    """The server has it: a device that was not there shows it."""
    other = phone(address)
    other.open("/me/taste")
    expect(other.page.get_by_label("Vegan")).to_be_checked()


def forge(page: Page, change: dict[str, object]) -> dict[str, Any]:
    """Change what the device keeps of its session; return it."""
    return page.evaluate(
        """(change) => new Promise((resolve) => { const open = indexedDB.open("regulars");
        open.onsuccess = () => {
          const store = open.result.transaction("session", "readwrite").objectStore("session");
          const ask = store.get("me");
          ask.onsuccess = () => {
            const session = { ...ask.result, ...change };
            store.put(session, "me").onsuccess = () => { open.result.close(); resolve(session); }; }; }; })""",
        change,
    )
