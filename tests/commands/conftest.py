"""Databases beside a test's own: the server is shared with other workers, so their names are this worker's."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from loyalty.config import Settings


def drop(settings: Settings, *names: str) -> None:
    """Drop databases of the test's server, whoever is connected to them."""
    with psycopg.connect(settings.database_url.replace("+psycopg", "", 1), autocommit=True) as connection:
        for name in names:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())


@pytest.fixture
def another(settings: Settings, worker_name: str) -> Iterator[str]:
    """Return the name of a database that is not there yet; what is made under it is dropped afterwards."""
    name = f"another_{worker_name}"
    yield name
    drop(settings, name)


@pytest.fixture
def mutated(settings: Settings) -> Iterator[tuple[str, str]]:
    """Return the names the command itself gives for two other settings: for one test only, all workers share them."""
    names = ("rewards_log_gte", "rewards_log_ignored")
    yield names
    drop(settings, *names)
