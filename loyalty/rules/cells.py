"""The amounts that may earn points: each line's net price, taken apart by what pays for it where that matters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from loyalty.rules.split import split

if TYPE_CHECKING:
    from loyalty.rules.clauses import Clause
    from loyalty.rules.facts import Tender
    from loyalty.rules.scene import Scene

# What is stored value: whether it earns is the setting ``earn_on_stored_value``.
STORED_VALUE = frozenset({"wallet", "gift_card"})
OTHER = "other"


def tender_shares(nets: Sequence[int], tenders: Sequence[Tender]) -> dict[str, list[int]]:
    """Split tenders over lines in proportion to what each line still owes; by kind of tender, in minor units.

    What no tender covers yet (a price asked before anybody has paid) is ``other``. The shares of a line add up to
    its net price.
    """
    rest = list(nets)
    owed = sum(rest)
    totals: dict[str, int] = {}
    for tender in tenders:
        totals[tender.kind] = totals.get(tender.kind, 0) + tender.amount_minor
    shares: dict[str, list[int]] = {}
    for kind, total in totals.items():
        amount = min(total, owed)
        if amount > 0:
            shares[kind] = split(amount, rest)
            rest = [left - part for left, part in zip(rest, shares[kind], strict=True)]
            owed -= amount
    if owed:
        shares[OTHER] = [
            have + left for have, left in zip(shares.get(OTHER, [0] * len(rest)), rest, strict=True)
        ]
    return shares


class Cells:
    """Amounts in minor units, each with its line and the kind of tender that pays it ("": it does not matter).

    Outside purchases there is one cell without a line: the amount of a top-up, or 0.
    """

    __slots__ = ("amounts", "kinds", "lines", "plain")

    def __init__(self, lines: list[int], kinds: list[str], amounts: list[int], *, plain: bool) -> None:
        self.lines = lines
        self.kinds = kinds
        self.amounts = amounts
        # One cell per line, in basket order: the common case, in which a cell is found by its line.
        self.plain = plain

    @classmethod
    def of(cls, scene: Scene) -> Cells:
        """Return the cells of an occasion. The prices must be final."""
        if scene.occasion is not None:
            return cls([-1], [""], [scene.occasion.amount_minor], plain=False)
        prices, settings = scene.prices, scene.program.settings
        covered = prices.covered if settings.earn_on_points_discount else None
        if not scene.compiled.asks_tenders and settings.earn_on_stored_value:
            amounts = (
                prices.net if covered is None else [a + b for a, b in zip(prices.net, covered, strict=True)]
            )
            return cls(list(range(len(amounts))), [""] * len(amounts), list(amounts), plain=True)
        cells = cls([], [], [], plain=False)
        for kind, parts in tender_shares(prices.net, scene.source.tenders).items():
            if kind not in STORED_VALUE or settings.earn_on_stored_value:
                cells.add(kind, parts)
        if covered is not None:
            cells.add("", covered)
        return cells

    def add(self, kind: str, parts: Sequence[int]) -> None:
        """Add the amounts that lines have of one kind."""
        for line, amount in enumerate(parts):
            if amount:
                self.lines.append(line)
                self.kinds.append(kind)
                self.amounts.append(amount)

    def of_clause(self, clause: Clause, lines: tuple[int, ...]) -> Sequence[int]:
        """Return the cells that belong to a clause, given the lines it holds for."""
        if self.plain and not clause.tenders:
            return lines
        if self.lines == [-1]:
            return [0]
        chosen, tenders = frozenset(lines), clause.tenders
        return [
            cell
            for cell, line in enumerate(self.lines)
            if line in chosen and (not tenders or self.kinds[cell] in tenders)
        ]

    def worth(self, cells: Sequence[int]) -> int:
        """Return what cells amount to."""
        amounts = self.amounts
        return sum([amounts[cell] for cell in cells])


NO_CELLS = Cells([], [], [], plain=True)
