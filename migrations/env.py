"""How Alembic reaches the database: the address of ``loyalty.migrating``, or else that of the settings.

Two processes that migrate at once wait for each other: an advisory lock is taken first.
"""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, create_engine, text

from loyalty.models import metadata

ADVISORY_LOCK = 0x5265_6775  # any number that nobody else uses


def run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, compare_server_default=True)
    with context.begin_transaction():
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        context.run_migrations()


def run_on(url: str) -> None:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            run(connection)
    finally:
        engine.dispose()


def main() -> None:
    if context.is_offline_mode():
        context.configure(dialect_name="postgresql", target_metadata=metadata, literal_binds=True)
        with context.begin_transaction():
            context.run_migrations()
        return
    attributes = context.config.attributes
    if attributes.get("connection") is not None:
        run(attributes["connection"])
    elif attributes.get("url"):
        run_on(attributes["url"])
    else:  # the command alembic itself, at a developer's desk
        from loyalty.commands.context import read_settings
        from loyalty.postgres import database_url

        with database_url(read_settings("dev")) as url:
            run_on(url)


main()
