"""Messages: read here is read everywhere; what they lead to; notices of the synchronization."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from playwright.sync_api import expect

from tests.browser.cafe import Cafe
from tests.browser.phone import Phone


def device(cafe: Cafe, address: str) -> str:
    """Sign another device of a member in, one that is only an API client; return its token."""
    earlier = cafe.codes(address)
    cafe.ask("POST", "/api/v1/auth/codes", {"address": address})
    code = cafe.next_code(address, earlier)
    entry = {"address": address, "code": code, "device": {"name": "Kiosk", "platform": "web"}}
    return cafe.ask("POST", "/api/v1/auth/sessions", entry)["access_token"]


def test_a_message_that_is_read_here_is_read_there(phone: Callable[..., Phone]) -> None:
    here = phone("inbox.read@example.com")
    there = phone("inbox.read@example.com")
    bell = here.page.get_by_role("link", name="Inbox, 1 new")
    expect(bell).to_be_visible()
    there.open("/inbox")
    expect(there.page.get_by_role("heading", name="New")).to_be_visible()
    bell.click()
    here.page.get_by_role("button", name="New device").click()
    expect(here.page.get_by_role("dialog")).to_contain_text("Not you? Sign it out.")
    expect(there.page.get_by_role("heading", name="Read")).to_be_visible()
    expect(there.page.get_by_role("heading", name="New")).to_have_count(0)
    here.page.get_by_role("button", name="Close").last.click()
    here.go("Home")
    expect(here.page.get_by_role("link", name="Inbox", exact=True)).to_be_visible()


def test_all_are_marked_as_read_offline_and_stay_so(phone: Callable[..., Phone]) -> None:
    here = phone("inbox.all@example.com")
    for _ in range(2):
        other = phone("inbox.all@example.com")
    here.open("/inbox")
    expect(here.page.get_by_role("list", name="New").get_by_role("listitem")).to_have_count(2)
    here.page.context.set_offline(True)
    here.page.get_by_role("button", name="Mark all as read").click()
    expect(here.page.get_by_role("list", name="Read").get_by_role("listitem")).to_have_count(2)
    here.page.context.set_offline(False)
    other.open("/inbox")
    expect(other.page.get_by_role("list", name="Read").get_by_role("listitem")).to_have_count(2)


def test_an_empty_inbox_says_so(phone: Callable[..., Phone]) -> None:
    ann = phone("inbox.empty@example.com")
    ann.open("/inbox")
    expect(ann.page.get_by_text("No messages")).to_be_visible()


def test_a_notice_is_a_sentence_until_it_is_understood_on_any_device(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    here, there = phone("inbox.notice@example.com"), phone("inbox.notice@example.com")
    one, two = (device(cafe, "inbox.notice@example.com") for _ in range(2))
    draft, line = str(uuid4()), str(uuid4())
    # Two devices change one line without knowing of each other: it is removed on one, changed on the other.
    push(cafe, one, 1, "draft.create", {"draft": draft, "store": "main-street", "note": ""})
    added = {"draft": draft, "line": line, "sku": "caramel-latte", "options": [], "quantity": 1, "note": ""}
    seen = push(cafe, one, 2, "draft.line.add", added)
    push(cafe, one, 3, "draft.line.remove", {"draft": draft, "line": line}, seen)
    push(cafe, two, 1, "draft.line.edit", {"draft": draft, "line": line, "quantity": 2}, seen)
    for each in (here, there):
        each.open("/inbox")
        expect(each.page.get_by_text("It was brought back")).to_be_visible()
    here.page.get_by_role("button", name="Understood").click()
    for each in (here, there):
        expect(each.page.get_by_text("It was brought back")).to_have_count(0)


def push(
    cafe: Cafe,
    bearer: str,
    number: int,
    name: str,
    args: dict[str, object],
    seen: dict[str, object] | None = None,
) -> dict[str, object]:
    """Send one mutation as a device does; return the cursor afterwards."""
    now = cafe.ask("POST", "/api/v1/sync", {"schema": 1, "cursor": None}, token=bearer)["server_time"]
    known = seen or {"epoch": None, "version": 0}
    mutation = {
        "id": number,
        "uid": str(uuid4()),
        "name": name,
        "args": args,
        "seen": known["version"],
        "seen_epoch": known["epoch"],
        "at": now,
    }
    body = {"schema": 1, "cursor": None, "mutations": [mutation], "offset_ms": 0}
    answer = cafe.ask("POST", "/api/v1/sync", body, token=bearer)
    assert answer["results"][0]["status"] in {"ok", "merged"}, answer["results"]
    return answer["cursor"]
