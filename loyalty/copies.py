"""Rows for very many members at once: by COPY, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from loyalty.db import connection_of


class Copies:
    """Rows for many tables that go in by COPY, a table at a time, in the order in which they were first named."""

    def __init__(self) -> None:
        self._tables: dict[tuple[str, tuple[str, ...]], list[Sequence[Any]]] = {}

    def insert(
        self, table: str, columns: tuple[str, ...], rows: Sequence[Sequence[Any]], conflict: str = ""
    ) -> None:
        """Add rows; documents are given as JSON texts. COPY knows no ``conflict``: what is there is an error."""
        if conflict:
            raise ValueError("COPY inserts new rows only")
        if rows:
            self._tables.setdefault((table, columns), []).extend(rows)

    def __len__(self) -> int:
        return sum(map(len, self._tables.values()))

    def send(self, session: Session) -> None:
        """Write all rows inside the session's transaction, and forget them."""
        session.flush()
        with connection_of(session).cursor() as cursor:
            for (table, columns), rows in self._tables.items():
                with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN".encode()) as copy:
                    for row in rows:
                        copy.write_row(row)
        self._tables.clear()
