"""A program version made ready to be asked: every rule, offer, coupon and reward as one ``Clause`` with its closures.

Made once per version (``Program.once``). What a clause demands of tier, channel and store is decided once per
combination (``Compiled.plan``), so an evaluation only looks at clauses that may hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import lcm
from typing import TYPE_CHECKING, Any

from loyalty.rules.clauses import Bonus, Clause, Plan, Source, groups_of, is_for_tier, is_here
from loyalty.rules.conditions import compile_condition
from loyalty.rules.demands import demands_of
from loyalty.rules.facts import Line
from loyalty.rules.formula import asks_eligible, compile_formula
from loyalty.rules.prices import planner_of
from loyalty.rules.program import Coupon, Offer, Program, Reward, RuleSpec
from loyalty.rules.specs import Earn, Effect, Limit, Multiply, On, ProgressEffect

if TYPE_CHECKING:
    from loyalty.rules.specs import Store

# How many combinations, and how many kinds of line, a version keeps in memory before it starts over.
CACHE_LIMIT = 20_000


@dataclass(frozen=True, slots=True)
class LineKind:
    """What the program knows about a kind of line; ``mask`` has a bit for every ``on`` that it satisfies."""

    kind: str
    category: str
    tags: frozenset[str]
    mask: int


class Compiled:
    """A program version with its closures and what it has learned about lines and combinations."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._bits: dict[On, int] = {}
        self._kinds: dict[tuple[Any, ...], LineKind] = {}
        self._plans: dict[tuple[str, str, str | None, str | None], Plan] = {}
        self.rules = {key: self._clause("rule", each) for key, each in program.rules.items()}
        self.offers = {key: self._clause("offer", each) for key, each in program.offers.items()}
        self.coupons = {key: self._clause("coupon", each) for key, each in program.coupons.items()}
        self.rewards = {key: self._reward(each) for key, each in program.rewards.items()}
        clauses = [*self.rules.values(), *self.offers.values(), *self.coupons.values()]
        self.asks_tenders = any(clause.tenders for clause in clauses)
        # Whose near misses a customer may be told.
        self.hintable = tuple(
            [each for each in self.rules.values() if "purchase" in _occasions(each)]
            + list(self.offers.values())
        )
        self._asks_store = any(
            clause.deal.where.stores or clause.deal.where.store_tags
            for clause in (*clauses, *self.rewards.values())
        )
        # All rates in one denominator, so that base points are integers until they are rounded.
        self.scale = lcm(*(per for clause in clauses for _, per in clause.rates), 1)

    def _clause(self, source: Source, deal: RuleSpec | Offer | Coupon) -> Clause:
        earns = [each for each in deal.effects if isinstance(each, Earn)]
        factors = [each.factor for each in deal.effects if isinstance(each, Multiply)]
        cuts = [planner_of(each) for each in deal.effects]
        pushes = tuple(each for each in deal.effects if isinstance(each, ProgressEffect))
        return Clause(
            source=source,
            key=deal.key,
            deal=deal,
            bit=self._bit(deal.on),
            tenders=deal.on.tenders,
            demands=demands_of(self.program, deal, source),
            condition=compile_condition(deal.condition),
            limits=_kept(deal.limits, source),
            priority=deal.stack.priority,
            group=deal.stack.group,
            mode=deal.stack.mode,
            exclusive=deal.stack.exclusive,
            cuts=tuple(each for each in cuts if each is not None),
            rates=tuple((each.points_milli, each.per_minor) for each in earns if each.per_minor),
            factors=tuple((each.numerator, each.denominator) for each in factors),
            bonuses=tuple(_bonus(each) for each in earns if not each.per_minor),
            others=tuple(each for each in deal.effects if not _counted(each)),
            pushes=pushes,
            expiry=deal.expiry,
            on_return=deal.on_return,
            counts_for_tier=deal.counts_for_tier,
        )

    def _reward(self, deal: Reward) -> Clause:
        gives = deal.gives
        on = getattr(gives, "on", None) or On(skus=frozenset({getattr(gives, "sku", "")}))
        return Clause(
            source="reward",
            key=deal.key,
            deal=deal,
            bit=self._bit(on),
            tenders=frozenset(),
            demands=demands_of(self.program, deal, "reward"),
            condition=compile_condition(deal.condition),
            limits=deal.limits,
        )

    def _bit(self, on: On) -> int:
        """Return the mask bit of an ``on``, the same for equal ones."""
        lines = replace(on, tenders=frozenset())
        return 1 << self._bits.setdefault(lines, len(self._bits))

    def kind_of(self, line: Line) -> LineKind:
        """Return what the program knows about lines like this one."""
        key = (line.sku, line.kind, line.category, line.options, line.tags)
        found = self._kinds.get(key)
        if found is None:
            if len(self._kinds) >= CACHE_LIMIT:
                self._kinds.clear()
            found = self._kinds[key] = self._kind(line)
        return found

    def _kind(self, line: Line) -> LineKind:
        product = self.program.products.get(line.sku)
        kind, category, tags = line.kind, line.category, line.tags
        if product is not None:
            kind = product.kind if line.kind == "product" else line.kind
            category, tags = product.category, product.tags | line.tags
        elif category in self.program.categories:
            tags = tags | self.program.categories[category].tags
        mask = 0
        for on, place in self._bits.items():
            if _satisfies(on, line.sku, kind, category, tags, line.options):
                mask |= 1 << place
        return LineKind(kind, category, tags, mask)

    def resolve(self, line: Line) -> Line:
        """Return a line with the program's own kind, category and tags."""
        known = self.kind_of(line)
        if (known.kind, known.category, known.tags) == (line.kind, line.category, line.tags):
            return line
        return replace(line, kind=known.kind, category=known.category, tags=known.tags)

    def plan(self, when: str, channel: str, store: Store | None, tier: str | None) -> Plan:
        """Return the clauses that may hold; ``tier`` None is somebody who is not a member."""
        key = (when, channel, store.key if store is not None and self._asks_store else None, tier)
        found = self._plans.get(key)
        if found is None:
            if len(self._plans) >= CACHE_LIMIT:
                self._plans.clear()
            found = self._plans[key] = self._plan(when, channel, store, tier)
        return found

    def _plan(self, when: str, channel: str, store: Store | None, tier: str | None) -> Plan:
        def may(clause: Clause) -> bool:
            return is_here(clause.deal, channel, store) and is_for_tier(clause.deal, tier)

        rules = [each for each in self.rules.values() if when in _occasions(each) and may(each)]
        offers = [
            each for each in self.offers.values() if when == "purchase" and tier is not None and may(each)
        ]
        clauses = rules + [each for each in offers if _works_while_open(each)]
        counted = clauses if tier is not None else []
        return Plan(
            cuts=groups_of(each for each in clauses if each.cuts),
            rates=groups_of(each for each in counted if each.rates),
            factors=groups_of(each for each in counted if each.factors),
            bonuses=groups_of(each for each in counted if each.bonuses),
            others=tuple(
                sorted((each for each in counted if each.others or each.pushes), key=lambda each: each.rank)
            ),
            challenges={each.key: each for each in offers if not _works_while_open(each)},
        )


def _occasions(clause: Clause) -> frozenset[str]:
    assert isinstance(clause.deal, RuleSpec)
    return clause.deal.when


def _works_while_open(clause: Clause) -> bool:
    assert isinstance(clause.deal, Offer)
    return clause.deal.challenge is None


def _bonus(earn: Earn) -> Bonus:
    formula = compile_formula(earn.formula) if earn.formula is not None else None
    return Bonus(earn.points_milli, earn.per_item, formula, asks_eligible(earn.formula))


def _kept(limits: tuple[Limit, ...], source: Source) -> tuple[Limit, ...]:
    """Return the limits that can say no: a rule or an open offer applies once per order by itself."""
    if source == "coupon":
        return limits
    return tuple(
        each
        for each in limits
        if each.per != "order" or each.points_milli is not None or each.amount_minor is not None
    )


def _counted(effect: Effect) -> bool:
    """Say whether an effect belongs to a stage of its own, not to what is simply handed on."""
    return isinstance(effect, (Earn, Multiply, ProgressEffect)) or planner_of(effect) is not None


def _satisfies(
    on: On, sku: str, kind: str, category: str, tags: frozenset[str], options: Sequence[str]
) -> bool:
    """Say whether a line is one that an ``on`` is about."""
    return (
        (not on.kinds or kind in on.kinds)
        and (not on.categories or category in on.categories)
        and (not on.tags or not on.tags.isdisjoint(tags))
        and on.not_tags.isdisjoint(tags)
        and (not on.skus or sku in on.skus)
        and sku not in on.not_skus
        and (not on.options or not on.options.isdisjoint(options))
    )
