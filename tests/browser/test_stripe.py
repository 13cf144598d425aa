"""A café that takes cards with Stripe: cards are entered, and banks answered, on Stripe's own pages, there and back."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from loyalty.postgres import Server
from tests.browser.cafe import Cafe
from tests.browser.conftest import found_cafe
from tests.browser.phone import Phone
from tests.browser.seen import assert_accessible
from tests.conftest import cloned
from tests.stripes import KEY, WEBHOOK_SECRET, FakeStripe, fake_stripe

WALLET = re.compile(r"/app/wallet$")
TO_THE_BANK = re.compile("^Go to the bank")
CONFIRM = re.compile(r"/api/v1/wallet/cards/cs_\w+/confirm$")


@pytest.fixture(scope="module")
def stripes() -> Iterator[tuple[FakeStripe, str]]:
    """Serve our fake, pages and all."""
    with fake_stripe() as served:
        yield served


@pytest.fixture
def fake(stripes: tuple[FakeStripe, str]) -> FakeStripe:
    """Return our fake."""
    return stripes[0]


@pytest.fixture(scope="module")
def cafe(
    server: Server,
    worker_name: str,
    tmp_path_factory: pytest.TempPathFactory,
    stripes: tuple[FakeStripe, str],
) -> Iterator[Cafe]:
    """Return a café with Stripe behind it."""
    more = {
        "REGULARS_STRIPE_SECRET_KEY": KEY,
        "REGULARS_STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "REGULARS_STRIPE_API_BASE": stripes[1],
    }
    folder = tmp_path_factory.mktemp("stripe_cafe")
    with cloned(server, f"stripe_{worker_name}") as url, found_cafe(url, folder, server, more=more) as cafe:
        yield cafe


def open_wallet(ann: Phone) -> Page:
    ann.open("/wallet")
    expect(ann.page.get_by_role("heading", name="Top up", exact=True)).to_be_visible()
    return ann.page


def enter_card(page: Page, last4: str = "4242") -> None:
    """Enter a card on Stripe's page, and be back."""
    page.get_by_role("button", name="Enter a card").click()
    on_stripes(page, "Save a card")
    page.get_by_label("Card").select_option(last4)
    page.get_by_role("button", name="Save card").click()
    expect(cards(page)).to_contain_text(f"ending in {last4}")


def on_stripes(page: Page, title: str) -> None:
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    assert page.url.startswith("http://127.0.0.1:"), "this is no page of ours"


def to_the_bank(page: Page, amount: str = "$25.00") -> None:
    """Top up from a card whose bank asks, and go to its page."""
    page.get_by_label(amount, exact=True).check()
    page.get_by_role("button", name=f"Top up {amount}").click()
    page.get_by_role("button", name=TO_THE_BANK).click()
    on_stripes(page, "Your bank: is this you?")


def cards(page: Page) -> Locator:
    return page.get_by_role("list", name="Your cards")


def balance(page: Page, amount: str) -> None:
    expect(page.get_by_test_id("wallet-balance")).to_have_text(amount)


def test_a_card_is_entered_on_stripes_page_kept_and_fills_the_wallet(
    phone: Callable[..., Phone], fake: FakeStripe
) -> None:
    page = open_wallet(phone("stripe.ann@example.com"))
    expect(page.get_by_label("Test card")).to_have_count(0)
    page.get_by_label("$50.00", exact=True).check()
    assert_accessible(page)
    enter_card(page)
    expect(page.get_by_text("Visa ending in 4242 is kept")).to_be_visible()
    expect(page).to_have_url(WALLET)
    assert_accessible(page)
    # What was chosen before the card was missing is still chosen.
    page.get_by_role("button", name="Top up $50.00").click()
    expect(page.get_by_test_id("loaded")).to_have_text("$50.00 is in your wallet")
    balance(page, "$50.00")
    (paid,) = [each for each in fake.intents.values() if each["amount"] == 5000]
    assert paid["status"] == "succeeded"


def test_who_turns_back_on_stripes_page_is_told_calmly_and_can_begin_again(
    phone: Callable[..., Phone],
) -> None:
    page = open_wallet(phone("stripe.canceled@example.com"))
    page.get_by_role("button", name="Add a card").click()
    page.get_by_role("dialog").get_by_role("button", name="Enter a card").click()
    on_stripes(page, "Save a card")
    page.get_by_role("link", name="Back").click()
    expect(page.get_by_text("No card was added.")).to_be_visible()
    expect(page).to_have_url(WALLET)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_text("No card is kept.")).to_be_visible()
    enter_card(page)


def test_the_bank_asks_on_its_page_and_a_yes_fills_the_wallet(phone: Callable[..., Phone]) -> None:
    page = open_wallet(phone("stripe.asked@example.com"))
    enter_card(page, "3155")
    page.get_by_role("button", name="Top up $25.00").click()
    sheet = page.get_by_role("dialog", name="Your bank asks: is this you?")
    expect(sheet).to_contain_text("on its own page")
    assert_accessible(page)
    sheet.get_by_role("button", name=TO_THE_BANK).click()
    on_stripes(page, "Your bank: is this you?")
    page.get_by_role("button", name="Yes").click()
    expect(page.get_by_test_id("loaded")).to_have_text("$25.00 is in your wallet")
    balance(page, "$25.00")
    expect(page).to_have_url(WALLET)
    page.reload()
    balance(page, "$25.00")
    expect(page.get_by_test_id("loaded")).to_have_count(0)


def test_a_no_on_the_banks_page_charges_nothing_and_says_so(
    phone: Callable[..., Phone], fake: FakeStripe
) -> None:
    page = open_wallet(phone("stripe.refused@example.com"))
    enter_card(page, "3155")
    to_the_bank(page, "$10.00")
    page.get_by_role("button", name="No").click()
    expect(page.get_by_role("alert")).to_contain_text("not confirmed, so nothing was charged")
    expect(page.get_by_role("list", name="Top-ups")).to_contain_text("declined")
    balance(page, "$0.00")
    (refused,) = [each for each in fake.intents.values() if each["amount"] == 1000]
    assert refused["latest_charge"] is None
    assert_accessible(page)
    # The amount is still chosen, and it can be tried again.
    to_the_bank(page, "$10.00")


@pytest.mark.soak
def test_a_question_whose_page_was_left_is_gone_on_with_from_the_list(phone: Callable[..., Phone]) -> None:
    ann = phone("stripe.later@example.com")
    page = open_wallet(ann)
    enter_card(page, "3155")
    to_the_bank(page)
    page = open_wallet(ann)
    page.get_by_role("list", name="Top-ups").get_by_role("button", name="Go on").click()
    page.get_by_role("button", name=TO_THE_BANK).click()
    page.get_by_role("button", name="Yes").click()
    balance(page, "$25.00")


def test_who_closes_the_banks_page_after_a_yes_finds_the_money_there(
    phone: Callable[..., Phone], cafe: Cafe, fake: FakeStripe
) -> None:
    ann = phone("stripe.closed@example.com")
    page = open_wallet(ann)
    enter_card(page, "3155")
    before = set(fake.intents)
    to_the_bank(page)
    (new,) = fake.intents.keys() - before
    page.goto("about:blank")
    fake.pay(fake.intents[new])
    body, headers = fake.event("payment_intent.succeeded", fake.intents[new], now=datetime.now(UTC))
    told = urllib.request.Request(f"{cafe.url}/api/v1/webhooks/stripe", body, headers)
    told.add_header("Content-Type", "application/json")
    urllib.request.urlopen(told, timeout=10).close()
    balance(open_wallet(ann), "$25.00")


@pytest.mark.soak
def test_who_closes_stripes_page_after_entering_the_card_finds_it_kept(
    phone: Callable[..., Phone],
) -> None:
    ann = phone("stripe.shut@example.com")
    page = open_wallet(ann)
    page.get_by_role("button", name="Enter a card").click()
    on_stripes(page, "Save a card")
    # The card is entered, and the way back is not gone.
    page.evaluate("""fetch(location.href, {
        method: "POST", redirect: "manual", body: new URLSearchParams("card=4242")
    })""")
    page = open_wallet(ann)
    expect(cards(page)).to_contain_text("ending in 4242")


@pytest.mark.soak
def test_a_card_whose_confirmation_gets_lost_is_asked_for_again_and_not_entered_again(
    phone: Callable[..., Phone],
) -> None:
    page = open_wallet(phone("stripe.lost@example.com"))

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.context.route(CONFIRM, lose)
    page.get_by_role("button", name="Enter a card").click()
    page.get_by_role("button", name="Save card").click()
    expect(page.get_by_text("could not be kept just now")).to_be_visible()
    assert_accessible(page)
    # Even the app may be opened anew: the address still knows.
    page.reload()
    expect(page.get_by_text("could not be kept just now")).to_be_visible()
    page.context.unroute(CONFIRM, lose)
    page.get_by_role("button", name="Ask again").click()
    expect(cards(page)).to_contain_text("ending in 4242")
    expect(page).to_have_url(WALLET)


def test_who_tops_up_for_a_basket_finds_back_to_it_over_stripes_pages(phone: Callable[..., Phone]) -> None:
    ann = phone("stripe.basket@example.com")
    page = ann.page
    ann.open("/order/item/latte")
    page.get_by_role("button", name=re.compile("^Add to basket")).click()
    page.get_by_role("link", name=re.compile("Your basket")).click()
    page.get_by_role("link", name="Top up, the basket waits").click()
    enter_card(page, "3155")
    to_the_bank(page)
    page.get_by_role("button", name="Yes").click()
    page.get_by_role("link", name="Back to your basket").click()
    expect(page).to_have_url(re.compile(r"/app/order/basket$"))
    expect(page.get_by_role("list", name="In your basket")).to_contain_text("Latte")
    expect(page.get_by_role("link", name="Top up, the basket waits")).to_have_count(0)


def test_the_way_back_leads_to_places_of_ours_only(phone: Callable[..., Phone]) -> None:
    ann = phone("stripe.elsewhere@example.com")
    ann.open("/wallet?back=//evil.example/app")
    enter_card(ann.page)
    ann.page.get_by_role("button", name="Top up $25.00").click()
    expect(ann.page.get_by_test_id("loaded")).to_be_visible()
    expect(ann.page.locator("a[href*=evil]")).to_have_count(0)
    ann.page.get_by_role("button", name="Back").click()
    expect(ann.page).to_have_url(re.compile(r"/app/$"))


@pytest.mark.soak
def test_a_page_that_the_browser_shows_again_can_be_left_again(phone: Callable[..., Phone]) -> None:
    page = open_wallet(phone("stripe.again@example.com"))
    go = page.get_by_role("button", name="Enter a card")
    page.route("http://127.0.0.1:*/c/pay/**", lambda _: None)  # it does not answer
    go.click()
    busy = page.locator("button[aria-busy=true]")
    expect(busy).to_be_visible()
    page.evaluate("stop(); dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    expect(busy).to_have_count(0)
    page.unroute("http://127.0.0.1:*/c/pay/**")
    enter_card(page)
