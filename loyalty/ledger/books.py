"""A member's books in memory: every verb that moves points or stored value, as pure bookkeeping.

``service`` loads books under the member's lock and writes what was done to them; nothing in between touches a
database, so every decision about money can be tested with plain values. Points are thousandths (``_milli``),
money minor units (``_minor``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from loyalty.errors import Missing, Refused
from loyalty.ledger import chart
from loyalty.why import Why

FOREVER: Final = datetime.max.replace(tzinfo=UTC)


class InsufficientPoints(Refused):
    """The member has fewer points than this takes."""

    code = "insufficient_points"
    text = "There are not enough points: {missing_milli} thousandths are missing."


class InsufficientFunds(Refused):
    """The wallet holds less than this takes."""

    code = "insufficient_funds"
    text = "The wallet does not cover this: {missing_minor} minor units are missing."


class WalletLimit(Refused):
    """The wallet would hold more than it may."""

    code = "wallet_limit"
    text = "The wallet may hold {limit_minor} minor units at most."


class HoldMissing(Missing):
    """There is no open hold of that name."""

    code = "hold_not_found"
    text = "There is no such hold, or it is over."


class HoldTooSmall(Refused):
    """More was to be captured than the hold set aside."""

    code = "hold_exceeded"
    text = "The hold set aside {amount}, less than what was to be captured."


@dataclass(slots=True)
class AccountState:
    """The numbers on a member's account row."""

    member_id: int
    seq: int = 0
    version: int = 0
    points_milli: int = 0
    held_milli: int = 0
    owed_milli: int = 0
    wallet_minor: int = 0
    wallet_held_minor: int = 0
    wallet_limit_minor: int = 50_000
    lot_count: int = 0
    head: bytes = b""
    epoch: int = 1


@dataclass(slots=True)
class LotState:
    """One lot: what it was, what of it is free and held, and until when it lives (``None``: for ever)."""

    lot: int
    original_milli: int
    free_milli: int
    held_milli: int
    earned_at: datetime
    expires_at: datetime | None
    origin: int
    parent: int | None = None
    rule: str | None = None

    @property
    def order(self) -> tuple[datetime, int]:
        """Return the place in the spending order: first expiring first."""
        return (self.expires_at or FOREVER, self.lot)


@dataclass(slots=True)
class HoldState:
    """One open or just ended hold; ``pins`` are the lots its points wait in."""

    id: str
    unit: Literal["points", "money"]
    amount: int
    until: datetime
    pins: list[tuple[int, int]]
    purpose: str | None = None
    state: Literal["open", "captured", "released", "expired"] = "open"
    captured: int = 0


@dataclass(slots=True)
class Entry:
    """One posting to be written, and what it does to lots: (lot, free delta, held delta)."""

    debit: int
    credit: int
    amount: int
    rule: str | None
    why: Why | None
    uses: list[tuple[int, int, int]]


@dataclass(slots=True)
class Draft:
    """One ledger transaction to be written."""

    seq: int
    kind: str
    occurred_at: datetime
    recorded_at: datetime
    reference: str | None
    program_version: int | None
    entries: list[Entry] = field(default_factory=list[Entry])
    detail: dict[str, Any] | None = None


LotUses = list[tuple[int, int]]


@dataclass(slots=True)
class Books:
    """The account, its open lots and holds, and the transactions begun since they were loaded."""

    account: AccountState
    lots: dict[int, LotState] = field(default_factory=dict[int, LotState])
    holds: dict[str, HoldState] = field(default_factory=dict[str, HoldState])
    drafts: list[Draft] = field(default_factory=list[Draft])
    new_lots: list[int] = field(default_factory=list[int])
    changed_lots: set[int] = field(default_factory=set[int])
    changed_holds: set[str] = field(default_factory=set[str])

    # -- transactions -------------------------------------------------------------------------------------------

    def begin(
        self,
        kind: str,
        *,
        at: datetime,
        recorded_at: datetime | None = None,
        reference: str | None = None,
        program_version: int | None = None,
    ) -> Draft:
        """Open the transaction that the following verbs post into; the member's next ``seq`` becomes its number.

        A transaction that stays empty is dropped by the next ``begin`` and by ``finish``.
        """
        self.finish()
        self.account.seq += 1
        draft = Draft(self.account.seq, kind, at, recorded_at or at, reference, program_version)
        self.drafts.append(draft)
        return draft

    def finish(self) -> None:
        """Drop the last transaction if nothing was posted into it."""
        if self.drafts and not self.drafts[-1].entries and self.drafts[-1].detail is None:
            self.drafts.pop()
            self.account.seq -= 1

    def _post(
        self,
        debit: int,
        credit: int,
        amount: int,
        *,
        rule: str | None = None,
        why: Why | None = None,
        uses: list[tuple[int, int, int]] | None = None,
    ) -> None:
        if amount <= 0:
            raise ValueError(f"a posting moves a positive amount, not {amount}")
        self.drafts[-1].entries.append(Entry(debit, credit, amount, rule, why, uses or []))
        self._balance(debit, -amount)
        self._balance(credit, amount)

    def _balance(self, account: int, delta: int) -> None:
        state = self.account
        if account == chart.POINTS:
            state.points_milli += delta
        elif account == chart.POINTS_HELD:
            state.held_milli += delta
        elif account == chart.POINTS_OWED:
            state.owed_milli -= delta
        elif account == chart.WALLET:
            state.wallet_minor += delta
        elif account == chart.WALLET_HELD:
            state.wallet_held_minor += delta

    # -- points -------------------------------------------------------------------------------------------------

    def earn(
        self,
        amount_milli: int,
        *,
        source: int = chart.ISSUED_PURCHASE,
        expires_at: datetime | None,
        rule: str | None = None,
        why: Why | None = None,
        earned_at: datetime | None = None,
        parent: int | None = None,
        into: int | None = None,
        lot_rule: str | None = None,
    ) -> int | None:
        """Give points: repay what is owed first, put the rest into a new lot; return its number, if any is left.

        ``into`` adds to a lot that was made on these books and is not yet written (points earned together).
        ``lot_rule`` names the rule that fixed this lot's expiry, where that is not the tier's.
        """
        owed = min(amount_milli, self.account.owed_milli)
        if owed:
            self._post(source, chart.POINTS_OWED, owed, rule=rule, why=why)
        rest = amount_milli - owed
        if not rest:
            return None
        if into is None:
            self.account.lot_count += 1
            into = self.account.lot_count
            draft = self.drafts[-1]
            earned = earned_at or draft.occurred_at
            self.lots[into] = LotState(into, 0, 0, 0, earned, expires_at, draft.seq, parent, lot_rule)
            self.new_lots.append(into)
        lot = self.lots[into]
        lot.original_milli += rest
        lot.free_milli += rest
        self._post(source, chart.POINTS, rest, rule=rule, why=why, uses=[(into, rest, 0)])
        return into

    def spend(
        self, amount_milli: int, *, to: int = chart.REDEEMED, rule: str | None = None, why: Why | None = None
    ) -> LotUses:
        """Take points in the order of expiry and return the lots used; raise ``InsufficientPoints``."""
        if amount_milli > self.account.points_milli:
            raise InsufficientPoints(missing_milli=amount_milli - self.account.points_milli)
        uses = self._draw(amount_milli, sorted(self.lots.values(), key=lambda lot: lot.order))
        self._post(
            chart.POINTS, to, amount_milli, rule=rule, why=why, uses=[(lot, -milli, 0) for lot, milli in uses]
        )
        return uses

    def _draw(self, amount_milli: int, lots: Iterable[LotState]) -> LotUses:
        uses: LotUses = []
        for lot in lots:
            if not amount_milli:
                break
            milli = min(lot.free_milli, amount_milli)
            if milli:
                lot.free_milli -= milli
                amount_milli -= milli
                uses.append((lot.lot, milli))
                self.changed_lots.add(lot.lot)
        return uses

    def take_back(
        self,
        amount_milli: int,
        *,
        source: int = chart.ISSUED_PURCHASE,
        own: Iterable[int] = (),
        shortfall: Literal["owe", "floor", "refuse"] = "owe",
        rule: str | None = None,
        why: Why | None = None,
    ) -> None:
        """Undo an earning: from its own lots, then from the others in spending order; the rest is owed.

        ``shortfall`` says what happens to what the member no longer has: ``owe`` it, write it off (``floor``), or
        raise ``InsufficientPoints`` (``refuse``).
        """
        if amount_milli > self.account.points_milli and shortfall == "refuse":
            raise InsufficientPoints(missing_milli=amount_milli - self.account.points_milli)
        mine = set(own)
        order = sorted(self.lots.values(), key=lambda lot: (lot.lot not in mine, lot.order))
        uses = self._draw(min(amount_milli, self.account.points_milli), order)
        taken = sum(milli for _, milli in uses)
        if taken:
            self._post(
                chart.POINTS, source, taken, rule=rule, why=why, uses=[(lot, -m, 0) for lot, m in uses]
            )
        if rest := amount_milli - taken:
            debit = chart.POINTS_OWED if shortfall == "owe" else chart.WRITTEN_OFF
            self._post(debit, source, rest, rule=rule, why=why)

    def restore(
        self,
        uses: Iterable[tuple[LotState, int]],
        *,
        source: int = chart.REDEEMED,
        lapsed_until: datetime,
        now: datetime,
        rule: str | None = None,
        why: Why | None = None,
    ) -> None:
        """Give spent points back: into their old lots where those still live, else into a lot of grace.

        ``uses`` are the lots they were taken from (also closed ones) and how much of each. A lot whose time is
        over is never revived: its points get a new lot that lives until ``lapsed_until``.
        """
        for was, milli in uses:
            if was.expires_at is not None and was.expires_at <= now:
                self.earn(milli, source=source, expires_at=lapsed_until, rule=rule, why=why,
                          earned_at=was.earned_at, parent=was.lot, lot_rule=was.rule)  # fmt: skip
                continue
            lot = self.lots.setdefault(was.lot, was)
            lot.free_milli += milli
            self.changed_lots.add(lot.lot)
            self._post(source, chart.POINTS, milli, rule=rule, why=why, uses=[(lot.lot, milli, 0)])
        self._repay(why)

    def _repay(self, why: Why | None) -> None:
        """Pay what is owed from points that came back."""
        owed = min(self.account.owed_milli, self.account.points_milli)
        if owed:
            uses = self._draw(owed, sorted(self.lots.values(), key=lambda lot: lot.order))
            self._post(chart.POINTS, chart.POINTS_OWED, owed, why=why, uses=[(lot, -m, 0) for lot, m in uses])

    def lapsing(self, now: datetime) -> list[LotState]:
        """Return the lots whose time is over and that still have free points."""
        return [
            lot for lot in self.lots.values() if lot.free_milli and lot.expires_at and lot.expires_at <= now
        ]

    def expire(self, upto: datetime) -> int:
        """Expire the free points of every lot whose time is over by ``upto``; return the thousandths expired."""
        total = 0
        for lot in sorted(self.lapsing(upto), key=lambda lot: lot.order):
            milli = lot.free_milli
            lot.free_milli = 0
            self.changed_lots.add(lot.lot)
            total += milli
            self._post(chart.POINTS, chart.EXPIRED, milli, rule=lot.rule, uses=[(lot.lot, -milli, 0)])
        return total

    def move_expiry(self, dates: Mapping[int, datetime | None]) -> None:
        """Give lots a new end of life; the transaction keeps the old and the new date of each."""
        moved: list[list[Any]] = []
        for number, expires_at in sorted(dates.items()):
            lot = self.lots[number]
            if lot.expires_at != expires_at:
                moved.append([number, _iso(lot.expires_at), _iso(expires_at)])
                lot.expires_at = expires_at
                self.changed_lots.add(number)
        if moved:
            draft = self.drafts[-1]
            known = draft.detail or {}
            draft.detail = {**known, "expiry": [*known.get("expiry", ()), *moved]}

    # -- holds --------------------------------------------------------------------------------------------------

    def hold_points(
        self, hold_id: str, amount_milli: int, *, until: datetime, purpose: str | None = None
    ) -> None:
        """Set points aside in their lots until ``until``; raise ``InsufficientPoints``."""
        if amount_milli > self.account.points_milli:
            raise InsufficientPoints(missing_milli=amount_milli - self.account.points_milli)
        pins = self._draw(amount_milli, sorted(self.lots.values(), key=lambda lot: lot.order))
        for number, milli in pins:
            self.lots[number].held_milli += milli
        self.holds[hold_id] = HoldState(hold_id, "points", amount_milli, until, pins, purpose)
        self.changed_holds.add(hold_id)
        uses = [(lot, -milli, milli) for lot, milli in pins]
        self._post(chart.POINTS, chart.POINTS_HELD, amount_milli, uses=uses)

    def hold_wallet(
        self, hold_id: str, amount_minor: int, *, until: datetime, purpose: str | None = None
    ) -> None:
        """Set stored value aside until ``until``; raise ``InsufficientFunds``."""
        if amount_minor > self.account.wallet_minor:
            raise InsufficientFunds(missing_minor=amount_minor - self.account.wallet_minor)
        self.holds[hold_id] = HoldState(hold_id, "money", amount_minor, until, [], purpose)
        self.changed_holds.add(hold_id)
        self._post(chart.WALLET, chart.WALLET_HELD, amount_minor)

    def open_hold(self, hold_id: str, *, now: datetime) -> HoldState:
        """Return the hold if it is open and its time is not over; raise ``HoldMissing``."""
        hold = self.holds.get(hold_id)
        if hold is None or hold.state != "open" or hold.until <= now:
            raise HoldMissing
        return hold

    def capture_hold(
        self, hold_id: str, amount: int, *, now: datetime, rule: str | None = None, why: Why | None = None
    ) -> LotUses:
        """Take up to the held amount for good and give the rest back; return the lots used.

        Raise ``HoldMissing`` (also when its time is over, swept or not) and ``HoldTooSmall``.
        """
        hold = self.open_hold(hold_id, now=now)
        if amount > hold.amount:
            raise HoldTooSmall(amount=hold.amount)
        uses: LotUses = []
        if hold.unit == "money":
            if amount:
                self._post(chart.WALLET_HELD, chart.SPENT, amount, rule=rule, why=why)
        else:
            left = amount
            for number, milli in hold.pins:
                used = min(milli, left)
                if used:
                    uses.append((number, used))
                    self._unpin(number, used)
                    left -= used
            if amount:
                taken = [(lot, 0, -milli) for lot, milli in uses]
                self._post(chart.POINTS_HELD, chart.REDEEMED, amount, rule=rule, why=why, uses=taken)
        hold.captured = amount
        self._give_back(hold, uses)
        hold.state = "captured"
        self.changed_holds.add(hold_id)
        return uses

    def release_hold(self, hold_id: str, *, state: Literal["released", "expired"] = "released") -> None:
        """Give everything that was set aside back; raise ``HoldMissing``."""
        hold = self.holds.get(hold_id)
        if hold is None or hold.state != "open":
            raise HoldMissing
        self._give_back(hold, [])
        hold.state = state
        self.changed_holds.add(hold_id)

    def _unpin(self, number: int, milli: int) -> None:
        self.lots[number].held_milli -= milli
        self.changed_lots.add(number)

    def _give_back(self, hold: HoldState, used: LotUses) -> None:
        rest = hold.amount - hold.captured
        if not rest:
            return
        if hold.unit == "money":
            self._post(chart.WALLET_HELD, chart.WALLET, rest)
            return
        taken = dict(used)
        back = [(lot, milli - taken.get(lot, 0)) for lot, milli in hold.pins if milli > taken.get(lot, 0)]
        for number, milli in back:
            self._unpin(number, milli)
            self.lots[number].free_milli += milli
        self._post(chart.POINTS_HELD, chart.POINTS, rest, uses=[(lot, milli, -milli) for lot, milli in back])

    def ended_holds(self, now: datetime) -> list[HoldState]:
        """Return the open holds whose time is over."""
        return [hold for hold in self.holds.values() if hold.state == "open" and hold.until <= now]

    # -- stored value -------------------------------------------------------------------------------------------

    def load_wallet(
        self,
        amount_minor: int,
        *,
        source: int,
        rule: str | None = None,
        why: Why | None = None,
        beyond_limit: bool = False,
    ) -> None:
        """Put money into the wallet; raise ``WalletLimit`` (never for refunds: ``beyond_limit``)."""
        total = self.account.wallet_minor + self.account.wallet_held_minor + amount_minor
        if total > self.account.wallet_limit_minor and not beyond_limit:
            raise WalletLimit(limit_minor=self.account.wallet_limit_minor)
        self._post(source, chart.WALLET, amount_minor, rule=rule, why=why)

    def spend_wallet(
        self, amount_minor: int, *, to: int = chart.SPENT, rule: str | None = None, why: Why | None = None
    ) -> None:
        """Take money out of the wallet; raise ``InsufficientFunds``."""
        if amount_minor > self.account.wallet_minor:
            raise InsufficientFunds(missing_minor=amount_minor - self.account.wallet_minor)
        self._post(chart.WALLET, to, amount_minor, rule=rule, why=why)

    def book_loss(self, amount_minor: int, *, why: Why | None = None) -> None:
        """Book goods that an offline till gave out and no wallet covers: spent money that is offline risk."""
        self._post(chart.OFFLINE_RISK, chart.SPENT, amount_minor, why=why)


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else instant.astimezone(UTC).isoformat()
