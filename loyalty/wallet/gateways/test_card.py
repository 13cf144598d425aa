"""The demo's payment provider: behaves like a real one, moves no money, and says TEST wherever it is seen.

It stands for a foreign system: it has tables of its own, commits in transactions of its own, remembers the
keys it was asked with, and reports by signed webhooks that may come before the answer, late, or twice. The
card is chosen by its token; ``CARDS`` says how each behaves.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from loyalty.clock import Clock
from loyalty.errors import Flaw, Refused
from loyalty.wallet.gateway import (
    Card,
    CardPage,
    CardSetup,
    Challenge,
    Charge,
    Event,
    Intent,
    IntentUnknown,
    MethodUnknown,
    NoCardPage,
    ProviderRefused,
    ProviderUnavailable,
    Refund,
)
from loyalty.wallet.gateways.models import TestCardIntent, TestCardRefund, TestCardSaved
from loyalty.wallet.gateways.test_card_events import owe, read_event
from loyalty.wallet.gateways.test_cards import CARDS, Behavior

PROCESSING_TAKES: Final = timedelta(seconds=2)


class ChallengeOver(Refused):
    """The challenge of this payment was answered already, or the payment was given up."""

    code = "challenge_over"
    text = "This confirmation is over."


class TestCardGateway:
    """The provider.

    ``begin`` opens a transaction of the provider's own; ``webhook_secret`` signs what it tells.
    """

    __test__ = False  # pytest: this is no test

    name = "test_card"
    is_test = True

    def __init__(
        self,
        begin: Callable[[], AbstractContextManager[Session]],
        clock: Clock,
        *,
        webhook_secret: str,
        public_url: str,
    ) -> None:
        self._begin = begin
        self._clock = clock
        self.webhook_secret = webhook_secret
        self._public_url = public_url.rstrip("/")

    # -- what Regulars asks -------------------------------------------------------------------------------------

    def create(self, charge: Charge) -> Intent:
        """Make the intent of a charge once per reference.

        The same reference with another charge is refused.
        """
        with self._begin() as session:
            self._behavior(session, charge.method, charge.customer)
            session.execute(
                insert(TestCardIntent)
                .values(
                    id=f"tc_{secrets.token_hex(12)}",
                    reference=charge.reference,
                    charge=asdict(charge),
                    status="requires_confirmation",
                    amount_minor=charge.amount_minor,
                    currency=charge.currency,
                    challenge_secret=secrets.token_urlsafe(24),
                    created_at=self._clock.now(),
                )
                .on_conflict_do_nothing(index_elements=["reference"])
            )
            row = session.scalars(
                select(TestCardIntent).where(TestCardIntent.reference == charge.reference).with_for_update()
            ).one()
            if row.charge != asdict(charge):
                raise ProviderRefused("This key was used for another charge.")
            if charge.off_session and row.status == "requires_confirmation":
                self._take(session, row)
            return self._intent(row)

    def confirm(self, intent_id: str, *, return_url: str | None = None) -> Intent:
        """Take the money if the intent waits for that, and return what became of it.

        The page of a challenge is the same with ``return_url`` and without: the app shows it itself.
        """
        with self._begin() as session:
            row = self._row(session, intent_id)
            if row.status == "requires_confirmation":
                self._take(session, row)
            answer = self._intent(row)
            silent = CARDS[row.charge["method"]].silent if row.charge["method"] in CARDS else False
        if silent:
            raise ProviderUnavailable
        return answer

    def retrieve(self, intent_id: str) -> Intent:
        """Return the state of an intent; raise ``IntentUnknown``."""
        with self._begin() as session:
            row = self._row(session, intent_id)
            if row.status == "processing" and self._clock.now() >= row.created_at + PROCESSING_TAKES:
                self._set(session, row, "succeeded")
            return self._intent(row)

    def cancel(self, intent_id: str) -> Intent:
        """Give the intent up unless it is paid or being decided."""
        with self._begin() as session:
            row = self._row(session, intent_id)
            if row.status not in ("succeeded", "processing", "canceled"):
                self._set(session, row, "canceled")
            return self._intent(row)

    def refund(self, intent_id: str, amount_minor: int, *, key: str) -> Refund:
        """Send money back once per key; raise ``ProviderRefused`` for more than was paid."""
        with self._begin() as session:
            row = self._row(session, intent_id)
            done = session.get(TestCardRefund, key)
            if done is not None:
                if (done.intent, done.amount_minor) != (intent_id, amount_minor):
                    raise ProviderRefused("This key was used for another refund.")
                return Refund(done.id, "succeeded")
            if row.status != "succeeded" or row.refunded_minor + amount_minor > row.amount_minor:
                raise ProviderRefused("More was to be refunded than was paid.")
            refund = TestCardRefund(
                key=key,
                id=f"tcr_{secrets.token_hex(12)}",
                intent=intent_id,
                amount_minor=amount_minor,
                created_at=self._clock.now(),
            )
            session.add(refund)
            row.refunded_minor += amount_minor
            owe(session, "payment.refunded", self._intent(row), now=self._clock.now())
            return Refund(refund.id, "succeeded")

    def open_customer(self, reference: str) -> str:
        """Return the name of a member here."""
        return f"test_customer_{reference}"

    def save_card(self, customer: str, method: str, *, key: str, return_url: str | None = None) -> CardSetup:
        """Keep a card; one that asks its holder to confirm is kept after the challenge."""
        with self._begin() as session:
            behavior = self._behavior(session, method, customer)
            status = (
                "requires_action" if behavior.challenge else "failed" if behavior.decline else "succeeded"
            )
            session.execute(
                insert(TestCardSaved)
                .values(
                    id=f"tcs_{secrets.token_hex(12)}",
                    key=key,
                    customer=customer,
                    method=f"test_saved_{secrets.token_hex(8)}",
                    behavior=method,
                    status=status,
                    challenge_secret=secrets.token_urlsafe(24),
                    created_at=self._clock.now(),
                )
                .on_conflict_do_nothing(index_elements=["key"])
            )
            return self._setup(session.scalars(select(TestCardSaved).where(TestCardSaved.key == key)).one())

    def begin_card(self, customer: str, *, key: str, return_url: str, cancel_url: str) -> CardPage:
        """Raise ``NoCardPage``: a test card is chosen by its token, there is nothing to enter."""
        raise NoCardPage

    def card_setup(self, setup_id: str) -> CardSetup:
        """Return what became of a card's keeping; raise ``IntentUnknown``."""
        with self._begin() as session:
            row = session.get(TestCardSaved, setup_id)
            if row is None:
                raise IntentUnknown
            return self._setup(row)

    def forget_card(self, method: str) -> None:
        """Forget a kept card."""
        with self._begin() as session:
            for row in session.scalars(select(TestCardSaved).where(TestCardSaved.method == method)):
                session.delete(row)

    def event(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Event:
        """Verify and translate a webhook; raise ``SignatureInvalid``."""
        return read_event(self.webhook_secret, headers, body, now=now)

    # -- what the cardholder does on the challenge page ---------------------------------------------------------

    def answer_challenge(self, intent_id: str, challenge_secret: str, *, approve: bool) -> Intent | CardSetup:
        """Let the cardholder approve or refuse; raise ``IntentUnknown`` and ``ChallengeOver``."""
        with self._begin() as session:
            if intent_id.startswith("tcs_"):
                return self._answer_setup(session, intent_id, challenge_secret, approve)
            row = self._row(session, intent_id)
            self._check_challenge(row.challenge_secret, challenge_secret, row.status)
            decline = self._behavior(session, row.charge["method"], row.charge["customer"]).decline
            if not approve:
                self._set(session, row, "requires_method", decline="authentication_failed")
            elif decline:
                self._set(session, row, "requires_method", decline=decline)
            else:
                self._set(session, row, "succeeded")
            return self._intent(row)

    def _answer_setup(self, session: Session, setup_id: str, given: str, approve: bool) -> CardSetup:
        row = session.get(TestCardSaved, setup_id, with_for_update=True)
        if row is None:
            raise IntentUnknown
        self._check_challenge(row.challenge_secret, given, row.status)
        row.status = "succeeded" if approve and not CARDS[row.behavior].decline else "failed"
        return self._setup(row)

    @staticmethod
    def _check_challenge(secret: str, given: str, status: str) -> None:
        if not hmac.compare_digest(secret.encode(), given.encode()):
            raise IntentUnknown
        if status != "requires_action":
            raise ChallengeOver

    # -- the card -----------------------------------------------------------------------------------------------

    def _take(self, session: Session, row: TestCardIntent) -> None:
        behavior = self._behavior(session, row.charge["method"], row.charge["customer"])
        decline = behavior.decline
        if row.charge["off_session"]:
            decline = behavior.off_session_decline or decline
        elif behavior.challenge:
            self._set(session, row, "requires_action")
            return
        if decline:
            self._set(session, row, "requires_method", decline=decline)
        else:
            self._set(session, row, "processing" if behavior.processing else "succeeded")

    def _set(self, session: Session, row: TestCardIntent, status: str, *, decline: str | None = None) -> None:
        row.status = status
        row.decline_code = decline
        kinds = {
            "succeeded": "payment.succeeded",
            "requires_method": "payment.failed",
            "canceled": "payment.canceled",
        }
        if status in kinds:
            owe(session, kinds[status], self._intent(row), now=self._clock.now())

    def _behavior(self, session: Session, method: str, customer: str | None) -> Behavior:
        if method in CARDS:
            return CARDS[method]
        saved = session.scalars(select(TestCardSaved).where(TestCardSaved.method == method)).one_or_none()
        if saved is None or saved.status != "succeeded" or saved.customer != customer:
            known = ", ".join(sorted(CARDS))
            raise MethodUnknown(flaws=(Flaw("/method", f"test cards are {known}", "payment_method_unknown"),))
        return CARDS[saved.behavior]

    @staticmethod
    def _row(session: Session, intent_id: str) -> TestCardIntent:
        row = session.get(TestCardIntent, intent_id, with_for_update=True)
        if row is None:
            raise IntentUnknown
        return row

    def _intent(self, row: TestCardIntent) -> Intent:
        challenge = None
        if row.status == "requires_action":
            challenge = Challenge(url=self._page(row.id, row.challenge_secret))
        return Intent(
            id=row.id,
            reference=row.reference,
            status=row.status,  # pyright: ignore[reportArgumentType] - the table's constraint
            amount_minor=row.amount_minor,
            currency=row.currency,
            refunded_minor=row.refunded_minor,
            decline_code=row.decline_code,
            challenge=challenge,
        )

    def _setup(self, row: TestCardSaved) -> CardSetup:
        if row.status == "requires_action":
            challenge = Challenge(self._page(row.id, row.challenge_secret))
            return CardSetup(row.id, "requires_action", row.customer, challenge=challenge)
        if row.status == "failed":
            decline = CARDS[row.behavior].decline or "authentication_failed"
            return CardSetup(row.id, "failed", row.customer, decline_code=decline)
        card = Card(row.method, "test", CARDS[row.behavior].last4, "2039-12")
        return CardSetup(row.id, "succeeded", row.customer, card)

    def _page(self, of: str, secret: str) -> str:
        return f"{self._public_url}/api/v1/test-card/challenges/{of}?secret={secret}"
