"""A phone in a customer's hand: the app in a page, and what a person does with it."""

from __future__ import annotations

import re
from io import BytesIO

from PIL import Image
from playwright.sync_api import CDPSession, Page, expect
from zxingcpp import BarcodeFormat, read_barcodes

from tests.browser.cafe import Cafe


class Phone:
    """One browser with the app open. ``thrown`` collects what its page threw or complained of."""

    def __init__(self, page: Page, cafe: Cafe) -> None:
        self.page = page
        self.cafe = cafe
        self.thrown: list[str] = []
        page.on("pageerror", lambda error: self.thrown.append(str(error)))
        page.on("console", lambda message: self._hear(message.type, message.text))

    def _hear(self, kind: str, text: str) -> None:
        # A request that was answered with 4xx, or not at all, is no mistake of the page.
        if kind == "error" and not text.startswith("Failed to load resource"):
            self.thrown.append(text)

    def open(self, path: str) -> None:
        """Open a path of the app, as by typing its address."""
        self.page.goto(f"{self.cafe.url}/app{path}")

    def sign_in(self, address: str, *, name: str = "Ann") -> None:
        """Sign in by the code that was sent, until Home is there and the device has its key."""
        page = self.page
        page.get_by_label("Code").fill(self.ask_for_code(address))
        page.get_by_label("Your first name").fill(name)
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_test_id("balance")).to_be_visible()
        # The first answer is here: whose page it is, is known also without a network.
        expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"^Hello, ."))

    def ask_for_code(self, address: str) -> str:
        """Have a code sent to an address, and return it as the mail says it."""
        earlier = self.cafe.codes(address)
        self.page.get_by_label("E-mail or mobile number").fill(address)
        self.page.get_by_role("button", name="Send me a code").click()
        return self.cafe.next_code(address, earlier)

    def go(self, name: str) -> None:
        """Tap on a tab."""
        self.page.get_by_role("navigation", name="Main").get_by_role("link", name=name, exact=True).click()

    def scanned(self, locator: str = ".qr") -> str:
        """Return what an independent decoder reads off the screen."""
        picture = self.page.locator(locator)
        expect(picture).to_be_visible()
        found = read_barcodes(Image.open(BytesIO(picture.screenshot())).convert("L"))
        assert found, "nothing could be read off the screen"
        assert found[0].format in {BarcodeFormat.QRCode, BarcodeFormat.Code128}
        return found[0].text

    def pay_code(self) -> str:
        """Open the code and read it off the screen."""
        if "/app/pay" not in self.page.url:
            self.go("Pay")
        again = self.page.get_by_role("button", name="Show the code again")
        if again.is_visible():
            again.click()
        return self.scanned()

    def balance(self) -> str:
        """Return the number of points on Home."""
        return re.sub(r"[^\d.,]", "", self.page.get_by_test_id("balance").inner_text())


def fingerprint_reader(page: Page) -> tuple[CDPSession, str]:
    """Give a page's browser a fingerprint reader that says yes; return how to talk to it, and its name."""
    control = page.context.new_cdp_session(page)
    control.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = control.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return control, made["authenticatorId"]
