"""The statement: every line says why, filters hold, and the files are what the API says, provably."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.cafe import Cafe
from tests.browser.phone import Phone
from tests.browser.seen import assert_accessible

LATTES = [{"sku": "caramel-latte", "quantity": 15}]


def buy(ann: Phone, cafe: Cafe, **more: Any) -> dict[str, Any]:
    """Buy with the code on the screen, and wait until the phone has heard of it."""
    receipt = cafe.sell(code=ann.pay_code(), **more)
    expect(ann.page.get_by_test_id("paid")).to_be_visible()
    return receipt


def load(ann: Phone, cafe: Cafe, amount_minor: int) -> None:
    """Pay into the wallet at the till; the code on the screen is used up then."""
    cafe.top_up(ann.pay_code(), amount_minor)
    ann.go("Home")
    expect(ann.page.get_by_test_id("wallet")).not_to_have_text("$0.00")


def open_statement(ann: Phone) -> Page:
    ann.open("/statement")
    expect(ann.page.get_by_role("heading", name="Statement")).to_be_visible()
    return ann.page


def movements(page: Page) -> Locator:
    return page.locator("li.movement")


def asked(page: Page, path: str) -> Any:
    """Ask the API as the app does, with the app's own token."""
    return page.evaluate(
        """async (path) => {
          const open = (name) => new Promise((done) => {
            const asked = indexedDB.open(name);
            asked.onsuccess = () => done(asked.result);
          });
          const database = await open("regulars");
          const session = await new Promise((done) => {
            const got = database.transaction("session").objectStore("session").get("me");
            got.onsuccess = () => done(got.result);
          });
          database.close();
          const headers = { Authorization: `Bearer ${session.access}` };
          return (await fetch(`/api/v1${path}`, { headers })).text();
        }""",
        path,
    )


def test_every_line_has_its_reason_and_leads_to_its_receipt(phone: Callable[..., Phone], cafe: Cafe) -> None:
    ann = phone("statement.ann@example.com")
    page = open_statement(ann)
    expect(page.get_by_text("Your first visit or top-up writes the first line.")).to_be_visible()
    assert_accessible(page)
    load(ann, cafe, 3000)
    sold = buy(ann, cafe, lines=LATTES)
    cafe.take_back(sold["sale"], [{"line": sold["lines"][0]["line"], "quantity": 1}])
    page = open_statement(ann)
    lines = json.loads(asked(page, "/statement"))["items"]
    assert {"top_up", "sale", "return"} <= {line["kind"] for line in lines}
    expect(movements(page)).to_have_count(len(lines))
    for place, line in enumerate(lines):
        row = movements(page).nth(place)
        assert row.locator(".why").count() > 0, line
        for posting in line["postings"]:
            expect(row).to_contain_text(posting["text"])
    expect(
        page.get_by_role("list", name="When your points expire").get_by_role("listitem")
    ).not_to_have_count(0)
    expect(page.get_by_role("img", name="expire until")).to_be_visible()
    assert_accessible(page)
    movements(page).first.click()
    expect(page.get_by_role("region", name="What came back")).to_be_visible()


def test_filters_show_what_they_say(phone: Callable[..., Phone], cafe: Cafe) -> None:
    ann = phone("statement.filters@example.com")
    load(ann, cafe, 500)
    buy(ann, cafe)
    page = open_statement(ann)
    expect(movements(page)).to_have_count(2)
    page.get_by_label("Money", exact=True).check()
    expect(movements(page)).to_have_count(1)
    expect(movements(page)).to_contain_text("+$5.00")
    page.get_by_label("Points", exact=True).check()
    expect(movements(page)).to_contain_text("stars")
    page.get_by_label("Everything").check()
    page.get_by_label("Kind").select_option("sale")
    expect(movements(page)).to_have_count(1)
    page.get_by_label("Period").select_option("last")
    expect(page.get_by_text("No movement fits what you chose.")).to_be_visible()
    page.get_by_label("Period").select_option("month")
    expect(movements(page)).to_have_count(1)
    # Without a network the newest lines of this device are filtered here.
    page.context.set_offline(True)
    page.get_by_label("Kind").select_option("top_up")
    expect(page.get_by_text("these are the newest lines on this device")).to_be_visible()
    expect(movements(page)).to_have_count(1)
    expect(movements(page)).to_contain_text("Top-up")
    expect(page.get_by_role("button", name="Take it with you")).to_be_disabled()
    assert_accessible(page)


def test_the_next_page_comes_by_itself_and_nothing_is_twice(phone: Callable[..., Phone], cafe: Cafe) -> None:
    ann = phone("statement.long@example.com")
    cafe.open_till()
    member = cafe.sell(code=ann.pay_code())["member"]["id"]
    for _ in range(60):
        cafe.sell(member=member)
    page = open_statement(ann)
    expect(movements(page).first).to_be_visible()
    page.mouse.wheel(0, 100_000)
    expect(movements(page)).to_have_count(61)
    expect(page.get_by_text("That is everything.")).to_be_visible()
    links = [each.get_attribute("href") for each in movements(page).get_by_role("link").all()]
    assert len(set(links)) == 61


def test_the_files_are_what_the_api_says_and_the_signed_one_verifies(
    phone: Callable[..., Phone], cafe: Cafe, tmp_path: Path
) -> None:
    ann = phone("statement.files@example.com")
    load(ann, cafe, 2500)
    buy(ann, cafe)
    page = open_statement(ann)
    expect(movements(page)).to_have_count(2)
    table, signed = saved(page, "As a table", tmp_path), saved(page, "Signed", tmp_path)
    assert table.name == "statement.csv"
    assert table.read_bytes().decode() == asked(page, "/statement.csv")
    document = json.loads(signed.read_bytes())
    again = json.loads(asked(page, "/statement.json"))
    assert document["statement"]["lines"] == again["statement"]["lines"]
    assert verified(signed, cafe) == 0
    document["statement"]["lines"][0]["points_milli"] += 1
    signed.write_text(json.dumps(document))
    assert verified(signed, cafe) == 1


def saved(page: Page, name: str, folder: Path) -> Path:
    page.get_by_role("button", name="Take it with you").click()
    with page.expect_download() as download:
        page.get_by_role("list", name="Take it with you").get_by_role("button", name=name).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def verified(file: Path, cafe: Cafe) -> int:
    command = [str(Path(sys.executable).parent / "regulars"), "statement", "verify", str(file)]
    return subprocess.run(command, env={**os.environ, **cafe.environment}, check=False).returncode
