"""Rewards and offers: the ladder, a hold from tap to till, coupons, gift cards, the invitation."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.cafe import Cafe
from tests.browser.phone import Phone
from tests.browser.seen import assert_accessible

ALMOND_BEANS = [{"sku": "caramel-latte", "quantity": 20}]


@pytest.fixture
def rich(phone: Callable[..., Phone], cafe: Cafe) -> Callable[[str], Phone]:
    """Return how to have a phone of somebody who has bought a lot: a hundred dollars' worth of lattes."""

    def have(address: str) -> Phone:
        found = phone(address)
        cafe.sell(code=found.pay_code(), lines=ALMOND_BEANS)
        expect(found.page.get_by_test_id("earned")).to_be_visible()
        return found

    return have


def test_a_reward_set_aside_on_the_phone_is_redeemed_at_the_till(
    rich: Callable[[str], Phone], cafe: Cafe
) -> None:
    ann = rich("rewards.hold@example.com")
    page = ann.page
    ann.go("Rewards")
    assert_accessible(page)
    ladder = page.get_by_role("list", name="What your points buy")
    ladder.get_by_role("button", name="$2 off an item").click()
    assert_accessible(page)
    page.get_by_role("button", name="Set aside for the till").click()
    expect(page.get_by_role("heading", name="Set aside for you")).to_be_visible()
    expect(page.get_by_role("button", name="Show at the till")).to_be_visible()
    page.get_by_role("button", name="Show at the till").click()
    code = ann.scanned()
    latte = [{"sku": "caramel-latte", "quantity": 1}]
    quote = cafe.ask("POST", "/pos/v1/quotes", {"code": code, "lines": latte})
    (ready,) = quote["member"]["ready"]
    assert ready["name"] == "$2 off an item"
    used = [{"reward": ready["reward"], "hold": ready["hold"]}]
    receipt = cafe.sell(code=ann.scanned(), lines=latte, rewards=used)
    assert receipt["discount_minor"] == 200
    assert receipt["spent_milli"] == 60_000
    expect(page.get_by_text("-60 stars")).to_be_visible()


def test_what_was_set_aside_can_be_given_back(rich: Callable[[str], Phone]) -> None:
    ann = rich("rewards.back@example.com")
    page = ann.page
    ann.go("Rewards")
    page.get_by_role("list", name="What your points buy").get_by_role("button", name="$2 off an item").click()
    page.get_by_role("button", name="Set aside for the till").click()
    page.get_by_role("button", name="Give back").click()
    expect(page.get_by_role("heading", name="Set aside for you")).to_be_hidden()


def test_what_cannot_be_had_yet_says_how_far_it_is(phone: Callable[..., Phone]) -> None:
    ann = phone("rewards.poor@example.com")
    ann.go("Rewards")
    row = ann.page.get_by_role("button", name="An item of up to $6")
    expect(row).to_contain_text("100 stars to go")
    row.click()
    expect(ann.page.get_by_role("dialog")).to_contain_text("How to use it")
    expect(ann.page.get_by_role("button", name="Set aside for the till")).to_be_hidden()
    ann.page.keyboard.press("Escape")
    expect(ann.page.get_by_role("dialog")).to_be_hidden()


def test_a_wrong_coupon_says_so_beside_the_field(phone: Callable[..., Phone]) -> None:
    ann = phone("rewards.coupon@example.com")
    ann.go("Rewards")
    ann.page.get_by_label("Coupon code").fill("NO-SUCH-CODE")
    ann.page.get_by_role("button", name="Add", exact=True).click()
    expect(ann.page.get_by_role("alert")).to_contain_text("There is no such coupon")


def test_the_invitation_is_a_link_and_the_same_as_a_code(phone: Callable[..., Phone]) -> None:
    ann = phone("rewards.invite@example.com")
    ann.go("Rewards")
    ann.page.get_by_role("link", name="Invite a friend").click()
    link = ann.page.locator(".link-text")
    expect(link).to_contain_text("/app/join?ref=")
    assert ann.scanned() == link.inner_text()
    assert_accessible(ann.page)


def test_tiers_say_where_i_am(phone: Callable[..., Phone]) -> None:
    ann = phone("rewards.tiers@example.com")
    ann.open("/tiers")
    expect(ann.page.get_by_role("heading", name="Green You are here")).to_be_visible()
    assert_accessible(ann.page)


def test_a_new_member_hears_why_no_gift_can_be_sent_yet(phone: Callable[..., Phone], cafe: Cafe) -> None:
    ann = phone("rewards.gift@example.com")
    cafe.top_up(ann.pay_code(), 5000)
    ann.open("/gifts")
    page = ann.page
    assert_accessible(page)
    page.get_by_role("button", name="Send a gift").click()
    page.get_by_label("To: e-mail or mobile number").fill("friend@example.com")
    assert_accessible(page)
    page.get_by_role("button", name="Send $20.00").click()
    expect(page.get_by_role("alert")).to_contain_text("a day after a new device")


def test_a_gift_card_that_is_none_is_refused_beside_the_field(phone: Callable[..., Phone]) -> None:
    ann = phone("rewards.giftcode@example.com")
    ann.open("/gift#NOTACODE")
    field = ann.page.get_by_label("Code of the card")
    expect(field).to_have_value("NOTACODE")
    ann.page.get_by_role("button", name="Put it into my wallet").click()
    expect(ann.page.get_by_role("alert")).to_be_visible()
