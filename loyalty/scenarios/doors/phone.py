"""The doors of the customer: the app and the web, one API, two kinds of device.

A phone sells at the catalog's prices, so prices of the file are set as the store's beforehand; nobody can hand cash to
a phone, so all that the wallet does not pay is paid by a test card. Goods are given back at the store.
"""

from __future__ import annotations

from typing import Any, Final

from loyalty import catalog
from loyalty.db import transaction
from loyalty.rules.split import split
from loyalty.scenarios import nouns
from loyalty.scenarios.cast import Platform
from loyalty.scenarios.doors.basket import Tenders, body_of, compare_retry, listed, outcome_of, rest_of
from loyalty.scenarios.doors.store import Store, compare_quote
from loyalty.scenarios.http import Answer
from loyalty.scenarios.play import Outcome, Play, Sold

TEST_CARD: Final = "test_success"
_STORE: Final = Store()


class Phone:
    """A member's own device; ``platform`` is ``app`` or ``web``."""

    def __init__(self, platform: Platform) -> None:
        self._platform: Platform = platform

    def quote(self, play: Play, step: nouns.Step, sale: nouns.Sale) -> Outcome:
        """Ask on the phone."""
        if (elsewhere := at_the_till(play, sale)) is not None:
            return _with_note(_STORE.quote(play, step, sale), elsewhere)
        body, headers = self._prepared(play, step, sale, asking=True)
        wallet, others = _split(listed(play, step, sale))
        body["tenders"] = wallet
        answer = self._send(play, "/api/v1/quotes", body, headers)
        if answer.ok and rest_of(sale) == "wallet" and answer.document["due_minor"] > others:
            body["tenders"] = [{"kind": "wallet", "amount_minor": answer.document["due_minor"] - others}]
            answer = self._send(play, "/api/v1/quotes", body, headers)
        outcome = outcome_of(answer)
        if answer.ok:
            _due(outcome, answer.document, others, pays_rest=rest_of(sale) is not None)
        return outcome

    def sale(self, play: Play, step: nouns.Step, sale: nouns.Sale) -> Outcome:
        """Quote, pay the rest by card, buy."""
        if (elsewhere := at_the_till(play, sale)) is not None:
            return _with_note(_STORE.sale(play, step, sale), elsewhere)
        known = play.known(sale)
        if known is not None and known.request is not None:
            headers = play.phone_headers(play.person(sale.member, step), self._platform)
            return outcome_of(self._send(play, "/api/v1/sales", dict(known.request), headers, key=known.key))
        quoted, body, headers, others = self._quoted(play, step, sale)
        if quoted.ok:
            self._pay(play, body, headers)
        key = play.key()
        answer = self._send(play, "/api/v1/sales", body, headers, key=key)
        outcome = outcome_of(answer)
        compare_quote(outcome, quoted, answer)
        if answer.ok:
            _due(outcome, quoted.document, others, pays_rest=rest_of(sale) is not None)
            name = sale.id or answer.document["sale"]
            carded = sum(each["amount_minor"] for each in body["tenders"] if each["kind"] == "card")
            instead = stood_for(listed(play, step, sale), carded)
            if (rest := rest_of(sale)) not in (None, "wallet") and "other" in instead:
                instead[rest] = instead.get(rest, 0) + instead.pop("other")
            play.sold[name] = Sold(sale, sale.member, None, body, key, answer.document, instead)
        if sale.retry:
            compare_retry(outcome, answer, self._send(play, "/api/v1/sales", body, headers, key=key))
        if any(kind in ("cash", "gift_card", "other") for kind, _ in sale.pay):
            outcome.notes.append("paid by card: nobody can hand cash to a phone")
        return outcome

    def _quoted(
        self, play: Play, step: nouns.Step, sale: nouns.Sale
    ) -> tuple[Answer, dict[str, Any], dict[str, str], int]:
        """Return the quote of the basket as it will be paid, its body, headers, and what the step pays otherwise."""
        body, headers = self._prepared(play, step, sale)
        wallet, others = _split(listed(play, step, sale))
        body["tenders"] = wallet
        quoted = self._send(play, "/api/v1/quotes", body, headers)
        for _ in range(2):
            left = quoted.document.get("due_minor", 0) if quoted.ok else 0
            if not left:
                break
            if rest_of(sale) == "wallet" and left > others:
                body["tenders"] = [*body["tenders"], {"kind": "wallet", "amount_minor": left - others}]
                left = others
            if left:
                body["tenders"] = [*body["tenders"], {"kind": "card", "amount_minor": left}]
            quoted = self._send(play, "/api/v1/quotes", body, headers)
        return quoted, body, headers, others

    def _pay(self, play: Play, body: dict[str, Any], headers: dict[str, str]) -> None:
        """Pay the card's part of a basket, and name the payment in it."""
        for tender in body["tenders"]:
            if tender["kind"] == "card":
                wanted = {"amount_minor": tender["amount_minor"], "method": TEST_CARD}
                paid = self._send(play, "/api/v1/payments", wanted, headers, key=play.key())
                tender["reference"] = paid.document.get("id")

    def give_back(self, play: Play, step: nouns.Step, back: nouns.Return) -> Outcome:
        """Go to the store."""
        return by_card(play, back.sale or "", _STORE.give_back(play, step, back))

    def void(self, play: Play, step: nouns.Step, void: nouns.Void) -> Outcome:
        """Go to the store."""
        return by_card(play, void.sale, _STORE.void(play, step, void))

    def top_up(self, play: Play, step: nouns.Step, top_up: nouns.TopUp) -> Outcome:
        """Fill the wallet from a test card."""
        person = play.person(top_up.member, step)
        body = {"amount_minor": play.minor(top_up.amount, step), "method": TEST_CARD}
        headers, key = play.phone_headers(person, self._platform), play.key()
        answer = self._send(play, "/api/v1/wallet/top-ups", body, headers, key=key)
        outcome = outcome_of(answer)
        if top_up.by == "cash":
            outcome.notes.append("topped up by card: nobody can hand cash to a phone")
        if answer.ok and answer.document["status"] != "credited":
            outcome.broken.append(f"the top-up is {answer.document['status']}")
        if top_up.retry:
            compare_retry(outcome, answer, self._send(play, "/api/v1/wallet/top-ups", body, headers, key=key))
        return outcome

    def _send(
        self, play: Play, path: str, body: dict[str, Any], headers: dict[str, str], key: str | None = None
    ) -> Answer:
        return play.client.send("POST", path, body, headers=headers, key=key)

    def _prepared(
        self, play: Play, step: nouns.Step, sale: nouns.Sale, *, asking: bool = False
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """Return body and headers, the file's prices set as the store's."""
        store = play.store_of(step)
        body = body_of(play, step, sale, asking=asking)
        if store is not None:
            body["store"] = store
            set_prices(play, store, body["lines"])
        return body, play.phone_headers(play.person(sale.member, step), self._platform)


def at_the_till(play: Play, sale: nouns.Sale) -> str | None:
    """Return why a sale can only happen at a till."""
    if sale.member is None:
        return "at the till: a phone is always somebody's"
    shots = {getattr(step.action, "screenshot_of", None) for step in play.scenario.steps} - {None}
    if sale.code is not None or sale.screenshot_of or sale.drawn_at or sale.at_till or sale.id in shots:
        return "at the till: it is about the code that is scanned"
    return None


def _with_note(outcome: Outcome, note: str) -> Outcome:
    outcome.notes.append(note)
    return outcome


def set_prices(play: Play, store: str, lines: list[dict[str, Any]]) -> None:
    """Let the store's catalog have the prices of these lines: options apart."""
    with transaction() as session:
        for line in lines:
            product = play.program.products.get(line["sku"])
            if product is None or product.open_price or "price_minor" not in line:
                continue
            options = [play.program.options.get(key) for key in line.get("options", ())]
            extras = sum(option.price_minor for option in options if option is not None)
            price = line["price_minor"] - extras
            if price >= 0:
                catalog.set_price(session, store=store, sku=line["sku"], price_minor=price)


def _split(tenders: Tenders) -> tuple[Tenders, int]:
    """Return what the wallet pays, and how much the step pays by other means."""
    wallet = [tender for tender in tenders if tender["kind"] == "wallet"]
    return wallet, sum(tender["amount_minor"] for tender in tenders if tender["kind"] != "wallet")


def _due(outcome: Outcome, quote: Any, others: int, *, pays_rest: bool) -> None:
    """Say what would be due at a till: the total less the payments that the step lists."""
    wallet = sum(tender["amount_minor"] for tender in quote["tenders"] if tender["kind"] == "wallet")
    outcome.due_minor = 0 if pays_rest else max(0, quote["total_minor"] - wallet - others)
    outcome.unseen = frozenset({"change"})


def by_card(play: Play, sale: str, outcome: Outcome) -> Outcome:
    """Read what goes back to the card as going back to the tenders that it stood for, in proportion."""
    known = play.sold.get(sale)
    if known is None or outcome.error is not None or not known.stood_for:
        return outcome
    refunds: list[dict[str, Any]] = []
    for refund in outcome.answer.get("refunds", ()):
        if refund["kind"] != "card":
            refunds.append(refund)
            continue
        parts = split(refund["amount_minor"], list(known.stood_for.values()))
        for kind, part in zip(known.stood_for, parts, strict=True):
            known.stood_for[kind] -= part
            refunds.append({**refund, "kind": kind, "amount_minor": part})
    outcome.answer = {**outcome.answer, "refunds": refunds}
    if set(known.stood_for) != {"card"}:
        outcome.notes.append(f"what went back to the card is read as {' and '.join(known.stood_for)}")
    return outcome


def stood_for(tenders: Tenders, card_minor: int) -> dict[str, int]:
    """Return what a card payment stands for: the step's own tenders, change taken out, and what nobody listed."""
    found: dict[str, int] = {}
    for tender in sorted(tenders, key=lambda each: each["kind"] == "cash"):
        if tender["kind"] != "wallet":
            part = min(tender["amount_minor"], card_minor)
            found[tender["kind"]] = found.get(tender["kind"], 0) + part
            card_minor -= part
    if card_minor:
        found["other"] = found.get("other", 0) + card_minor
    return found
