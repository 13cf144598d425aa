"""A forgotten visit is claimed: the receipt's picture held before the camera, or its code typed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from loyalty.codes import drawing
from tests.browser.cafe import Cafe
from tests.browser.conftest import ARGUMENTS, CHROMIUM, PATIENCE_MS, PHONE
from tests.browser.phone import Phone
from tests.browser.seen import assert_accessible

WIDTH, HEIGHT = 640, 480


def film(text: str, path: Path) -> None:
    """Write what a camera sees that looks at a receipt's picture (YUV4MPEG2, gray)."""
    code = Image.open(BytesIO(drawing.png(text, use="print"))).convert("L").resize((440, 440))
    seen = Image.new("L", (WIDTH, HEIGHT), 200)
    seen.paste(code, ((WIDTH - 440) // 2, (HEIGHT - 440) // 2))
    gray = bytes([128]) * (WIDTH * HEIGHT // 2)
    head = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F15:1 Ip A1:1 C420jpeg\n".encode()
    path.write_bytes(head + (b"FRAME\n" + seen.tobytes() + gray) * 5)


@pytest.fixture
def looking_at(browser: Browser, cafe: Cafe, tmp_path: Path) -> Iterator[Callable[..., Phone]]:
    """Return how to have a phone whose camera looks at the picture of a code."""
    opened: list[tuple[Browser, Phone]] = []

    def have(text: str, address: str) -> Phone:
        film(text, tmp_path / "film.y4m")
        camera = [
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-video-capture={tmp_path / 'film.y4m'}",
        ]
        own = browser.browser_type.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *camera])
        context = own.new_context(**PHONE)
        context.set_default_timeout(PATIENCE_MS)
        found = Phone(context.new_page(), cafe)
        opened.append((own, found))
        found.open("/")
        found.sign_in(address)
        return found

    yield have
    for own, found in opened:
        own.close()
        assert found.thrown == [], found.thrown


def open_claim(ann: Phone) -> Page:
    ann.open("/claim")
    expect(ann.page.get_by_role("heading", name="Claim a visit")).to_be_visible()
    return ann.page


def type_code(page: Page, code: str) -> None:
    page.get_by_label("Or type the code").fill(code)
    page.get_by_role("button", name="Claim", exact=True).click()


def test_the_receipt_before_the_camera_brings_its_points_with_the_reason(
    looking_at: Callable[..., Phone], cafe: Cafe
) -> None:
    receipt = cafe.sell()
    ann = looking_at(receipt["claim_code"], "claim.camera@example.com")
    page = open_claim(ann)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("button", name="Scan the receipt").click()
    expect(page.get_by_test_id("claimed")).to_contain_text("stars")
    earned = receipt["total_minor"] / 100
    expect(page.get_by_test_id("claimed")).to_contain_text(f"+{earned:g}")
    expect(page.get_by_role("heading", name="Why?")).to_be_visible()
    assert any(url.endswith(".wasm") for url in asked), "Debian's Chromium reads no codes itself"
    assert all(url.startswith((cafe.url, "blob:")) for url in asked)
    page.get_by_role("link", name="Receipt").click()
    expect(page.get_by_text("Caramel Latte")).to_be_visible()


def test_a_typed_code_is_claimed_once_and_every_refusal_says_why(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    code = cafe.sell()["claim_code"]
    ann, bob = phone("claim.typed@example.com"), phone("claim.late@example.com", name="Bob")
    page = open_claim(ann)
    assert_accessible(page)
    type_code(page, f"  {code} ")
    expect(page.get_by_test_id("claimed")).to_contain_text("stars")
    assert_accessible(page)
    page.get_by_role("button", name="Claim another").click()
    page = open_claim(bob)
    type_code(page, code)
    expect(page.get_by_role("alert")).to_contain_text("has been claimed already")
    type_code(page, "rc_nothing")
    expect(page.get_by_role("alert")).to_contain_text("not the code of a receipt")
    forged = code[:-1] + ("A" if code[-1] != "A" else "B")
    type_code(page, code[:-4] + "AAAA" if forged == code else code[:-6] + "AAAAAA")
    expect(page.get_by_role("alert")).to_contain_text("not made by us")
    assert_accessible(page)


def test_what_was_returned_cannot_be_claimed(phone: Callable[..., Phone], cafe: Cafe) -> None:
    receipt = cafe.sell()
    cafe.take_back(receipt["sale"], [{"line": receipt["lines"][0]["line"], "quantity": 1}])
    page = open_claim(phone("claim.returned@example.com"))
    type_code(page, receipt["claim_code"])
    expect(page.get_by_role("alert")).to_contain_text("everything on it was returned")


def test_a_receipt_that_is_too_old_says_for_how_long_it_could_be_claimed(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    receipt = cafe.sell()
    with cafe.world.connect(autocommit=True) as database:
        moved = database.execute(
            "UPDATE sale SET occurred_at = occurred_at - interval '3 days' WHERE id = %s", (receipt["sale"],)
        )
        assert moved.rowcount == 1
    page = open_claim(phone("claim.old@example.com"))
    type_code(page, receipt["claim_code"])
    expect(page.get_by_role("alert")).to_contain_text("can be claimed for 48 hours")


def test_without_a_camera_there_is_a_sentence_and_the_code_can_still_be_typed(
    phone: Callable[..., Phone], cafe: Cafe
) -> None:
    ann = phone("claim.blind@example.com")
    page = open_claim(ann)
    page.get_by_role("button", name="Scan the receipt").click()
    expect(
        page.get_by_text("There is no camera here.").or_(page.get_by_text("may not use the camera"))
    ).to_be_visible()
    assert_accessible(page)
    type_code(page, cafe.sell()["claim_code"])
    expect(page.get_by_test_id("claimed")).to_be_visible()
