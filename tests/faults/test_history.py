"""The checker itself: a history that fits passes, and each way in which one can be false is seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.faults.history import Attempted, Booked, Books, flaws

MEMBER = 7


def receipt(number: int) -> dict[str, Any]:
    return {
        "sale": f"sale-{number}",
        "seq": number,
        "version": number,
        "earned_milli": 100,
        "spent_milli": 0,
        "member": {"points_milli": 100 * number},
    }


def history() -> tuple[list[Attempted], Books]:
    """Return three sales, one after another, as their clients saw them and as they are booked."""
    attempts = [
        Attempted(f"key-{n}", MEMBER, sent_at=float(n), answered_at=n + 0.5, tries=1, receipt=receipt(n))
        for n in (1, 2, 3)
    ]
    sales = [Booked(MEMBER, f"sale-{n}", n, 100, 0) for n in (1, 2, 3)]
    bookings = [(MEMBER, n, f"sale:sale-{n}") for n in (1, 2, 3)]
    return attempts, Books(sales, bookings, {f"key-{n}": f"sale-{n}" for n in (1, 2, 3)})


def test_what_fits_passes() -> None:
    attempts, books = history()
    assert flaws(attempts, books, frozenset()) == []
    # Both orders are possible where two were on their way at once.
    attempts[0].answered_at, attempts[1].sent_at = 9.0, 1.0
    attempts[2].sent_at, attempts[2].answered_at = 9.5, 9.9
    assert flaws(attempts, books, frozenset()) == []


def test_a_sale_whose_answer_nobody_got_may_be_there_or_not() -> None:
    attempts, books = history()
    attempts[2].receipt = None
    assert flaws(attempts, books, frozenset()) == []
    del books.sales[2], books.bookings[2], books.keys["key-3"]
    assert flaws(attempts, books, frozenset()) == []


def lost(attempts: list[Attempted], books: Books) -> None:
    del attempts[:2], books.sales[2], books.bookings[2], books.sales[:2], books.bookings[:2]


def twice(attempts: list[Attempted], books: Books) -> None:
    books.sales.append(Booked(MEMBER, "sale-4", 4, 100, 0))
    books.bookings.append((MEMBER, 4, "sale:sale-4"))


def booked_twice(attempts: list[Attempted], books: Books) -> None:
    books.bookings.append((MEMBER, 4, "sale:sale-3"))


def not_booked(attempts: list[Attempted], books: Books) -> None:
    books.bookings[2] = (MEMBER, 3, "adjust:1")


def other_points(attempts: list[Attempted], books: Books) -> None:
    books.sales[1] = replace(books.sales[1], earned_milli=99)


def gap(attempts: list[Attempted], books: Books) -> None:
    books.bookings[2] = (MEMBER, 4, "sale:sale-3")


def same_seq(attempts: list[Attempted], books: Books) -> None:
    attempts[1].receipt = {**receipt(2), "seq": 1}


def out_of_order(attempts: list[Attempted], books: Books) -> None:
    first, second = attempts[0], attempts[1]
    first.sent_at, first.answered_at, second.sent_at, second.answered_at = 2.0, 2.5, 1.0, 1.5


def other_balance(attempts: list[Attempted], books: Books) -> None:
    attempts[1].receipt = {**receipt(2), "member": {"points_milli": 250}}


def one_answer_for_two(attempts: list[Attempted], books: Books) -> None:
    attempts.append(replace(attempts[2], key="key-4"))


@pytest.mark.parametrize(
    ("spoil", "seen"),
    [
        (lost, "acknowledged sale sale-3 is not there"),
        (twice, "sale sale-4 is there for 0 requests"),
        (booked_twice, "sale sale-3 is booked 2 times"),
        (not_booked, "sale sale-3 is booked 0 times"),
        (other_points, "stands there otherwise"),
        (gap, "have a gap"),
        (same_seq, "the same seq"),
        (out_of_order, "seq 1 came after 2 had been answered"),
        (other_balance, "the model has"),
        (one_answer_for_two, "sale sale-3 is there for 2 requests"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_false_is_seen(spoil: Callable[[list[Attempted], Books], None], seen: str) -> None:
    attempts, books = history()
    spoil(attempts, books)
    assert seen in "\n".join(flaws(attempts, books, frozenset()))
