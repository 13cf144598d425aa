"""Pay & collect: the code on the screen is read by an independent decoder and taken by the till."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.cafe import Cafe
from tests.browser.phone import Phone


def test_the_code_on_the_screen_is_read_and_taken_and_the_result_appears(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    ann = phone("pay.ann@example.com")
    receipt = cafe.sell(code=ann.pay_code())
    page = ann.page
    expect(page.get_by_test_id("earned")).to_contain_text("stars")
    expect(page.get_by_test_id("paid")).to_contain_text("$")
    expect(page.get_by_text("Why?")).to_be_visible()
    page.get_by_role("button", name="Show the code again").click()
    ann.go("Home")
    expect(page.get_by_test_id("balance")).to_contain_text(f"{receipt['earned_milli'] / 1000:g}")


def test_a_code_is_used_once_and_the_next_one_is_another(phone: Callable[..., Phone], cafe: Cafe) -> None:
    ann = phone("pay.once@example.com")
    first = ann.pay_code()
    cafe.sell(code=first)
    expect(ann.page.get_by_test_id("earned")).to_be_visible()
    second = ann.pay_code()
    assert second != first
    cafe.sell(code=second)


def test_only_collect_shows_the_card_number_which_cannot_pay(phone: Callable[..., Phone], cafe: Cafe) -> None:
    ann = phone("pay.card@example.com")
    ann.go("Pay")
    ann.page.get_by_role("switch", name="Only collect").check()
    expect(ann.page.get_by_role("img", name="Your card number, as a QR code")).to_be_visible()
    card = ann.scanned()
    assert card.startswith("9")
    assert len(card) == 17
    assert cafe.sell(code=card)["earned_milli"] > 0


def test_the_bars_for_old_scanners_are_the_number_that_the_till_takes(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    ann = phone("pay.number@example.com")
    ann.go("Pay")
    ann.page.get_by_role("button", name="Old scanner?").click()
    expect(ann.page.locator(".bars")).to_be_visible()
    shown = ann.page.get_by_test_id("number").inner_text().replace(" ", "")
    read = ann.scanned(".bars")
    assert len(read) == 19
    assert read == shown
    assert cafe.sell(code=read)["member"]["given_name"] == "Ann"
