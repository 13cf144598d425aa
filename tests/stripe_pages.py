"""Stripe's hosted pages for tests: Checkout in setup mode, the bank's page of 3-D Secure, and the cards behind them.

What localstripe lacks, as Stripe documents it: a session is ``open`` until its holder saved a card, sends to
``success_url`` with ``{CHECKOUT_SESSION_ID}`` put in, or to ``cancel_url``, and stays open then. Who confirms with a
``return_url`` is answered ``redirect_to_url``; the bank's page returns with the intent in the address.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

ASKS = "pm_card_authenticationRequired"
"""Stripe's own token of a card whose bank asks at every payment."""
SESSION_FIELDS = {"mode", "customer", "payment_method_types[0]", "success_url", "cancel_url"}
_CARDS = {"4242": False, "3155": True}
"""The cards that can be entered, and whether their bank asks at every payment."""

Answer = tuple[int, dict[str, Any]]


def refusal(code: str, param: str = "", *, status: int = 400) -> Answer:
    """Return an error as Stripe says them."""
    return status, {"error": {"type": "invalid_request_error", "code": code, "param": param}}


def wait_for_holder(intent: dict[str, Any], base: str, return_url: str | None) -> None:
    """Let an intent ask its holder: on a page where there is a way back from it, else by Stripe's script."""
    intent["status"] = "requires_action"
    page = {"url": f"{base}bank/{intent['id']}", "return_url": return_url}
    intent["next_action"] = (
        {"type": "redirect_to_url", "redirect_to_url": page}
        if return_url
        else {"type": "use_stripe_sdk", "use_stripe_sdk": {}}
    )


class Cards:
    """Customers, payment methods, setup intents and Checkout sessions, by Stripe's API."""

    def __init__(self) -> None:
        self.customers: set[str] = set()
        self.methods: dict[str, dict[str, Any]] = {}
        self.setups: dict[str, dict[str, Any]] = {}
        self.sessions: dict[str, dict[str, Any]] = {}
        self._numbers = count(1)

    def asks(self, method: str) -> bool:
        """Tell whether the bank of this card asks its holder."""
        return method == ASKS or self.methods.get(method, {}).get("asks", False)

    def new(self, last4: str = "4242", *, asks: bool = False) -> dict[str, Any]:
        """Return a card that belongs to nobody."""
        card = {"brand": "visa", "last4": last4, "exp_year": 2039, "exp_month": 12}
        method: dict[str, Any] = {
            "id": f"pm_{next(self._numbers)}",
            "card": card,
            "customer": None,
            "asks": asks,
        }
        self.methods[method["id"]] = method
        return method

    def answer(self, request: Request, params: dict[str, str]) -> Answer:
        """Answer a request about cards; 404 for one about something else."""
        base = request.host_url
        match request.path.split("/")[2:]:
            case ["customers"]:
                self.customers.add(made := f"cus_{next(self._numbers)}")
                return 200, {"id": made}
            case ["payment_methods", method, *verb] if method in self.methods:
                return self._method(self.methods[method], verb, params)
            case ["setup_intents"]:
                return 200, self._setup(params["customer"])
            case ["setup_intents", setup, *verb] if setup in self.setups:
                if verb == ["confirm"]:
                    self._confirm(self.setups[setup], params, base)
                return 200, self.setups[setup]
            case ["checkout", "sessions"]:
                return self._open(params, base)
            case ["checkout", "sessions", session] if session in self.sessions:
                found = self.sessions[session]
                if "setup_intent" in request.args.values():
                    found = {**found, "setup_intent": self.setups[found["setup_intent"]]}
                return 200, found
            case _:
                return refusal("resource_missing", status=404)

    def _method(self, method: dict[str, Any], verb: list[str], params: dict[str, str]) -> Answer:
        if verb == ["attach"]:
            if method["customer"] is not None:
                return refusal("payment_method_already_attached")
            method["customer"] = params["customer"]
        elif verb == ["detach"]:
            method["customer"] = None
        return 200, method

    def _setup(self, customer: str) -> dict[str, Any]:
        made = f"seti_{next(self._numbers)}"
        self.setups[made] = {
            "id": made,
            "customer": customer,
            "status": "requires_payment_method",
            "payment_method": None,
            "client_secret": f"{made}_secret",
        }
        return self.setups[made]

    def _confirm(self, setup: dict[str, Any], params: dict[str, str], base: str) -> None:
        asked = params["payment_method"]
        method = self.methods.get(asked) or self.new("3155" if asked == ASKS else "4242", asks=asked == ASKS)
        setup["payment_method"] = method["id"]
        if method["asks"]:
            wait_for_holder(setup, base, params.get("return_url"))
        else:
            self.keep(setup)

    def keep(self, setup: dict[str, Any]) -> None:
        """Let a setup intent succeed: its card belongs to its customer now."""
        setup["status"] = "succeeded"
        self.methods[setup["payment_method"]]["customer"] = setup["customer"]

    def _open(self, params: dict[str, str], base: str) -> Answer:
        if unknown := params.keys() - SESSION_FIELDS:
            return refusal("parameter_unknown", min(unknown))
        if params["customer"] not in self.customers:
            return refusal("resource_missing", "customer")
        # As long as a real one: 66 characters.
        made = f"cs_test_{next(self._numbers):058d}"
        self.sessions[made] = {
            "id": made,
            "object": "checkout.session",
            "mode": params["mode"],
            "customer": params["customer"],
            "status": "open",
            "url": f"{base}c/pay/{made}",
            "setup_intent": self._setup(params["customer"])["id"],
            "payment_intent": None,
            "success_url": params["success_url"],
            "cancel_url": params["cancel_url"],
        }
        return 200, self.sessions[made]


class Pages:
    """The pages themselves, for a browser: ``/c/pay/<session>`` and ``/bank/<intent>``."""

    def __init__(
        self, cards: Cards, intents: dict[str, dict[str, Any]], paid: Callable[[dict[str, Any]], None]
    ) -> None:
        self._cards = cards
        self._intents = intents
        self._paid = paid

    def answer(self, request: Request) -> Response:
        """Show a page, or do what was pressed on it."""
        match request.path.split("/")[1:]:
            case ["c", "pay", session] if session in self._cards.sessions:
                return self._checkout(self._cards.sessions[session], request)
            case ["bank", intent] if intent in self._intents:
                return self._bank(self._intents[intent], "payment_intent", self._paid, request)
            case ["bank", setup] if setup in self._cards.setups:
                return self._bank(self._cards.setups[setup], "setup_intent", self._cards.keep, request)
            case _:
                return Response("no such page", 404)

    def _checkout(self, session: dict[str, Any], request: Request) -> Response:
        if session["status"] != "open":
            return _page("This page is over", "")
        if request.method == "GET":
            choices = "".join(f'<option value="{last4}">•••• {last4}</option>' for last4 in _CARDS)
            return _page(
                "Save a card",
                f'<label>Card <select name="card">{choices}</select></label> <button>Save card</button> '
                f'<a href="{session["cancel_url"]}">Back</a>',
            )
        setup = self._cards.setups[session["setup_intent"]]
        last4 = request.form["card"]
        setup["payment_method"] = self._cards.new(last4, asks=_CARDS[last4])["id"]
        self._cards.keep(setup)
        session.update(status="complete", url=None)
        return redirect(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]), 303)

    def _bank(
        self, intent: dict[str, Any], kind: str, yes: Callable[[dict[str, Any]], None], request: Request
    ) -> Response:
        if intent["status"] != "requires_action":
            return _page("This is over", "")
        if request.method == "GET":
            buttons = [f'<button name="say" value="{each.lower()}">{each}</button>' for each in ("Yes", "No")]
            return _page("Your bank: is this you?", " ".join(buttons))
        back = intent.pop("next_action")["redirect_to_url"]["return_url"]
        is_theirs = request.form["say"] == "yes"
        if is_theirs:
            yes(intent)
        else:
            intent["status"] = "requires_payment_method"
            error = "last_payment_error" if kind == "payment_intent" else "last_setup_error"
            intent[error] = {"type": "card_error", "code": f"{kind}_authentication_failure"}
        said = "succeeded" if is_theirs else "failed"
        more = f"{kind}={intent['id']}&{kind}_client_secret={intent['client_secret']}&redirect_status={said}"
        return redirect(f"{back}{'&' if '?' in back else '?'}{more}", 303)


def _page(title: str, form: str) -> Response:
    html = f"<!doctype html><meta charset=utf-8><title>{title}</title><h1>{title}</h1><form method=post>{form}</form>"
    return Response(html, content_type="text/html; charset=utf-8")
