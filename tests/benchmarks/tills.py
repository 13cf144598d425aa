"""Requests as tills send them, made beforehand: token, code with its ES256 signature, four lines, wallet."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final

from loyalty import codes, rules
from loyalty.codes.secrecy import code_secret
from tests.benchmarks.cafe import TIERS, Order, document, orders
from tests.benchmarks.town import Phone, public_id
from tests.benchmarks.world import World

_ORDERS: Final = 60
_numbers: Final = count(1)


@dataclass(frozen=True, slots=True)
class Request:
    """A sale that a till asks for: by which token, under which key, of which member."""

    token: str
    key: str
    member_id: int
    body: bytes

    @property
    def data(self) -> bytes:
        """Return the bytes that are sent."""
        head = (
            "POST /pos/v1/sales HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {self.token}\r\nIdempotency-Key: {self.key}\r\n"
            f"Content-Length: {len(self.body)}\r\n\r\n"
        )
        return head.encode() + self.body


class Counter:
    """Makes requests for a world. Codes live for 45 seconds: make them right before they are sent."""

    def __init__(self, world: World, *, seed: int = 11) -> None:
        self._world = world
        self._dice = random.Random(seed)
        self._secret = code_secret(world.secret)
        program = rules.compile_program(document(), world.version)
        self._orders: dict[str, list[Order]] = {}
        for order in orders(program, _ORDERS, now=datetime.now(UTC)):
            self._orders.setdefault(order.tier, []).append(order)

    def sales(self, number: int, *, phones: list[Phone] | None = None) -> list[bytes]:
        """Return so many requests for a sale, each of a member chosen by chance."""
        pool = phones or self._world.town.phones
        if number <= len(pool):
            buyers = self._dice.sample(pool, number)
        else:
            buyers = [self._dice.choice(pool) for _ in range(number)]
        return [self.by_code(phone).data for phone in buyers]

    def by_code(self, phone: Phone) -> Request:
        """Return a sale to a member who shows their phone and pays with their wallet."""
        order, token = self._order(phone.tier)
        now = datetime.now(UTC)
        phone.counter += 1
        epoch = codes.epochs_at(self._secret, now)[0].value
        code = codes.draw_pay(phone.key, kid=phone.kid, counter=phone.counter, epoch=epoch, now=now)
        tenders = [{"kind": "wallet", "amount_minor": order.total_minor}]
        return self._request(token, phone.member_id, order, code=code, tenders=tenders)

    def by_name(self, member_id: int) -> Request:
        """Return a sale to a member whom the till knows already: nothing in it but its key makes it unique."""
        order, token = self._order(TIERS[member_id % len(TIERS)])
        return self._request(token, member_id, order, member=public_id(member_id))

    def _order(self, tier: str) -> tuple[Order, str]:
        order = self._dice.choice(self._orders[tier])
        return order, self._dice.choice(self._world.tills[order.store])

    def _request(self, token: str, member_id: int, order: Order, **more: Any) -> Request:
        body = json.dumps({"lines": order.lines, "tags": order.tags, **more}).encode()
        return Request(token, f"bench-{next(_numbers):012d}", member_id, body)
