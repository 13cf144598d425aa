"""Receipts: every visit by month, and one whole: options, discounts and points with reasons, what came back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.cafe import Cafe
from tests.browser.phone import Phone
from tests.browser.seen import assert_accessible

LATTE = {"sku": "caramel-latte", "quantity": 1, "options": ["small", "hot", "oat"]}
COPIES = """
    INSERT INTO sale (member_id, id, channel, store, till, staff, occurred_at, recorded_at, program_version, tier,
      gross_minor, discount_minor, total_minor, returned_minor, earned_milli, spent_milli, state, offline, tenders,
      effects)
    SELECT member_id, id || '-' || day, channel, store, till, staff, occurred_at - day * interval '1 day', recorded_at,
      program_version, tier, gross_minor, discount_minor, total_minor, 0, 0, 0, state, offline, tenders, '{}'
    FROM sale, generate_series(1, 55) AS day WHERE id = %(sale)s
"""
COPIED_LINES = """
    INSERT INTO sale_line (member_id, sale_id, position, line, sku, name, kind, category, quantity, unit_price_minor,
      discount_minor, net_minor, options, tags)
    SELECT member_id, sale_id || '-' || day, position, line, sku, name, kind, category, quantity, unit_price_minor,
      discount_minor, net_minor, options, tags
    FROM sale_line, generate_series(1, 55) AS day WHERE sale_id = %(sale)s
"""
CROISSANT = {"sku": "croissant", "quantity": 2, "options": ["warmed"]}


def buy(ann: Phone, cafe: Cafe, **more: Any) -> dict[str, Any]:
    """Buy with the code on the screen, and wait until the phone has heard of it."""
    receipt = cafe.sell(code=ann.pay_code(), **more)
    expect(ann.page.get_by_test_id("paid")).to_be_visible()
    return receipt


def opened(ann: Phone, sale: str) -> Page:
    ann.open(f"/receipts/{sale}")
    expect(ann.page.get_by_test_id("total")).to_be_visible()
    return ann.page


def test_a_receipt_says_what_was_taken_off_and_earned_and_why_and_then_what_came_back(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    ann = phone("receipts.ann@example.com")
    buy(ann, cafe, lines=[{**LATTE, "quantity": 20}])
    sold = buy(ann, cafe, lines=[LATTE, CROISSANT], rewards=[{"reward": "ladder-60"}])
    page = opened(ann, sold["sale"])
    items = page.get_by_role("list", name="What you bought").get_by_role("listitem")
    expect(items).to_have_count(2)
    expect(items.nth(0)).to_contain_text("Caramel Latte")
    expect(items.nth(0)).to_contain_text("Oat")
    expect(items.nth(1)).to_contain_text("2 \N{MULTIPLICATION SIGN} Butter Croissant")
    reward = next(each for each in sold["effects"] if each["kind"] == "reward")
    expect(page.get_by_role("list", name="What you bought")).to_contain_text(reward["text"])
    points = page.get_by_role("region", name="Your points")
    for effect in sold["effects"]:
        expect(points).to_contain_text(effect["text"])
    expect(page.get_by_test_id("total")).to_have_text(f"${sold['total_minor'] / 100:.2f}")
    expect(page.get_by_test_id("earned")).to_contain_text(f"+{sold['earned_milli'] / 1000:g}")
    expect(page.get_by_test_id("spent")).to_contain_text("60 stars")
    expect(page.get_by_role("heading", name="Main Street")).to_be_visible()
    assert_accessible(page)

    line = next(each for each in sold["lines"] if each["sku"] == "croissant")
    back = cafe.take_back(sold["sale"], [{"line": line["line"], "quantity": 1}])
    expect(page.get_by_text("Partly returned")).to_be_visible()
    expect(items.nth(1)).to_contain_text("1 of 2 returned")
    returned = page.get_by_role("region", name="What came back")
    expect(returned).to_contain_text("Butter Croissant")
    expect(returned).to_contain_text(f"${back['amount_minor'] / 100:.2f} to you in cash")
    expect(returned).to_contain_text(f"{back['taken_milli'] / 1000:g} stars taken back")
    assert_accessible(page)


def test_what_was_voided_says_so_and_a_strange_number_is_no_receipt(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    ann = phone("receipts.void@example.com")
    sold = buy(ann, cafe)
    cafe.ask("POST", f"/pos/v1/sales/{sold['sale']}/void")
    page = opened(ann, sold["sale"])
    expect(page.get_by_text("Cancelled", exact=True)).to_be_visible()
    ann.open("/receipts/nothing")
    expect(page.get_by_text("There is no such receipt")).to_be_visible()
    other = cafe.sell()
    ann.open(f"/receipts/{other['sale']}")
    expect(page.get_by_text("There is no such receipt")).to_be_visible()


def test_receipts_are_listed_by_month_and_can_be_opened_without_a_network(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    ann = phone("receipts.list@example.com")
    page = ann.page
    ann.open("/receipts")
    expect(page.get_by_text("No receipts yet")).to_be_visible()
    assert_accessible(page)
    first, second = buy(ann, cafe), buy(ann, cafe, lines=[CROISSANT])
    expect(opened(ann, first["sale"]).get_by_role("region", name="Your points")).to_contain_text("$")
    ann.open("/receipts")
    rows = page.get_by_role("main").get_by_role("link").filter(has_text="Main Street")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("Butter Croissant")
    assert_accessible(page)
    page.context.set_offline(True)
    rows.nth(1).click()
    expect(page.get_by_role("region", name="Your points")).to_contain_text("$")
    page.go_back()
    # This one was never opened: what is synchronized of it is shown.
    rows.first.click()
    expect(page.get_by_text("The reasons follow when there is a connection.")).to_be_visible()
    expect(page.get_by_test_id("total")).to_have_text(f"${second['total_minor'] / 100:.2f}")


def test_older_receipts_than_those_on_the_device_are_asked_for(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    ann = phone("receipts.old@example.com")
    first = buy(ann, cafe)
    with cafe.world.connect(autocommit=True) as database:
        database.execute(COPIES, {"sale": first["sale"]})
        database.execute(COPIED_LINES, {"sale": first["sale"]})
    # A device that signs in now gets the newest fifty; the fifty-five of before are older than today's.
    bob = phone("receipts.old@example.com")
    page = bob.page
    bob.open("/receipts")
    rows = page.get_by_role("main").get_by_role("link").filter(has_text="Main Street")
    expect(rows).to_have_count(50)
    page.get_by_role("button", name="Show older ones").click()
    expect(rows).to_have_count(56)
    expect(page.get_by_text("That is everything.")).to_be_visible()
    assert len({row.get_attribute("href") for row in rows.all()}) == 56
