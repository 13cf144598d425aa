"""What a member takes home: the whole statement as one document to be signed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from loyalty import ledger, members, rules
from loyalty.clock import rfc3339
from loyalty.db import Batch
from loyalty.sales.records import statement

PART: Final = 1000
_HASHES: Final = """
    SELECT seq, program_version, encode(hash, 'hex') FROM ledger_transaction
    WHERE member_id = %(member_id)s ORDER BY seq
"""
_ACCOUNT: Final = """
    SELECT seq, encode(head, 'hex'), points_milli, held_milli, owed_milli, wallet_minor, wallet_held_minor
    FROM account WHERE member_id = %(member_id)s
"""
_ROOTS: Final = """
    SELECT r.number, r.at, encode(r.root, 'hex'), r.token, h.seq, encode(h.head, 'hex')
    FROM ledger_root_head h JOIN ledger_root r USING (number)
    WHERE h.member_id = %(member_id)s ORDER BY r.number
"""


def whole_statement(session: Session, member_id: int, *, issuer: str, now: datetime) -> dict[str, Any]:
    """Return a member's whole ledger, oldest line first, as JSON values: what ``ledger.sign`` signs.

    Wants one snapshot. No name or address is in it; ``member`` is the public id. Raise ``MemberUnknown``.
    """
    member = members.member(session, member_id)
    program = rules.program_at(session, now)
    batch = Batch()
    for each in (_HASHES, _ACCOUNT, _ROOTS):
        batch.add(each, {"member_id": member_id})
    hashes, account, roots = batch.send(session)
    by_seq = {seq: (version, digest) for seq, version, digest in hashes}
    seq, head, *balances = account[0]
    lines = sorted(_lines(session, member_id, locale=member.locale, now=now), key=lambda each: each["seq"])
    return {
        "format": ledger.STATEMENT_FORMAT,
        "issuer": issuer,
        "program": program.key,
        "currency": program.currency,
        "member": member.public_id,
        "issued_at": rfc3339(now),
        "seq": seq,
        "head": head,
        "balances": dict(zip(ledger.STATEMENT_BALANCES, balances, strict=True)),
        "roots": [
            {"number": number, "at": rfc3339(at), "root": root, "token": token, "seq": place, "head": fixed}
            for number, at, root, token, place, fixed in roots
        ],
        "lines": [_line(each, *by_seq[each["seq"]]) for each in lines],
    }


def _line(line: dict[str, Any], version: int | None, digest: str) -> dict[str, Any]:
    return {
        **line,
        "occurred_at": rfc3339(line["occurred_at"]),
        "recorded_at": rfc3339(line["recorded_at"]),
        "program_version": version,
        "hash": digest,
    }


def _lines(session: Session, member_id: int, *, locale: str, now: datetime) -> Iterator[dict[str, Any]]:
    """Yield every line of a member's statement, the newest first, read in parts."""
    before: int | None = None
    while True:
        part = statement(session, member_id, before_seq=before, limit=PART, locale=locale, now=now)
        yield from part
        if len(part) < PART:
            return
        before = part[-1]["seq"]
