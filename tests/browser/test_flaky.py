"""The server dies and comes back: what was done on the phone arrives once, and nothing has to be tapped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, Route, expect
from psycopg import sql

from tests.browser.cafe import Cafe
from tests.browser.phone import Phone

LATTES = [{"sku": "caramel-latte", "quantity": 20}]
A_WHILE_MS = 20_000


@pytest.fixture(autouse=True)
def running(cafe: Cafe) -> Iterator[None]:
    """Have the server run again after each test."""
    yield
    if cafe.site.process.poll() is not None:
        cafe.serve_again()


def test_an_answer_that_was_lost_with_the_server_is_done_once(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    ann = rich(phone, cafe, "flaky.answer@example.com")

    def take_in_and_die(route: Route) -> None:
        route.fetch()  # the server has done it …
        cafe.kill()  # … and nobody hears of it
        route.abort()

    ann.page.route("**/api/v1/sync", take_in_and_die, times=1)
    hold_a_reward(ann.page)
    expect(ann.page.get_by_text("Offline.")).to_be_visible()
    cafe.serve_again()
    assert_held_once(ann, cafe)


def test_a_push_in_whose_middle_the_server_is_killed_arrives_once(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    ann = rich(phone, cafe, "flaky.middle@example.com")
    with standing_still(cafe, "mutation_outcome") as someone_waits:
        hold_a_reward(ann.page)
        someone_waits()
        cafe.kill()
    expect(ann.page.get_by_text("Offline.")).to_be_visible()
    cafe.serve_again()
    assert_held_once(ann, cafe)


def test_after_a_restart_the_page_hears_of_a_sale_by_itself(phone: Callable[..., Phone], cafe: Cafe) -> None:
    ann = phone("flaky.restart@example.com")
    member = member_of(ann)
    cafe.kill()
    cafe.serve_again()
    receipt = cafe.sell(member=member)
    # By a new stream: whoever only polls hears of it after a minute.
    expect(ann.page.get_by_test_id("balance")).to_contain_text(f"{receipt['earned_milli'] / 1000:g}")


def test_a_server_that_is_gone_is_told_of_and_found_again_without_a_tap(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    ann = phone("flaky.gone@example.com")
    ann.pay_code()  # the device has its key
    ann.go("Home")
    cafe.kill()
    expect(ann.page.get_by_text("Offline. You can still pay with your code.")).to_be_visible()
    ann.page.wait_for_timeout(6_000)  # several tries have failed meanwhile
    ann.go("Pay")
    assert ann.scanned()
    ann.go("Home")
    cafe.serve_again()
    expect(ann.page.get_by_text("Offline.")).to_be_hidden(timeout=A_WHILE_MS)


def test_a_device_that_did_not_get_its_key_gets_it_when_the_server_is_back(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    ann = phone()
    ann.page.route("**/devices/current/key", lambda route: route.abort())
    ann.sign_in("flaky.keyless@example.com")
    ann.go("Pay")
    expect(ann.page.get_by_text("This device is not ready yet")).to_be_visible()
    ann.page.unroute("**/devices/current/key")
    cafe.kill()
    cafe.serve_again()
    assert cafe.sell(code=ann.scanned())["member"]["given_name"] == "Ann"


def test_a_token_that_is_over_is_renewed_in_silence(phone: Callable[..., Phone], cafe: Cafe) -> None:
    ann = phone("flaky.token@example.com")
    member = member_of(ann)
    refreshed: list[str] = []
    ann.page.on("request", lambda each: refreshed.append(each.url) if "/auth/refresh" in each.url else None)
    # One that the server does not take (any more), and one whose time is over by this device's clock.
    for spoiled in ({"access": "x.y.z"}, {"access_until": 0}):
        refreshed.clear()
        change_session(ann.page, spoiled)
        ann.page.reload()
        expect(ann.page.get_by_test_id("balance")).to_be_visible()
        receipt = cafe.sell(member=member)
        expect(ann.page.get_by_role("list", name="Last visits").get_by_role("listitem")).to_have_count(
            1 if "access" in spoiled else 2
        )
        assert receipt["earned_milli"] > 0
        # Once; once more where the page began to, and was loaded anew before it heard the answer.
        assert 1 <= len(refreshed) <= 2


def test_two_pages_whose_token_is_over_renew_it_once_and_stay_signed_in(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    ann = phone("flaky.tabs@example.com")
    other = Phone(ann.page.context.new_page(), cafe)
    other.open("/")
    refreshed: list[str] = []
    ann.page.context.on(
        "request", lambda each: refreshed.append(each.url) if "/auth/refresh" in each.url else None
    )
    change_session(ann.page, {"access_until": 0})
    for each in (ann, other):
        each.page.reload(wait_until="commit")
    for each in (ann, other):
        expect(each.page.get_by_test_id("balance")).to_be_visible()
        each.go("You")
        expect(each.page.get_by_role("heading", level=1)).to_be_visible()
    assert len(refreshed) <= 1
    assert other.thrown == []


@pytest.mark.installed
def test_storage_that_is_deleted_under_the_page_leads_to_sign_in(phone: Callable[..., Phone]) -> None:
    for number, delete in enumerate((delete_databases, clear_site)):
        ann = phone(f"flaky.cleared{number}@example.com")
        delete(ann.page)
        expect(ann.page.get_by_label("E-mail or mobile number")).to_be_visible()
        ann.sign_in(f"flaky.cleared{number}@example.com")


def rich(phone: Callable[..., Phone], cafe: Cafe, address: str) -> Phone:
    found = phone(address)
    cafe.sell(code=found.pay_code(), lines=LATTES)
    expect(found.page.get_by_test_id("earned")).to_be_visible()
    found.go("Rewards")
    return found


def hold_a_reward(page: Page) -> None:
    page.get_by_role("list", name="What your points buy").get_by_role("button", name="$2 off an item").click()
    page.get_by_role("button", name="Set aside for the till").click()


def assert_held_once(ann: Phone, cafe: Cafe) -> None:
    """The hold is on the screen, saved, and there is one of it."""
    page = ann.page
    expect(page.get_by_text("Offline.")).to_be_hidden(timeout=A_WHILE_MS)
    ann.open("/rewards")
    expect(page.get_by_role("heading", name="Set aside for you")).to_be_visible()
    expect(page.get_by_role("button", name="Give back")).to_have_count(1)
    with cafe.world.connect() as database:
        member = member_of(ann)
        held = database.execute(
            "SELECT hold.amount FROM hold JOIN member USING (member_id) WHERE public_id = %s", (member,)
        ).fetchall()
    assert [amount for (amount,) in held] == [60_000]


def member_of(ann: Phone) -> str:
    """Return the member's public name, from the session on the device."""
    return ann.page.evaluate(
        """() => new Promise((resolve) => {
          const opened = indexedDB.open("regulars");
          opened.onsuccess = () => {
            const asked = opened.result.transaction("session").objectStore("session").get("me");
            asked.onsuccess = () => { opened.result.close(); resolve(asked.result.member); };
          };
        })"""
    )


def change_session(page: Page, values: Mapping[str, object]) -> None:
    page.evaluate(
        """(values) => new Promise((resolve) => {
          const opened = indexedDB.open("regulars");
          opened.onsuccess = () => {
            const tx = opened.result.transaction("session", "readwrite");
            const store = tx.objectStore("session");
            store.get("me").onsuccess = (event) => store.put({ ...event.target.result, ...values }, "me");
            tx.oncomplete = () => { opened.result.close(); resolve(); };
          };
        })""",
        values,
    )


def delete_databases(page: Page) -> None:
    page.evaluate(
        "indexedDB.databases().then((all) => { for (const { name } of all) indexedDB.deleteDatabase(name) })"
    )


def clear_site(page: Page) -> None:
    asked = page.context.new_cdp_session(page)
    asked.send(
        "Storage.clearDataForOrigin",
        {
            "origin": page.evaluate("location.origin"),
            "storageTypes": "indexeddb,cache_storage,service_workers",
        },
    )


@contextmanager
def standing_still(cafe: Cafe, table: str) -> Iterator[Callable[[], None]]:
    """Hold a table so that nobody writes to it; yield how to wait until somebody wants to."""
    with cafe.world.connect() as database, cafe.world.connect(autocommit=True) as looking:
        database.execute(sql.SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(sql.Identifier(table)))

        def someone_waits() -> None:
            until = time.monotonic() + 20
            while time.monotonic() < until:
                found = looking.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
                if found and found[0]:
                    return
                threading.Event().wait(0.05)
            raise AssertionError(f"nobody wanted to write to {table}")

        yield someone_waits
        database.rollback()
