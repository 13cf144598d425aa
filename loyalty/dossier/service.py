"""Everything about one member at once: export it, merge it with another's, erase it.

The members package knows the person, the ledger the books; the rest follows from the table in ``table``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Table, text
from sqlalchemy.orm import Session

from loyalty import changes, members, orders, preferences, rules, sales, staff, sync
from loyalty.actor import Actor
from loyalty.dossier.table import PARTS, Part
from loyalty.jsontext import dumps
from loyalty.members import Merge
from loyalty.models import metadata

FORMAT: Final = "regulars-member-1"


def export(session: Session, *, actor: Actor, member_id: int, now: datetime) -> dict[str, Any]:
    """Return everything that is kept about a member, as JSON values: one list of rows for each table.

    By the member or by staff who may. Money is minor units, points are thousandths, instants are UTC. Raise
    ``MemberUnknown`` or what ``staff.require`` raises.
    """
    if actor.member_id != member_id:
        staff.require(actor, "members.export")
    member = members.member(session, member_id)
    if actor.member_id != member_id:
        staff.record(session, actor=actor, what="member.export", about=f"member:{member.public_id}", now=now)
    return {
        "format": FORMAT,
        "member_id": member.public_id,
        "exported_at": now,
        "parts": {part.table: _rows(session, part, member.member_id) for part in PARTS if part.export},
    }


def _rows(session: Session, part: Part, member_id: int) -> list[Any]:
    table = _table(part)
    order = ", ".join(column.name for column in table.primary_key)
    statement = text(
        f"SELECT to_jsonb(t) - CAST(:hidden AS text[]) FROM {table.name} t "
        f"WHERE {part.column} = :member ORDER BY {order}"
    )
    hidden = [part.column, "member_id", *part.hide]
    return list(session.execute(statement, {"hidden": hidden, "member": member_id}).scalars())


def erase(
    session: Session, *, actor: Actor, member_id: int, forfeit_wallet: bool = False, now: datetime
) -> None:
    """Forget a member: personal data goes, addresses are free again, points are written off, the books balance.

    Raise ``MemberUnknown``, ``WalletNotEmpty``, or what ``staff.require`` raises.
    """
    if actor.member_id != member_id:
        staff.require(actor, "members.erase")
    changes.lock(session, member_id)
    member = members.erase_books(session, member_id, forfeit_wallet=forfeit_wallet, now=now)
    for part in reversed(PARTS):
        theirs = f"{part.column} = :member AND NOT ({part.spare})"
        if part.erase == "delete":
            _execute(session, f"DELETE FROM {part.table} WHERE {theirs}", member=member_id)
        elif part.erase == "blank":
            columns = ", ".join(f"{column} = NULL" for column in part.blank)
            _execute(session, f"UPDATE {part.table} SET {columns} WHERE {theirs}", member=member_id)
    if actor.kind != "member":
        staff.record(session, actor=actor, what="member.erase", about=f"member:{member.public_id}", now=now)
    session.expire_all()


def merge(session: Session, *, actor: Actor, survivor: int, merged: int, now: datetime) -> Merge:
    """Make one member of two who are one person: points with their dates, tiers, sales, perks, devices, addresses.

    Afterwards ``merged`` is a row that names the survivor. Perks used by either count. Raise ``CannotMerge``,
    ``HoldsOpen``, ``MemberUnknown``, or what ``staff.require`` raises.
    """
    staff.require(actor, "members.merge")
    for each in sorted({survivor, merged}):
        changes.lock(session, each)
    members.require_mergeable(session, survivor=survivor, merged=merged)
    for each in (survivor, merged):
        sales.bring_up_to_date(session, each, now=now)
    program = rules.program_at(session, now)
    feed, moved = _feed(session, (survivor, merged)), _sales_of(session, merged)
    done = members.merge_books(session, survivor=survivor, merged=merged, program=program, now=now)
    preferences.merge(session, survivor=survivor, merged=merged, now=now)
    orders.merge(session, survivor=survivor, merged=merged, now=now)
    sync.merge(session, survivor=survivor, merged=merged)
    for part in PARTS:
        _MERGES[part.merge](session, part, done)
    for part in reversed(PARTS):
        if part.merge in ("move", "fill", "add", "drop"):
            _execute(session, f"DELETE FROM {part.table} WHERE {part.column} = :merged", merged=merged)
    _renumber_lots(session, done, moved)
    session.expire_all()
    # The feed starts anew from a snapshot; whatever either of them had is marked, so that nothing is left out of it.
    changes.mark(session, survivor, "balance", "tier", "wallet", "profile", *feed, now=now)
    _record(session, actor, done)
    return done


def _feed(session: Session, both: tuple[int, int]) -> list[str]:
    found = session.execute(
        text("SELECT DISTINCT entity FROM change WHERE member_id = ANY(:both) AND NOT deleted"),
        {"both": list(both)},
    )
    return list(found.scalars())


def _record(session: Session, actor: Actor, done: Merge) -> None:
    survivor = members.member(session, done.survivor).public_id
    merged = session.get_one(members.Member, done.merged).public_id
    staff.record(
        session,
        actor=actor,
        what="member.merge",
        about=f"member:{survivor}",
        after={"merged": merged, "seq": done.seq},
        now=done.now,
    )


# What becomes of a table's rows in a merge


def _nothing(session: Session, part: Part, done: Merge) -> None:
    """Leave the rows: they stay, are dropped below, or were seen to by ``members.merge_books``."""


def _move(session: Session, part: Part, done: Merge) -> None:
    """Copy the rows to the survivor; the originals are deleted afterwards, children first."""
    _copy(session, part, done, "")


def _fill(session: Session, part: Part, done: Merge) -> None:
    _copy(session, part, done, "ON CONFLICT DO NOTHING")


def _add(session: Session, part: Part, done: Merge) -> None:
    keys = ", ".join(column.name for column in _table(part).primary_key)
    sums = ", ".join(
        f"{column} = {part.table}.{column} + excluded.{column}" for column in ("times", "amount")
    )
    _copy(session, part, done, f"ON CONFLICT ({keys}) DO UPDATE SET {sums}")


def _rename(session: Session, part: Part, done: Merge) -> None:
    _execute(
        session,
        f"UPDATE {part.table} SET {part.column} = :survivor WHERE {part.column} = :merged",
        survivor=done.survivor,
        merged=done.merged,
    )


def _copy(session: Session, part: Part, done: Merge, suffix: str) -> None:
    columns = [column.name for column in _table(part).columns]
    values = [":survivor" if name == part.column else name for name in columns]
    _execute(
        session,
        f"INSERT INTO {part.table} ({', '.join(columns)}) SELECT {', '.join(values)} FROM {part.table} "
        f"WHERE {part.column} = :merged {suffix}",
        survivor=done.survivor,
        merged=done.merged,
    )


_MERGES: Final[Mapping[str, Callable[[Session, Part, Merge], None]]] = {
    "move": _move,
    "fill": _fill,
    "rename": _rename,
    "add": _add,
    "drop": _nothing,
    "stay": _nothing,
    "done": _nothing,
}


def _sales_of(session: Session, member_id: int) -> list[str]:
    found = session.execute(text("SELECT id FROM sale WHERE member_id = :member"), {"member": member_id})
    return list(found.scalars())


def _renumber_lots(session: Session, done: Merge, moved: list[str]) -> None:
    """Let moved sales name the survivor's lots, so that returning them still undoes exactly what they did.

    Their ledger numbers were those of the other's books: the transactions stay there.
    """
    records = session.execute(
        text("SELECT id, effects FROM sale WHERE member_id = :survivor AND id = ANY(:moved)"),
        {"survivor": done.survivor, "moved": moved},
    ).all()
    for record in records:
        _execute(
            session,
            "UPDATE sale SET effects = CAST(:effects AS jsonb), seq = NULL WHERE member_id = :survivor AND id = :id",
            effects=dumps(with_lots(record.effects, done.lots)),
            survivor=done.survivor,
            id=record.id,
        )


def with_lots(effects: dict[str, Any], lots: Mapping[int, int]) -> dict[str, Any]:
    """Return the record of a sale's effects with other numbers for its lots."""
    changed = deepcopy(effects)
    for earning in changed.get("earnings", ()):
        if earning["lot"] is not None:
            earning["lot"] = lots[earning["lot"]]
    for discount in changed.get("discounts", ()):
        # 0 is no lot: it is what the member owed for it.
        discount["uses"] = [[lots[lot] if lot else lot, milli] for lot, milli in discount["uses"]]
    for extension in changed.get("extensions", ()):
        extension["lots"] = [[lots[lot], until] for lot, until in extension["lots"]]
    for kept in effects.get("activity", ()):
        kept["lots"] = [lots[lot] for lot in kept["lots"]]
    return changed


@lru_cache(maxsize=128)
def _table(part: Part) -> Table:
    return metadata.tables[part.table]


def _execute(session: Session, statement: str, **parameters: Any) -> None:
    session.execute(text(statement), parameters)
