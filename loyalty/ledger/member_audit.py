"""The audit of one member's books, from plain rows. Pure.

Balances = Σ postings = Σ lots, after every transaction and not only at the end; what lots hold = what their uses add
up to, posting by posting; no gap in ``seq``; hash chain unbroken; no top-up beyond the wallet's limit; open holds =
what is held.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from loyalty.ledger import chain, chart, queries
from loyalty.ledger.books import AccountState

# The accounts whose balances stand on the member's account row.
BALANCES: Final = (chart.POINTS, chart.POINTS_HELD, chart.POINTS_OWED, chart.WALLET, chart.WALLET_HELD)
_LOADS: Final = frozenset({chart.LOADS_CARD, chart.LOADS_CASH})

Rows = Sequence[Sequence[Any]]
# (seq, n) -> [(lot, free delta, held delta), …]
Used = Mapping[tuple[int, int], list[tuple[int, int, int]]]


def check_member(
    account: Sequence[Any],
    transactions: Rows,
    postings: Rows,
    uses: Rows,
    lots: Rows,
    holds: Rows,
) -> Iterator[str]:
    """Yield what does not add up in one member's rows (in the columns of ``audit``'s statements)."""
    state = queries.account_of(account)
    used: dict[tuple[int, int], list[tuple[int, int, int]]] = defaultdict(list)
    for seq, n, lot, free, held in uses:
        used[seq, n].append((lot, free, held))
    kinds = {row[0]: row[1] for row in transactions}
    yield from _check_balances(state, kinds, postings)
    yield from _check_chain(state, transactions, postings, used)
    yield from _check_uses(postings, used)
    yield from _check_lots(state, uses, lots)
    yield from _check_holds(state, lots, holds)


def _check_balances(state: AccountState, kinds: dict[int, str], postings: Rows) -> Iterator[str]:
    """Balances after every transaction: never negative, no top-up beyond the limit, in the end the account's."""
    sums: dict[int, int] = dict.fromkeys(BALANCES, 0)
    seq, loaded = 0, False

    def after() -> Iterator[str]:
        wallet = sums[chart.WALLET] + sums[chart.WALLET_HELD]
        if loaded and wallet > state.wallet_limit_minor:
            yield f"transaction {seq} filled the wallet to {wallet}, its limit is {state.wallet_limit_minor}"
        for account, balance in sums.items():
            if balance < 0 if account != chart.POINTS_OWED else balance > 0:
                yield f"{chart.NAMES[account]}: {balance} after transaction {seq}"

    for number, _, debit, credit, amount, _, _ in postings:
        if number != seq:
            yield from after()
            seq, loaded = number, False
        if debit in sums:
            sums[debit] -= amount
        if credit in sums:
            sums[credit] += amount
        loaded = loaded or (debit in _LOADS and credit == chart.WALLET and kinds.get(seq) == "top_up")
    yield from after()
    kept = {
        chart.POINTS: state.points_milli,
        chart.POINTS_HELD: state.held_milli,
        chart.POINTS_OWED: -state.owed_milli,
        chart.WALLET: state.wallet_minor,
        chart.WALLET_HELD: state.wallet_held_minor,
    }
    for account, balance in kept.items():
        if sums[account] != balance:
            yield f"{chart.NAMES[account]}: postings add up to {sums[account]}, the account says {balance}"


def _check_chain(
    state: AccountState,
    transactions: Rows,
    postings: Rows,
    used: Used,
) -> Iterator[str]:
    posted: dict[int, list[chain.PostingRow]] = defaultdict(list)
    for seq, n, debit, credit, amount, rule, why in postings:
        posted[seq].append((n, debit, credit, amount, rule, why, used.get((seq, n), [])))
    head = b""
    for expected, (seq, kind, occurred, recorded, reference, version, detail, digest) in enumerate(
        transactions, 1
    ):
        if seq != expected:
            yield f"transaction {expected} is missing: the next one is {seq}"
            return
        head = chain.link(
            head, member_id=state.member_id, seq=seq, kind=kind, occurred_at=occurred, recorded_at=recorded,
            reference=reference, program_version=version, detail=detail, postings=posted.pop(seq, ()),
        )  # fmt: skip
        if head != bytes(digest):
            yield f"the hash chain breaks at transaction {seq}"
            return
    if len(transactions) != state.seq:
        yield f"there are {len(transactions)} transactions, the account says {state.seq}"
    elif head != state.head:
        yield "the head of the hash chain is not the account's"
    for seq in posted:
        yield f"postings of transaction {seq}, which does not exist"


def _check_uses(postings: Rows, used: Used) -> Iterator[str]:
    """What a posting does to a member's points is what its lots gave and took."""
    known: set[tuple[int, int]] = set()
    for seq, n, debit, credit, amount, _, _ in postings:
        known.add((seq, n))
        free = held = 0
        for _, free_delta, held_delta in used.get((seq, n), ()):
            free += free_delta
            held += held_delta
        moved = tuple(
            (amount if credit == account else 0) - (amount if debit == account else 0)
            for account in (chart.POINTS, chart.POINTS_HELD)
        )
        if (free, held) != moved:
            yield (
                f"posting {n} of transaction {seq} moves {moved[0]} free and {moved[1]} held, "
                f"its lots {free} and {held}"
            )
    for seq, n in used.keys() - known:
        yield f"lots are used by posting {n} of transaction {seq}, which does not exist"


def _check_lots(state: AccountState, uses: Rows, lots: Rows) -> Iterator[str]:
    free_sums: dict[int, int] = defaultdict(int)
    held_sums: dict[int, int] = defaultdict(int)
    for _, _, lot, free, held in uses:
        free_sums[lot] += free
        held_sums[lot] += held
    total = 0
    for lot, original, free, held, origin in lots:
        total += free
        added = (free_sums.pop(lot, 0), held_sums.pop(lot, 0))
        if added != (free, held):
            yield f"lot {lot} has {free} free and {held} held, its uses add up to {added[0]} and {added[1]}"
        if free + held > original:
            yield f"lot {lot} holds more than it was given"
        if not 0 < origin <= state.seq:
            yield f"lot {lot} comes from transaction {origin}, which does not exist"
    for lot in free_sums:
        yield f"lot {lot} was used and does not exist"
    if total != state.points_milli:
        yield f"lots hold {total} free thousandths, the account says {state.points_milli}"
    if len(lots) != state.lot_count:
        yield f"there are {len(lots)} lots, the account says {state.lot_count}"


def _check_holds(state: AccountState, lots: Rows, holds: Rows) -> Iterator[str]:
    set_aside = {"points": 0, "money": 0}
    pinned: dict[int, int] = defaultdict(int)
    for hold_id, unit, amount, pins in holds:
        set_aside[unit] += amount
        for lot, milli in pins:
            pinned[lot] += milli
        if unit == "points" and sum(milli for _, milli in pins) != amount:
            yield f"hold {hold_id} sets {amount} aside and pins {sum(milli for _, milli in pins)}"
    if set_aside["points"] != state.held_milli:
        yield f"open holds set {set_aside['points']} thousandths aside, the account says {state.held_milli}"
    if set_aside["money"] != state.wallet_held_minor:
        yield f"open holds set {set_aside['money']} minor units aside, the account says {state.wallet_held_minor}"
    for lot, _, _, held, _ in lots:
        if pinned.get(lot, 0) != held:
            yield f"lot {lot} has {held} held, open holds pin {pinned.get(lot, 0)} of it"
