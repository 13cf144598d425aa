"""Where scenarios are played: a database server, a template for each program, and a fresh world for each play."""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any, Final, Literal, Self

import psycopg
from flask import Flask
from psycopg import sql
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from loyalty import migrating, rules
from loyalty.app import create_app
from loyalty.clock import SetClock
from loyalty.config import Settings
from loyalty.db import db, snapshot
from loyalty.postgres import Server
from loyalty.rules import Program, ProgramVersion
from loyalty.rules.versions import fingerprint
from loyalty.rules.view import program_of
from loyalty.scenarios.cast import ANY_STORE, MAIN_TILL, SECRET, Till, enroll_till
from loyalty.web import logs

BEGINNING: Final = datetime(2000, 1, 1, tzinfo=UTC)
KEPT: Final = 8  # applications waiting for the next play of their program
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class World:
    """A running application on a fresh database with the program in force, on a clock that we set."""

    app: Flask
    clock: SetClock
    settings: Settings
    port: int
    document: dict[str, Any]
    tills: Mapping[tuple[str, str], Till]


class _Quiet(WSGIRequestHandler):
    """Answers requests without a word."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """Say nothing."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A program that was checked, and its view."""

    checked: dict[str, Any]
    program: Program


@dataclass(slots=True)
class _Slot:
    """An application that serves one program, on a database that is made anew for every play."""

    database: str
    app: Flask
    clock: SetClock
    settings: Settings
    http: BaseWSGIServer
    thread: threading.Thread


class Workshop:
    """Makes worlds on one database server; for one play at a time.

    An application and its server are kept for the next play of the same program: what differs is the database, which
    is always a fresh copy of the program's template. ``mode`` "test" makes undeclared refusals of a route errors.
    """

    def __init__(self, server: Server, *, mode: Literal["demo", "test"] = "demo", data_dir: Path) -> None:
        self._server = server
        self._mode: Literal["demo", "test"] = mode
        self._data_dir = data_dir
        self._templates: dict[str, str] = {}
        self._programs: dict[str, Prepared] = {}
        self._tills: dict[str, dict[tuple[str, str], Till]] = {}
        self._slots: dict[str, _Slot] = {}
        self._prefix = f"scenario_{secrets.token_hex(4)}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def program(self, document: dict[str, Any]) -> Program:
        """Return the compiled program, checked and compiled once; raise ``ProgramInvalid``."""
        digest = _digest(document)
        if digest not in self._programs:
            checked = rules.normalized(document)
            self._programs[digest] = Prepared(checked, program_of(checked, 0))
        return self._programs[digest].program

    @contextmanager
    def world(self, document: dict[str, Any], *, now: datetime) -> Iterator[World]:
        """Have a fresh world with this program in force since long ago; raise ``ProgramInvalid``."""
        digest = _digest(document)
        slot = self._slot(digest, document)
        slot.clock.set(now)
        with slot.app.app_context():
            kept = False
            world = World(
                slot.app, slot.clock, slot.settings, slot.http.server_port, document, self._tills[digest]
            )
            try:
                yield world
                kept = _versions() == 1
            finally:
                for engine in db.engines.values():
                    engine.dispose()
                self._drop(slot.database)
                if not kept:
                    # What this process remembers of the program's versions is wrong for the next database.
                    self._end(self._slots.pop(digest))

    def _slot(self, digest: str, document: dict[str, Any]) -> _Slot:
        template = self._template(digest, document)
        slot = self._slots.get(digest)
        if slot is None:
            if len(self._slots) >= KEPT:
                self._end(self._slots.pop(next(iter(self._slots))))
            slot = self._slots[digest] = self._opened(f"{self._prefix}_{next(_numbers)}")
        self._clone(template, slot.database)
        return slot

    def _opened(self, database: str) -> _Slot:
        settings = Settings(
            mode=self._mode,
            secret_key=SECRET,
            database_url=self._server.url_of(database),
            data_dir=self._data_dir,
            rate_limits=False,
        )
        clock = SetClock(BEGINNING)
        app = create_app(settings, clock=clock)
        logs.configure(quiet=True)  # whoever plays scenarios reads their report, not every request
        http = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        return _Slot(database, app, clock, settings, http, thread)

    def _end(self, slot: _Slot) -> None:
        slot.http.shutdown()
        slot.thread.join()
        slot.http.server_close()

    def close(self) -> None:
        """Stop the servers and remove the templates."""
        while self._slots:
            self._end(self._slots.popitem()[1])
        while self._templates:
            self._drop(self._templates.popitem()[1])
        if "_administrator" in vars(self):
            self._administrator.close()

    def _template(self, digest: str, document: dict[str, Any]) -> str:
        """Return the name of a database with all tables and this program in force; made once for each program."""
        if digest not in self._templates:
            bare = self._templates.get("") or self._bare()
            name = f"{self._prefix}_t_{digest}"
            self._clone(bare, name)
            self._put_in_force(name, document)
            self._templates[digest] = name
        return self._templates[digest]

    def _bare(self) -> str:
        name = f"{self._prefix}_bare"
        self._administrator.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        migrating.upgrade(self._server.url_of(name))
        self._templates[""] = name
        return name

    def _put_in_force(self, name: str, document: dict[str, Any]) -> None:
        """Have the checked program in force since the beginning, and a till at its first store."""
        program, checked = self.program(document), self._programs[_digest(document)].checked
        version = ProgramVersion(
            program=program.key,
            status="live",
            document=checked,
            sha256=fingerprint(checked),
            created_by="system:scenario",
            created_at=BEGINNING,
            approved_by="system:scenario",
            approved_at=BEGINNING,
            live_from=BEGINNING,
            note="",
        )
        engine = create_engine(self._server.url_of(name))
        try:
            with Session(engine) as session:
                session.add(version)
                session.flush()
                store = next(iter(program.stores), ANY_STORE)
                till = enroll_till(session, store=store, name=MAIN_TILL, now=BEGINNING)
                self._tills[_digest(document)] = {(store, MAIN_TILL): till}
                session.commit()
        finally:
            engine.dispose()

    def _clone(self, template: str, name: str) -> None:
        self._administrator.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )

    def _drop(self, name: str) -> None:
        self._administrator.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )

    @cached_property
    def _administrator(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self._server.url_of("postgres").replace("+psycopg", "", 1), autocommit=True)


def _digest(document: dict[str, Any]) -> str:
    text = json.dumps(document, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _versions() -> int:
    """Return how many versions of the program this database has had."""
    with snapshot() as session:
        return len(rules.list_versions(session, limit=2))
