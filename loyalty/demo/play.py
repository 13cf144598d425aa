"""The demo from beginning to end: servers started, café opened, story told, links shown, served until told to stop."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Self

from loyalty import ledger, members, migrating, offers, preferences, rules, staff
from loyalty.actor import Actor
from loyalty.config import Settings
from loyalty.db import snapshot, transaction
from loyalty.demo import people, serving, setting, story
from loyalty.demo.paper import Names
from loyalty.demo.phone import Phone
from loyalty.demo.screen import Screen
from loyalty.demo.setting import CASHIER, MANAGER, STORE
from loyalty.demo.till import NAME, ready_till
from loyalty.demo.wire import Wire
from loyalty.jobs.work import work_of
from loyalty.jobs.worker import Worker
from loyalty.scenarios.http import Client
from loyalty.web import site

PUBLIC_URL: Final = Settings.__dataclass_fields__["public_url"].default


class Demo:
    """Everything that runs while the demo does. Leaving the ``with`` block stops all of it."""

    def __init__(self, settings: Settings, *, port: int, pace: float) -> None:
        self.screen = Screen(pace=pace)
        self.port = serving.free_port(port)
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = dataclasses.replace(settings, public_url=self.url)
        self.folder = settings.data_dir / "demo"
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Start the servers and open the café."""
        self.folder.mkdir(parents=True, exist_ok=True)
        log = self.folder / "server.log"
        with ExitStack() as stack:
            server = stack.enter_context(serving.web_server(self.settings, self.port, log))
            app = stack.enter_context(serving.own_app(self.settings, self.folder / "worker.log"))
            migrating.upgrade(self.settings.database_url)
            self._open_cafe()
            serving.wait_until_ready(server, self.port, log)
            here = site.current()
            stack.enter_context(Worker(app, work_of(here.settings, here.clock)))
            self._stack = stack.pop_all()
        self.wire = Wire(Client(self.port), self.screen)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _open_cafe(self) -> None:
        now = datetime.now(UTC)
        with transaction() as session:
            setting.open_program(session, now=now)
            self.manager: Actor = setting.employ(session, MANAGER, now=now)
            setting.employ(session, CASHIER, now=now)

    def tell(self) -> None:
        """Tell the story of somebody new."""
        self.screen.title("Fernlight, a café that runs on Regulars", "Everything below is HTTP.")
        names = Names.of(self.wire.send("GET", "/api/v1/catalog", quietly=True))
        self.till = ready_till(self.wire, self.folder / "till.json", self._offer_till)
        self.phone = self._newcomer()
        helpers = story.Helpers(self._send_offer, self._audit, self._slot())
        story.tell(self.screen, self.phone, self.till, names, helpers)

    def _offer_till(self) -> str:
        with transaction() as session:
            return staff.offer_enrollment(
                session, actor=self.manager, name=NAME, store=STORE, now=datetime.now(UTC)
            )

    def _newcomer(self) -> Phone:
        with snapshot() as session:
            number = setting.members_so_far(session)
        given, family = people.name_of(number)
        return Phone(self.wire, given, family, people.address_of(given, family, number + 1))

    def _send_offer(self, member: str, offer: str) -> None:
        with transaction() as session:
            offers.send(session, members.find(session, member), offer, now=datetime.now(UTC), channel="app")

    def _slot(self) -> str:
        now = datetime.now(UTC)
        with snapshot() as session:
            return preferences.slot_of(now.astimezone(rules.program_at(session, now).zone))

    def _audit(self) -> Mapping[str, Any]:
        with snapshot() as session:
            found = list(ledger.audit(session))
        return {"text": "clean" if not found else str(found)}

    def show_links(self) -> None:
        self.screen.end("Serving")

    def serve(self) -> None:
        """Serve until Ctrl-C."""
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            pass
