"""Another database beside one that is known: on the same server, with the same account."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from loyalty.postgres.binaries import DatabaseError

_NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}", re.ASCII)


def beside(url: str, name: str, *, create: bool) -> tuple[str, bool]:
    """Return the URL of the database ``name`` on the server of ``url``, and whether it was made just now.

    Raise ``DatabaseError`` where the name is none, where there is no such database and it is not to be made, or where
    the account may not.
    """
    if not _NAME.fullmatch(name):
        raise DatabaseError(f"{name!r} is no name for a database: lower-case letters, digits and _ only.")
    parts = urlsplit(url)
    try:
        with psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
            if not known and not create:
                raise DatabaseError(f"There is no database {name} beside {parts.path[1:]}.")
            if not known:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except psycopg.Error as error:
        raise DatabaseError(f"The database {name} cannot be made: {' '.join(str(error).split())}") from None
    return urlunsplit(parts._replace(path=f"/{quote(name, safe='')}")), not known
