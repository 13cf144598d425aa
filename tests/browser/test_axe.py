"""Axe finds nothing on the first screens: signing in, home, pay."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.cafe import Cafe
from tests.browser.phone import Phone
from tests.browser.seen import assert_accessible


def test_axe_finds_nothing_on_the_first_screens(phone: Callable[..., Phone], cafe: Cafe) -> None:
    ann = phone()
    page = ann.page
    expect(page.get_by_label("E-mail or mobile number")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("E-mail or mobile number").fill("axe@example.com")
    page.get_by_role("button", name="Send me a code").click()
    expect(page.get_by_role("button", name="Use it")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Use it").click()
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_test_id("balance")).to_be_visible()
    assert_accessible(page)
    code = ann.pay_code()
    page.get_by_role("button", name="Old scanner?").click()
    expect(page.locator(".bars")).to_be_visible()
    assert_accessible(page)
    cafe.sell(code=code)
    expect(page.get_by_test_id("earned")).to_be_visible()
    assert_accessible(page)
    ann.go("Home")
    expect(page.get_by_role("list", name="Last visits")).to_be_visible()
    assert_accessible(page)
