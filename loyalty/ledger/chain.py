"""The hash chain of a member: what is hashed, in which form.

``hash = sha256(previous hash ‖ transaction)``, the transaction as canonical JSON (sorted keys, no white space, UTF-8),
so that anybody can recompute it from the rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from loyalty.jsontext import canonical

# (n, debit, credit, amount, rule, why, [(lot, free delta, held delta), …])
PostingRow = tuple[int, int, int, int, str | None, Any, list[tuple[int, int, int]]]


def link(
    previous: bytes,
    *,
    member_id: int,
    seq: int,
    kind: str,
    occurred_at: datetime,
    recorded_at: datetime,
    reference: str | None,
    program_version: int | None,
    detail: Any,
    postings: Iterable[PostingRow],
) -> bytes:
    """Return the hash of one transaction that follows ``previous`` (empty for a member's first)."""
    content = [
        member_id,
        seq,
        kind,
        _instant(occurred_at),
        _instant(recorded_at),
        reference,
        program_version,
        detail,
        [
            [n, debit, credit, amount, rule, why, uses]
            for n, debit, credit, amount, rule, why, uses in postings
        ],
    ]
    return hashlib.sha256(previous + canonical(content)).digest()


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds")
