"""The statement: every movement of points and money with its reason, to read, to take into a table, to keep signed."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from io import StringIO
from typing import Any, Final

from flask import Response, stream_with_context

from loyalty import ledger, members, rules, sales
from loyalty.clock import rfc3339
from loyalty.db import snapshot
from loyalty.jsontext import dumps
from loyalty.ledger import RootKey, StatementFilter
from loyalty.web.api import Call, Media, Routes
from loyalty.web.fields import (
    Choice,
    Document,
    Instant,
    Many,
    Milli,
    Minor,
    Output,
    Pattern,
    Text,
    Whole,
)
from loyalty.web.limits import Limit
from loyalty.web.paging import PageQuery, page_of
from mobile_api.routes.sales import member_id_of
from mobile_api.who import MEMBER

routes: Final = Routes("Statement", "Every movement of points and money, each with its reason.")

FILES: Final = Limit("statement.file", 20, 3600)
PART: Final = 500
UNITS: Final = {"points": 1, "wallet": 2}
HEADINGS: Final = {
    "en": ("Number", "Happened at", "Booked at", "Kind", "Points", "Money", "Currency", "Reason", "Reference"),
    "fr": (
        "Numéro", "Date", "Comptabilisé le", "Type", "Points", "Montant", "Devise", "Motif", "Référence",
    ),
}  # fmt: skip
# What a spreadsheet would run as a formula; a plain number is none, also a negative one.
_FORMULA: Final = re.compile(r"^[=+\-@\t\r]")
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")


class PostingOut(Output):
    """One amount that moved, and why."""

    debit = Whole()
    credit = Whole()
    amount = Whole()
    rule = Text(allow_none=True)
    why = Document(allow_none=True)
    text = Text(max=1000, about="The reason as a sentence in the member's language.")


class StatementLineOut(Output):
    """One transaction of the ledger."""

    seq = Whole()
    kind = Text()
    occurred_at = Instant()
    recorded_at = Instant()
    reference = Text(allow_none=True)
    points_milli = Milli(min=-(10**12))
    held_milli = Milli(min=-(10**12))
    owed_milli = Milli(min=-(10**12))
    wallet_minor = Minor(min=-(10**12), max=10**12)
    postings = Many(PostingOut, max=10_000)


class StatementQuery(PageQuery):
    """Which lines: all that is said must hold."""

    kind = Pattern(
        r"^[a-z_]+(,[a-z_]+)*$",
        expected="kinds with commas between: sale,return",
        max=300,
        load_default=None,
        about="Only these kinds, such as `sale,return,top_up,expiry`.",
    )
    since = Instant(load_default=None, data_key="from", about="Only what happened at this instant or later.")
    until = Instant(load_default=None, about="Only what happened before this instant.")
    of = Choice(tuple(UNITS), load_default=None, about="Only what moved points, or only what moved money.")


@routes.get(
    "/statement",
    summary="Statement",
    who=MEMBER,
    query=StatementQuery,
    answers={200: page_of(StatementLineOut)},
    errors=(members.MemberUnknown, rules.NoProgram),
)
def statement(call: Call) -> object:
    """Answer every movement of points and money, the newest first, each with its reason."""
    query, member_id = call.query, member_id_of(call)
    only = StatementFilter(
        kinds=tuple(query["kind"].split(",")) if query["kind"] else None,
        since=query["since"],
        until=query["until"],
        unit=UNITS.get(query["of"]),  # pyright: ignore[reportArgumentType]
    )
    scope = f"statement:{member_id}"
    position = call.site.cursors.read(scope, query["cursor"])
    limit = query["limit"]
    with snapshot() as session:
        lines = sales.statement(
            session,
            member_id,
            before_seq=None if position is None else position[0],
            limit=limit + 1,
            only=only,
            locale=members.member(session, member_id).locale,
            now=call.now,
        )
    shown = lines[:limit]
    cursor = call.site.cursors.write(scope, [shown[-1]["seq"]]) if len(lines) > limit else None
    return {"items": shown, "next": cursor}


@routes.get(
    "/statement.csv",
    summary="Statement as a table",
    who=MEMBER,
    answers={200: Media("text/csv", "RFC 4180, UTF-8, the newest line first; amounts with a decimal point.")},
    errors=(members.MemberUnknown, rules.NoProgram),
    limits=(FILES,),
)
def statement_csv(call: Call) -> object:
    """Answer every line as a table for a spreadsheet, in the member's language, with what looks like a formula quoted.

    The lines are sent as they are read.
    """
    member_id = member_id_of(call)
    with snapshot() as session:
        locale = members.member(session, member_id).locale
        program = rules.program_at(session, call.now)
    rows = stream_with_context(_table(call, member_id, locale, program))
    return _file(rows, "text/csv; charset=utf-8; header=present", "csv")


def _table(call: Call, member_id: int, locale: str, program: rules.Program) -> Iterator[str]:
    """Yield the table's rows.

    Each part has a short transaction of its own, so that a slow reader holds none open; what is booked is never
    changed, so the parts fit together.
    """
    yield _row(HEADINGS.get(locale.partition("-")[0], HEADINGS["en"]))
    before: int | None = None
    while True:
        with snapshot() as session:
            part = sales.statement(
                session, member_id, before_seq=before, limit=PART, locale=locale, now=call.now
            )
        for line in part:
            yield _row(_cells(line, program))
        if len(part) < PART:
            return
        before = part[-1]["seq"]


def _cells(line: dict[str, Any], program: rules.Program) -> Iterator[str]:
    reasons = dict.fromkeys(posting["text"] for posting in line["postings"] if posting["text"])
    money = line["wallet_minor"]
    moments: list[datetime] = [line["occurred_at"], line["recorded_at"]]
    yield str(line["seq"])
    yield from map(rfc3339, moments)
    yield line["kind"]
    yield f"{Decimal(line['points_milli']).scaleb(-3):f}" if line["points_milli"] else ""
    yield f"{Decimal(money).scaleb(-program.currency_digits):f}" if money else ""
    yield program.currency if money else ""
    yield " · ".join(reasons)
    yield line["reference"] or ""


def _row(cells: Iterable[str]) -> str:
    out = StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(map(harmless, cells))
    return out.getvalue()


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet runs: what begins like a formula gets an apostrophe before it."""
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


@routes.get(
    "/statement.json",
    summary="Statement, signed",
    who=MEMBER,
    answers={
        200: Media(
            "application/json",
            "`{statement, signature}`: the whole ledger with its hash chain's heads, and a detached JWS (ES256) over "
            "the statement's canonical JSON by a key of `/.well-known/regulars-keys.json`.",
        )
    },
    errors=(members.MemberUnknown, rules.NoProgram),
    limits=(FILES,),
)
def statement_json(call: Call) -> object:
    """Answer the whole ledger, signed: `regulars statement verify` checks the file offline, also years later."""
    settings = call.site.settings
    with snapshot() as session:
        whole = sales.whole_statement(session, member_id_of(call), issuer=settings.public_url, now=call.now)
    signed = ledger.sign(whole, RootKey.of(settings.secret_key))
    return _file(iter([dumps(signed)]), "application/json", "json")


def _file(parts: Iterator[str], content_type: str, ending: str) -> Response:
    response = Response(parts, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="statement.{ending}"'
    response.headers["Cache-Control"] = "no-store"
    return response
