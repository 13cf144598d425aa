"""Bringing a database's tables up to date, by the scripts in ``migrations/``."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine

# In an installed wheel the scripts lie in the package; in a working copy beside it.
_PLACES: Final = (Path(__file__).parent / "_migrations", Path(__file__).parents[1] / "migrations")


def configuration(url: str, connection: Connection | None = None) -> Config:
    """Return Alembic's configuration for the database at ``url`` (or on an open connection)."""
    scripts = next(place for place in _PLACES if place.exists())
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.attributes["url"] = url
    config.attributes["connection"] = connection
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Run the migrations up to ``revision``; doing it twice, or by two processes at once, does it once."""
    command.upgrade(configuration(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Take migrations back down to ``revision``."""
    command.downgrade(configuration(url), revision)


def is_current(url: str) -> bool:
    """Tell whether all migrations have been run on this database."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return is_at_head(connection)
    finally:
        engine.dispose()


def is_at_head(connection: Connection) -> bool:
    """Tell whether all migrations have been run on the database of this connection."""
    return set(MigrationContext.configure(connection).get_current_heads()) == _heads()


@cache
def _heads() -> set[str]:
    return set(ScriptDirectory.from_config(configuration("")).get_heads())


def differences(url: str) -> list[object]:
    """Return what the models have and the migrated database at ``url`` has not, or the other way round."""
    from loyalty.models import metadata  # noqa: PLC0415 - imports every model; only this check needs them

    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_server_default": True})
            return list(compare_metadata(context, metadata))
    finally:
        engine.dispose()
