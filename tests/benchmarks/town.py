"""A town of members, loaded by COPY: what they are, their keys, their lots and what they bought before.

The rows are those that the product itself writes for a member who joined, was given points, topped up and bought once;
the hash chain is right, so ``regulars audit`` has nothing to say about a loaded town.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from loyalty import codes
from loyalty.ledger import chain, chart
from tests.benchmarks.cafe import STORES, TIERS

WALLET_MINOR: Final = 5_000_000
TILLS: Final = 64
BUSIEST_LOTS: Final = 50
BUSIEST_SALES: Final = 500
_JOINED: Final = datetime(2025, 1, 15, 9, tzinfo=UTC)
_CHUNK: Final = 20_000
ANSWERS_KEPT: Final = 10  # one in so many members bought lately


@dataclass
class Phone:
    """A member who will buy: their key, and how often it has signed."""

    member_id: int
    kid: str
    key: EllipticCurvePrivateKey
    tier: str
    counter: int = 0


@dataclass
class Town:
    """The members of a loaded database. ``phones`` are those who buy; ``now`` is when it was loaded.

    Members 1 to ``busiest`` have many lots and sales.
    """

    members: int
    now: datetime
    busiest: int = 1
    phones: list[Phone] = field(default_factory=list)


TABLES: Final[dict[str, str]] = {
    "member": "member_id, public_id, account_number, card_number, given_name, family_name, locale, birthday, joined_at, tags",
    "account": "member_id, seq, version, points_milli, wallet_minor, wallet_limit_minor, lot_count, head",
    "standing": "member_id, tier, tier_since, tier_until, visits, last_visit_at, spent_minor, window_from, window_milli, advanced_at",
    "device_key": "member_id, kid, device_id, public_key, created_at",
    "code_handle": "handle, member_id",
    "ledger_transaction": "member_id, seq, kind, occurred_at, recorded_at, reference, program_version, detail, hash",
    "posting": "member_id, seq, n, debit, credit, amount, rule, why",
    "lot": "member_id, lot, original_milli, free_milli, earned_at, expires_at, origin, rule, closed",
    "lot_use": "member_id, seq, n, lot, free_delta, held_delta",
    "tier_earning": "member_id, earned_at, seq, part, amount_milli",
    "sale": "member_id, id, channel, store, till, occurred_at, recorded_at, program_version, tier, gross_minor, "
    "discount_minor, total_minor, earned_milli, spent_milli, tenders, effects, seq",
    "sale_line": "member_id, sale_id, line, position, sku, name, kind, category, quantity, unit_price_minor, "
    "discount_minor, net_minor, options, tags",
    "code_use": "member_id, code, reference, used_at",
    "request_key": "client, key, member_id, request_hash, answer, created_at",
    "limit_counter": "member_id, limit_key, period, since, until, times, amount",
    "preference": "member_id, name, value, version, edited_at, edited_by",
    "change": "member_id, entity, version, at",
}
Rows = dict[str, list[tuple[Any, ...]]]


def load(
    connection: psycopg.Connection[Any],
    members: int,
    *,
    now: datetime,
    version: int,
    buyers: int,
    busiest: int = 1,
) -> Town:
    """Load a town and return it; ``buyers`` of its members (all alike spread) get keys of their own.

    Its first members, ``busiest`` of them, have 50 open lots and bought 500 times; the other buyers have three lots
    and bought once, who only lives there has two.
    """
    town = Town(members, now, busiest)
    keys = _Keys(members, buyers, busiest)
    # What is loaded is right by construction: foreign keys and triggers would take half the time.
    connection.execute("SET session_replication_role = replica")
    for first in range(1, members + 1, _CHUNK):
        rows: Rows = {table: [] for table in TABLES}
        for member_id in range(first, min(first + _CHUNK, members + 1)):
            _member(rows, member_id, keys, town, version)
        for table, columns in TABLES.items():
            _copy(connection, table, columns, rows[table])
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence('member', 'member_id'), %s)", (members,))
    connection.execute("SET session_replication_role = DEFAULT")
    connection.commit()
    _settle_down(connection)
    return town


def public_id(member_id: int) -> str:
    """Return the name under which APIs show a member of the town."""
    return f"m_{member_id:020d}"


class _Keys:
    """P-256 keys: own ones for those who buy, one borrowed public key for those who only live there."""

    def __init__(self, members: int, buyers: int, busiest: int) -> None:
        self._every = max(1, members // buyers)
        self._busiest = busiest
        self._borrowed = codes.jwk_of(codes.new_private_key())

    def buys(self, member_id: int) -> bool:
        """Tell whether a member buys, in the past and while it is measured."""
        return member_id <= self._busiest or not member_id % self._every

    def of(self, member_id: int, town: Town, kid: str, tier: str) -> dict[str, str]:
        if not self.buys(member_id):
            return self._borrowed
        key = codes.new_private_key()
        town.phones.append(Phone(member_id, kid, key, tier))
        return codes.jwk_of(key)


def _member(rows: Rows, member_id: int, keys: _Keys, town: Town, version: int) -> None:
    tier, kid = TIERS[member_id % len(TIERS)], f"k{member_id:07d}"
    number, card = f"{member_id:010d}", f"9{member_id:016d}"
    rows["member"].append(
        (
            member_id,
            public_id(member_id),
            number,
            card,
            f"Member {member_id}",
            "Doe",
            "en",
            None,
            _JOINED,
            "{}",
        )
    )
    jwk = json.dumps(keys.of(member_id, town, kid, tier))
    rows["device_key"].append((member_id, kid, f"phone-{member_id}", jwk, _JOINED))
    handles = (f"kid:{kid}", f"number:{number}", f"card:{card}")
    rows["code_handle"] += [(handle, member_id) for handle in handles]
    past = _Past(rows, member_id, tier, town, version)
    if member_id <= town.busiest:
        past.open(lots=0)
        for nth in range(BUSIEST_SALES):
            past.buy(nth, keep=BUSIEST_LOTS)
    else:
        past.open(lots=2)
        if keys.buys(member_id):
            past.buy(0, keep=1)
    past.close()


class _Past:
    """What one member did until now, as rows."""

    def __init__(self, rows: Rows, member_id: int, tier: str, town: Town, version: int) -> None:
        self._rows = rows
        self._member_id = member_id
        self._is_busy = member_id <= town.busiest
        self._tier = tier
        self._now = town.now
        self._version = version
        self._head = b""
        self._seq = 0
        self._points = 0
        self._wallet = WALLET_MINOR
        self._lots = 0
        self._sales = 0

    def open(self, *, lots: int) -> None:
        """Book the money and the points, in so many lots, that the member starts with."""
        at, reason = self._now - timedelta(days=190), {"key": "adjusted"}
        postings: list[chain.PostingRow] = [
            (1, chart.LOADS_CASH, chart.WALLET, WALLET_MINOR, None, reason, [])
        ]
        for _ in range(lots):
            lot = self._lot(40_000, at, 40_000, "opening")
            postings.append(
                (
                    len(postings) + 1,
                    chart.ISSUED_GOODWILL,
                    chart.POINTS,
                    40_000,
                    None,
                    reason,
                    [(lot, 40_000, 0)],
                )
            )
        self._points += 40_000 * lots
        self._book("adjust", at, None, postings)

    def buy(self, nth: int, *, keep: int) -> None:
        """Book a purchase: two lines, ten dollars by wallet, ten points; a reward takes the points of ``keep`` ago."""
        at = self._now - timedelta(days=180) + timedelta(hours=8 * nth, seconds=self._member_id % 3600)
        sale = f"0196{nth:04x}-0000-7000-8000-{self._member_id:012x}"
        rule = f"{self._tier}-base"
        is_open = nth + keep >= self._last(keep)
        lot = self._lot(10_000, at, 10_000 if is_open else 0, None)
        postings: list[chain.PostingRow] = [
            (1, chart.WALLET, chart.SPENT, 1000, None, {"key": "wallet_paid", "amount_minor": 1000}, []),
            (2, chart.ISSUED_PURCHASE, chart.POINTS, 10_000, rule,
             {"key": "rate", "rule": rule, "points_milli": 10_000}, [(lot, 10_000, 0)]),
        ]  # fmt: skip
        if nth >= keep:
            old = lot - keep
            postings.append(
                (3, chart.POINTS, chart.REDEEMED, 10_000, "ladder-10", {"key": "reward"}, [(old, -10_000, 0)])
            )
        self._points += 10_000 if nth < keep else 0
        self._wallet -= 1000
        self._sales += 1
        self._book("sale", at, f"sale:{sale}", postings)
        self._rows["tier_earning"].append((self._member_id, at, self._seq, 0, 10_000))
        self._write_sale(sale, at, lot, rule, spent_milli=10_000 if nth >= keep else 0)

    def close(self) -> None:
        """Write the rows that say where all this has led."""
        rows, member_id, now = self._rows, self._member_id, self._now
        rows["account"].append(
            (
                member_id,
                self._seq,
                self._seq,
                self._points,
                self._wallet,
                WALLET_MINOR,
                self._lots,
                _hex(self._head),
            )
        )
        until = None if self._tier == "green" else now + timedelta(days=200)
        rows["standing"].append(
            (member_id, self._tier, _JOINED, until, self._sales, now - timedelta(days=1), self._sales * 1000,
             now - timedelta(days=365), self._sales * 10_000, now - timedelta(days=1))
        )  # fmt: skip
        month = now - timedelta(days=31)
        rows["limit_counter"].append(
            (
                member_id,
                "rule:activity:calendar_month:times",
                f"{month:%Y-%m}",
                month,
                month + timedelta(days=31),
                1,
                0,
            )
        )
        rows["preference"].append((member_id, "milk", "oat", 1, now, f"phone-{member_id}"))
        entities = ("balance", "wallet", "profile", f"device/phone-{member_id}")
        rows["change"] += [(member_id, entity, self._seq, now) for entity in entities]

    def _last(self, keep: int) -> int:
        return BUSIEST_SALES if self._is_busy else keep

    def _lot(self, milli: int, at: datetime, free: int, rule: str | None) -> int:
        self._lots += 1
        until = self._now + timedelta(days=40 + self._lots % 60)
        self._rows["lot"].append(
            (self._member_id, self._lots, milli, free, at, until, self._seq + 1, rule, free == 0)
        )
        return self._lots

    def _write_sale(self, sale: str, at: datetime, lot: int, rule: str, *, spent_milli: int) -> None:
        member_id = self._member_id
        tenders = [{"kind": "wallet", "amount_minor": 1000, "reference": None, "refunded_minor": 0}]
        why = {"key": "rate", "rule": rule, "amount_minor": 1000, "rate_milli": 1000, "per_minor": 100,
               "points_milli": 10_000, "tier": self._tier}  # fmt: skip
        earning = {"rule": rule, "stage": "base", "points_milli": 10_000, "by_line": {"1": 6000, "2": 4000}, "lot": lot,
                   "tier": True, "on_return": "reverse", "offer": None, "why": why}  # fmt: skip
        effects = {"earnings": [earning], "tags": [], "risk_minor": 0}
        self._rows["sale"].append(
            (member_id, sale, "store", STORES[member_id % 3], f"till-{member_id % TILLS}", at, at, self._version,
             self._tier, 1000, 0, 1000, 10_000, spent_milli, json.dumps(tenders), json.dumps(effects), self._seq)
        )  # fmt: skip
        for place, (sku, amount) in enumerate((("latte", 600), ("butter-croissant", 400))):
            self._rows["sale_line"].append(
                (member_id, sale, str(place + 1), place, sku, sku.title(), "product", "espresso", 1, amount, 0, amount,
                 "{}", "{}")
            )  # fmt: skip
        self._rows["change"].append((member_id, f"sale/{sale}", self._seq, at))
        if self._sales == 1 and member_id % ANSWERS_KEPT == 0:
            # Keys and codes are remembered for days, not for ever.
            answer = json.dumps({"sale": sale, "lines": [], "effects": []})
            self._rows["request_key"].append(
                (
                    f"till:till-{member_id % TILLS}",
                    f"past-{member_id}",
                    member_id,
                    _hex(b"h" * 32),
                    answer,
                    at,
                )
            )
            self._rows["code_use"].append((member_id, f"pay:k{member_id:07d}:0", f"sale:{sale}", at))

    def _book(
        self, kind: str, at: datetime, reference: str | None, postings: Sequence[chain.PostingRow]
    ) -> None:
        rows, member_id = self._rows, self._member_id
        self._seq += 1
        self._head = chain.link(
            self._head, member_id=member_id, seq=self._seq, kind=kind, occurred_at=at, recorded_at=at,
            reference=reference, program_version=self._version, detail=None, postings=postings,
        )  # fmt: skip
        rows["ledger_transaction"].append(
            (member_id, self._seq, kind, at, at, reference, self._version, None, _hex(self._head))
        )
        for n, debit, credit, amount, rule, why, uses in postings:
            rows["posting"].append((member_id, self._seq, n, debit, credit, amount, rule, json.dumps(why)))
            rows["lot_use"] += [(member_id, self._seq, n, lot, free, held) for lot, free, held in uses]


def _hex(value: bytes) -> str:
    return "\\x" + value.hex()


def _copy(
    connection: psycopg.Connection[Any], table: str, columns: str, rows: Iterable[tuple[Any, ...]]
) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _settle_down(connection: psycopg.Connection[Any]) -> None:
    """Let the server do now what it would else do while it is measured."""
    connection.autocommit = True
    connection.execute("VACUUM (ANALYZE, FREEZE)")
    connection.execute("CHECKPOINT")
    connection.autocommit = False
