"""The names in a scenario that must mean something in its program: tiers, offers, coupons, rewards. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from loyalty.errors import Flaw
from loyalty.rules import Program
from loyalty.rules.nearest import nearest
from loyalty.scenarios import nouns


def unknown_names(scenario: nouns.Scenario, program: Program) -> tuple[Flaw, ...]:
    """Return a flaw for every name at the beginning that the program does not know.

    What a step asks for may be unknown: then the step is refused, which can be what the scenario is about. A store may
    be one that the program does not list.
    """
    return tuple(_wrong(scenario, program))


def _wrong(scenario: nouns.Scenario, program: Program) -> Iterator[Flaw]:
    yield from _one("/coupons", "coupon", [each.coupon for each in scenario.coupons], program.coupons)
    for name, member in scenario.members.items():
        place = f"/members/{name}"
        yield from _one(f"{place}/tier", "tier", [member.tier], program.tiers)
        yield from _one(
            f"{place}/coupons", "coupon", [each.coupon for each in member.coupons], program.coupons
        )
        yield from _one(f"{place}/offers", "offer", [each.offer for each in member.offers], program.offers)
        yield from _one(f"{place}/grants", "reward", [each.reward for each in member.grants], program.rewards)


def _one(pointer: str, what: str, names: Iterable[str | None], known: Mapping[str, object]) -> Iterator[Flaw]:
    for name in names:
        if name is not None and name not in known and known:
            yield Flaw(pointer, f"the program has no {what} {name}{nearest(name, known)}")
