"""What clients saw and what the books say: two histories of the same sales, and whether they can both be true.

Every sale is answered with the member's ``seq``, so a run is checked for linearizability by sorting: who was
answered before another one asked has the smaller number, numbers have no gap, and a model that replays the receipts in
that order must arrive at each receipt's balance.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg


@dataclass(slots=True)
class Attempted:
    """One sale as its client saw it. Times are of one clock; ``receipt`` is what acknowledged it.

    ``refused`` is the code of a refusal, which is final; neither: nobody knows, it may have happened.
    """

    key: str
    member_id: int
    sent_at: float
    answered_at: float = 0.0
    tries: int = 0
    receipt: Mapping[str, Any] | None = None
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Booked:
    """One sale as it stands in the database."""

    member_id: int
    sale: str
    seq: int
    earned_milli: int
    spent_milli: int


@dataclass
class Books:
    """The sales of a database, which seqs each member's ledger has, and which sale each key was answered with."""

    sales: list[Booked] = field(default_factory=list[Booked])
    bookings: list[tuple[int, int, str]] = field(default_factory=list[tuple[int, int, str]])
    keys: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def ids(self) -> frozenset[str]:
        """Return the sales that are there."""
        return frozenset(sale.sale for sale in self.sales)


def read(connection: psycopg.Connection[Any]) -> Books:
    """Read what the database says happened."""
    sales = connection.execute("SELECT member_id, id, seq, earned_milli, spent_milli FROM sale").fetchall()
    bookings = connection.execute(
        "SELECT member_id, seq, coalesce(reference, '') FROM ledger_transaction"
    ).fetchall()
    keys = connection.execute(
        "SELECT key, answer ->> 'sale' FROM request_key WHERE NOT refused AND answer ? 'sale'"
    ).fetchall()
    return Books([Booked(*row) for row in sales], [tuple(row) for row in bookings], dict(keys))


def flaws(attempts: Sequence[Attempted], books: Books, before: frozenset[str]) -> list[str]:
    """Return everything in which the clients' history and the books contradict each other.

    ``before`` are the sales that were there when the run began.
    """
    new = [sale for sale in books.sales if sale.sale not in before]
    return [
        *_each_once(attempts, new, books),
        *_no_gaps(books),
        *_in_order(attempts),
        *_as_replayed(attempts, new),
    ]


def acknowledged(attempts: Iterable[Attempted]) -> list[Attempted]:
    """Return the attempts that were answered with a receipt."""
    return [each for each in attempts if each.receipt is not None]


def _each_once(attempts: Sequence[Attempted], new: Sequence[Booked], books: Books) -> Iterator[str]:
    there = {sale.sale: sale for sale in new}
    booked = Counter(reference for _, _, reference in books.bookings if reference.startswith("sale:"))
    claimed: Counter[str] = Counter()
    for each in attempts:
        if each.receipt is None:
            # Whatever its fate was, the key says it; without the key it must not have happened.
            claimed.update([books.keys[each.key]] if each.key in books.keys else [])
            continue
        sale, receipt = str(each.receipt["sale"]), each.receipt
        claimed[sale] += 1
        found = there.get(sale)
        if found is None:
            yield f"{each.key}: acknowledged sale {sale} is not there"
        elif (found.seq, found.earned_milli, found.spent_milli) != (
            receipt["seq"],
            receipt["earned_milli"],
            receipt["spent_milli"],
        ):
            yield f"{each.key}: sale {sale} stands there otherwise than it was acknowledged"
    for sale in there:
        if booked[f"sale:{sale}"] != 1:
            yield f"sale {sale} is booked {booked[f'sale:{sale}']} times"
        if claimed[sale] != 1:
            yield f"sale {sale} is there for {claimed[sale]} requests"


def _no_gaps(books: Books) -> Iterator[str]:
    seqs: dict[int, list[int]] = defaultdict(list)
    for member_id, seq, _ in books.bookings:
        seqs[member_id].append(seq)
    for member_id, found in seqs.items():
        if sorted(found) != list(range(1, len(found) + 1)):
            yield f"member {member_id}: the numbers of the ledger have a gap"


def _in_order(attempts: Sequence[Attempted]) -> Iterator[str]:
    """Who was answered before another one asked must have the smaller number, in seq and in version."""
    for member_id, mine in _by_member(attempts).items():
        for number in ("seq", "version"):
            values = [receipt[number] for _, receipt in mine]
            if len(set(values)) != len(values):
                yield f"member {member_id}: two sales were answered with the same {number}"
        answered = sorted(mine, key=lambda each: each[0].answered_at)
        place, highest = 0, 0
        for each, receipt in sorted(mine, key=lambda each: each[0].sent_at):
            while answered[place][0].answered_at < each.sent_at:
                highest = max(highest, answered[place][1]["seq"])
                place += 1
            if receipt["seq"] <= highest:
                yield f"{each.key}: seq {receipt['seq']} came after {highest} had been answered"


def _as_replayed(attempts: Sequence[Attempted], new: Sequence[Booked]) -> Iterator[str]:
    """Replay the member's sales in the order of their numbers; each receipt's balance must come out."""
    receipts = {str(each.receipt["sale"]): each.receipt for each in attempts if each.receipt is not None}
    by_member: dict[int, list[Booked]] = defaultdict(list)
    for sale in new:
        by_member[sale.member_id].append(sale)
    for member_id, sales in by_member.items():
        points: int | None = None
        for sale in sorted(sales, key=lambda each: each.seq):
            receipt = receipts.get(sale.sale)
            if points is not None:
                points += sale.earned_milli - sale.spent_milli
            if receipt is None:
                continue
            told = int(receipt["member"]["points_milli"])
            if points is not None and points != told:
                yield f"member {member_id}: sale {sale.sale} answered {told}, the model has {points}"
            points = told


def _by_member(attempts: Sequence[Attempted]) -> dict[int, list[tuple[Attempted, Mapping[str, Any]]]]:
    found: dict[int, list[tuple[Attempted, Mapping[str, Any]]]] = defaultdict(list)
    for each in attempts:
        if each.receipt is not None:
            found[each.member_id].append((each, each.receipt))
    return found
