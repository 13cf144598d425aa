"""The café as tests see it: its address, and what happens at its till, by the tills' own API."""

from __future__ import annotations

import json
import re
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError
from urllib.parse import quote
from uuid import uuid4

from loyalty import rules
from tests.benchmarks.world import Serving, World, serve

PIN: Final = "4711"
_LATTE: Final = {"sku": "caramel-latte", "quantity": 1}


@dataclass
class Cafe:
    """A running café with one till."""

    world: World
    site: Serving
    till_token: str
    store: str
    log: Path
    environment: Mapping[str, str]
    manager: str
    """Who signs in at the till, by ``PIN``."""
    signed_in: str = ""

    @property
    def url(self) -> str:
        """Return where browsers find it: a name for which they allow what needs a secure page."""
        return f"http://localhost:{self.site.port}"

    def ask(
        self, method: str, path: str, body: object = None, *, token: str | None = None, key: str = ""
    ) -> Any:
        """Send a request, the till's unless another token is given; raise ``AssertionError`` where it is refused."""
        headers = {"Authorization": f"Bearer {token or self.till_token}", "Content-Type": "application/json"}
        if self.signed_in and token is None:
            headers["X-Cashier"] = self.signed_in
        if method == "POST":
            headers["Idempotency-Key"] = key or str(uuid4())
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                said = answer.read()
        except HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from error
        return json.loads(said) if said else None

    def open_till(self) -> None:
        """Sign the manager in at the till, whatever they did before."""
        said = self.ask("POST", "/pos/v1/sessions", {"staff_id": self.manager, "pin": PIN})
        self.signed_in = said["token"]

    def sell(
        self,
        *,
        code: str | None = None,
        member: str | None = None,
        lines: list[dict[str, Any]] | None = None,
        tender: str = "cash",
        key: str = "",
        **more: Any,
    ) -> dict[str, Any]:
        """Sell at the till to whoever shows ``code``; paid in full by ``tender``. Return the receipt."""
        # The quote and the sale are of one basket: a number that was scanned is bound to it.
        basket: dict[str, Any] = {"id": str(uuid4()), "lines": lines or [_LATTE], **more}
        if code is not None:
            basket["code"] = code
        if member is not None:
            basket["member"] = member
        quote = self.ask("POST", "/pos/v1/quotes", basket)
        basket["tenders"] = [{"kind": tender, "amount_minor": quote["total_minor"]}]
        return self.ask("POST", "/pos/v1/sales", basket, key=key)

    def take_back(self, sale: str, lines: list[dict[str, Any]]) -> dict[str, Any]:
        """Return lines of a sale at the till."""
        if not self.signed_in:
            self.open_till()
        return self.ask("POST", f"/pos/v1/sales/{sale}/returns", {"lines": lines})

    def top_up(self, code: str, amount_minor: int) -> dict[str, Any]:
        """Put cash into the wallet of whoever shows ``code``."""
        return self.ask("POST", "/pos/v1/wallet/cash", {"code": code, "amount_minor": amount_minor})

    def mails(self, address: str) -> list[str]:
        """Return the mails to an address, the newest first."""
        found = self.ask("GET", f"/api/v1/dev/mailbox?to={quote(address)}")
        return [each["text"] for each in found["items"]]

    def codes(self, address: str) -> list[str]:
        """Return the codes that were sent to an address, the newest first."""
        return [code for mail in self.mails(address) for code in re.findall(r"^\d{6}", mail)]

    def next_code(self, address: str, earlier: list[str]) -> str:
        """Return the code that is sent after these: they lie there too until it comes."""
        while (codes := self.codes(address)) == earlier:
            time.sleep(0.03)
        return codes[0]

    def kill(self) -> None:
        """Kill the web processes, as a power cut does."""
        self.site.kill()

    def serve_again(self) -> None:
        """Start the web processes again, on the same port."""
        self.site = serve(
            self.world,
            self.log,
            "--workers",
            "1",
            "--threads",
            "8",
            port=self.site.port,
            environment=self.environment,
        )


def program() -> dict[str, Any]:
    """Return cafe-stars, with stores that take orders at any hour and a product of two or three roasts."""
    document = rules.load_shipped("cafe-stars")
    for store in document["stores"]:
        if ahead := store.get("order_ahead"):
            days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
            ahead.update(hours={day: [["00:00", "24:00"]] for day in days}, closed_days=[], days_ahead=1)
            ahead.pop("most_per_slot", None)
    kinds = [{"key": f"roast-{each}", "name": {"en": f"Roast {each}"}} for each in ("a", "b", "c", "d")]
    group = {"key": "roasts", "name": {"en": "Roasts"}, "min": 2, "max": 3, "options": kinds}
    flight = {
        "sku": "tasting-flight",
        "name": {"en": "Tasting Flight"},
        "category": "espresso",
        "price_minor": 700,
        "option_groups": ["roasts"],
    }
    document["option_groups"].append(group)
    document["products"].append(flight)
    return document
