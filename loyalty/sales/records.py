"""What was sold, to look at: one sale, a member's sales, their statement, who stands at the till."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from loyalty import ledger, preferences, rules
from loyalty.db import Batch
from loyalty.ledger import chart
from loyalty.rules.program import Program
from loyalty.sales import queries, receipts
from loyalty.sales.occasions import view
from loyalty.sales.refusals import SaleMissing
from loyalty.sales.sold import Sold, find
from loyalty.sales.state import State

EFFECTS: Final = {
    "discounts": None,
    "earnings": "earn_{stage}",
    "progress": "challenge",
    "grants": "grant",
    "extensions": "extension",
}


def member_card(
    session: Session, loaded: State, balance: Mapping[str, Any] | None, *, now: datetime
) -> dict[str, Any] | None:
    """Return whom the till has in front of it: first name, standing, and the usual and diet if they allow it."""
    if loaded.person is None or balance is None:
        return None
    slot = preferences.slot_of(now.astimezone(loaded.program.zone))
    seen = preferences.till_view(session, loaded.person.member_id, slot=slot)
    return {
        **balance,
        "usual": [asdict(item) for item in seen.usual or ()],
        "takes": dict(seen.takes or {}),
        "favorites": list(seen.favorites),
        "dietary": list(seen.dietary or ()),
        "ready": [*_held(loaded, now), *_granted(loaded, now)],
    }


def _held(loaded: State, now: datetime) -> list[dict[str, Any]]:
    """Return the rewards whose points the member has set aside."""
    assert loaded.books is not None
    return [
        _ready(loaded, (hold.purpose or "").removeprefix("reward:"), hold=hold.id, until=hold.until)
        for hold in loaded.books.holds.values()
        if hold.state == "open" and hold.until > now and (hold.purpose or "").startswith("reward:")
    ]


def _granted(loaded: State, now: datetime) -> list[dict[str, Any]]:
    """Return the rewards that were given to the member and can be used now."""
    return [
        _ready(loaded, grant.reward, grant=grant.id, until=grant.valid_until)
        for grant in loaded.grants
        if grant.valid_from <= now and (grant.valid_until is None or grant.valid_until > now)
    ]


def _ready(
    loaded: State, reward: str, *, until: datetime | None, hold: str | None = None, grant: str | None = None
) -> dict[str, Any]:
    known, person = loaded.program.rewards.get(reward), loaded.person
    name = loaded.program.text(known.name, person.locale if person else "en") if known else reward
    return {
        "reward": reward,
        "name": name,
        "hold": hold,
        "grant": grant,
        "until": until,
    }


def describe(
    session: Session, sale: str, *, locale: str | None, member_id: int | None = None
) -> dict[str, Any]:
    """Return a sale as it stands now, with what came back of it; raise ``SaleMissing`` (also for another member's)."""
    sold = find(session, sale)
    if member_id is not None and sold.row["member_id"] != member_id:
        raise SaleMissing
    return {**_document(session, sold, locale), "returns": _returns(session, sold)}


def _returns(session: Session, sold: Sold) -> list[dict[str, Any]]:
    """Return what came back of a sale, oldest first: which lines, what was paid back, which points went and came."""
    batch = Batch()
    batch.add(queries.RETURNS, {"member_id": sold.row["member_id"], "sale": sold.id})
    (rows,) = batch.send(session)
    names = (
        "return", "kind", "occurred_at", "lines", "refunds", "amount_minor", "taken_milli", "restored_milli",
    )  # fmt: skip
    return [dict(zip(names, row, strict=True)) for row in rows]


def history(
    session: Session,
    member_id: int,
    *,
    before: tuple[datetime, str] | None = None,
    limit: int = 20,
    locale: str | None = None,
    only: list[str] | None = None,
) -> list[dict[str, Any]]:
    """Return a member's sales, newest first, below ``before`` (occurred_at, id); of these only, if they are named."""
    batch = Batch()
    far = (datetime(9999, 1, 1, tzinfo=UTC), "")
    at, sale_id = before or far
    batch.add(
        queries.SALES,
        {"member_id": member_id, "before_at": at, "before_id": sale_id, "limit": limit, "only": only},
    )
    (rows,) = batch.send(session)
    names = queries.SALE_COLUMNS.split(", ")
    sold = [Sold(dict(zip(names, row, strict=True)), []) for row in rows]
    _fill_lines(session, member_id, sold)
    return [_document(session, each, locale) for each in sold]


def _fill_lines(session: Session, member_id: int, sold: Sequence[Sold]) -> None:
    batch = Batch()
    batch.add(queries.LINES_OF_SALES, {"member_id": member_id, "sales": [each.row["id"] for each in sold]})
    (rows,) = batch.send(session)
    by_sale = {each.row["id"]: each for each in sold}
    names = queries.LINE_COLUMNS.split(", ")
    for sale, *line in rows:
        by_sale[sale].lines.append(dict(zip(names, line, strict=True)))


def _document(session: Session, sold: Sold, locale: str | None) -> dict[str, Any]:
    program = rules.program(session, sold.row["program_version"])
    chosen = locale or program.locales[0]
    earned = _earned_by_line(sold.row["effects"])
    names = (
        "state", "occurred_at", "store", "channel", "program_version", "gross_minor", "discount_minor", "total_minor",
        "returned_minor", "earned_milli", "spent_milli", "offline", "tenders",
    )  # fmt: skip
    return {
        "sale": sold.row["id"],
        **{name: sold.row[name] for name in names},
        "lines": [
            {
                **{key: value for key, value in line.items() if key not in ("tags", "category")},
                "earned_milli": earned.get(line["line"], 0),
            }
            for line in sold.lines
        ],
        "effects": list(_effects(program, sold.row["effects"], chosen)),
    }


def _effects(program: Program, record: Mapping[str, Any], locale: str) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for kind, name in EFFECTS.items():
        for entry in record.get(kind, ()):
            sign = -1 if kind == "discounts" else 1
            made.append(
                {
                    "kind": entry["source"] if name is None else name.format(**entry),
                    "key": entry.get("key") or entry.get("rule") or entry.get("offer") or entry.get("reward"),
                    "points_milli": sign * entry.get("points_milli", 0),
                    "amount_minor": sign * entry.get("amount_minor", 0),
                    "why": entry["why"],
                    "text": receipts.sentence(program, entry["why"], locale),
                    "lines": sorted(entry.get("by_line", ())),
                }
            )
    return made


def _earned_by_line(record: Mapping[str, Any]) -> dict[str, int]:
    """Return what each line earned, in thousandths."""
    earned: dict[str, int] = {}
    for earning in record.get("earnings", ()):
        for line, milli in earning.get("by_line", {}).items():
            earned[line] = earned.get(line, 0) + milli
    return earned


def statement(
    session: Session,
    member_id: int,
    *,
    before_seq: int | None = None,
    limit: int = 50,
    only: ledger.StatementFilter | None = None,
    locale: str = "en",
    now: datetime,
) -> list[dict[str, Any]]:
    """Return a member's ledger, newest first: every line with what it moved and why."""
    program = rules.program_at(session, now)
    return [
        {
            "seq": line.seq,
            "kind": line.kind,
            "occurred_at": line.occurred_at,
            "recorded_at": line.recorded_at,
            "reference": line.reference,
            "points_milli": _moved(line, chart.POINTS),
            "held_milli": _moved(line, chart.POINTS_HELD),
            "owed_milli": -_moved(line, chart.POINTS_OWED),
            "wallet_minor": _moved(line, chart.WALLET),
            "postings": [
                {
                    "debit": posting["debit"],
                    "credit": posting["credit"],
                    "amount": posting["amount"],
                    "rule": posting["rule"],
                    "why": posting["why"],
                    "text": receipts.sentence(program, posting["why"], locale),
                }
                for posting in line.postings
            ],
        }
        for line in ledger.statement(session, member_id, before_seq=before_seq, limit=limit, only=only)
    ]


def _moved(line: ledger.Line, account: int) -> int:
    return sum(p["amount"] for p in line.postings if p["credit"] == account) - sum(
        p["amount"] for p in line.postings if p["debit"] == account
    )


def learn(session: Session, member_id: int, *, now: datetime) -> bool:
    """Learn a member's usual from their newest purchases; return whether it changed."""
    program = rules.program_at(session, now)
    batch = Batch()
    batch.add(queries.PURCHASES, {"member_id": member_id, "limit": 400})
    (rows,) = batch.send(session)
    purchases = [
        preferences.Purchase(
            visit=sale,
            bought_at=at.astimezone(program.zone_of(store)),
            sku=sku,
            options=tuple(sorted(options)),
            quantity=left,
        )
        for sale, at, store, sku, options, left in rows
    ]
    return preferences.learn_usual(session, member_id=member_id, purchases=purchases, now=now)


def standing_of(session: Session, member_id: int, *, now: datetime) -> dict[str, Any]:
    """Return where a member stands as of ``now``, with the points that end and when, and the member's version."""
    loaded = view(session, member_id, now=now)
    balance, books = receipts.balance_of(loaded), loaded.books
    assert balance is not None
    assert books is not None
    ends: dict[datetime | None, int] = {}
    for lot in sorted(books.lots.values(), key=lambda lot: lot.order):
        if lot.free_milli:
            ends[lot.expires_at] = ends.get(lot.expires_at, 0) + lot.free_milli
    return {
        **balance,
        "version": books.account.version,
        "expiring": [{"points_milli": milli, "expires_at": end} for end, milli in ends.items()],
    }


def rewards_of(session: Session, member_id: int, *, now: datetime) -> list[dict[str, Any]]:
    """Return every reward as it stands for a member, in the program's order."""
    loaded = view(session, member_id, now=now)
    assert loaded.person is not None
    assert loaded.standing is not None
    assert loaded.books is not None
    program, locale, tier = loaded.program, loaded.person.locale, loaded.standing.tier
    points = loaded.books.account.points_milli
    usable = [grant for grant in loaded.grants if grant.valid_until is None or grant.valid_until > now]
    gives = {reward["key"]: reward["gives"] for reward in program.document.get("rewards", ())}
    return [
        {
            "reward": reward.key,
            "name": program.text(reward.name, locale),
            "text": program.text(reward.text, locale),
            "points_milli": reward.price_for(tier),
            "missing_milli": max(0, reward.price_for(tier) - points),
            "granted": sum(1 for grant in usable if grant.reward == reward.key),
            "gives": gives[reward.key],
        }
        for reward in program.rewards.values()
    ]
