"""Who may do what: the one table; and the rules of PINs and enrollment codes. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

Role = Literal["analyst", "marketer", "approver", "manager", "admin", "cashier"]
ROLES: Final[tuple[str, ...]] = get_args(Role)

PERMISSIONS: Final[Mapping[str, str]] = {
    "sales.quote": "Scan a member, see what a basket costs and earns.",
    "sales.settle": "Sell.",
    "sales.return": "Take items of a known sale back.",
    "sales.return_without_receipt": "Take items back without their sale.",
    "sales.void": "Void a sale.",
    "sales.offline": "Hand in sales that were made offline.",
    "members.find": "Find a member by phone number, e-mail or card.",
    "members.join": "Sign a member up.",
    "members.edit": "Change a member's preferences and drafts on their behalf.",
    "members.block": "Keep a member out, and let them in again.",
    "members.export": "Export everything about a member.",
    "members.merge": "Merge two members.",
    "members.erase": "Erase a member.",
    "wallet.cash": "Take cash into a wallet.",
    "wallet.refund": "Pay a top-up back.",
    "gift_cards.sell": "Sell gift cards.",
    "points.adjust": "Give or take points as goodwill.",
    "program.edit": "Write drafts of the program.",
    "program.apply": "Put a version of the program into force.",
    "reports.read": "Read reports.",
    "tills.manage": "Enroll and revoke tills.",
    "staff.manage": "Add staff, change roles, set PINs.",
    "audit.read": "Read what the staff did.",
}

# What a till may with nobody signed in: enough to serve a member, nothing that gives money or points back.
TILL: Final = frozenset({"sales.quote", "sales.settle", "sales.offline", "members.find"})
_CASHIER: Final = TILL | {"sales.return", "members.join", "members.edit", "wallet.cash", "gift_cards.sell"}
_MANAGER: Final = _CASHIER | {
    "sales.return_without_receipt",
    "sales.void",
    "wallet.refund",
    "points.adjust",
    "members.block",
    "members.export",
    "members.merge",
    "reports.read",
    "tills.manage",
    "staff.manage",
    "audit.read",
}
_MARKETER: Final = frozenset({"program.edit", "reports.read"})

GRANTS: Final[Mapping[str, frozenset[str]]] = {
    "analyst": frozenset({"reports.read"}),
    "marketer": _MARKETER,
    "approver": _MARKETER | {"program.apply", "audit.read"},
    "manager": _MANAGER,
    "admin": frozenset(PERMISSIONS),
    "cashier": _CASHIER,
}

PIN_MIN: Final = 4
PIN_MAX: Final = 8
PIN_TRIES: Final = 5
PIN_LOCK: Final = timedelta(minutes=15)
PIN_LOCK_MAX: Final = timedelta(hours=24)

ENROLLMENT_LIFETIME: Final = timedelta(minutes=15)
# Crockford's base 32: no letter that is read as a digit. Ten of them are 50 bits.
ENROLLMENT_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ENROLLMENT_LENGTH: Final = 10
_LOOKALIKES: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})

SESSION_LIFETIME: Final = timedelta(hours=12)


def permissions_of(role: str | None) -> frozenset[str]:
    """Return what a till allows with this role signed in (none: nobody is)."""
    return TILL if role is None else GRANTS[role]


def may_hand_out(held: frozenset[str], role: str) -> bool:
    """Tell whether somebody who holds ``held`` may make somebody else a ``role``: only what they hold themselves."""
    return held >= GRANTS[role]


def is_simple(pin: str) -> bool:
    """Tell whether a PIN is among those that everybody tries first: one digit repeated, a run, a pair repeated."""
    steps = {(int(b) - int(a)) % 10 for a, b in itertools.pairwise(pin)}
    return steps <= {0} or steps <= {1} or steps <= {9} or pin == pin[:2] * (len(pin) // 2)


def lock_until(now: datetime, locks: int) -> datetime:
    """Return until when a PIN is locked the ``locks``-th time: 15 minutes, doubled each time, a day at most."""
    return now + min(PIN_LOCK * 2 ** min(locks - 1, 10), PIN_LOCK_MAX)


def normalized_code(written: str) -> str:
    """Return an enrollment code as it was made, however it was typed."""
    return written.upper().translate(_LOOKALIKES)


def shown_code(code: str) -> str:
    """Return an enrollment code in two halves, to be read aloud."""
    half = len(code) // 2
    return f"{code[:half]}-{code[half:]}"
