"""The rules: people act, the network loses, doubles and reorders, disks and servers are put back, clocks are wrong."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from loyalty import sync
from loyalty.sync import Cursor
from tests.domain.sync.machine.phone import Answer, Bugs, Phone, Storage
from tests.domain.sync.machine.server import Server
from tests.domain.sync.machine.truth import must

MOST_PHONES = 5
MOST_IN_FLIGHT = 6

phones = st.integers(0, MOST_PHONES - 1)
places = st.integers(0, MOST_IN_FLIGHT - 1)
names = st.sampled_from(["milk", "size"])
skus = st.sampled_from(["latte", "scone"])
lines = st.sampled_from(["l1", "l2"])


@dataclass(frozen=True)
class InFlight:
    """A request on its way to the server."""

    phone: Phone
    device: str
    request: sync.Request


class Machine(RuleBasedStateMachine):
    """One member's life in an hour of bad luck."""

    bugs: ClassVar[Bugs] = Bugs()
    server_class: ClassVar[type[Server]] = Server

    @initialize(
        skews=st.lists(st.sampled_from([0, 0, -500_000, -3, 2, 500_000]), min_size=2, max_size=3),
        corrected=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    )
    def begin(self, skews: list[int], corrected: tuple[bool, ...]) -> None:
        self.server = self.server_class()
        self.uids = count(1)
        self.keys = count(1)
        self.last_key = ""
        self.phones = [self._phone(skew, right) for skew, right in zip(skews, corrected, strict=False)]
        self.requests: list[InFlight] = []
        self.answers: list[tuple[Phone, Answer]] = []

    def _phone(self, skew: int, corrected: bool) -> Phone:
        server = self.server
        name = f"phone {next(self.uids)}"
        phone = Phone(name, server.enroll(), skew_ms=skew, corrected=corrected, check=server.check_shown)
        phone.bugs = self.bugs
        return phone

    def _of(self, place: int) -> Phone:
        return self.phones[place % len(self.phones)]

    def _uid(self) -> str:
        return f"u{self.server.member_id}-{next(self.uids)}"

    def _act(self, place: int, verb: str, /, **args: Any) -> None:
        phone = self._of(place)
        if not phone.dead:
            phone.act(self._uid(), verb, args, self.server.now)

    # people

    @rule(place=phones, name=names)
    def set_preference(self, place: int, name: str) -> None:
        self._act(place, "preference.set", name=name, value=f"v{next(self.uids)}")

    @rule(place=phones, name=names)
    def clear_preference(self, place: int, name: str) -> None:
        self._act(place, "preference.clear", name=name)

    @rule(place=phones, sku=skus, verb=st.sampled_from(["add", "remove"]))
    def mark_favorite(self, place: int, sku: str, verb: str) -> None:
        self._act(place, f"favorite.{verb}", sku=sku)

    @rule(place=phones, verb=st.sampled_from(["give", "withdraw"]))
    def consent(self, place: int, verb: str) -> None:
        self._act(place, f"consent.{verb}", purpose="marketing", channel="email", text_version="1")

    @rule(place=phones, verb=st.sampled_from(["create", "discard"]))
    def draft(self, place: int, verb: str) -> None:
        self._act(place, f"draft.{verb}", draft="d", note=f"n{next(self.uids)}")

    @rule(
        place=phones, line=lines, verb=st.sampled_from(["add", "edit", "remove"]), quantity=st.integers(1, 99)
    )
    def draft_line(self, place: int, line: str, verb: str, quantity: int) -> None:
        self._act(place, f"draft.line.{verb}", draft="d", line=line, sku="latte", quantity=quantity)

    @rule(place=phones)
    def nonsense(self, place: int) -> None:
        self._act(place, "points.give", amount=1_000_000)

    @precondition(lambda self: self.server.slow is None)
    @rule(name=names)
    def edit_online(self, name: str) -> None:
        uid = self._uid()
        self.server.edit_online(uid, name, f"v{next(self.uids)}")

    @precondition(lambda self: self.server.slow is None)
    @rule(again=st.booleans())
    def sell(self, again: bool) -> None:
        self.last_key = self.last_key if again and self.last_key else f"sale:{next(self.keys)}"
        self.server.sell(self.last_key, 1000 * next(self.keys))

    @precondition(lambda self: self.server.slow is None)
    @rule()
    def begin_slow_sale(self) -> None:
        self.server.begin_slow_sale(f"sale:{next(self.keys)}", 1000)

    @rule()
    def finish_slow_sale(self) -> None:
        self.server.finish_slow_sale()

    # the network

    @rule(place=phones, most=st.integers(1, 4))
    def send(self, place: int, most: int) -> None:
        phone = self._of(place)
        if not phone.dead and len(self.requests) < MOST_IN_FLIGHT:
            self.requests.append(InFlight(phone, phone.storage.device, phone.request(most)))

    @rule(place=places, doubled=st.booleans(), lost=st.sampled_from([False, False, True]), sold=st.booleans())
    def deliver(self, place: int, doubled: bool, lost: bool, sold: bool) -> None:
        """Bring a request to the server; it may come again, the answer may be lost, a sale may happen meanwhile."""
        if not self.requests:
            return
        sent = self.requests[place % len(self.requests)]
        if not doubled:
            self.requests.remove(sent)
        if sold and self.server.slow is None:
            self.server.interleaved = self._meanwhile
        answer = self.server.serve(sent.device, sent.request, sent.phone.true_at)
        self.server.interleaved = None
        if not lost and len(self.answers) < MOST_IN_FLIGHT:
            self.answers.append((sent.phone, answer))

    def _meanwhile(self) -> None:
        self.server.sell(f"sale:{next(self.keys)}", 1000)
        for name in ("milk", "size"):
            self.server.edit_online(self._uid(), name, f"v{next(self.uids)}")

    @rule(place=phones, sold=st.sampled_from([False, False, True]))
    def synchronize(self, place: int, sold: bool = False) -> None:
        """Synchronize as on most days: nothing is lost, nothing comes twice (but much may happen meanwhile)."""
        phone = self._of(place)
        for _ in range(4):
            if sold and self.server.slow is None:
                self.server.interleaved = self._meanwhile
            if not phone.dead:
                answer = self.server.serve(phone.storage.device, phone.request(4), phone.true_at)
                self.server.interleaved = None
                self._receive(phone, answer)

    @rule(place=places, doubled=st.booleans())
    def receive(self, place: int, doubled: bool) -> None:
        if not self.answers:
            return
        phone, answer = self.answers[place % len(self.answers)]
        if not doubled:
            self.answers.remove((phone, answer))
        self._receive(phone, answer)

    @rule(place=places)
    def drop(self, place: int) -> None:
        if self.requests:
            self.requests.pop(place % len(self.requests))
        elif self.answers:
            self.answers.pop(place % len(self.answers))

    def _receive(self, phone: Phone, answer: Answer) -> None:
        queued = {mutation.uid for mutation in phone.storage.queue}
        if answer.error in ("device_forked", "session_expired"):
            self.server.finish_slow_sale()  # signing in again waits for the lock
        used = phone.receive(answer, self.server.enroll)
        if phone.dead:
            return
        gone = queued - {mutation.uid for mutation in phone.storage.queue}
        must(gone <= self.server.answered, "an act was forgotten that the server never answered", gone)
        if used and answer.pushed is not None and answer.page is not None:
            for result in answer.pushed.results:
                if result.uid in queued:
                    phone.must_show(result.uid, result.version, answer.page.cursor.epoch)

    # luck

    @rule(milliseconds=st.sampled_from([1, 1, 2, 1000, 60_000, 86_400_000]))
    def wait(self, milliseconds: int) -> None:
        self.server.now += timedelta(milliseconds=milliseconds)

    @rule(place=phones)
    def crash(self, place: int) -> None:
        phone = self._of(place)
        phone.storage = replace(phone.storage, stage=None)

    @rule(place=phones)
    def keep_disk(self, place: int) -> None:
        self._of(place).kept = self._of(place).storage

    @rule(place=phones)
    def roll_disk_back(self, place: int) -> None:
        phone = self._of(place)
        if phone.kept is not None and not phone.dead:
            phone.storage = phone.kept

    @rule(place=phones)
    def copy_disk(self, place: int) -> None:
        if len(self.phones) < MOST_PHONES and not self._of(place).dead:
            self.phones.append(self._of(place).copied(f"phone {next(self.uids)}"))

    @rule(place=phones)
    def wipe_disk(self, place: int) -> None:
        self.server.finish_slow_sale()
        phone = self._of(place)
        phone.storage, phone.kept, phone.dead = Storage(self.server.enroll()), None, False

    @rule(place=phones, skew=st.integers(-500_000, 500_000), corrected=st.booleans())
    def set_clock(self, place: int, skew: int, corrected: bool) -> None:
        phone = self._of(place)
        phone.skew = timedelta(milliseconds=skew)
        phone.offset_ms = -skew if corrected else 0

    @rule(place=phones, schema=st.sampled_from([sync.SCHEMA - 1, sync.SCHEMA + 1]))
    def change_app(self, place: int, schema: int) -> None:
        self._of(place).schema = schema

    @rule(place=phones)
    def revoke(self, place: int) -> None:
        self.server.finish_slow_sale()
        phone = self._of(place)
        device = phone.storage.device
        if not phone.dead and device in self.server.truth.devices - self.server.truth.revoked:
            self.server.revoke(device)

    @rule()
    def purge(self) -> None:
        self.server.finish_slow_sale()
        self.server.purge()

    @rule()
    def back_up(self) -> None:
        self.server.finish_slow_sale()
        self.server.back_up()

    @rule()
    def restore(self) -> None:
        if self.server.backup is not None:
            self.server.finish_slow_sale()
            self.server.restore()

    # in the end

    def teardown(self) -> None:
        if not hasattr(self, "server"):
            return
        self.server.finish_slow_sale()
        if sys.exc_info()[0] is None:
            for phone in [*self.phones, *self.phones]:
                self._drain(phone)

    def _drain(self, phone: Phone) -> None:
        """Synchronize without bad luck: a bounded number of round trips must bring everything home."""
        for _ in range(12 + len(phone.storage.queue) // 3):
            answer = self.server.serve(phone.storage.device, phone.request(4), phone.true_at)
            self._receive(phone, answer)
            done = not phone.storage.queue and phone.storage.stage is None
            if phone.dead or (done and phone.storage.cursor == self._newest()):
                break
        if phone.dead:
            return
        must(not phone.storage.queue, "a queue did not drain", phone.storage.queue)
        must(phone.storage.base == self.server.shown, "devices did not converge", phone.storage.base)

    def _newest(self) -> Cursor:
        return Cursor(self.server.epoch, self.server.version)
