"""A rule, offer, coupon or reward made ready to be asked, and the plan of those that may hold on an occasion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from loyalty.rules.program import Coupon, Offer, Reward, RuleSpec

if TYPE_CHECKING:
    from loyalty.rules.conditions import Condition
    from loyalty.rules.demands import Demand
    from loyalty.rules.formula import Formula
    from loyalty.rules.outcome import Expiry
    from loyalty.rules.prices import Planner
    from loyalty.rules.specs import Effect, Limit, ProgressEffect, Store

Source = Literal["rule", "offer", "coupon", "reward"]
Deal = RuleSpec | Offer | Coupon | Reward


@dataclass(frozen=True, slots=True)
class Bonus:
    """A fixed earning: so many points, per piece or once; or a formula."""

    points_milli: int
    per_item: bool
    formula: Formula | None
    asks_eligible: bool


@dataclass(slots=True, eq=False)
class Clause:
    """A rule, offer, coupon or reward: whom and what it is for, and what it does, by stage."""

    source: Source
    key: str
    deal: Deal
    bit: int
    tenders: frozenset[str]
    demands: tuple[Demand, ...]
    condition: Condition | None
    limits: tuple[Limit, ...]
    priority: int = 0
    group: str = ""
    mode: Literal["best", "add", "multiply"] = "add"
    exclusive: bool = False
    cuts: tuple[Planner, ...] = ()
    rates: tuple[tuple[int, int], ...] = ()
    factors: tuple[tuple[int, int], ...] = ()
    bonuses: tuple[Bonus, ...] = ()
    others: tuple[Effect, ...] = ()
    pushes: tuple[ProgressEffect, ...] = ()
    expiry: Expiry | None = None
    on_return: Literal["reverse", "keep"] = "reverse"
    counts_for_tier: bool | None = None

    @property
    def rank(self) -> tuple[int, str]:
        """Return what orders clauses: high priority first, then the key."""
        return -self.priority, self.key


@dataclass(frozen=True, slots=True)
class Group:
    """Clauses that compete, add or multiply; best rank first. ``only`` is the one of a group of one."""

    mode: Literal["best", "add", "multiply"]
    clauses: tuple[Clause, ...]
    only: Clause | None


@dataclass(frozen=True, slots=True)
class Plan:
    """The clauses that may hold for one kind of occasion, tier, channel and store, by stage."""

    cuts: tuple[Group, ...]
    rates: tuple[Group, ...]
    factors: tuple[Group, ...]
    bonuses: tuple[Group, ...]
    others: tuple[Clause, ...]
    challenges: Mapping[str, Clause]

    def with_coupons(self, coupons: Sequence[Clause]) -> Plan:
        """Return this plan with the points and gifts of claimed coupons added."""
        return replace(
            self,
            rates=self.rates + groups_of(each for each in coupons if each.rates),
            factors=self.factors + groups_of(each for each in coupons if each.factors),
            bonuses=self.bonuses + groups_of(each for each in coupons if each.bonuses),
            others=self.others + tuple(each for each in coupons if each.others or each.pushes),
        )

    def only(self, key: str) -> Plan:
        """Return this plan with one clause left."""
        return Plan(
            cuts=(),
            rates=tuple(
                group
                for each in self.rates
                for group in groups_of(one for one in each.clauses if one.key == key)
            ),
            factors=(),
            bonuses=tuple(
                group
                for each in self.bonuses
                for group in groups_of(one for one in each.clauses if one.key == key)
            ),
            others=tuple(each for each in self.others if each.key == key),
            challenges={},
        )


def groups_of(clauses: Iterable[Clause]) -> tuple[Group, ...]:
    """Put clauses into their groups; a group comes where its first clause does."""
    found: dict[Any, list[Clause]] = {}
    for clause in sorted(clauses, key=lambda each: each.rank):
        found.setdefault(clause.group or id(clause), []).append(clause)
    return tuple(
        Group(members[0].mode, tuple(members), members[0] if len(members) == 1 else None)
        for members in found.values()
    )


def is_here(deal: Deal, channel: str | None, store: Store | None) -> bool:
    """Say whether a deal holds in a channel (None: whichever) and store. Where stores are named, none is no place."""
    where = deal.where
    if channel is not None and where.channels and channel not in where.channels:
        return False
    if where.stores and (store is None or store.key not in where.stores):
        return False
    return not where.store_tags or (store is not None and not where.store_tags.isdisjoint(store.tags))


def is_for_tier(deal: Deal, tier: str | None) -> bool:
    """Say whether a deal is for members of a tier; for somebody who is not a member (None), if it is for anybody."""
    if tier is None:
        return deal.who.anybody
    return not deal.who.tiers or tier in deal.who.tiers
