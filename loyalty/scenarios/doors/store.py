"""The door of the store: a till with a cashier; a pay code is really drawn and scanned for every sale."""

from __future__ import annotations

from typing import Any, Final

from loyalty.scenarios import nouns
from loyalty.scenarios.doors.basket import (
    body_of,
    compare_retry,
    line_of,
    listed,
    outcome_of,
    rest_of,
)
from loyalty.scenarios.http import Answer
from loyalty.scenarios.play import Outcome, Play, Sold

_COMPARED: Final = ("discount_minor", "total_minor", "due_minor", "earned_milli", "spent_milli")

# What is decided by taking: a quote takes nothing.
KNOWN_ONLY_WHEN_SOLD: Final = frozenset({"underpaid", "sale_exists"})


class Store:
    """A till of the store."""

    def quote(self, play: Play, step: nouns.Step, sale: nouns.Sale) -> Outcome:
        """Scan and quote. A quote that names its sale binds the code to it, so that the sale uses the same scan."""
        body = self._body(play, step, sale, asking=True)
        rest = rest_of(sale)
        body["tenders"] = listed(play, step, sale)
        answer = self._send(play, step, sale, "/pos/v1/quotes", body)
        if answer.ok and rest is not None and answer.document["due_minor"]:
            body["tenders"] = [*body["tenders"], {"kind": rest, "amount_minor": answer.document["due_minor"]}]
            answer = self._send(play, step, sale, "/pos/v1/quotes", body)
        return outcome_of(answer)

    def sale(self, play: Play, step: nouns.Step, sale: nouns.Sale) -> Outcome:
        """Scan, quote, sell; where the quote and the sale differ, say so."""
        known = play.known(sale)
        if known is not None:
            return self._again(play, step, sale, known)
        body = self._body(play, step, sale)
        rest, body["tenders"] = rest_of(sale), listed(play, step, sale)
        quoted = self._send(play, step, sale, "/pos/v1/quotes", body)
        if quoted.ok and rest is not None and quoted.document["due_minor"]:
            body["tenders"] = [*body["tenders"], {"kind": rest, "amount_minor": quoted.document["due_minor"]}]
            quoted = self._send(play, step, sale, "/pos/v1/quotes", body)
        key = play.key()
        answer = self._send(play, step, sale, "/pos/v1/sales", body, key=key)
        outcome = outcome_of(answer)
        compare_quote(outcome, quoted, answer)
        if sale.retry:
            compare_retry(outcome, answer, self._send(play, step, sale, "/pos/v1/sales", body, key=key))
        if answer.ok:
            name = sale.id or answer.document["sale"]
            play.sold[name] = Sold(sale, sale.member, body.get("code"), body, key, answer.document)
        return outcome

    def _again(self, play: Play, step: nouns.Step, sale: nouns.Sale, known: Sold) -> Outcome:
        assert known.request is not None
        return outcome_of(self._send(play, step, sale, "/pos/v1/sales", dict(known.request), key=known.key))

    def give_back(self, play: Play, step: nouns.Step, back: nouns.Return) -> Outcome:
        """Take lines back."""
        if back.sale is None:
            return self._without_receipt(play, step, back)
        lines = returned_lines(back)
        path, key = f"/pos/v1/sales/{play.sale_number(back.sale)}/returns", play.key()
        if not lines:
            path, body = f"/pos/v1/sales/{play.sale_number(back.sale)}/void", {}
        else:
            body: dict[str, Any] = {"lines": lines}
            if back.occurred_at is not None:
                body["occurred_at"] = play.instant(step, back.occurred_at).isoformat()
        return self._post(play, step, path, body, key, retry=bool(back.retry))

    def _without_receipt(self, play: Play, step: nouns.Step, back: nouns.Return) -> Outcome:
        """Take goods back whose sale nobody knows; who brings them is scanned."""
        body: dict[str, Any] = {"lines": goods_lines(play, step, back), "refund": back.refund or "cash"}
        if back.member is not None:
            body["code"] = play.person(back.member, step).phones["app"].draw(play.now)
        if back.reason is not None:
            body["reason"] = back.reason
        if back.occurred_at is not None:
            body["occurred_at"] = play.instant(step, back.occurred_at).isoformat()
        return self._post(play, step, "/pos/v1/returns", body, play.key(), retry=bool(back.retry))

    def void(self, play: Play, step: nouns.Step, void: nouns.Void) -> Outcome:
        """Undo a sale."""
        return self._post(
            play,
            step,
            f"/pos/v1/sales/{play.sale_number(void.sale)}/void",
            {},
            play.key(),
            retry=bool(void.retry),
        )

    def top_up(self, play: Play, step: nouns.Step, top_up: nouns.TopUp) -> Outcome:
        """Take cash into a wallet; a card that is named is the phone's."""
        body = {
            "member": play.person(top_up.member, step).public_id,
            "amount_minor": play.minor(top_up.amount, step),
        }
        return self._post(play, step, "/pos/v1/wallet/cash", body, play.key(), retry=bool(top_up.retry))

    def _post(
        self, play: Play, step: nouns.Step, path: str, body: dict[str, Any], key: str, *, retry: bool
    ) -> Outcome:
        headers = play.till_headers(play.till(play.store_of(step)))
        void = path.endswith("/void")
        answer = play.client.send("POST", path, None if void else body, headers=headers, key=key)
        outcome = outcome_of(answer)
        if retry:
            again = play.client.send("POST", path, None if void else body, headers=headers, key=key)
            compare_retry(outcome, answer, again)
        return outcome

    def _send(
        self,
        play: Play,
        step: nouns.Step,
        sale: nouns.Sale,
        path: str,
        body: dict[str, Any],
        key: str | None = None,
    ) -> Answer:
        headers = play.till_headers(play.till(play.store_of(step), sale.at_till))
        return play.client.send("POST", path, body, headers=headers, key=key)

    def _body(
        self, play: Play, step: nouns.Step, sale: nouns.Sale, *, asking: bool = False
    ) -> dict[str, Any]:
        body = body_of(play, step, sale, asking=asking)
        code = scanned(play, step, sale)
        if (channel := sale.channel or step.channel) is not None:
            body["channel"] = channel
        if code is not None:
            body["code"] = code
            if "id" not in body:
                # The till names its sale, so that the scan of the quote is good for the sale.
                body["id"] = f"till-{play.key()}"
        if sale.id:
            play.sold.setdefault(sale.id, Sold(sale, sale.member)).code = code
        return body


def scanned(play: Play, step: nouns.Step, sale: nouns.Sale) -> str | None:
    """Return what the till scans: the code of the quote of this sale, a screenshot, the card, or a fresh pay code."""
    if sale.screenshot_of is not None:
        shot = play.sold.get(sale.screenshot_of)
        if shot is None or shot.code is None:
            raise play.flawed(step, f"screenshot_of: no code was shown for {sale.screenshot_of}")
        return shot.code
    if sale.code not in (None, "pay"):
        if sale.member is None or sale.code not in ("card", "number"):
            return sale.code
        person = play.person(sale.member, step)
        return person.card_number if sale.code == "card" else play.number_of(person)
    if sale.member is None:
        return None
    known = play.sold.get(sale.id) if sale.id else None
    if known is not None and known.code is not None and known.receipt is None and known.member == sale.member:
        return known.code
    drawn_at = play.now if sale.drawn_at is None else play.instant(step, sale.drawn_at)
    return play.person(sale.member, step).phones["app"].draw(drawn_at)


def returned_lines(back: nouns.Return) -> list[dict[str, Any]]:
    """Return the lines as a request has them; none: everything that is left."""
    lines: list[dict[str, Any]] = []
    for line in back.lines:
        named = {"line": line.line} if line.line is not None else {"sku": line.sku}
        lines.append({**named, "quantity": line.quantity})
    return lines


def goods_lines(play: Play, step: nouns.Step, back: nouns.Return) -> list[dict[str, Any]]:
    """Return the goods that come back without a receipt, as a basket has them."""
    return [
        line_of(
            play,
            step,
            nouns.Line(
                sku=line.sku or "",
                quantity=line.quantity,
                price=line.price,
                kind=line.kind,
                options=line.options,
                category=line.category,
                tags=line.tags,
                name=None,
                id=line.line,
            ),
        )
        for line in back.lines
    ]


def compare_quote(outcome: Outcome, quoted: Answer, sold: Answer) -> None:
    """Note where the quote did not say what the sale then did."""
    if quoted.ok and sold.ok:
        for name in _COMPARED:
            if quoted.document[name] != sold.document[name]:
                outcome.broken.append(
                    f"the quote said {name} {quoted.document[name]}, the sale {sold.document[name]}"
                )
    elif quoted.error != sold.error and sold.error not in KNOWN_ONLY_WHEN_SOLD:
        outcome.broken.append(f"the quote answered {quoted.error or 'yes'}, the sale {sold.error or 'yes'}")
