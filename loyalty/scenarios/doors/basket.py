"""A basket of a scenario as the body of a request: the same for every door."""

from __future__ import annotations

from typing import Any, Final

from loyalty.scenarios import nouns
from loyalty.scenarios.http import Answer
from loyalty.scenarios.play import Outcome, Play

OWN_CUP: Final = "own-cup"
Tenders = list[dict[str, Any]]


def body_of(play: Play, step: nouns.Step, sale: nouns.Sale, *, asking: bool = False) -> dict[str, Any]:
    """Return the body of a sale (``asking``: of a quote) without payments and what identifies the member."""
    lines = [line_of(play, step, line) for line in sale.lines]
    for kind, amount in (("tax", sale.tax), ("tip", sale.tip)):
        if amount is not None:
            lines.append({"sku": kind, "kind": kind, "price_minor": play.minor(amount, step), "quantity": 1})
    tags = {*sale.tags, *((OWN_CUP,) if sale.own_cup else ())}
    body: dict[str, Any] = {
        "lines": lines,
        "rewards": [_claim(play, sale, claim) for claim in sale.rewards],
        "coupons": [play.coupon(sale.member, text) for text in sale.coupons],
        "tags": sorted(tags),
    }
    if (number := sale.id if asking else play.number_of_sale(sale)) is not None:
        body["id"] = number
    return body


def line_of(play: Play, step: nouns.Step, line: nouns.Line) -> dict[str, Any]:
    """Return one line as a request has it."""
    body: dict[str, Any] = {"sku": line.sku, "quantity": line.quantity}
    if line.price is not None:
        body["price_minor"] = play.minor(line.price, step)
    optional = {"kind": line.kind, "category": line.category, "name": line.name, "id": line.id}
    body |= {key: value for key, value in optional.items() if value is not None}
    if line.options:
        body["options"] = list(line.options)
    if line.tags:
        body["tags"] = list(line.tags)
    return body


def _claim(play: Play, sale: nouns.Sale, claim: nouns.Claim) -> dict[str, Any]:
    body: dict[str, Any] = {"reward": claim.reward}
    if claim.line is not None:
        body["line"] = claim.line
    hold = claim.hold
    if hold is None and play.holds_now(sale.member, claim.reward):
        hold = claim.reward
    if hold is not None:
        body["hold"] = play.holds.get((sale.member or "", hold), hold)
    return body


def listed(play: Play, step: nouns.Step, sale: nouns.Sale) -> Tenders:
    """Return the payments whose amounts the step says."""
    return [
        {"kind": kind, "amount_minor": play.minor(amount, step)}
        for kind, amount in sale.pay
        if amount is not None and amount > 0
    ]


def rest_of(sale: nouns.Sale) -> str | None:
    """Return the means of payment that pays all that is left, if the step names one."""
    return next((kind for kind, amount in sale.pay if amount is None), None)


def outcome_of(answer: Answer) -> Outcome:
    """Return what an answer says."""
    if answer.ok:
        return Outcome(answer=answer.document)
    document: dict[str, Any] = answer.document
    flaws = "; ".join(f"{each.get('pointer', '')} {each['detail']}" for each in document.get("errors", ()))
    return Outcome(
        error=answer.error, facts=document, detail=": ".join(filter(None, (document.get("detail"), flaws)))
    )


def compare_retry(outcome: Outcome, first: Answer, again: Answer) -> None:
    """Note where the second answer to the same request is not the first."""
    if (first.status, _stable(first.document)) != (again.status, _stable(again.document)):
        outcome.broken.append(f"a retry was answered differently: {again.status} {again.document}")


def _stable(document: Any) -> Any:
    """Leave out what names the request and not its effect."""
    return {key: value for key, value in document.items() if key not in ("instance", "claim_code")}
