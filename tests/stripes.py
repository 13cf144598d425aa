"""Two Stripes for tests: ``localstripe`` as a process of its own, and a small fake of what that one lacks.

localstripe has success, decline, authentication and signed webhooks; it ignores idempotency keys, accepts refunds
of more than was paid, sends no refund or dispute events, and has no pages. ``FakeStripe`` does those as Stripe
documents them; its pages are in ``stripe_pages``.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from loyalty.wallet.gateways import signing
from loyalty.wallet.gateways.stripe_gateway import SIGNATURE_HEADER
from tests.stripe_pages import Cards, Pages, wait_for_holder

KEY = "sk_test_12345"
WEBHOOK_SECRET = "whsec_of_the_tests"
_LOCALSTRIPE = Path(__file__).with_name("localstripe_process.py")


@contextmanager
def local_stripe() -> Iterator[str]:
    """Run localstripe on a free port and give its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-P", str(_LOCALSTRIPE), "--port", str(port), "--from-scratch"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                break
            except OSError:
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def ask(base: str, path: str, **fields: str) -> Any:
    """Ask a Stripe for something that the gateway does not do: what Stripe's page in the browser does."""
    body = urllib.parse.urlencode(fields).encode()
    request = urllib.request.Request(f"{base}{path}", body, {"Authorization": f"Bearer {KEY}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        text = answer.read()
    return json.loads(text) if text.startswith(b"{") else None


def card(base: str, number: str) -> str:
    """Return the token that Stripe's form in the browser would make of a card."""
    fields = {"card[number]": number, "card[exp_month]": "12", "card[exp_year]": "2039", "card[cvc]": "123"}
    return ask(base, "/v1/payment_methods", type="card", **fields)["id"]


class FakeStripe:
    """Payment intents that succeed unless their card asks, refunds that are checked, keys that are remembered."""

    def __init__(self) -> None:
        self.cards = Cards()
        self.intents: dict[str, dict[str, Any]] = {}
        self.answers: dict[str, tuple[str, int, dict[str, Any]]] = {}
        self.lose_next_answer = False
        self.calls: list[tuple[str, str | None]] = []
        self._numbers = count(1)
        self._pages = Pages(self.cards, self.intents, self.pay)

    def event(self, kind: str, thing: dict[str, Any], *, now: datetime) -> tuple[bytes, dict[str, str]]:
        """Return a signed webhook."""
        told = {"id": f"evt_{next(self._numbers)}", "type": kind, "data": {"object": thing}}
        body = json.dumps(told).encode()
        return body, {SIGNATURE_HEADER: signing.signature(WEBHOOK_SECRET, body, now=now)}

    def charge(self, intent: str) -> dict[str, Any]:
        """Return the charge of an intent, as refund events carry it."""
        return self.intents[intent]["latest_charge"]

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        if not request.path.startswith("/v1/"):
            return self._pages.answer(request)(environ, start_response)
        key = request.headers.get("Idempotency-Key")
        self.calls.append((request.path, key))
        params = request.get_data(as_text=True)
        if key in self.answers:
            asked, status, answer = self.answers[key]
            if asked != request.path + params:
                status, answer = 400, {"error": {"type": "idempotency_error", "message": "another request"}}
        else:
            status, answer = self._answer(request, dict(parse_qsl(params)))
            if key is not None:
                # What was answered then, not what has become of it: so does Stripe.
                self.answers[key] = (request.path + params, status, json.loads(json.dumps(answer)))
        if self.lose_next_answer and request.method == "POST":
            self.lose_next_answer = False
            return Response("upstream died", 502)(environ, start_response)
        return Response(json.dumps(answer), status, content_type="application/json")(environ, start_response)

    def _answer(self, request: Request, params: dict[str, str]) -> tuple[int, dict[str, Any]]:
        match request.path.split("/")[2:]:
            case ["payment_intents"]:
                return self._create(params, request.host_url)
            case ["payment_intents", intent, *verb]:
                if intent not in self.intents:
                    return 404, {"error": {"type": "invalid_request_error", "code": "resource_missing"}}
                return self._change(self.intents[intent], verb, params, request.host_url)
            case ["refunds"]:
                return self._refund(params)
            case _:
                return self.cards.answer(request, params)

    def _create(self, params: dict[str, str], base: str) -> tuple[int, dict[str, Any]]:
        intent = {
            "id": f"pi_{next(self._numbers)}",
            "object": "payment_intent",
            "status": "requires_confirmation",
            "amount": int(params["amount"]),
            "currency": params["currency"],
            "payment_method": params["payment_method"],
            "client_secret": "secret",
            "metadata": {"regulars_payment": params["metadata[regulars_payment]"]},
            "latest_charge": None,
        }
        self.intents[intent["id"]] = intent
        return self._change(intent, ["confirm"], params, base) if "confirm" in params else (200, intent)

    def pay(self, intent: dict[str, Any]) -> None:
        """Let a payment succeed."""
        intent["status"] = "succeeded"
        intent["latest_charge"] = {
            "id": f"ch_{intent['id']}",
            "object": "charge",
            "payment_intent": intent["id"],
            "amount": intent["amount"],
            "amount_refunded": 0,
        }

    def _change(
        self, intent: dict[str, Any], verb: list[str], params: dict[str, str], base: str
    ) -> tuple[int, dict[str, Any]]:
        if verb == ["confirm"]:
            if not self.cards.asks(intent["payment_method"]):
                self.pay(intent)
            elif "off_session" in params:
                intent["status"] = "requires_payment_method"
                error = {"type": "card_error", "code": "authentication_required"}
                return 402, {"error": {**error, "payment_intent": intent}}
            else:
                wait_for_holder(intent, base, params.get("return_url"))
        elif verb == ["cancel"]:
            if intent["status"] == "succeeded":
                return 400, {
                    "error": {"type": "invalid_request_error", "code": "payment_intent_unexpected_state"}
                }
            intent["status"] = "canceled"
        return 200, intent

    def _refund(self, params: dict[str, str]) -> tuple[int, dict[str, Any]]:
        charge = self.charge(params["payment_intent"])
        if charge["amount_refunded"] + int(params["amount"]) > charge["amount"]:
            error = {"type": "invalid_request_error", "message": "Refund amount is greater than the charge."}
            return 400, {"error": error}
        charge["amount_refunded"] += int(params["amount"])
        return 200, {"id": f"re_{next(self._numbers)}", "object": "refund", "status": "succeeded"}


@contextmanager
def fake_stripe() -> Iterator[tuple[FakeStripe, str]]:
    """Serve a ``FakeStripe`` on this machine."""
    fake = FakeStripe()
    http = make_server("127.0.0.1", 0, fake, threaded=True)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield fake, f"http://127.0.0.1:{http.server_port}"
    finally:
        http.shutdown()
        thread.join()
        http.server_close()
