"""Where scenarios are played: a database server, a template for each program, and a fresh world for each play."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Final, Literal

import psycopg
from flask import Flask
from psycopg import sql
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from werkzeug.serving import WSGIRequestHandler, make_server

from loyalty import rules
from loyalty.actor import SYSTEM
from loyalty.app import create_app
from loyalty.clock import SetClock
from loyalty.config import Settings
from loyalty.db import db
from loyalty.models import metadata
from loyalty.postgres import Server

# The world exists for the time of a play only: its secret protects nothing.
SECRET: Final = "c2NlbmFyaW9zIGFyZSBwbGF5ZWQgb24gbG9vcGJhY2sgb25seQ"
BEGINNING: Final = datetime(2000, 1, 1, tzinfo=UTC)
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class World:
    """A running application on a fresh database with the program in force, on a clock that we set."""

    app: Flask
    clock: SetClock
    settings: Settings
    port: int
    document: dict[str, Any]


class _Quiet(WSGIRequestHandler):
    """Answers requests without a word."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """Say nothing."""


class Workshop:
    """Makes worlds on one database server. ``strict`` makes undeclared refusals of a route errors, for tests."""

    def __init__(self, server: Server, *, mode: Literal["demo", "test"] = "demo", data_dir: Path) -> None:
        self._server = server
        self._mode: Literal["demo", "test"] = mode
        self._data_dir = data_dir
        self._templates: dict[str, str] = {}
        self._made: set[str] = set()
        self._prefix = f"scenario_{hashlib.sha256(str(id(self)).encode()).hexdigest()[:6]}_{threading.get_native_id()}"

    @contextmanager
    def world(self, document: dict[str, Any], *, now: datetime) -> Iterator[World]:
        """Have a fresh world with this program in force since long ago; raise ``ProgramInvalid``."""
        template = self._template(document)
        name = f"{self._prefix}_{next(_numbers)}"
        self._clone(template, name)
        settings = Settings(
            mode=self._mode,
            secret_key=SECRET,
            database_url=self._server.url_of(name),
            data_dir=self._data_dir,
            rate_limits=False,
        )
        clock = SetClock(now)
        app = create_app(settings, clock=clock)
        try:
            with app.app_context(), _served(app) as port:
                yield World(app, clock, settings, port, document)
        finally:
            with app.app_context():
                for engine in db.engines.values():
                    engine.dispose()
            self._drop(name)

    def close(self) -> None:
        """Remove the templates."""
        for name in sorted(self._made):
            self._drop(name)
        self._made.clear()
        self._templates.clear()

    def _template(self, document: dict[str, Any]) -> str:
        """Return the name of a database with all tables and this program in force; made once for each program."""
        text = json.dumps(document, sort_keys=True, ensure_ascii=False)
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        if digest not in self._templates:
            bare = self._templates.get("") or self._bare()
            name = f"{self._prefix}_t_{digest}"
            self._clone(bare, name)
            self._made.add(name)
            self._apply(name, document)
            self._templates[digest] = name
        return self._templates[digest]

    def _bare(self) -> str:
        name = f"{self._prefix}_bare"
        with self._administrator() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        self._made.add(name)
        engine = create_engine(self._server.url_of(name))
        try:
            metadata.create_all(engine)
        finally:
            engine.dispose()
        self._templates[""] = name
        return name

    def _apply(self, name: str, document: dict[str, Any]) -> None:
        engine = create_engine(self._server.url_of(name))
        try:
            with Session(engine) as session:
                rules.apply(session, document, actor=SYSTEM, live_from=BEGINNING, now=BEGINNING)
                session.commit()
        finally:
            engine.dispose()

    def _clone(self, template: str, name: str) -> None:
        with self._administrator() as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )

    def _drop(self, name: str) -> None:
        with self._administrator() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _administrator(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self._server.url_of("postgres").replace("+psycopg", "", 1), autocommit=True)


@contextmanager
def _served(app: Flask) -> Iterator[int]:
    """Serve the application on this machine only, on a port of its own."""
    http = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield http.server_port
    finally:
        http.shutdown()
        thread.join()
        http.server_close()
