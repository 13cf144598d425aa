"""The demo from beginning to end: servers started, café opened, story told, links shown, served until told to stop."""

from __future__ import annotations

import dataclasses
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from loyalty import auditing, ledger, members, migrating, offers, preferences, rules, staff
from loyalty.actor import Actor
from loyalty.config import Settings
from loyalty.db import snapshot, transaction
from loyalty.demo import people, serving, setting, story
from loyalty.demo.paper import Names
from loyalty.demo.phone import Phone
from loyalty.demo.screen import Screen
from loyalty.demo.setting import CASHIER, MANAGER, STORE
from loyalty.demo.till import NAME, ready_till
from loyalty.demo.wire import StoryBroken, Wire
from loyalty.jobs.work import work_of
from loyalty.jobs.worker import Worker
from loyalty.ledger import RootKey
from loyalty.scenarios.http import Client
from loyalty.web import site

# As somebody in this folder would type it.
_COMMAND: Final = ".venv/bin/regulars" if Path(".venv/bin/regulars").exists() else "regulars"


class Demo:
    """Everything that runs while the demo does. Leaving the ``with`` block stops all of it."""

    def __init__(self, settings: Settings, *, port: int, pace: float) -> None:
        self.screen = Screen(pace=pace)
        self.port = serving.free_port(port)
        # By name: browsers make no passkeys for an address.
        self.url = f"http://localhost:{self.port}"
        # All people of the demo come from one address, where the limits on attempts would soon end the story.
        self.settings = dataclasses.replace(settings, public_url=self.url, rate_limits=False)
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
            if (key := rules.program_at(session, now, fresh=True).key) != setting.PROGRAM:
                raise StoryBroken(
                    f"The program in force is {key}; the story is told with {setting.PROGRAM}. "
                    "REGULARS_DATA_DIR names another folder, with a database of its own."
                )
            self.manager: Actor = setting.employ(session, MANAGER, now=now)
            setting.employ(session, CASHIER, now=now)

    def tell(self) -> None:
        """Tell the story of somebody new."""
        self.screen.title(
            "A sale at Fernlight, a café that runs on Regulars",
            f"Two APIs, one evaluator, one ledger: what follows goes over HTTP to {self.url}.",
        )
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

    def _audit(self) -> story.Audited:
        key = RootKey.of(self.settings.secret_key)
        with snapshot() as session:
            found = [each.what for each in auditing.audit(session, keys=[key])]
            accounts, transactions = auditing.size(session)
        with transaction() as session:
            root = ledger.take_root(session, key=key, now=datetime.now(UTC))
        return story.Audited(accounts, transactions, found, root.root.hex() if root else "", key.kid)

    def show_links(self) -> None:
        """Show where everything is, and what opens it."""
        url, phone, folder = self.url, self.phone, self.folder
        self.screen.end(f"Serving {url} until Ctrl-C")
        self.screen.facts(
            (
                ("Customers' app", f"{url}/app/"),
                ("Program page", f"{url}/program"),
                ("Customers' API", f"{url}/api/v1/docs"),
                ("Tills' API", f"{url}/pos/v1/docs"),
                ("Start page", f"{url}/"),
                ("Mailbox", f"{url}/api/v1/dev/mailbox"),
                ("Test cards", f"{url}/api/v1/test-card/cards"),
                ("", ""),
                (phone.name, f"signs in as {phone.address}; the code comes to the mailbox"),
                (CASHIER.name, f"cashier, PIN {CASHIER.pin}"),
                (MANAGER.name, f"manager, PIN {MANAGER.pin}"),
                (NAME, f"store {self.till.store}; its token is below and in {folder / 'till.json'}"),
                ("Logs", f"{folder / 'server.log'}, {folder / 'worker.log'}"),
            )
        )
        self.screen.gap()
        self.screen.copyable(f"export TILL={self.till.token}")
        self.screen.copyable(f"export MEMBER={phone.token}  # good for ten minutes")
        self.screen.copyable(f'curl -H "Authorization: Bearer $TILL" {url}/pos/v1/till')
        self.screen.copyable(f'curl -H "Authorization: Bearer $MEMBER" {url}/api/v1/balance')
        self.screen.copyable(f"{_COMMAND} member show {phone.address}")

    def serve(self) -> None:
        """Serve until Ctrl-C."""
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            pass
