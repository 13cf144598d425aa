"""The settings other systems leave to accident: each named, with its choices, its default and its limits.

``SETTINGS`` is the table the validator, the JSON Schema and the console are made from; ``Settings`` holds the values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Final, Literal

Rounding = Literal["exact", "floor_per_rule", "floor_per_order", "half_up_per_order"]
Stacking = Literal["add", "best", "multiply"]


@dataclass(frozen=True, slots=True)
class Setting:
    """What one setting may hold: one of ``choices``, a boolean, or an integer from ``low`` to ``high``."""

    key: str
    kind: Literal["choice", "boolean", "integer"]
    default: Any
    meaning: str
    choices: tuple[str, ...] = ()
    low: int = 0
    high: int = 0


@dataclass(frozen=True, slots=True)
class Offline:
    """What a till may do while it has no network. Amounts are minor units of the program's currency."""

    sale_limit_minor: int = field(
        default=2000, metadata={"high": 10**7, "meaning": "most that one offline sale takes from a wallet"}
    )
    device_limit_minor: int = field(
        default=3000,
        metadata={"high": 10**7, "meaning": "most that one phone spends offline between settlements"},
    )
    device_sales: int = field(
        default=3, metadata={"high": 1000, "meaning": "offline sales of one phone between settlements"}
    )
    max_age_hours: int = field(
        default=24,
        metadata={"low": 1, "high": 24 * 30, "meaning": "age at which a till's data is too old to trust"},
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """The values of one program version; defaults are those of RULES.md § 2."""

    rounding: Rounding = field(
        default="exact",
        metadata={
            "choices": ("exact", "floor_per_rule", "floor_per_order", "half_up_per_order"),
            "meaning": "where points are rounded: to thousandths half even, or to whole points",
        },
    )
    multiplier_base: Literal["tier_rate", "base_rate"] = field(
        default="tier_rate",
        metadata={"choices": ("tier_rate", "base_rate"), "meaning": "what a multiplier multiplies"},
    )
    multiplier_stacking: Stacking = field(
        default="add",
        metadata={"choices": ("add", "best", "multiply"), "meaning": "how two multipliers work together"},
    )
    crossing_purchase: Literal["old_rate", "new_rate"] = field(
        default="old_rate",
        metadata={
            "choices": ("old_rate", "new_rate"),
            "meaning": "the rate of the purchase that crosses a tier",
        },
    )
    bonus_counts_for_tier: bool = field(
        default=True, metadata={"meaning": "whether bonus points are tier points"}
    )
    earn_on_stored_value: bool = field(
        default=True, metadata={"meaning": "whether the part paid from the wallet or a gift card earns"}
    )
    earn_on_points_discount: bool = field(
        default=False, metadata={"meaning": "whether the part covered by a reward earns"}
    )
    negative_points: Literal["owe", "floor", "refuse"] = field(
        default="owe",
        metadata={
            "choices": ("owe", "floor", "refuse"),
            "meaning": "what a return does when the points to take back are spent: owed, written off, or refused",
        },
    )
    on_tier_loss_expiry: Literal["restart", "keep", "original"] = field(
        default="restart",
        metadata={
            "choices": ("restart", "keep", "original"),
            "meaning": "the expiry of points that did not expire while the tier was held",
        },
    )
    restored_points_grace_days: int = field(
        default=7, metadata={"high": 365, "meaning": "how long points given back from a lapsed lot live"}
    )
    return_without_receipt: Literal["refuse", "owe_at_base_rate"] = field(
        default="refuse",
        metadata={
            "choices": ("refuse", "owe_at_base_rate"),
            "meaning": "goods without their receipt: refused, or taken, with points at the entry tier's rate owed",
        },
    )
    leap_birthday: Literal["feb_28", "mar_1"] = field(
        default="feb_28",
        metadata={"choices": ("feb_28", "mar_1"), "meaning": "the birthday of 29 February in other years"},
    )
    member_hold_minutes: int = field(
        default=15,
        metadata={"low": 1, "high": 24 * 60, "meaning": "how long a held reward waits for its sale"},
    )
    code_window_seconds: int = field(
        default=45,
        metadata={"low": 15, "high": 300, "meaning": "how old a pay code may be when it is scanned"},
    )
    claim_hours: int = field(
        default=48, metadata={"high": 24 * 90, "meaning": "how long a receipt can be claimed afterwards"}
    )
    wallet_limit_minor: int = field(
        default=50_000, metadata={"high": 10**9, "meaning": "most that a wallet may hold"}
    )
    notice_days: int = field(
        default=30, metadata={"high": 365, "meaning": "days of notice before a reward costs more"}
    )
    offline: Offline = field(default_factory=Offline)


def _setting(key: str, default: Any, metadata: Mapping[str, Any]) -> Setting:
    meaning = metadata["meaning"]
    if "choices" in metadata:
        return Setting(key, "choice", default, meaning, choices=metadata["choices"])
    if isinstance(default, bool):
        return Setting(key, "boolean", default, meaning)
    return Setting(key, "integer", default, meaning, low=metadata.get("low", 0), high=metadata["high"])


def _table(owner: type[Settings | Offline]) -> Mapping[str, Setting]:
    return {
        each.name: _setting(each.name, each.default, each.metadata)
        for each in fields(owner)
        if each.default is not MISSING
    }


SETTINGS: Final = _table(Settings)
OFFLINE: Final = _table(Offline)


def settings_from(document: Mapping[str, Any]) -> Settings:
    """Return the settings of a checked ``settings`` object; what it leaves out has its default."""
    values = {key: value for key, value in document.items() if key != "offline"}
    return Settings(**values, offline=Offline(**document.get("offline", {})))
