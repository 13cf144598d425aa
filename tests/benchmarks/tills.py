"""Requests as tills send them, made beforehand: token, code with its ES256 signature, four lines, wallet."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from itertools import count
from typing import Final

from loyalty import codes, rules
from loyalty.codes.secrecy import code_secret
from tests.benchmarks.cafe import Order, document, orders
from tests.benchmarks.town import Phone
from tests.benchmarks.world import World

_ORDERS: Final = 60
_numbers: Final = count(1)


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
        return [self._sale(phone) for phone in buyers]

    def _sale(self, phone: Phone) -> bytes:
        order = self._dice.choice(self._orders[phone.tier])
        token = self._dice.choice(self._world.tills[order.store])
        now = datetime.now(UTC)
        phone.counter += 1
        epoch = codes.epochs_at(self._secret, now)[0].value
        code = codes.draw_pay(phone.key, kid=phone.kid, counter=phone.counter, epoch=epoch, now=now)
        body = json.dumps(
            {
                "code": code,
                "lines": order.lines,
                "tags": order.tags,
                "tenders": [{"kind": "wallet", "amount_minor": order.total_minor}],
            }
        ).encode()
        head = (
            "POST /pos/v1/sales HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {token}\r\nIdempotency-Key: bench-{next(_numbers):012d}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body
