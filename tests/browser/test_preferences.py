"""Drinks as I like them: at once, without a network, and the same on every device."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.phone import Phone

WEB = {"viewport": {"width": 1280, "height": 900}, "has_touch": False, "is_mobile": False}


def two(phone: Callable[..., Phone], address: str, path: str) -> tuple[Page, Page]:
    """Return a phone and a web page of one member, both on a page of the app and with their streams open."""
    here = phone(address)
    there = phone(address, **WEB)
    for each in (here, there):
        each.open(path)
        expect(each.page.get_by_role("heading", level=1)).to_be_visible()
    there.page.wait_for_timeout(800)
    return here.page, there.page


def choose(page: Page, name: str, value: str) -> None:
    page.get_by_role("button", name=name).click()
    page.get_by_role("dialog").get_by_role("radio", name=value, exact=True).check()
    page.get_by_role("button", name="Done").click()


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name)


def test_a_choice_on_the_phone_is_on_the_web_page_in_well_under_a_second(
    phone: Callable[..., Phone],
) -> None:
    here, there = two(phone, "taste.fast@example.com", "/me/taste")
    here.get_by_label("Vegan").check()  # what is slow the first time is not what is measured
    expect(there.get_by_label("Vegan")).to_be_checked()
    took: list[float] = []
    for tag in ("Halal", "Kosher", "No nuts", "No soy", "No egg"):
        box = there.get_by_label(tag)
        begun = time.monotonic()
        here.get_by_label(tag).check()
        while not box.is_checked():
            assert time.monotonic() < begun + 5
        took.append(time.monotonic() - begun)
    assert sorted(took)[len(took) // 2] < 0.8, took


@pytest.mark.installed
def test_what_is_chosen_offline_is_on_screen_at_once_and_kept_over_a_restart(
    phone: Callable[..., Phone],
) -> None:
    ann = phone("taste.offline@example.com")
    page = ann.page
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    page.reload()
    ann.open("/me/taste")
    page.context.set_offline(True)
    choose(page, "Milk", "Oat drink")
    expect(row(page, "Milk")).to_contain_text("Oat drink")
    page.reload()
    expect(row(page, "Milk")).to_contain_text("Oat drink")
    page.context.set_offline(False)
    web = phone("taste.offline@example.com")
    web.open("/me/taste")
    expect(row(web.page, "Milk")).to_contain_text("Oat drink")


def test_of_two_choices_made_offline_the_newer_stands_whatever_comes_first(
    phone: Callable[..., Phone],
) -> None:
    here, there = two(phone, "taste.newest@example.com", "/me/taste")
    for page in (here, there):
        page.context.set_offline(True)
    choose(there, "Sweetness", "Less")
    choose(here, "Sweetness", "Extra")
    # The older one arrives last.
    here.context.set_offline(False)
    expect(here.get_by_text("is not saved yet")).to_have_count(0)
    there.context.set_offline(False)
    expect(row(there, "Sweetness")).to_contain_text("Extra")
    expect(row(here, "Sweetness")).to_contain_text("Extra")
    # Nobody is bothered with it: it was the same person.
    expect(there.get_by_text("could not be saved")).to_have_count(0)


def test_the_language_follows_on_the_other_device(phone: Callable[..., Phone]) -> None:
    here, there = two(phone, "taste.language@example.com", "/me/look")
    here.get_by_role("radio", name="Français").check()
    expect(here.get_by_role("heading", level=1, name="Langue et apparence")).to_be_visible()
    expect(there.get_by_role("heading", level=1, name="Langue et apparence")).to_be_visible()
    expect(there.locator("html")).to_have_attribute("lang", "fr")
    there.get_by_role("link", name="Accueil").click()
    expect(there.get_by_role("heading", level=1, name="Bonjour Ann")).to_be_visible()
    there.reload()
    expect(there.get_by_role("heading", level=1, name="Bonjour Ann")).to_be_visible()


def test_a_favorite_is_added_removed_and_brought_back(phone: Callable[..., Phone]) -> None:
    ann = phone("taste.favorite@example.com")
    page = ann.page
    ann.open("/me/taste")
    expect(page.get_by_text("No favorites yet")).to_be_visible()
    page.get_by_role("button", name="Add a favorite").click()
    page.get_by_label("Search").fill("caramel la")
    page.get_by_role("dialog").get_by_role("button", name="Caramel Latte").click()
    remove = page.get_by_role("button", name="Remove Caramel Latte from the favorites")
    remove.click()
    expect(remove).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(remove).to_be_visible()


def test_the_usual_is_chosen_hidden_shown_and_forgotten(phone: Callable[..., Phone]) -> None:
    here, there = two(phone, "taste.usual@example.com", "/me/taste")
    row(here, "Morning").click()
    sheet = here.get_by_role("dialog")
    sheet.get_by_label("Add something").select_option("caramel-latte")
    sheet.get_by_label("Milk").select_option("oat")
    sheet.get_by_role("group", name="How many Caramel Latte").get_by_role("button", name="One more").click()
    sheet.get_by_role("button", name="This is my usual").click()
    for page in (here, there):
        expect(row(page, "Morning")).to_contain_text("2 \N{MULTIPLICATION SIGN} Caramel Latte")
        expect(row(page, "Morning")).to_contain_text("Oat drink")
        expect(row(page, "Morning")).to_contain_text("Chosen by you")
    row(there, "Morning").click()
    there.get_by_role("button", name="Do not offer it").click()
    expect(row(here, "Morning")).to_contain_text("Not offered")
    row(here, "Morning").click()
    here.get_by_role("button", name="Offer it again").click()
    expect(row(there, "Morning")).to_contain_text("Chosen by you")
    row(there, "Morning").click()
    there.get_by_role("button", name="Go by my visits again").click()
    expect(row(here, "Morning")).to_contain_text("Not known yet")


def test_the_favorite_store_is_where_orders_begin(phone: Callable[..., Phone]) -> None:
    ann = phone("taste.store@example.com")
    ann.open("/me/taste")
    with ann.page.expect_response("**/api/v1/sync"):
        ann.page.get_by_role("radio", name="Harbor").check()
    ann.page.reload()
    expect(ann.page.get_by_role("radio", name="Harbor")).to_be_checked()
    with ann.page.expect_response("**/api/v1/sync"):
        ann.page.get_by_role("group", name="Orders begin there.").get_by_role(
            "radio", name="No preference"
        ).check()
    ann.page.reload()
    expect(ann.page.get_by_role("radio", name="Harbor")).not_to_be_checked()
