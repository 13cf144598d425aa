"""The chart of accounts. The thousands digit is the unit: 1 points (thousandths), 2 money (minor units).

A posting moves an amount out of its ``debit`` account into its ``credit`` account; an account's balance is what
came in less what went out. A member's own accounts are kept on the account row; house accounts are summed.
"""

from __future__ import annotations

from typing import Final

POINTS: Final = 1001
POINTS_HELD: Final = 1002
POINTS_OWED: Final = 1003  # balance is minus what the member owes

ISSUED_PURCHASE: Final = 1101
ISSUED_BONUS: Final = 1102
ISSUED_GOODWILL: Final = 1103
REDEEMED: Final = 1104
EXPIRED: Final = 1105
WRITTEN_OFF: Final = 1106
IMPORTED: Final = 1107
POINTS_IN_TRANSIT: Final = 1108  # between two members of a merge; returns to zero
PARTNER: Final = 1109  # points sent to a partner

WALLET: Final = 2001
WALLET_HELD: Final = 2002

LOADS_CARD: Final = 2101
LOADS_CASH: Final = 2102
SPENT: Final = 2103
IN_TRANSIT: Final = 2104  # gifts, transfers, merges: a clearing account that must return to zero
OFFLINE_RISK: Final = 2105
LOADS_IMPORTED: Final = 2106
WALLET_FORFEITED: Final = 2107
GOODWILL_MONEY: Final = 2108
GIFT_CARDS: Final = 2109  # loaded from gift cards: equals, with its sign, the gift cards that are redeemed

NAMES: Final = {
    POINTS: "member points",
    POINTS_HELD: "member points held",
    POINTS_OWED: "points owed by the member",
    ISSUED_PURCHASE: "issued: purchase",
    ISSUED_BONUS: "issued: bonus",
    ISSUED_GOODWILL: "issued: goodwill",
    REDEEMED: "redeemed",
    EXPIRED: "expired",
    WRITTEN_OFF: "written off",
    IMPORTED: "issued: imported",
    POINTS_IN_TRANSIT: "points in transit",
    PARTNER: "sent to partners",
    WALLET: "wallet",
    WALLET_HELD: "wallet held",
    LOADS_CARD: "loads: card",
    LOADS_CASH: "loads: cash",
    SPENT: "spent",
    IN_TRANSIT: "in transit",
    OFFLINE_RISK: "offline risk",
    LOADS_IMPORTED: "loads: imported",
    WALLET_FORFEITED: "wallet forfeited",
    GOODWILL_MONEY: "goodwill money",
    GIFT_CARDS: "gift cards",
}

CLEARING: Final = (POINTS_IN_TRANSIT, IN_TRANSIT)
