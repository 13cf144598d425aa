"""You: names, birthday, addresses, language and look; what the till may see; notifications."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.browser.cafe import Cafe
from tests.browser.phone import Phone


def mails_to(cafe: Cafe, address: str) -> list[str]:
    found = cafe.ask("GET", f"/api/v1/dev/mailbox?to={address}")
    return [each["text"] for each in found["items"]]


def test_everything_about_the_person_is_one_tap_from_you(phone: Callable[..., Phone]) -> None:
    ann = phone("me.list@example.com")
    page = ann.page
    for name, title in (
        ("Drinks as I like them", "Drinks as I like them"),
        ("Messages", "Messages"),
        ("Devices and passkeys", "Devices and passkeys"),
        ("Notifications", "Notifications"),
        ("What the till may see", "What the till may see"),
        ("Language and look", "Language and look"),
        ("Your data and account", "Your data and account"),
    ):
        ann.go("You")
        page.get_by_role("main").get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()
        page.get_by_role("button", name="Back").click()
    expect(page.get_by_test_id("version")).to_contain_text("program version 1")
    # No wallet is set up in this café: nothing is offered that does not work.
    expect(page.get_by_role("link", name="Wallet passes")).to_have_count(0)


@pytest.mark.installed
def test_a_name_is_changed_without_a_network_and_saved_later(phone: Callable[..., Phone]) -> None:
    ann = phone("me.name@example.com")
    page = ann.page
    ann.open("/me/profile")
    page.context.set_offline(True)
    page.get_by_label("First name").fill("Anna")
    page.get_by_label("Last name").fill("Fern")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    ann.go("You")
    expect(page.get_by_text("Anna Fern")).to_be_visible()
    page.context.set_offline(False)
    web = phone("me.name@example.com")
    web.go("You")
    expect(web.page.get_by_text("Anna Fern")).to_be_visible()


def test_the_birthday_is_set_once_and_only_in_the_past(phone: Callable[..., Phone]) -> None:
    ann = phone("me.birthday@example.com")
    page = ann.page
    ann.open("/me/profile")
    save = page.get_by_role("button", name="Save birthday")
    page.get_by_label("Birthday").fill("2999-01-01")
    expect(page.get_by_text("It must be in the past")).to_be_visible()
    expect(save).to_be_disabled()
    page.get_by_label("Birthday").fill("1990-05-17")
    save.click()
    expect(page.get_by_text("May 17, 1990")).to_be_visible()
    expect(page.get_by_text("To correct it, ask at a till.")).to_be_visible()
    expect(save).to_have_count(0)


def test_a_second_address_is_added_by_its_code_and_removed_and_one_stays(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    ann = phone("me.first@example.com")
    page = ann.page
    ann.open("/me/profile")
    expect(page.get_by_text("me.first@example.com")).to_be_visible()
    expect(page.get_by_role("button", name="Remove me.first@example.com")).to_have_count(0)
    page.get_by_role("button", name="Add an address").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("E-mail or mobile number").fill("me.second@example.com")
    sheet.get_by_role("button", name="Send me a code").click()
    sheet.get_by_label("Code", exact=True).fill("000000")
    sheet.get_by_role("button", name="Add it").click()
    expect(sheet.get_by_text("That is not the code")).to_be_visible()
    sheet.get_by_role("button", name="Use it").first.click()
    sheet.get_by_role("button", name="Add it").click()
    expect(page.get_by_text("The address is added.")).to_be_visible()
    assert mails_to(cafe, "me.first@example.com"), "the first address is told of the second"
    page.get_by_role("button", name="Remove me.first@example.com").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("button", name="Remove me.second@example.com")).to_have_count(0)
    expect(page.get_by_text("me.first@example.com")).to_have_count(0)


def test_one_wrong_code_is_one_try_and_not_two(phone: Callable[..., Phone]) -> None:
    ann = phone("me.tries@example.com")
    page = ann.page
    ann.open("/me/profile")
    page.get_by_role("button", name="Add an address").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("E-mail or mobile number").fill("me.tried@example.com")
    sheet.get_by_role("button", name="Send me a code").click()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    sheet.get_by_label("Code", exact=True).fill("000000")
    sheet.get_by_role("button", name="Add it").click()
    expect(sheet.get_by_text("That is not the code")).to_be_visible()
    assert len([url for url in asked if url.endswith("/me/contacts")]) == 1


def test_the_look_is_chosen_for_this_device_and_stays(phone: Callable[..., Phone]) -> None:
    ann = phone("me.look@example.com")
    page = ann.page
    paper = "getComputedStyle(document.body).backgroundColor"
    ann.open("/me/look")
    expect(page.get_by_role("radio", name="As the device")).to_be_checked()
    light = page.evaluate(paper)
    page.get_by_role("radio", name="Dark").check()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    dark = page.evaluate(paper)
    assert dark != light
    page.reload()
    expect(page.get_by_role("radio", name="Dark")).to_be_checked()
    assert page.evaluate(paper) == dark
    page.get_by_role("radio", name="As the device").check()
    assert page.evaluate(paper) == light


def test_the_till_sees_what_is_allowed_and_the_page_shows_it_first(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    ann = phone("me.till@example.com")
    page = ann.page
    ann.open("/me/taste")
    page.get_by_label("No nuts").check()
    page.get_by_role("button", name="Milk").click()
    page.get_by_role("dialog").get_by_role("radio", name="Oat drink").check()
    page.get_by_role("button", name="Done").click()
    ann.open("/me/privacy")
    seen = page.get_by_test_id("till-sees")
    expect(seen).to_contain_text("Nothing of your taste.")
    page.get_by_role("switch", name="Show my dietary notes").check()
    expect(seen).to_contain_text("Dietary notes: No nuts")
    expect(seen).not_to_contain_text("Oat drink")
    page.get_by_role("switch", name="Show my usual and how I take it").check()
    expect(seen).to_contain_text("Takes it: Oat drink")
    shown = wait_for(lambda: quote(cafe, ann), "no_nuts")
    assert "oat" in shown


def quote(cafe: Cafe, ann: Phone) -> object:
    """Return what the till is told when it scans the code."""
    lines = [{"sku": "caramel-latte", "quantity": 1}]
    return cafe.ask("POST", "/pos/v1/quotes", {"id": str(uuid4()), "lines": lines, "code": ann.pay_code()})


def wait_for(look: Callable[[], object], wanted: str, tries: int = 5) -> str:
    """Return what is seen as text when it has what is wanted in it: saving takes a moment."""
    seen = ""
    for _ in range(tries):
        seen = json.dumps(look())
        if wanted in seen:
            return seen
    raise AssertionError(f"no {wanted} in {seen}")


def test_every_yes_and_no_is_kept_with_its_wording(phone: Callable[..., Phone]) -> None:
    ann = phone("me.consent@example.com")
    page = ann.page
    ann.open("/me/notifications")
    offers = page.get_by_role("group", name="Offers and news")
    expect(offers.get_by_role("switch", name="E-mail")).not_to_be_checked()
    account = page.get_by_role("group", name="About your account")
    expect(account.get_by_role("switch", name="E-mail")).to_be_checked()
    offers.get_by_role("switch", name="E-mail").check()
    offers.get_by_role("switch", name="E-mail").uncheck()
    account.get_by_role("switch", name="Notification").uncheck()
    expect(account.get_by_role("switch", name="Notification")).not_to_be_checked()
    page.wait_for_timeout(500)
    page.get_by_role("link", name="What you allowed, and when").click()
    rows = page.get_by_role("main").get_by_role("listitem")
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_contain_text("Stopped: About your account, Notification")
    expect(rows.nth(1)).to_contain_text("Stopped: Offers and news, E-mail")
    expect(rows.nth(2)).to_contain_text("Allowed: Offers and news, E-mail")
    expect(rows.nth(2)).to_contain_text(re.compile(r"wording 2026-\d\d"))


def test_who_withdraws_on_one_device_wins_over_a_yes_on_another(phone: Callable[..., Phone]) -> None:
    here, there = phone("me.both@example.com"), phone("me.both@example.com")
    for each in (here, there):
        each.open("/me/notifications")
    switch = [
        each.page.get_by_role("group", name="Weekly letter").get_by_role("switch", name="E-mail")
        for each in (here, there)
    ]
    switch[0].check()
    expect(switch[1]).to_be_checked()
    for each in (here, there):
        each.page.context.set_offline(True)
    switch[0].uncheck()
    switch[1].uncheck()
    switch[1].check()
    there.page.context.set_offline(False)
    expect(switch[1]).to_be_checked()
    here.page.context.set_offline(False)
    expect(switch[1]).not_to_be_checked(timeout=20_000)
    expect(switch[0]).not_to_be_checked()


@pytest.mark.whole_browser
def test_notifications_are_asked_for_after_a_tap_and_shown_by_the_worker(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    ann = phone("me.push@example.com")
    page, context = ann.page, ann.page.context
    # Chromium without its maker's service has nobody to subscribe at: the subscription is made up, the rest is real.
    page.add_init_script(
        """
        const made = { endpoint: "https://push.example.com/x", options: { applicationServerKey: null },
          unsubscribe: async () => { window.subscribed = null; return true; },
          toJSON: () => ({ endpoint: "https://push.example.com/x", expirationTime: null, keys: {
            p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            auth: "BTBZMqHH6r4Tts7J_aSIgg" } }) };
        PushManager.prototype.subscribe = async function (options) {
          window.asked = options; window.subscribed = made; return made; };
        PushManager.prototype.getSubscription = async () => window.subscribed ?? null;
        """
    )
    context.grant_permissions(["notifications"], origin=cafe.url)
    ann.open("/me/notifications")
    switch = page.get_by_role("switch", name="Tell me while the app is closed")
    expect(switch).to_be_enabled()
    expect(switch).not_to_be_checked()
    assert page.evaluate("window.asked") is None
    with page.expect_response("**/devices/current/push") as answer:
        switch.check()
    assert answer.value.status == 204
    expect(switch).to_be_checked()
    assert page.evaluate("window.asked.userVisibleOnly")
    with page.expect_response("**/devices/current/push") as ended:
        switch.uncheck()
    assert ended.value.request.method == "DELETE"
    expect(switch).not_to_be_checked()


def test_blocked_notifications_are_explained(phone: Callable[..., Phone]) -> None:
    ann = phone("me.denied@example.com")
    ann.page.add_init_script('Object.defineProperty(Notification, "permission", { get: () => "denied" })')
    ann.open("/me/notifications")
    expect(ann.page.get_by_text("Notifications are blocked for this site.")).to_be_visible()
    expect(ann.page.get_by_role("switch", name="Tell me while the app is closed")).to_be_disabled()


@pytest.mark.whole_browser
def test_the_worker_shows_what_the_server_pushes(phone: Callable[..., Phone], cafe: Cafe) -> None:
    ann = phone("me.shown@example.com")
    page, context = ann.page, ann.page.context
    context.grant_permissions(["notifications"], origin=cafe.url)
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    control = context.new_cdp_session(page)
    found: list[str] = []
    control.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: found.extend(each["registrationId"] for each in event["registrations"]),
    )
    control.send("ServiceWorker.enable")
    page.wait_for_timeout(300)
    pushed = {
        "id": "m1",
        "kind": "order_ready",
        "title": "Order A7 is ready",
        "text": "At Main Street",
        "url": "/app/orders/o1",
    }
    control.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": cafe.url, "registrationId": found[-1], "data": json.dumps(pushed)},
    )
    look = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
        .map(({ title, body, tag, data }) => ({ title, body, tag, data }))"""
    for _ in range(20):
        if shown := page.evaluate(look):
            break
        page.wait_for_timeout(100)
    assert shown == [
        {
            "title": "Order A7 is ready",
            "body": "At Main Street",
            "tag": "m1",
            "data": {"url": "/app/orders/o1"},
        }
    ]
