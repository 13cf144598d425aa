"""Prices as they shrink: what each line, and where it matters each piece, still costs; and how effects cut them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Final

from loyalty.rules.specs import BuyXGetY, DiscountEffect, FixedPrice, FreeItem
from loyalty.rules.split import half_up, split

WHOLE_LINE: Final = -1
# (line, piece or WHOLE_LINE, amount in minor units)
Cut = tuple[int, int, int]
Piece = tuple[int, int, int]


class Prices:
    """Net prices by line. Pieces of a line are told apart only once somebody asks for one."""

    __slots__ = ("covered", "gross", "net", "pieces", "quantities", "taken")

    def __init__(self, gross: list[int], quantities: list[int]) -> None:
        self.gross = gross
        self.net = list(gross)
        # What rewards paid of each line.
        self.covered = [0] * len(gross)
        self.quantities = quantities
        self.pieces: dict[int, list[int]] = {}
        # The pieces that a reward was used on: no second reward goes there.
        self.taken: set[tuple[int, int]] = set()

    def values(self, line: int) -> list[int]:
        """Return what each piece of a line still costs."""
        found = self.pieces.get(line)
        if found is None:
            found = self.pieces[line] = split(self.net[line], [1] * self.quantities[line])
        return found

    def list_pieces(self, lines: Sequence[int]) -> list[Piece]:
        """Return every piece of some lines as (what it costs, line, piece), in basket order."""
        return [(value, line, piece) for line in lines for piece, value in enumerate(self.values(line))]

    def apply(self, cuts: Sequence[Cut]) -> dict[int, int]:
        """Take cuts off, never more than is left; return what was taken, by line."""
        taken: dict[int, int] = {}
        for line, piece, wanted in cuts:
            amount = (
                self._cut_line(line, wanted) if piece == WHOLE_LINE else self._cut_piece(line, piece, wanted)
            )
            if amount:
                taken[line] = taken.get(line, 0) + amount
        return taken

    def _cut_line(self, line: int, wanted: int) -> int:
        amount = min(wanted, self.net[line])
        if line in self.pieces and amount:
            values = self.pieces[line]
            self.pieces[line] = [
                value - part for value, part in zip(values, split(amount, values), strict=True)
            ]
        self.net[line] -= amount
        return amount

    def _cut_piece(self, line: int, piece: int, wanted: int) -> int:
        values = self.values(line)
        amount = min(wanted, values[piece])
        values[piece] -= amount
        self.net[line] -= amount
        return amount


Planner = Callable[[Prices, Sequence[int]], list[Cut]]


def percent_of(amount: int, percent: Fraction) -> int:
    """Return a percentage of an amount in minor units, halves up."""
    return half_up(amount * percent.numerator, 100 * percent.denominator)


def limited(cuts: list[Cut], maximum: int | None) -> list[Cut]:
    """Return cuts that together take at most ``maximum``, each in proportion."""
    total = sum([cut[2] for cut in cuts])
    if maximum is None or total <= maximum:
        return cuts
    parts = split(maximum, [cut[2] for cut in cuts])
    return [(line, piece, part) for (line, piece, _), part in zip(cuts, parts, strict=True) if part]


def spread(prices: Prices, lines: Sequence[int], amount: int) -> list[Cut]:
    """Return the cuts that take one amount off some lines together, in proportion to what they cost."""
    nets = [prices.net[line] for line in lines]
    parts = split(min(amount, sum(nets)), nets) if nets else []
    return [(line, WHOLE_LINE, part) for line, part in zip(lines, parts, strict=True) if part]


def pick(pieces: Sequence[Piece], of: str) -> Piece | None:
    """Return the cheapest or dearest piece that costs anything, the earliest among equals."""
    worth = [piece for piece in pieces if piece[0] > 0]
    if not worth:
        return None
    return min(worth, key=lambda piece: piece[0] if of == "cheapest" else -piece[0])


def planner_of(effect: object) -> Planner | None:
    """Return how a price effect cuts the lines it is about; None if it is no price effect."""
    if isinstance(effect, DiscountEffect):
        return _discount(effect)
    if isinstance(effect, FreeItem):
        return _free_item(effect)
    if isinstance(effect, FixedPrice):
        return _fixed_price(effect)
    if isinstance(effect, BuyXGetY):
        return _buy_x_get_y(effect)
    return None


def _discount(effect: DiscountEffect) -> Planner:
    """A percent is rounded once, for all lines together. An amount off ``lines`` is taken off each piece."""
    percent, amount_minor, of = effect.percent, effect.amount_minor, effect.of

    def off(amount: int) -> int:
        return percent_of(amount, percent) if percent is not None else min(amount, amount_minor or 0)

    def plan(prices: Prices, lines: Sequence[int]) -> list[Cut]:
        if of in ("cheapest", "dearest"):
            piece = pick(prices.list_pieces(lines), of)
            cuts = [] if piece is None else [(piece[1], piece[2], off(piece[0]))]
        elif of == "lines" and percent is None:
            cuts = [(line, piece, off(value)) for value, line, piece in prices.list_pieces(lines) if value]
        else:
            cuts = spread(prices, lines, off(sum(prices.net[line] for line in lines)))
        return limited(cuts, effect.max_minor)

    return plan


def _free_item(effect: FreeItem) -> Planner:
    def plan(prices: Prices, lines: Sequence[int]) -> list[Cut]:
        piece = pick(prices.list_pieces(lines), effect.of)
        return [] if piece is None else limited([(piece[1], piece[2], piece[0])], effect.max_minor)

    return plan


def _fixed_price(effect: FixedPrice) -> Planner:
    price = effect.price_minor

    def plan(prices: Prices, lines: Sequence[int]) -> list[Cut]:
        return [
            (line, piece, value - price) for value, line, piece in prices.list_pieces(lines) if value > price
        ]

    return plan


def _buy_x_get_y(effect: BuyXGetY) -> Planner:
    """Of n pieces, ``get`` of every ``buy + get`` are cheaper, and of what remains those beyond ``buy``."""
    buy, get, percent = effect.buy, effect.get, effect.percent
    sign = 1 if effect.of == "cheapest" else -1

    def plan(prices: Prices, lines: Sequence[int]) -> list[Cut]:
        pieces = [piece for piece in prices.list_pieces(lines) if piece[0] > 0]
        sets, rest = divmod(len(pieces), buy + get)
        count = sets * get + max(0, rest - buy)
        chosen = sorted(pieces, key=lambda piece: sign * piece[0])[:count]
        return [(line, piece, percent_of(value, percent)) for value, line, piece in chosen]

    return plan
