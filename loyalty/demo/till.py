"""A till, as the tills' API sees one: enrolls once, signs a cashier in, scans, sells, takes back, queues offline."""

from __future__ import annotations

import json
import os
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from loyalty import codes
from loyalty.clock import Clock, rfc3339
from loyalty.demo.setting import Person
from loyalty.demo.wire import StoryBroken, Wire

NAME: Final = "Till 1"


@dataclass(slots=True)
class Till:
    """One till. What it must not lose (token and key) it keeps in a file that only its owner can read."""

    wire: Wire
    key: ec.EllipticCurvePrivateKey
    token: str
    store: str
    clock: Clock = field(default_factory=Clock)
    cashier: Mapping[str, Any] | None = None

    @property
    def headers(self) -> dict[str, str]:
        """Return what a request of this till carries: its token, and the cashier's where one is signed in."""
        return {
            "Authorization": f"Bearer {self.token}",
            **({"X-Cashier": self.cashier["token"]} if self.cashier else {}),
        }

    def sign_in(self, person: Person) -> None:
        """Sign a cashier in by their PIN."""
        names = self.wire.send("GET", "/pos/v1/cashiers", headers=self.headers, quietly=True)["items"]
        found = next((each["staff_id"] for each in names if each["name"] == person.name), None)
        if found is None:
            raise StoryBroken(f"{person.name} does not work at {self.store} any more.")
        body = {"staff_id": found, "pin": person.pin}
        self.cashier = self.wire.send("POST", "/pos/v1/sessions", body, headers=self.headers)

    def quote(self, basket: Mapping[str, Any], *, quietly: bool = False) -> Any:
        """Ask what a basket costs and brings, and for whom."""
        return self.wire.send("POST", "/pos/v1/quotes", basket, headers=self.headers, quietly=quietly)

    def sell(self, basket: Mapping[str, Any], *, key: str, refused: str | None = None) -> Any:
        """Settle a sale, once per key."""
        return self.wire.send("POST", "/pos/v1/sales", basket, headers=self.headers, key=key, refused=refused)

    def take_back(self, sale: str, line: str, quantity: int = 1) -> Any:
        """Take pieces of one line of a sale back."""
        return self.wire.send(
            "POST",
            f"/pos/v1/sales/{sale}/returns",
            {"lines": [{"line": line, "quantity": quantity}]},
            headers=self.headers,
            key=str(uuid4()),
        )

    def queue(self, basket: Mapping[str, Any]) -> dict[str, Any]:
        """Ring a sale up without a network: named, timed and signed here."""
        moment = rfc3339(self.clock.now())
        item = {**basket, "id": str(uuid4()), "kind": "sale", "occurred_at": moment}
        data = json.dumps(item, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        return {**item, "signature": urlsafe_b64encode(codes.sign(self.key, data)).decode().rstrip("=")}

    def hand_in(self, items: Sequence[Mapping[str, Any]]) -> Any:
        """Hand in what was queued."""
        return self.wire.send("POST", "/pos/v1/offline", {"items": list(items)}, headers=self.headers)


def ready_till(wire: Wire, kept: Path, offer: Callable[[], str]) -> Till:
    """Return the till of an earlier run, if the server still knows it; else a new one, by an offered code."""
    known = _read(wire, kept)
    if known is not None:
        return known
    till = enroll(wire, offer(), Clock())
    _write(till, kept)
    return till


def enroll(wire: Wire, code: str, clock: Clock) -> Till:
    """Return a new till, enrolled with the code that a manager was given."""
    key = codes.new_private_key()
    given = wire.send("POST", "/pos/v1/enroll", {"code": code, "public_key": codes.jwk_of(key)})
    return Till(wire, key, given["token"], given["store"], clock)


def _read(wire: Wire, kept: Path) -> Till | None:
    try:
        stored = json.loads(kept.read_text("utf-8"))
        key = load_pem_private_key(stored["key"].encode(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        till = Till(wire, key, stored["token"], stored["store"])
        state = wire.send("GET", "/pos/v1/till", headers=till.headers, quietly=True)
    except (FileNotFoundError, ValueError, KeyError, StoryBroken):
        return None
    return till if state["signs_offline"] else None


def _write(till: Till, kept: Path) -> None:
    pem = till.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    kept.unlink(missing_ok=True)
    with os.fdopen(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"token": till.token, "key": pem, "store": till.store}, file)
