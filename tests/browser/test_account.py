"""Leaving: everything to take along, signing out without losing anything, deleting the account."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.cafe import Cafe
from tests.browser.phone import Phone

KEPT = """async () => {
  const kept = {};
  for (const { name } of await indexedDB.databases()) {
    const db = await new Promise((resolve) => {
      const open = indexedDB.open(name); open.onsuccess = () => resolve(open.result); });
    for (const store of db.objectStoreNames) {
      const ask = db.transaction(store).objectStore(store).getAllKeys();
      const keys = await new Promise((resolve) => { ask.onsuccess = () => resolve(ask.result); });
      if (keys.length) kept[`${name}/${store}`] = keys;
    }
    db.close();
  }
  const files = [];
  for (const name of await caches.keys())
    for (const { url } of await (await caches.open(name)).keys()) files.push(new URL(url).pathname);
  return { kept, files, local: localStorage.length, session: sessionStorage.length, cookies: document.cookie };
}"""


def assert_forgotten(page: Page) -> None:
    """Nothing of a member is left on the device: what is there now is the same for everybody."""
    left = page.evaluate(KEPT)
    assert set(left["kept"]) <= {"regulars/cache"}, left
    assert set(left["kept"].get("regulars/cache", [])) <= {"/program", "/catalog"}, left
    assert all(path == "/app/" or path.startswith("/app/assets/") for path in left["files"]), left
    assert (left["local"], left["session"], left["cookies"]) == (0, 0, "")


def test_everything_is_saved_as_a_file(phone: Callable[..., Phone], tmp_path: Path) -> None:
    ann = phone("account.export@example.com")
    ann.open("/me/account")
    with ann.page.expect_download() as saved:
        ann.page.get_by_role("button", name="Save my data").click()
    assert saved.value.suggested_filename.startswith("regulars-20")
    path = tmp_path / "export.json"
    saved.value.save_as(path)
    found: dict[str, Any] = json.loads(path.read_text())
    assert found["format"] == "regulars-member-1"
    assert "account.export@example.com" in path.read_text()


def test_signing_out_forgets_everything_on_all_tabs(phone: Callable[..., Phone]) -> None:
    ann = phone("account.out@example.com")
    page = ann.page
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_test_id("balance")).to_be_visible()
    ann.go("You")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("dialog").get_by_role("button", name="Sign out").click()
    for each in (page, other):
        expect(each.get_by_role("button", name="Send me a code")).to_be_visible()
    assert_forgotten(page)
    page.go_back()
    expect(page.get_by_role("button", name="Send me a code")).to_be_visible()


@pytest.mark.installed
def test_changes_that_are_not_saved_are_told_before_they_are_lost(phone: Callable[..., Phone]) -> None:
    ann = phone("account.unsaved@example.com")
    page = ann.page
    ann.open("/me/taste")
    page.context.set_offline(True)
    for tag in ("Vegan", "No nuts", "Halal"):
        page.get_by_label(tag).check()
    ann.go("You")
    page.get_by_role("button", name="Sign out").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("button", name="Sign out").click()
    expect(sheet.get_by_text("3 changes are not saved yet.")).to_be_visible()
    sheet.get_by_role("button", name="Stay signed in").click()
    page.context.set_offline(False)
    page.get_by_role("button", name="Sign out").click()
    sheet.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Send me a code")).to_be_visible()
    assert_forgotten(page)
    again = phone("account.unsaved@example.com")
    again.open("/me/taste")
    for tag in ("Vegan", "No nuts", "Halal"):
        expect(again.page.get_by_label(tag)).to_be_checked()


@pytest.mark.installed
def test_who_insists_signs_out_offline_and_loses_them(phone: Callable[..., Phone]) -> None:
    ann = phone("account.insists@example.com")
    page = ann.page
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    page.reload()
    ann.open("/me/taste")
    page.context.set_offline(True)
    page.get_by_label("Vegan").check()
    ann.go("You")
    page.get_by_role("button", name="Sign out").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("button", name="Sign out").click()
    sheet.get_by_role("button", name="Sign out and lose them").click()
    expect(page.get_by_role("button", name="Send me a code")).to_be_visible()
    assert_forgotten(page)


def test_an_account_with_money_is_deleted_only_when_the_money_is_given_up(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    ann, other = phone("account.gone@example.com"), phone("account.gone@example.com")
    page = ann.page
    cafe.top_up(ann.pay_code(), 2000)
    ann.go("Home")
    expect(page.get_by_test_id("wallet")).to_have_text("$20.00")
    ann.open("/me/account")
    page.get_by_role("button", name="Delete my account…").click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_text("There is $20.00 in your wallet.")).to_be_visible()
    now = sheet.get_by_role("button", name="Delete everything now")
    sheet.get_by_label("Type DELETE to confirm").fill("delete")
    expect(now).to_be_disabled()
    sheet.get_by_role("switch", name="Give up the $20.00 in my wallet").check()
    now.click()
    expect(page.get_by_text("Your account is deleted")).to_be_visible()
    assert_forgotten(page)
    # The other device is out too, within seconds and without being touched.
    expect(other.page.get_by_role("button", name="Send me a code")).to_be_visible(timeout=20_000)
    assert_forgotten(other.page)
    ann.sign_in("account.gone@example.com", name="Anew")
    assert ann.balance() == "0"


def test_deleting_wants_the_word_and_nothing_less(phone: Callable[..., Phone]) -> None:
    ann = phone("account.word@example.com")
    ann.open("/me/account")
    ann.page.get_by_role("button", name="Delete my account…").click()
    sheet = ann.page.get_by_role("dialog")
    now = sheet.get_by_role("button", name="Delete everything now")
    expect(now).to_be_disabled()
    sheet.get_by_label("Type DELETE to confirm").fill("yes")
    expect(now).to_be_disabled()
    sheet.get_by_role("button", name="Keep my account").click()
    ann.go("Home")
    expect(ann.page.get_by_test_id("balance")).to_be_visible()
