"""What a command stands on: the settings, the database (the embedded one is started), the application context."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from loyalty.config import ConfigError, Mode, Settings
from loyalty.postgres import beside, database_url

if TYPE_CHECKING:
    from flask import Flask


def read_settings(mode: Mode | None = None) -> Settings:
    """Return the settings of the environment; a mode named there comes first.

    Who names neither a database nor a mode is trying it out on this machine: that is ``demo``.
    """
    if os.environ.get("REGULARS_MODE"):
        return Settings.from_environ()
    if mode is None:
        mode = "production" if os.environ.get("REGULARS_DATABASE_URL") else "demo"
    return Settings.from_environ(mode=mode)


@contextmanager
def ready_settings(
    mode: Mode | None = None, *, database: str | None = None, create: bool = False
) -> Iterator[Settings]:
    """Have settings with a database that runs and whose tables are up to date for embedded ones.

    ``database`` is another database of the same server; with ``create`` it is made if it is not there.
    """
    settings = read_settings(mode)
    with database_url(settings) as configured:
        url, made = configured, False
        if database is not None:
            url, made = beside(configured, database, create=create)
        ready = dataclasses.replace(settings, database_url=url)
        if made or not settings.database_url:
            from loyalty.migrating import upgrade  # noqa: PLC0415 - alembic is slow to import

            upgrade(url)
        yield ready


def confirm_epoch(settings: Settings) -> None:
    """Notice a database that was restored from a backup: every device then starts again with a snapshot."""
    from sqlalchemy import create_engine  # noqa: PLC0415 - see above
    from sqlalchemy.orm import Session  # noqa: PLC0415

    from loyalty import sync  # noqa: PLC0415

    engine = create_engine(settings.database_url)
    try:
        with Session(engine) as session:
            sync.confirm_epoch(session, now=datetime.now(UTC))
            session.commit()
    finally:
        engine.dispose()


@contextmanager
def play_settings() -> Iterator[Settings]:
    """Have settings for what makes people up (demo, seed); raise ``ConfigError`` where it could be in earnest."""
    mode = os.environ.get("REGULARS_MODE")
    if mode and mode not in ("demo", "dev"):
        raise ConfigError(f"REGULARS_MODE is {mode}: people are made up in demo and dev only.")
    if os.environ.get("REGULARS_DATABASE_URL") and not mode:
        raise ConfigError(
            "REGULARS_DATABASE_URL names a database, and this would put people and staff with known PINs into it. "
            "REGULARS_MODE=demo says that this is meant."
        )
    with ready_settings("demo") as settings:
        yield settings


@contextmanager
def application(
    mode: Mode | None = None, *, database: str | None = None, create: bool = False
) -> Iterator[Flask]:
    """Have the application with its context pushed, so that ``transaction()`` works; else as ``ready_settings``."""
    from loyalty.app import create_app  # noqa: PLC0415 - the settings are checked before the long import
    from loyalty.db import db  # noqa: PLC0415
    from loyalty.web import site  # noqa: PLC0415

    with ready_settings(mode, database=database, create=create) as settings:
        app = create_app(settings)
        with app.app_context():
            site.current().live.start(db.engine)
            try:
                yield app
            finally:
                site.current().live.close()
                db.engine.dispose()
