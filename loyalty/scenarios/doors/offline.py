"""The door of a till without a network: it signs and queues, and hands in afterwards, everything twice."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from loyalty import codes, ledger
from loyalty.clock import rfc3339
from loyalty.db import snapshot
from loyalty.scenarios import nouns
from loyalty.scenarios.cast import Till
from loyalty.scenarios.doors.basket import body_of, listed, rest_of
from loyalty.scenarios.doors.store import Store, returned_lines, scanned
from loyalty.scenarios.http import Answer
from loyalty.scenarios.looking import version_of
from loyalty.scenarios.play import Outcome, Play, Sold

_STORE: Final = Store()


@dataclass(frozen=True, slots=True)
class Queued:
    """What a till has queued: the signed item, and whose it is."""

    till: Till
    item: Mapping[str, Any]
    member: str | None
    sale: nouns.Sale | None = None


class OfflineTill:
    """A till that had no network at the step's time and hands in at ``play.hand_in_at``, a little later."""

    def quote(self, play: Play, step: nouns.Step, sale: nouns.Sale) -> Outcome:
        """Not carried: a till without a network computes nothing."""
        del play, step, sale
        return Outcome(left_out="a till without a network quotes nothing")

    def sale(self, play: Play, step: nouns.Step, sale: nouns.Sale) -> Outcome:
        """Queue a sale and hand it in; refuse what the till itself would refuse."""
        if (refused := self._uncovered(play, step, sale)) is not None:
            return refused
        return self.hand_in(play, self.queue(play, step, sale))

    def _uncovered(self, play: Play, step: nouns.Step, sale: nouns.Sale) -> Outcome | None:
        """Return the refusal of a till that had its network a moment ago and knows that a wallet does not cover this.

        A sale that is written as a late one (offline, occurred_at, uploaded_at) has happened: it is handed in.
        """
        asked = sum(
            tender["amount_minor"] for tender in listed(play, step, sale) if tender["kind"] == "wallet"
        )
        late = sale.offline or sale.occurred_at is not None or sale.uploaded_at is not None
        if late or not asked or sale.member is None or play.known(sale) is not None:
            return None
        with snapshot() as session:
            balance = ledger.read_books(
                session, play.person(sale.member, step).member_id
            ).account.wallet_minor
        if asked <= balance:
            return None
        note = "refused by the till, which knows the balance; what is handed in is always taken"
        missing = {"missing_minor": asked - balance}
        return Outcome(error=ledger.InsufficientFunds.code, facts=missing, detail=note, notes=[note])

    def queue(self, play: Play, step: nouns.Step, sale: nouns.Sale) -> Queued:
        """Ring a sale up without a network: scan, sign, queue. A sale that is in the queue already stays as it is."""
        till = play.till(play.store_of(step), sale.at_till)
        known = play.known(sale)
        if known is not None and known.request is not None:
            return Queued(till, known.request, sale.member, sale)
        handed_in_at = play.now
        if sale.occurred_at is not None:
            play.world.clock.set(play.instant(step, sale.occurred_at))
        body = body_of(play, step, sale)
        code = scanned(play, step, sale)
        body["tenders"] = listed(play, step, sale)
        if (rest := rest_of(sale)) is not None:
            body["tenders"] += self._rest(play, step, sale, rest)
        item = {"id": f"till-{play.key()}", **body, "kind": "sale", "occurred_at": rfc3339(play.now)}
        if (channel := sale.channel or step.channel) is not None:
            item["channel"] = channel
        if code is not None:
            item["code"] = code
        play.world.clock.set(handed_in_at)
        return Queued(till, signed(till, item), sale.member, sale)

    def _rest(self, play: Play, step: nouns.Step, sale: nouns.Sale, kind: str) -> list[dict[str, Any]]:
        """Return what pays all that is left. Who rings up knows the total; here a quote with a spare code says it."""
        body = body_of(play, step, sale)
        body.pop("id", None)
        spare = None if sale.member is None else play.person(sale.member, step).phones["app"].draw(play.now)
        body |= {"tenders": listed(play, step, sale), **({} if spare is None else {"code": spare})}
        headers = play.till_headers(play.till(play.store_of(step), sale.at_till))
        answer = play.client.send("POST", "/pos/v1/quotes", body, headers=headers)
        due = answer.document["due_minor"] if answer.ok else 0
        return [{"kind": kind, "amount_minor": due}] if due else []

    def give_back(self, play: Play, step: nouns.Step, back: nouns.Return) -> Outcome:
        """Queue a return and hand it in; without a receipt it waits for the network."""
        if back.sale is None:
            outcome = _STORE.give_back(play, step, back)
            outcome.notes.append(
                "by a till with a network: without its receipt nothing is taken back offline"
            )
            return outcome
        return self.hand_in(play, self.queue_return(play, step, back))

    def queue_return(self, play: Play, step: nouns.Step, back: nouns.Return) -> Queued:
        """Sign and queue a return."""
        lines = returned_lines(back)
        assert back.sale is not None
        item: dict[str, Any] = {"id": f"return-{play.key()}", "sale": play.sale_number(back.sale)}
        item |= {"kind": "return", "lines": lines} if lines else {"kind": "void"}
        occurred_at = play.now if back.occurred_at is None else play.instant(step, back.occurred_at)
        return self._queued(play, step, item, occurred_at)

    def void(self, play: Play, step: nouns.Step, void: nouns.Void) -> Outcome:
        """Queue a void and hand it in."""
        item: dict[str, Any] = {
            "id": f"void-{play.key()}",
            "sale": play.sale_number(void.sale),
            "kind": "void",
        }
        return self.hand_in(play, self._queued(play, step, item, play.now))

    def _queued(self, play: Play, step: nouns.Step, item: dict[str, Any], occurred_at: datetime) -> Queued:
        till = play.till(play.store_of(step))
        sold = next(
            (each for each in play.sold.values() if (each.receipt or {}).get("sale") == item["sale"]), None
        )
        return Queued(
            till, signed(till, {**item, "occurred_at": rfc3339(occurred_at)}), sold.member if sold else None
        )

    def top_up(self, play: Play, step: nouns.Step, top_up: nouns.TopUp) -> Outcome:
        """Wait for the network: stored value is loaded online."""
        outcome = _STORE.top_up(play, step, top_up)
        outcome.notes.append("by a till with a network: stored value is not loaded offline")
        return outcome

    def hand_in(self, play: Play, queued: Queued) -> Outcome:
        """Hand an item in, and once more: the second time must change nothing."""
        if play.hand_in_at is not None and play.hand_in_at > play.now:
            play.world.clock.set(play.hand_in_at)
        first = self._send(play, queued)
        person = play.cast.people.get(queued.member) if queued.member else None
        before = None if person is None else version_of(person)
        again = self._send(play, queued)
        outcome = _outcome(first)
        if first.document != again.document:
            outcome.broken.append(f"handing it in again was answered differently: {again.document}")
        if person is not None and version_of(person) != before:
            outcome.broken.append("handing it in again changed the member")
        sale = queued.sale
        if sale is not None and sale.id in play.sold and outcome.error == "idempotency_key_reused":
            # In the queue the sale's id is its key: of the two guards of one thing, the other one answers.
            outcome.error = "sale_exists"
            outcome.notes.append("the queue calls it idempotency_key_reused")
        if sale is not None and outcome.error is None:
            name = sale.id or str(queued.item["id"])
            code = queued.item.get("code")
            play.sold[name] = Sold(sale, sale.member, code, queued.item, "", outcome.answer)
        return outcome

    def _send(self, play: Play, queued: Queued) -> Answer:
        headers = play.till_headers(queued.till)
        return play.client.send("POST", "/pos/v1/offline", {"items": [queued.item]}, headers=headers)


def signed(till: Till, item: dict[str, Any]) -> dict[str, Any]:
    """Return an item with the till's signature over its canonical JSON."""
    data = json.dumps(item, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    signature = urlsafe_b64encode(codes.sign(till.private, data)).decode().rstrip("=")
    return {**item, "signature": signature}


def _outcome(answer: Answer) -> Outcome:
    if not answer.ok:
        return Outcome(
            error=answer.error, facts=answer.document, detail=str(answer.document.get("detail", ""))
        )
    (result,) = answer.document["results"]
    if result["status"] == "refused":
        flaws = "; ".join(f"{each['pointer']} {each['detail']}" for each in result["errors"])
        detail = ": ".join(filter(None, (result["detail"], flaws)))
        return Outcome(error=result["code"], facts=result["data"], detail=detail)
    return Outcome(answer=result["receipt"] or result["returned"])
