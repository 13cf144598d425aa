"""Order ahead: from the menu to the counter, on one device and on two, with and without a network."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from loyalty import catalog
from tests.browser.cafe import Cafe
from tests.browser.phone import Phone
from tests.browser.seen import assert_accessible

MORE = 5000
PLACE = re.compile(r"^Place order · \$")


def add(page: Page, sku: str, *options: str, quantity: int = 1) -> None:
    """Put a product into the basket, from its own page."""
    page.locator(f'a[href="/app/order/item/{sku}"]').first.click()
    for option in options:
        page.get_by_label(option).check()
    for _ in range(quantity - 1):
        page.get_by_role("button", name="One more").click()
    page.get_by_role("button", name=re.compile("^Add to basket")).click()
    expect(page.get_by_role("heading", name="Order ahead")).to_be_visible()


def to_basket(page: Page) -> None:
    """Go to the basket and wait until the server has said what it costs."""
    page.get_by_role("link", name=re.compile("Your basket")).click()
    expect(page.get_by_role("button", name=PLACE)).to_be_enabled()


def shown_wallet(ann: Phone) -> str:
    ann.go("Home")
    return ann.page.get_by_test_id("wallet").inner_text()


def rich(phone: Callable[..., Phone], cafe: Cafe, address: str, amount_minor: int = MORE) -> Phone:
    """Return the phone of somebody with money in the wallet."""
    ann = phone(address)
    cafe.top_up(ann.pay_code(), amount_minor)
    ann.go("Order")
    return ann


def cut(page: Page) -> None:
    """Let nothing more of the others' changes reach a page; what it asks otherwise is answered."""
    page.context.route("**/api/v1/sync", lambda route: route.abort())
    page.context.route("**/api/v1/live/**", lambda route: route.abort())


def mend(page: Page) -> None:
    page.context.unroute("**/api/v1/sync")
    page.context.unroute("**/api/v1/live/**")


def token_of(page: Page) -> str:
    """Return the page's access token."""
    return page.evaluate(
        """() => new Promise((done) => {
            const opening = indexedDB.open("regulars");
            opening.onsuccess = () => {
                const got = opening.result.transaction("session").objectStore("session").get("me");
                got.onsuccess = () => { opening.result.close(); done(got.result.access); };
            };
        })"""
    )


def test_from_the_menu_to_the_counter_at_the_price_that_was_quoted(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    ann = rich(phone, cafe, "order.ann@example.com")
    page = ann.page
    add(page, "latte", "Large", "Oat drink")
    add(page, "croissant", quantity=2)
    to_basket(page)
    # 4.30 + 1.20 + 0.60, and two at 2.70.
    expect(page.get_by_test_id("total")).to_have_text("$11.50")
    expect(page.get_by_test_id("to-come")).to_contain_text("stars")
    page.get_by_role("button", name="Place order · $11.50").click()
    expect(page.get_by_text("We have it.")).to_be_visible()
    expect(page.get_by_test_id("paid")).to_have_text("$11.50")
    number = page.get_by_test_id("number").inner_text()
    (made,) = [each for each in cafe.ask("GET", "/pos/v1/orders")["orders"] if each["number"] == number]
    assert made["total_minor"] == 1150
    assert made["given_name"] == "Ann"
    # Each step of the barista's appears by itself.
    cafe.ask("POST", f"/pos/v1/orders/{made['id']}/start", {})
    expect(page.get_by_text("A barista is on it.")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel the order")).to_have_count(0)
    cafe.ask("POST", f"/pos/v1/orders/{made['id']}/ready", {})
    expect(page.get_by_text("It is ready.")).to_be_visible()
    handed = cafe.ask("POST", "/pos/v1/orders/hand-over", {"code": ann.scanned()})
    assert handed["id"] == made["id"]
    expect(page.get_by_text("Enjoy it!")).to_be_visible()
    expect(page.locator(".qr")).to_have_count(0)
    assert shown_wallet(ann) == "$38.50"


def test_the_usual_is_one_tap_to_the_basket_and_one_more_to_order(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    ann = rich(phone, cafe, "order.usual@example.com")
    page = ann.page
    items = [{"sku": "mocha", "options": ["hot", "small"], "quantity": 1}]
    token = token_of(page)
    for slot in ("morning", "midday", "afternoon", "evening"):
        cafe.ask("PUT", f"/api/v1/usual/{slot}", {"items": items}, token=token)
    ann.go("Home")
    page.get_by_role("button", name="Order it").click()
    expect(page.get_by_role("list", name="In your basket")).to_contain_text("Mocha")
    page.get_by_role("button", name=PLACE).click()
    expect(page.get_by_text("We have it.")).to_be_visible()


def test_what_must_be_chosen_is_asked_for_and_too_much_is_refused_with_a_sentence(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    ann = phone("order.choose@example.com")
    page = ann.page
    ann.go("Order")
    page.locator('a[href="/app/order/item/tasting-flight"]').click()
    page.get_by_role("button", name=re.compile("^Add to basket")).click()
    expect(page.get_by_role("alert")).to_have_text("Choose 2 more of “Roasts”.")
    page.get_by_label("Roast a").check()
    expect(page.get_by_role("alert")).to_have_text("Choose one more of “Roasts”.")
    page.get_by_label("Roast b").check()
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_label("Roast c").check()
    page.get_by_label("Roast d").click()
    expect(page.get_by_role("alert")).to_have_text("At most 3 of “Roasts”: take one off first.")
    expect(page.get_by_label("Roast d")).not_to_be_checked()
    page.get_by_role("button", name="Add to basket · $7.00").click()
    page.get_by_role("link", name=re.compile("Your basket")).click()
    expect(page.get_by_role("list", name="In your basket")).to_contain_text("Roast a, Roast b, Roast c")


def test_a_product_begins_as_the_member_likes_it_and_the_price_follows_each_choice(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    ann = phone("order.likes@example.com")
    page = ann.page
    cafe.ask("PUT", "/api/v1/preferences/milk", {"value": "oat"}, token=token_of(page))
    ann.go("Order")
    page.locator('a[href="/app/order/item/latte"]').first.click()
    expect(page.get_by_label("Oat drink")).to_be_checked()
    expect(page.get_by_role("button", name="Add to basket · $4.90")).to_be_visible()
    page.get_by_label("Large").check()
    page.get_by_label("Whole milk").check()
    expect(page.get_by_label("Oat drink")).not_to_be_checked()
    page.get_by_role("button", name="One more").click()
    expect(page.get_by_role("button", name="Add to basket · $11.00")).to_be_visible()


def test_a_basket_goes_on_on_the_other_device_and_ordered_twice_it_is_one_order(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    one = rich(phone, cafe, "order.two@example.com")
    two = phone("order.two@example.com")
    add(one.page, "latte")
    two.go("Order")
    expect(two.page.get_by_text(re.compile("Continue your order from"))).to_be_visible()
    add(two.page, "cookie")
    to_basket(two.page)
    two.page.get_by_role("group", name="How many: Latte").get_by_role("button", name="One more").click()
    to_basket(one.page)
    for page in (one.page, two.page):
        expect(page.get_by_role("group", name="How many: Latte").get_by_role("status")).to_have_text("2")
        expect(page.get_by_test_id("total")).to_have_text("$11.30")
    cut(two.page)
    one.page.get_by_role("button", name=PLACE).click()
    expect(one.page.get_by_text("We have it.")).to_be_visible()
    # The other one has not heard of it and orders the same basket: it is the same order.
    two.page.get_by_role("button", name=PLACE).click()
    two.page.wait_for_url("**/app/orders/*")
    assert two.page.url == one.page.url
    mend(two.page)
    assert shown_wallet(one) == "$38.70"


def test_a_basket_that_was_changed_elsewhere_is_shown_and_asked_about_again(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    one = rich(phone, cafe, "order.changed@example.com")
    add(one.page, "latte")
    two = phone("order.changed@example.com")
    two.go("Order")
    to_basket(two.page)
    cut(two.page)
    add(one.page, "cookie")
    expect(one.page.get_by_role("link", name=re.compile("2 items"))).to_be_visible()
    # The change has reached the server when a third look finds it there.
    one.page.wait_for_timeout(500)
    two.page.get_by_role("button", name="Place order · $4.30").click()
    expect(two.page.get_by_text("The basket was changed on another device.")).to_be_visible()
    expect(two.page.get_by_text(re.compile("1 . Chocolate Chip Cookie was added"))).to_be_visible()
    mend(two.page)
    two.page.evaluate("dispatchEvent(new Event('online'))")
    expect(two.page.get_by_test_id("total")).to_have_text("$7.00")
    two.page.get_by_role("button", name="Place order · $7.00").click()
    expect(two.page.get_by_text("We have it.")).to_be_visible()
    expect(two.page.get_by_test_id("paid")).to_have_text("$7.00")


def test_a_wallet_that_is_short_says_by_how_much_and_the_basket_waits(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    ann = rich(phone, cafe, "order.short@example.com", 500)
    page = ann.page
    add(page, "latte", quantity=2)
    page.get_by_role("link", name=re.compile("Your basket")).click()
    expect(page.get_by_text("Your wallet is short of $3.60.")).to_be_visible()
    expect(page.get_by_role("button", name=PLACE)).to_be_disabled()
    expect(page.get_by_role("link", name="Top up, the basket waits")).to_have_attribute(
        "href", "/app/wallet?back=/order/basket"
    )
    cafe.top_up(ann.pay_code(), 1000)
    ann.go("Order")
    to_basket(page)
    page.get_by_role("button", name=PLACE).click()
    expect(page.get_by_text("We have it.")).to_be_visible()


def test_an_order_with_a_reward_that_is_cancelled_gives_everything_back(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    ann = phone("order.cancel@example.com")
    page = ann.page
    cafe.sell(code=ann.pay_code(), lines=[{"sku": "travel-cup", "quantity": 2}])
    expect(page.get_by_test_id("earned")).to_be_visible()
    cafe.top_up(ann.pay_code(), MORE)
    ann.go("Home")
    expect(page.get_by_test_id("wallet")).to_have_text("$50.00")
    points = ann.balance()
    ann.go("Order")
    add(page, "latte", "Large")
    to_basket(page)
    page.get_by_role("button", name="Use a reward").click()
    page.get_by_role("button", name=re.compile(r"An extra of up to \$1")).click()
    expect(page.get_by_test_id("total")).to_have_text("$4.50")
    page.get_by_role("button", name="Place order · $4.50").click()
    expect(page.get_by_text("We have it.")).to_be_visible()
    order = page.url
    ann.go("Home")
    assert ann.balance() != points
    expect(page.get_by_test_id("wallet")).to_have_text("$45.50")
    page.goto(order)
    page.get_by_role("button", name="Cancel the order").click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_text("$4.50 into your wallet")).to_be_visible()
    sheet.get_by_role("button", name="Cancel the order").click()
    expect(page.get_by_text("This order was cancelled.")).to_be_visible()
    ann.go("Home")
    expect(page.get_by_test_id("wallet")).to_have_text("$50.00")
    assert ann.balance() == points


@pytest.mark.installed
def test_a_basket_is_filled_and_changed_without_a_network_and_ordered_when_there_is_one(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    ann = rich(phone, cafe, "order.offline@example.com")
    page = ann.page
    expect(page.get_by_role("heading", name="Espresso bar")).to_be_visible()
    page.context.set_offline(True)
    add(page, "latte")
    page.get_by_role("link", name=re.compile("Your basket")).click()
    page.get_by_role("group", name="How many: Latte").get_by_role("button", name="One more").click()
    expect(page.get_by_text("Placing the order needs a network.")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Place order"))).to_be_disabled()
    page.get_by_role("button", name="Remove Latte").click()
    expect(page.get_by_text("Your basket is empty")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("group", name="How many: Latte").get_by_role("status")).to_have_text("2")
    page.context.set_offline(False)
    page.get_by_role("button", name="Place order · $8.60").click()
    expect(page.get_by_text("We have it.")).to_be_visible()


def test_axe_finds_nothing_on_the_way_of_an_order(phone: Callable[..., Phone], cafe: Cafe) -> None:
    ann = rich(phone, cafe, "order.axe@example.com")
    page = ann.page
    expect(page.get_by_role("heading", name="Espresso bar")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name=re.compile("Choose another store")).click()
    assert_accessible(page)
    page.keyboard.press("Escape")
    page.locator('a[href="/app/order/item/latte"]').first.click()
    page.get_by_role("button", name="Add to my favorites").click()
    assert_accessible(page)
    page.get_by_role("button", name=re.compile("^Add to basket")).click()
    to_basket(page)
    assert_accessible(page)
    page.get_by_role("button", name=PLACE).click()
    expect(page.get_by_text("We have it.")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Cancel the order").click()
    assert_accessible(page)
    page.get_by_role("dialog").get_by_role("button", name="Keep it").click()
    ann.go("Order")
    page.get_by_role("link", name="Your orders").click()
    expect(page.get_by_role("heading", name="On their way")).to_be_visible()
    assert_accessible(page)


def test_a_price_that_changed_meanwhile_is_shown_before_anything_is_paid(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    ann = rich(phone, cafe, "order.price@example.com")
    page = ann.page
    add(page, "nut-bar")
    to_basket(page)
    engine = create_engine(cafe.world.url)
    with Session(engine) as session:
        catalog.set_price(session, store=cafe.store, sku="nut-bar", price_minor=310)
        session.commit()
    engine.dispose()
    page.get_by_role("button", name="Place order · $2.70").click()
    expect(page.get_by_text("The price changed from $2.70 to $3.10. Nothing was charged.")).to_be_visible()
    page.get_by_role("button", name="Place order · $3.10").click()
    expect(page.get_by_test_id("paid")).to_have_text("$3.10")
    assert shown_wallet(ann) == "$46.90"
