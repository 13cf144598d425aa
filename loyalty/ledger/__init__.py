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
    StatementFilter,
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
from loyalty.ledger.signed import BALANCES as STATEMENT_BALANCES
from loyalty.ledger.signed import FORMAT as STATEMENT_FORMAT
from loyalty.ledger.signed import jwks, sign, verify

__all__ = [
    "STATEMENT_BALANCES",
    "STATEMENT_FORMAT",
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
    "StatementFilter",
    "WalletLimit",
    "audit",
    "available_milli",
    "chart",
    "check_roots",
    "jwks",
    "load_lots",
    "open_account",
    "open_books",
    "open_holds",
    "read_books",
    "sign",
    "statement",
    "take_root",
    "verify",
    "why_json",
    "write",
    "write_opened",
]
