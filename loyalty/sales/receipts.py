"""The answer documents: a receipt, a quote, a member at the till. Plain JSON values, the same from every door.

Points are thousandths (``_milli``), money minor units (``_minor``), instants RFC 3339 in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from loyalty import rules
from loyalty.clock import rfc3339
from loyalty.ledger import why_json
from loyalty.rules.outcome import Hint
from loyalty.rules.program import Program
from loyalty.sales.purchase import Decision
from loyalty.sales.state import State
from loyalty.why import Why


def why_from(stored: Mapping[str, Any]) -> Why:
    """Return the reason that was stored."""
    inputs = dict(stored)
    return Why(str(inputs.pop("key")), inputs)


def sentence(program: Program, why: Why | Mapping[str, Any] | None, locale: str) -> str:
    """Return the reason as a sentence, empty where there is none."""
    if why is None:
        return ""
    return rules.explain(program, why if isinstance(why, Why) else why_from(why), locale)


def lines_of(decision: Decision) -> list[dict[str, Any]]:
    """Return the lines with their price, what was taken off, and the points each earned."""
    outcomes = {line.line: line for line in decision.said.lines}
    points: dict[str, int] = {}
    for earning in decision.said.earnings:
        for line, milli in earning.by_line:
            points[line] = points.get(line, 0) + milli
    return [
        {
            "line": line.id,
            "sku": line.sku,
            "name": line.name,
            "kind": line.kind,
            "options": list(line.options),
            "quantity": line.quantity,
            "unit_price_minor": line.unit_price_minor,
            "discount_minor": outcomes[line.id].discount_minor,
            "net_minor": outcomes[line.id].net_minor,
            "earned_milli": points.get(line.id, 0),
        }
        for line in decision.basket.lines
    ]


def effects_of(decision: Decision, program: Program, locale: str) -> list[dict[str, Any]]:
    """Return every effect with the sentence that explains it."""
    effects: list[dict[str, Any]] = []

    def add(kind: str, key: str, why: Why, **facts: int) -> None:
        entry = {"kind": kind, "key": key, "points_milli": 0, "amount_minor": 0, **facts}
        effects.append({**entry, "why": why_json(why), "text": sentence(program, why, locale)})

    for discount in decision.said.discounts:
        add(
            discount.source,
            discount.key,
            discount.why,
            points_milli=-discount.points_milli,
            amount_minor=-discount.amount_minor,
        )
    for earning in decision.said.earnings:
        add(f"earn_{earning.stage}", earning.rule, earning.why, points_milli=earning.points_milli)
    for progress in decision.said.progress:
        add("challenge", progress.offer, progress.why)
    for grant in decision.said.grants:
        add("grant", grant.reward, grant.why)
    for extension in decision.said.extensions:
        add("extension", extension.rule, extension.why)
    return effects


def hints_of(hints: tuple[Hint, ...], program: Program, locale: str) -> list[dict[str, Any]]:
    """Return warnings or near misses with their sentence."""
    return [
        {
            "code": hint.code,
            "key": hint.key,
            "why": why_json(hint.why),
            "text": sentence(program, hint.why, locale),
        }
        for hint in hints
    ]


def totals_of(decision: Decision) -> dict[str, Any]:
    """Return the money and points of a purchase."""
    said, payment = decision.said, decision.payment
    return {
        "gross_minor": said.gross_minor,
        "discount_minor": said.discount_minor,
        "total_minor": said.total_minor,
        "tenders": [{"kind": t.kind, "amount_minor": t.amount_minor} for t in payment.tenders],
        "due_minor": payment.due_minor,
        "change_minor": payment.change_minor,
        "earned_milli": said.earned_milli,
        "spent_milli": said.spent_milli,
    }


def balance_of(state: State) -> dict[str, Any] | None:
    """Return where a member stands who was caught up to now; ``None`` for nobody."""
    if state.person is None or state.books is None or state.standing is None:
        return None
    account = state.books.account
    return {
        "id": state.person.public_id,
        "given_name": state.person.given_name,
        "tier": state.standing.tier,
        "tier_until": rfc3339(state.standing.tier_until),
        "tier_points_milli": state.standing.window_milli,
        "points_milli": account.points_milli,
        "held_milli": account.held_milli,
        "owed_milli": account.owed_milli,
        "wallet_minor": account.wallet_minor,
        "wallet_held_minor": account.wallet_held_minor,
    }


def receipt(
    state: State,
    decision: Decision,
    *,
    sale: str,
    at: datetime,
    version: int | None,
    locale: str,
) -> dict[str, Any]:
    """Return the receipt of a settled sale: what a retry gets again, and what the customer keeps."""
    return {
        "sale": sale,
        "state": "settled",
        "occurred_at": rfc3339(at),
        "store": decision.basket.store,
        "channel": decision.basket.channel,
        "currency": state.program.currency,
        "program_version": state.program.version,
        "member": balance_of(state),
        "lines": lines_of(decision),
        **totals_of(decision),
        "effects": effects_of(decision, state.program, locale),
        "warnings": hints_of(decision.said.warnings, state.program, locale),
        "risk_minor": decision.risk_minor,
        "seq": state.books.account.seq if state.books else None,
        "version": version,
    }


def quote(state: State, decision: Decision, *, at: datetime, locale: str) -> dict[str, Any]:
    """Return what a basket would cost and bring, with what nearly applied; nothing was written."""
    return {
        "occurred_at": rfc3339(at),
        "store": decision.basket.store,
        "channel": decision.basket.channel,
        "currency": state.program.currency,
        "program_version": state.program.version,
        "lines": lines_of(decision),
        **totals_of(decision),
        "effects": effects_of(decision, state.program, locale),
        "warnings": hints_of(decision.said.warnings, state.program, locale),
        "near_misses": hints_of(decision.said.near_misses, state.program, locale),
    }
