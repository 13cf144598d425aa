"""One occasion while it is being evaluated: resolved lines, prices as they shrink, and which clauses hold.

A ``Scene`` is what conditions and formulas read (``fields.Context``). It lives for one evaluation and is thrown away.
"""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from loyalty.rules.cells import NO_CELLS, Cells
from loyalty.rules.limits import Ration, Tally, ration_of
from loyalty.rules.prices import Prices

if TYPE_CHECKING:
    from loyalty.rules.clauses import Clause, Group
    from loyalty.rules.compile import Compiled
    from loyalty.rules.facts import Basket, Line, MemberFacts, Occasion
    from loyalty.rules.program import Program, Store

Held = list[tuple["Clause", tuple[int, ...]]]


class Scene:
    """What is known about one occasion. Lines are meant by their place in the basket."""

    __slots__ = (
        "_groups",
        "_held",
        "_resolved",
        "basket",
        "cells",
        "channel",
        "compiled",
        "eligible_minor",
        "kinds",
        "line",
        "local",
        "member",
        "occasion",
        "occurred_at",
        "priced",
        "prices",
        "program",
        "rations",
        "spent_milli",
        "store",
        "tallies",
        "wall",
        "when",
    )

    def __init__(
        self,
        compiled: Compiled,
        basket: Basket | None,
        occasion: Occasion | None,
        member: MemberFacts | None,
    ) -> None:
        source = basket if basket is not None else occasion
        assert source is not None
        program = compiled.program
        self.compiled = compiled
        self.program: Program = program
        self.member = member
        self.occasion = occasion
        self.when = "purchase" if occasion is None else occasion.when
        self.occurred_at: datetime = source.occurred_at
        self.channel: str = source.channel
        self.store: Store | None = program.stores.get(source.store) if source.store else None
        self.local: datetime = self.occurred_at.astimezone(self.store.zone if self.store else program.zone)
        self.wall: datetime = self.local.replace(tzinfo=None)
        self.line: Line | None = None
        self.eligible_minor = occasion.amount_minor if occasion is not None else 0
        lines = basket.lines if basket is not None else ()
        self.kinds = [compiled.kind_of(line) for line in lines]
        self.prices = Prices(
            [line.quantity * line.unit_price_minor for line in lines], [line.quantity for line in lines]
        )
        # Whether the price effects are done; the amounts that may earn are known from then on.
        self.priced = False
        self.cells = NO_CELLS
        # What claimed rewards cost.
        self.spent_milli = 0
        self.rations: dict[str, Ration] = {}
        self.tallies: dict[Clause, Tally] = {}
        self.basket = basket
        self._resolved = False
        self._groups: dict[int, tuple[int, ...]] = {}
        self._held: dict[Clause, tuple[int, ...] | None] = {}
        if basket is None:
            self.finish_prices()

    @property
    def source(self) -> Basket:
        """Return the basket. Only for purchases."""
        assert self.basket is not None
        return self.basket

    def resolve(self) -> None:
        """Put the program's own kinds, categories and tags on the lines of the basket, for those who ask for them."""
        if not self._resolved and self.basket is not None:
            resolve = self.compiled.resolve
            self.basket = replace(self.basket, lines=tuple([resolve(line) for line in self.basket.lines]))
            self._resolved = True

    def finish_prices(self) -> None:
        """Say that prices are final, and make the amounts that may earn."""
        self.cells = Cells.of(self)
        self.priced = True

    def in_tier(self, tier: str) -> Scene:
        """Return the same occasion as if the member were in another tier; prices are shared, limits start afresh."""
        assert self.member is not None
        other = copy(self)
        other.member = replace(self.member, tier=tier)
        other.rations, other.tallies, other._held = {}, {}, {}  # noqa: SLF001 - its own copy
        return other

    def tally(self, clause: Clause) -> Tally:
        """Return what a clause has given so far; the first time counts it once."""
        found = self.tallies.get(clause)
        if found is None:
            found = self.tallies[clause] = Tally(times=1)
        return found

    def group(self, bit: int) -> tuple[int, ...]:
        """Return the lines that an ``on`` is about."""
        found = self._groups.get(bit)
        if found is None:
            found = tuple([place for place, kind in enumerate(self.kinds) if kind.mask & bit])
            self._groups[bit] = found
        return found

    def holds(self, clause: Clause) -> tuple[int, ...] | None:
        """Return the lines a clause holds for, None if it does not hold; decided once per occasion.

        Outside purchases there are no lines, and a clause that holds answers with none.
        """
        held = self._held
        if clause in held:
            return held[clause]
        lines = held[clause] = self._decide(clause)
        return lines

    def keep(self, clause: Clause, lines: tuple[int, ...]) -> None:
        """Keep the lines of a claimed clause: it was admitted, and its claim has used up its own limit since."""
        self._held[clause] = lines

    def was_held(self, clause: Clause) -> bool:
        """Say whether a clause was asked and held."""
        return self._held.get(clause) is not None

    def held(self, group: Group) -> Held:
        """Return the clauses of a group that hold, best rank first; an exclusive one silences the others."""
        only = group.only
        if only is not None:
            lines = self.holds(only)
            return [] if lines is None else [(only, lines)]
        found: Held = []
        for clause in group.clauses:
            lines = self.holds(clause)
            if lines is None:
                continue
            if clause.exclusive:
                return [(clause, lines)]
            found.append((clause, lines))
        return found

    def _decide(self, clause: Clause) -> tuple[int, ...] | None:
        lines = self.group(clause.bit) if self.basket is not None else ()
        if not lines and self.basket is not None:
            return None
        for demand in clause.demands:
            if not demand.test(self):
                return None
        if clause.condition is not None:
            chosen = self.chosen(clause, lines)
            if chosen is None:
                return None
            lines = chosen
        for limit in clause.limits:
            if ration_of(self, limit).empty:
                return None
        return lines

    def chosen(self, clause: Clause, lines: tuple[int, ...]) -> tuple[int, ...] | None:
        """Return those of the lines that the condition of a clause chooses; None if it does not hold."""
        condition = clause.condition
        assert condition is not None
        basket = self.basket
        if condition.asks_eligible and basket is not None:
            self.eligible_minor = self.worth(clause, lines)
        if condition.asks_goods:
            self.resolve()
            basket = self.basket
        if not condition.per_line or basket is None:
            return lines if condition.test(self) else None
        found: list[int] = []
        for place in lines:
            self.line = basket.lines[place]
            if condition.test(self):
                found.append(place)
        self.line = None
        return tuple(found) or None

    def worth(self, clause: Clause, lines: tuple[int, ...]) -> int:
        """Return what lines cost now, or the share of it that the tenders of a clause pay once prices are final."""
        if clause.tenders and self.priced:
            return self.cells.worth(self.cells.of_clause(clause, lines))
        net = self.prices.net
        return sum([net[place] for place in lines])
