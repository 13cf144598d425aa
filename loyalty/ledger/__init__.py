"""Points and stored value of a member: the account row (and its lock), lots, holds, postings.

Nothing else changes a balance: load books under the lock, use their verbs, write them.
"""

from loyalty.ledger import chart
from loyalty.ledger.audit import Finding, audit
from loyalty.ledger.books import (
    AccountState,
    Books,
    Draft,
    HoldMissing,
    HoldState,
    HoldTooSmall,
    InsufficientFunds,
    InsufficientPoints,
    LotState,
    WalletLimit,
)
from loyalty.ledger.queries import available_milli
from loyalty.ledger.roots import Root, RootKey, check_roots, take_root
from loyalty.ledger.service import (
    AccountMissing,
    Line,
    load_lots,
    open_account,
    open_books,
    open_holds,
    read_books,
    statement,
    why_json,
    write,
    write_opened,
)

__all__ = [
    "AccountMissing",
    "AccountState",
    "Books",
    "Draft",
    "Finding",
    "HoldMissing",
    "HoldState",
    "HoldTooSmall",
    "InsufficientFunds",
    "InsufficientPoints",
    "Line",
    "LotState",
    "Root",
    "RootKey",
    "WalletLimit",
    "audit",
    "available_milli",
    "chart",
    "check_roots",
    "load_lots",
    "open_account",
    "open_books",
    "open_holds",
    "read_books",
    "statement",
    "take_root",
    "why_json",
    "write",
    "write_opened",
]
