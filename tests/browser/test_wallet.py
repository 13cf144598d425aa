"""The wallet: filled from a card that says yes, no or asks back; once, whatever gets lost; and by itself."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from tests.browser.cafe import Cafe
from tests.browser.phone import Phone
from tests.browser.seen import assert_accessible

TOP_UPS = "**/api/v1/wallet/top-ups"


def open_wallet(ann: Phone) -> Page:
    ann.open("/wallet")
    expect(ann.page.get_by_role("heading", name="Top up", exact=True)).to_be_visible()
    return ann.page


def choose(page: Page, amount: str = "$25.00", card: str = "test_success") -> None:
    page.get_by_label(amount, exact=True).check()
    page.get_by_label("Test card").select_option(card)


def top_up(page: Page, amount: str = "$25.00", card: str = "test_success") -> None:
    choose(page, amount, card)
    page.get_by_role("button", name=f"Top up {amount}").click()


def balance(page: Page, amount: str) -> None:
    expect(page.get_by_test_id("wallet-balance")).to_have_text(amount)


def charges(cafe: Cafe) -> list[tuple[int, str]]:
    with cafe.world.connect(autocommit=True) as database:
        rows = database.execute("SELECT amount_minor, status FROM payment ORDER BY created_at").fetchall()
    return [(row[0], row[1]) for row in rows]


def test_a_top_up_says_that_it_is_a_test_and_is_in_the_wallet_and_in_the_list(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    page = open_wallet(phone("wallet.ann@example.com"))
    expect(page.get_by_text("This is a test: no card is charged").first).to_be_visible()
    expect(page.get_by_text("No top-ups yet")).to_be_visible()
    assert_accessible(page)
    top_up(page)
    expect(page.get_by_test_id("loaded")).to_have_text("$25.00 is in your wallet")
    balance(page, "$25.00")
    expect(page.get_by_role("list", name="Top-ups").get_by_role("listitem")).to_have_count(1)
    expect(page.get_by_role("list", name="Top-ups")).to_contain_text("loaded")
    assert_accessible(page)
    page.get_by_role("button", name="Top up again").click()
    page.get_by_label("Other", exact=True).check()
    page.get_by_label("Your amount").fill("4")
    expect(page.get_by_role("alert")).to_contain_text("From $5.00 to $475.00.")
    expect(page.get_by_role("button", name="Top up", exact=True)).to_be_disabled()
    page.get_by_label("Your amount").fill("12,50")
    page.get_by_role("button", name="Top up $12.50").click()
    balance(page, "$37.50")


def test_a_declined_card_says_why_and_nothing_is_loaded(phone: Callable[..., Phone]) -> None:
    page = open_wallet(phone("wallet.declined@example.com"))
    top_up(page, card="test_insufficient_funds")
    expect(page.get_by_role("alert")).to_contain_text("not enough money on this card")
    balance(page, "$0.00")
    expect(page.get_by_role("list", name="Top-ups")).to_contain_text("declined")
    assert_accessible(page)
    top_up(page, card="test_success")
    balance(page, "$25.00")


def test_the_bank_asks_back_and_what_its_holder_says_is_done(phone: Callable[..., Phone]) -> None:
    page = open_wallet(phone("wallet.asked@example.com"))
    top_up(page, card="test_challenge")
    sheet = page.get_by_role("dialog", name="Your bank asks: is this you?")
    expect(sheet).to_contain_text("TEST")
    assert_accessible(page)
    sheet.get_by_role("button", name="Refuse").click()
    expect(page.get_by_role("alert")).to_contain_text("not confirmed, so nothing was charged")
    balance(page, "$0.00")
    top_up(page, card="test_challenge")
    sheet.get_by_role("button", name="Approve").click()
    expect(page.get_by_test_id("loaded")).to_be_visible()
    balance(page, "$25.00")


def test_a_question_that_was_closed_can_be_answered_later_from_the_list(phone: Callable[..., Phone]) -> None:
    ann = phone("wallet.later@example.com")
    page = open_wallet(ann)
    top_up(page, card="test_challenge")
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page = open_wallet(ann)
    page.get_by_role("list", name="Top-ups").get_by_role("button", name="Go on").click()
    page.get_by_role("dialog").get_by_role("button", name="Approve").click()
    balance(page, "$25.00")


def test_a_lost_answer_is_asked_for_again_and_charged_once(phone: Callable[..., Phone], cafe: Cafe) -> None:
    ann = phone("wallet.lost@example.com")
    page = open_wallet(ann)
    before = len(charges(cafe))
    keys: list[str] = []

    def lose(route: Route) -> None:
        if route.request.method == "POST":
            keys.append(route.request.headers["idempotency-key"])
        route.fetch()
        route.abort()

    page.route(TOP_UPS, lose)
    top_up(page)
    expect(page.get_by_role("heading", name="Did it arrive?")).to_be_visible()
    assert charges(cafe)[before:] == [(2500, "credited")], "the server had it"
    assert_accessible(page)
    # The app is closed and opened again: it still knows what it has not heard of.
    page.unroute(TOP_UPS)
    page.on(
        "request",
        lambda request: (
            keys.append(request.headers["idempotency-key"])
            if request.method == "POST" and request.url.endswith("/wallet/top-ups")
            else None
        ),
    )
    ann.open("/wallet")
    expect(page.get_by_role("heading", name="Did it arrive?")).to_be_visible()
    page.get_by_role("button", name="Ask again").click()
    expect(page.get_by_test_id("loaded")).to_be_visible()
    balance(page, "$25.00")
    assert len(keys) == 2
    assert keys[0] == keys[1]
    assert charges(cafe)[before:] == [(2500, "credited")]


def test_a_provider_that_charges_and_does_not_answer_is_asked_again(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    page = open_wallet(phone("wallet.silent@example.com"))
    before = len(charges(cafe))
    top_up(page, card="test_no_answer")
    page.get_by_role("button", name="Ask again").click()
    balance(page, "$25.00")
    assert len(charges(cafe)) == before + 1


def test_a_card_is_kept_with_its_holders_yes_used_and_forgotten(phone: Callable[..., Phone]) -> None:
    page = open_wallet(phone("wallet.cards@example.com"))
    choose(page, card="test_challenge")
    page.get_by_role("switch", name="Keep this card").check()
    page.get_by_role("button", name="Top up $25.00").click()
    approve = page.get_by_role("dialog").get_by_role("button", name="Approve")
    approve.click()
    # Keeping it was one question; charging it is another.
    expect(page.get_by_role("list", name="Your cards")).to_contain_text("ending in 3155")
    approve.click()
    balance(page, "$25.00")
    page.get_by_role("list", name="Your cards").get_by_role("button", name="ending in 3155").click()
    assert_accessible(page)
    page.get_by_role("button", name="Forget it").click()
    expect(page.get_by_text("No card is kept.")).to_be_visible()


def test_auto_reload_is_guarded_then_loads_by_itself_and_can_be_switched_off(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    ann = phone("wallet.reload@example.com")
    page = open_wallet(ann)
    choose(page, "$10.00")
    page.get_by_role("switch", name="Keep this card").check()
    page.get_by_role("button", name="Top up $10.00").click()
    balance(page, "$10.00")
    row = page.get_by_role("list", name="Auto-reload").get_by_role("button")
    expect(row).to_contain_text("Off")
    row.click()
    assert_accessible(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("can be switched on or raised from")
    grow_old(cafe)
    page.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("Below $10.00, load $25.00")
    receipt = cafe.sell(code=ann.pay_code(), tender="wallet")
    left = 1000 - receipt["total_minor"] + 2500
    open_wallet(ann)
    balance(page, f"${left / 100:.2f}")
    expect(page.get_by_role("list", name="Top-ups")).to_contain_text("Auto-reload")
    row.click()
    page.get_by_role("switch", name="Load by itself").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("Off")


def grow_old(cafe: Cafe) -> None:
    """Let all devices and addresses be of last week: the guard is over."""
    with cafe.world.connect(autocommit=True) as database:
        database.execute("UPDATE device SET created_at = created_at - interval '7 days'")
        database.execute("UPDATE identity SET verified_at = verified_at - interval '7 days'")


def test_offline_the_balance_is_there_and_it_is_said_what_needs_a_connection(
    phone: Callable[..., Phone],
) -> None:
    ann = phone("wallet.offline@example.com")
    page = open_wallet(ann)
    top_up(page)
    balance(page, "$25.00")
    ann.go("Home")
    page.context.set_offline(True)
    page.get_by_test_id("wallet").click()
    balance(page, "$25.00")
    expect(page.get_by_text("topping up needs a connection")).to_be_visible()
    expect(page.get_by_role("list", name="Top-ups")).to_contain_text("$25.00")
    expect(page.get_by_role("button", name="Top up")).to_have_count(0)
    assert_accessible(page)
