"""A member's phone, as the customers' API sees one: signs in, keeps a key, draws pay codes, fills the wallet, buys."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlsplit
from uuid import uuid4

from loyalty import codes
from loyalty.clock import Clock
from loyalty.demo.wire import StoryBroken, Wire

_MAIL_SECONDS: Final = 15


@dataclass(slots=True)
class Phone:
    """One phone. Its private key never leaves it; here that is this process."""

    wire: Wire
    given_name: str
    family_name: str
    address: str
    clock: Clock = field(default_factory=Clock)
    wait: Callable[[], object] = lambda: time.sleep(0.1)
    locale: str = "en"
    birthday: str | None = None
    key: Any = field(default_factory=codes.new_private_key)
    member: str = ""
    device: str = ""
    token: str = ""
    kid: str = ""
    epoch: int = 0
    counter: int = 0

    @property
    def name(self) -> str:
        """Return the member's whole name."""
        return f"{self.given_name} {self.family_name}"

    @property
    def headers(self) -> dict[str, str]:
        """Return what a request of this phone carries."""
        return {"Authorization": f"Bearer {self.token}"}

    def ask_for_code(self) -> dict[str, Any]:
        """Ask for a sign-in code, and return the mail with it out of the demo's mailbox."""
        self.wire.send("POST", "/api/v1/auth/codes", {"address": self.address, "locale": self.locale})
        deadline = time.monotonic() + _MAIL_SECONDS
        while time.monotonic() < deadline:
            box = self.wire.send("GET", f"/api/v1/dev/mailbox?to={quote(self.address)}", quietly=True)
            if box["items"]:
                return box["items"][0]
            self.wait()
        raise StoryBroken("The mail with the code did not come: the worker delivers it.")

    def sign_in(self, mail: dict[str, Any], device: str = "phone", platform: str = "app") -> None:
        """Sign in with the code in a mail; somebody new joins by it."""
        profile = {"given_name": self.given_name, "family_name": self.family_name, "locale": self.locale}
        digits = re.search(r"\b[0-9]{6}\b", mail["text"])
        assert digits is not None
        given = self.wire.send(
            "POST",
            "/api/v1/auth/sessions",
            {
                "address": self.address,
                "code": digits.group(),
                "device": {"name": f"{self.given_name}'s {device}", "platform": platform},
                "profile": {**profile, "birthday": self.birthday},
            },
        )
        self.token, self.device, self.member = given["access_token"], given["device_id"], given["member_id"]

    def register_key(self) -> None:
        """Hand in the public half of the key and fetch today's epoch: codes can then be drawn without a network."""
        registered = self.put("/devices/current/key", codes.jwk_of(self.key))
        self.kid = registered["kid"]
        self.epoch = self.get("/codes/epochs")["epochs"][0]["value"]

    def draw(self) -> str:
        """Draw a pay code: signed on the phone, good for 45 seconds and for one sale."""
        self.counter += 1
        return codes.draw_pay(
            self.key, kid=self.kid, counter=self.counter, epoch=self.epoch, now=self.clock.now()
        )

    def top_up(self, amount_minor: int, card: str, *, refused: str | None = None) -> dict[str, Any]:
        """Fill the wallet from a test card."""
        body = {"amount_minor": amount_minor, "method": card}
        return self.post("/wallet/top-ups", body, refused=refused)

    def approve(self, top_up: dict[str, Any]) -> dict[str, Any]:
        """Answer the card's challenge as its holder would, and let the wallet be filled."""
        challenge = urlsplit(top_up["challenge"]["url"])
        (secret,) = parse_qs(challenge.query)["secret"]
        self.wire.send("POST", challenge.path, {"secret": secret, "approve": True})
        return self.post(f"/wallet/top-ups/{top_up['id']}/confirm", None)

    def buy(self, lines: Sequence[Mapping[str, Any]], store: str) -> dict[str, Any]:
        """Order from the app: ask what it costs, pay it from the wallet."""
        quoted = self.post("/quotes", {"lines": list(lines), "store": store})
        tenders = [{"kind": "wallet", "amount_minor": quoted["due_minor"]}]
        return self.post("/sales", {"lines": list(lines), "store": store, "tenders": tenders})

    def get(self, path: str, *, quietly: bool = False) -> Any:
        """Ask the customers' API something."""
        return self.wire.send("GET", f"/api/v1{path}", headers=self.headers, quietly=quietly)

    def put(self, path: str, body: dict[str, Any], *, quietly: bool = False) -> Any:
        """Set something."""
        return self.wire.send("PUT", f"/api/v1{path}", body, headers=self.headers, quietly=quietly)

    def post(self, path: str, body: dict[str, Any] | None, *, refused: str | None = None) -> Any:
        """Do something once, under a new idempotency key."""
        return self.wire.send(
            "POST", f"/api/v1{path}", body, headers=self.headers, key=str(uuid4()), refused=refused
        )
