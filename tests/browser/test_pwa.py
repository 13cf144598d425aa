"""The installed app: it starts without a network, never leaves its origin, and changes versions as a whole."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.browser.cafe import Cafe
from tests.browser.installing import ROOT, build_another, kept_files, settled, started
from tests.browser.phone import Phone

pytestmark = pytest.mark.installed
SCREENS = re.findall(
    r'^ {2}"(/[\w/]+)":', (ROOT / "mobile_api/web/src/app/screens.ts").read_text(), re.MULTILINE
)


@pytest.fixture
def closed(cafe: Cafe) -> Iterator[Callable[[], None]]:
    """Return how to kill the server; it is there again for the next test."""
    yield cafe.kill
    if cafe.site.process.poll() is not None:
        cafe.serve_again()


def read(cafe: Cafe, path: str) -> tuple[str, dict[str, str]]:
    with urllib.request.urlopen(cafe.url + path, timeout=20) as answer:
        return answer.read().decode(), dict(answer.headers)


def move_to(page: Page, path: str) -> None:
    """Go to a screen inside of the running app, as its links do."""
    page.evaluate(
        "path => { history.pushState({ inside: true }, '', path); dispatchEvent(new PopStateEvent('popstate')) }",
        f"/app{path}",
    )


def test_the_app_can_be_installed(browser: Browser, cafe: Cafe, tmp_path: Path) -> None:
    with started(browser, tmp_path / "profile") as context:
        page = context.pages[0]
        page.goto(f"{cafe.url}/app/")
        settled(page)
        page.reload()
        asked = context.new_cdp_session(page)
        manifest = asked.send("Page.getAppManifest")
        assert manifest["errors"] == []
        assert asked.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
        icons = {
            (each["sizes"], each["purpose"])
            for each in page.evaluate("fetch('/app/manifest.webmanifest').then((answer) => answer.json())")[
                "icons"
            ]
        }
        assert {
            ("192x192", "any"),
            ("512x512", "any"),
            ("192x192", "maskable"),
            ("512x512", "maskable"),
        } <= icons


def test_a_cold_start_without_server_shows_the_balance_and_draws_a_code_that_is_taken_later(
    browser: Browser, cafe: Cafe, tmp_path: Path, closed: Callable[[], None]
) -> None:
    with started(browser, tmp_path / "profile") as context:
        ann = Phone(context.pages[0], cafe)
        ann.open("/")
        ann.sign_in("pwa.cold@example.com")
        receipt = cafe.sell(code=ann.pay_code())
        expect(ann.page.get_by_test_id("earned")).to_be_visible()
        stars = f"{receipt['earned_milli'] / 1000:g}"
        settled(ann.page)
        assert ann.thrown == []
    closed()
    with started(browser, tmp_path / "profile") as context:
        context.set_offline(True)
        ann = Phone(context.pages[0], cafe)
        ann.open("/")
        expect(ann.page.get_by_test_id("balance")).to_contain_text(stars)
        expect(ann.page.get_by_text("Offline.")).to_be_visible()
        code = ann.pay_code()
        ann.open(f"/receipts/{receipt['sale']}")
        expect(ann.page.get_by_role("heading", level=1)).to_be_visible()
        assert ann.thrown == []
        cafe.serve_again()
        assert cafe.sell(code=code)["member"]["given_name"] == "Ann"
        context.set_offline(False)
        ann.open("/")
        expect(ann.page.get_by_test_id("balance")).to_contain_text(f"{receipt['earned_milli'] / 500:g}")


def test_every_screen_opens_without_a_network_and_none_breaks_the_policy(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    assert len(SCREENS) > 15
    violations: list[str] = []
    ann = phone("pwa.screens@example.com")
    page = ann.page
    page.context.expose_binding("violated", lambda _source, what: violations.append(what))
    page.context.add_init_script(
        "addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>"
        " violated(`${violatedDirective} ${blockedURI}`))"
    )
    settled(page)
    page.context.set_offline(True)
    page.reload()
    for path in ("/", "/pay", *SCREENS):
        move_to(page, path)
        expect(page.get_by_role("heading", level=1).first, path).to_be_visible()
        assert ann.thrown == [], (path, ann.thrown)
    page.context.set_offline(False)
    for path in ("/", "/pay", *SCREENS):
        ann.open(path)
        expect(page.get_by_role("heading", level=1).first, path).to_be_visible()
        assert ann.thrown == [], (path, ann.thrown)
    assert violations == []


def test_a_screen_that_cannot_be_loaded_says_so_and_is_there_when_tried_again(
    contexts: Callable[..., BrowserContext], cafe: Cafe
) -> None:
    ann = Phone(contexts(service_workers="block").new_page(), cafe)
    ann.open("/")
    ann.sign_in("pwa.missing@example.com")
    ann.page.route("**/app/assets/*", lambda route: route.abort())
    move_to(ann.page, "/me/taste")
    expect(ann.page.get_by_role("heading", name="This page did not load")).to_be_visible()
    ann.page.unroute("**/app/assets/*")
    ann.page.get_by_role("button", name="Try again").click()
    expect(ann.page.get_by_role("heading", level=1, name="Drinks as I like them")).to_be_visible()
    assert ann.thrown == []


def test_an_address_that_is_no_screen_leads_home(phone: Callable[..., Phone]) -> None:
    ann = phone("pwa.nowhere@example.com")
    ann.open("/no/such/screen")
    expect(ann.page.get_by_test_id("balance")).to_be_visible()
    expect(ann.page).to_have_url(re.compile(r"/app/$"))


def test_a_violation_of_the_policy_would_be_seen(phone: Callable[..., Phone]) -> None:
    ann = phone()
    ann.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">x</p>')")
    expect(ann.page.get_by_text("x", exact=True)).to_be_visible()
    assert [each for each in ann.thrown if "Content Security Policy" in each]
    ann.thrown.clear()


def test_the_shell_has_no_inline_script_or_style_and_its_policy_allows_none(cafe: Cafe) -> None:
    for path in ("/app/", "/app/receipts/x", "/program"):
        page, headers = read(cafe, path)
        assert not re.search(r"<script(?![^>]*\bsrc=)", page), path
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page), path
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert "unsafe-inline" not in headers["Content-Security-Policy"]
    # A worker's requests are bound by the policy that came with its script.
    assert "default-src 'self'" in read(cafe, "/app/sw.js")[1]["Content-Security-Policy"]


def test_no_request_of_a_whole_journey_leaves_the_origin(
    contexts: Callable[..., BrowserContext], cafe: Cafe
) -> None:
    context = contexts()
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    context.on("request", note)
    ann = Phone(context.new_page(), cafe)
    ann.open("/")
    ann.sign_in("pwa.journey@example.com")
    for tab in ("Order", "Rewards", "You", "Home"):
        ann.go(tab)
        expect(ann.page.get_by_role("heading", level=1).first).to_be_visible()
    cafe.sell(code=ann.pay_code())
    expect(ann.page.get_by_test_id("earned")).to_be_visible()
    ann.page.goto(f"{cafe.url}/program")
    expect(ann.page.get_by_role("heading", level=1)).to_be_visible()
    assert len(asked) > 20
    assert [url for url in asked if not url.startswith((f"{cafe.url}/", "data:", "blob:"))] == []
    assert ann.thrown == []


def test_a_new_version_is_told_of_and_taken_over_as_a_whole_in_every_page(
    phone: Callable[..., Phone], cafe: Cafe, tmp_path: Path, closed: Callable[[], None]
) -> None:
    ann = phone("pwa.update@example.com")
    page, other = ann.page, Phone(ann.page.context.new_page(), cafe)
    settled(page)
    other.open("/")
    expect(other.page.get_by_test_id("balance")).to_be_visible()
    before = kept_files(page)
    newer = build_another(tmp_path, "mobile_api/web/src/app/shell.tsx", 'home: "Home"', 'home: "Start"')
    closed()
    old = cafe.environment
    cafe.environment = {**old, **newer}
    try:
        cafe.serve_again()
        page.reload()
        expect(page.get_by_text("There is a new version.")).to_be_visible()
        # Until then everything is of the old one, also what was not loaded yet.
        expect(page.get_by_role("link", name="Home", exact=True)).to_be_visible()
        move_to(page, "/me/taste")
        expect(page.get_by_role("heading", level=1, name="Drinks as I like them")).to_be_visible()
        page.get_by_role("button", name="Update").click()
        for each in (page, other.page):
            expect(each.get_by_role("link", name="Start", exact=True)).to_be_visible()
            expect(each.get_by_role("link", name="Home", exact=True)).to_have_count(0)
            expect(each.get_by_text("There is a new version.")).to_have_count(0)
        after = kept_files(page)
        assert len({each.partition(" ")[0] for each in after}) == 1, "the old version's files are gone"
        loaded = page.evaluate(
            "performance.getEntriesByType('resource').map((each) => new URL(each.name).pathname)"
        )
        kept = {each.partition(" ")[2] for each in after}
        assert {path for path in loaded if path.startswith("/app/assets/")} <= kept
        assert set(before).isdisjoint(after)
        assert other.thrown == []
    finally:
        cafe.environment = old
        cafe.kill()


def test_a_shell_of_another_version_is_not_kept_with_these_files(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    script = read(cafe, "/app/sw.js")[0]
    shell = read(cafe, "/app/")[0]
    named = set(re.findall(r"assets/[\w.-]+", shell))
    assert len(named) >= 3
    assert named <= set(re.findall(r"assets/[\w.-]+", script)), "the worker keeps all that its shell names"
