"""The pages about oneself, full and empty, in both themes: axe finds nothing."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.phone import Phone
from tests.browser.seen import assert_accessible

PAGES = (
    "/me",
    "/me/profile",
    "/me/look",
    "/me/taste",
    "/me/notifications",
    "/me/privacy",
    "/me/consents",
    "/me/account",
    "/me/passes",
    "/devices",
    "/inbox",
)


def test_every_page_about_oneself_is_for_everybody(phone: Callable[..., Phone]) -> None:
    ann = phone("axe.me@example.com")
    phone("axe.me@example.com")
    page = ann.page
    ann.open("/me/taste")
    page.get_by_label("Vegan").check()
    page.get_by_role("button", name="Add a favorite").click()
    page.get_by_role("dialog").get_by_role("button").nth(1).click()
    for path in PAGES:
        ann.open(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert_accessible(page)


def test_every_sheet_about_oneself_is_for_everybody(phone: Callable[..., Phone]) -> None:
    ann = phone("axe.sheets@example.com")
    phone("axe.sheets@example.com")
    page = ann.page
    for path, button in (
        ("/me", "Sign out"),
        ("/me/profile", "Add an address"),
        ("/me/taste", "Milk"),
        ("/me/taste", "Name on the cup"),
        ("/me/taste", "Morning"),
        ("/me/taste", "Add a favorite"),
        ("/me/account", "Delete my account"),
        ("/devices", "This device"),
        ("/devices", "Sign out all others"),
        ("/inbox", "New device"),
    ):
        ann.open(path)
        page.get_by_role("main").get_by_role("button", name=button).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        if button == "Morning":
            page.get_by_role("dialog").get_by_role("combobox").first.select_option("caramel-latte")
        assert_accessible(page)
