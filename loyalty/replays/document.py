"""The program by which a log's purchases are decided: one challenge per bogo and discount, nothing else. Pure.

Money counts in minor units, every received offer by itself, both ends of its window included: a *discount* adds up
purchases until they reach its difficulty, a *bogo* asks for one purchase above it. Information never completes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from loyalty.replays.log import LoggedOffer

# Both shipped programs begin with a tier of this name, so that the log's members can live on in one of them.
ENTRY_TIER: Final = "green"
_CHANNELS: Final = {"email": "email", "mobile": "push", "web": "web"}


@dataclass(frozen=True, slots=True)
class Variant:
    """The settings of a replay. The defaults are the log's own; every other one gives other completions."""

    bogo_comparison: Literal["gt", "gte"] = "gt"
    window_end: Literal["included", "excluded"] = "included"
    repeats: Literal["kept", "ignored"] = "kept"

    @property
    def settings(self) -> dict[str, str]:
        """Return the settings by name."""
        return asdict(self)

    @property
    def is_the_logs(self) -> bool:
        """Tell whether these are the settings by which the log came about."""
        return self == Variant()

    @property
    def name(self) -> str:
        """Return what distinguishes it, for names: empty for the log's own settings."""
        usual = Variant().settings
        return "_".join(value for name, value in self.settings.items() if value != usual[name])


def program_document(
    offers: Iterable[LoggedOffer], variant: Variant, *, entry_tier: str = ENTRY_TIER
) -> dict[str, Any]:
    """Return the program: the offers, one tier whose points never expire, UTC and dollars."""
    return {
        "format": 1,
        "key": "rewards-log",
        "name": {"en": "Rewards log"},
        "currency": "USD",
        "timezone": "UTC",
        "locales": ["en"],
        "points": {"name": {"en": {"one": "dollar", "other": "dollars"}}},
        "tiers": [
            {
                "key": entry_tier,
                "name": {"en": entry_tier.capitalize()},
                "points_milli": 0,
                "expiry": {"kind": "never"},
            }
        ],
        "expiry": {"kind": "never"},
        "offers": [_offer(each, variant) for each in offers],
    }


def _offer(offer: LoggedOffer, variant: Variant) -> dict[str, Any]:
    document: dict[str, Any] = {
        "key": offer.key,
        "name": {"en": f"{offer.kind.capitalize()} {offer.idx}"},
        "kind": "information" if offer.kind == "informational" else "challenge",
        "channels": sorted({_CHANNELS.get(each, "inbox") for each in offer.channels} or {"inbox"}),
        "then": [],
    }
    if offer.kind == "informational":
        days, rest = divmod(offer.duration_hours, 24)
        return {**document, "days": days} if days and not rest else document
    accumulates = offer.kind == "discount"
    return {
        **document,
        "then": [{"earn": {"points_milli": offer.reward * 1000}}],
        "challenge": {
            "qualifies_by": "accumulated" if accumulates else "single_purchase",
            "comparison": "gte" if accumulates else variant.bogo_comparison,
            "target": offer.difficulty * 100,
            "repeat_receipt": "independent" if variant.repeats == "kept" else "ignore",
            "window": {
                "from": "receipt",
                "hours": offer.duration_hours,
                "includes_end": variant.window_end == "included",
            },
        },
    }
