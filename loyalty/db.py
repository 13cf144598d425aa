"""The database: the declarative base, the transaction, and statements sent together.

A transaction is opened and committed in sight, by the route, the command or the job::

    with transaction() as session:
        answer = sales.settle(session, ...)

The domain receives the session and never commits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import lru_cache
from itertools import chain
from math import inf
from typing import Any, Final, Protocol, TypeVar

import orjson
import psycopg
from flask_sqlalchemy import SQLAlchemy
from psycopg.types.json import set_json_loads
from sqlalchemy import BigInteger, Connection, Date, Engine, LargeBinary, MetaData, Text, event
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session

from loyalty import news, pipeline
from loyalty.errors import Busy, DomainError

T = TypeVar("T")


class Base(DeclarativeBase):
    """The base of every model. Text is ``text``, integers are ``bigint``, instants are ``timestamptz``."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        int: BigInteger,
        str: Text,
        bytes: LargeBinary,
        datetime: TIMESTAMP(timezone=True),
        date: Date,
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        list[str]: ARRAY(Text),
    }


db = SQLAlchemy(metadata=Base.metadata)
set_json_loads(orjson.loads)

# Waiting longer than this for a member's row means something is stuck: the caller is told to come back.
CONNECTION_OPTIONS: Final = (
    "-c lock_timeout=2s -c statement_timeout=5s -c idle_in_transaction_session_timeout=5s -c timezone=UTC"
)
# On a machine that does ten other things, tests wait longer for their turn than a till would.
PATIENT_OPTIONS: Final = (
    "-c lock_timeout=20s -c statement_timeout=60s -c idle_in_transaction_session_timeout=60s -c timezone=UTC"
)
# A network that drops everything says nothing: within seconds a connection over it is given up, not within hours.
LOST_AFTER: Final[Mapping[str, int]] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 15_000,
}
# Far more than the server's own limits on statements and locks: who is silent for so long is hung.
SOON = 30.0
# SQLSTATE: lock timeout, statement timeout, serialization failure, deadlock.
_BUSY: Final = frozenset({"55P03", "57014", "40001", "40P01"})
# SQLSTATE classes: connection, resources (a full disk is one), operator's intervention, the system around it.
_AWAY: Final = ("08", "53", "57P", "58")
_Trouble = (OperationalError, PoolTimeout, psycopg.OperationalError)


class Unreachable(Busy):
    """The database is away, full, or was lost on the way: whether it was done is not known.

    Sent again with the same idempotency key, it is done once.
    """

    code = "unreachable"
    text = "The database cannot be reached just now. Send the same request again."


@contextmanager
def transaction() -> Iterator[Session]:
    """Open one transaction: commit when the block ends, roll back when it raises.

    A refusal that ``keeps`` what was written (that it was refused, that a try was used up) commits and is raised.
    Raise ``Busy`` where the database could not serve it now (lock or statement timeout, deadlock): nothing was
    written, and the same request may be sent again. Raise ``Unreachable`` where it was away or went away.
    """
    with _translating(), Session(db.engine, expire_on_commit=False) as session:
        try:
            yield session
            session.commit()
        except DomainError as error:
            if error.keeps:
                session.commit()
                news.publish(session)
            raise
        news.publish(session)


@contextmanager
def snapshot() -> Iterator[Session]:
    """Open a read-only transaction in which every statement sees the same state of the database.

    Raise ``Busy`` and ``Unreachable`` as ``transaction`` does.
    """
    with _translating(), Session(db.engine) as session:
        session.connection().info[_WAITING] = [_SNAPSHOT]
        yield session
        session.rollback()


def ask(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run one statement in a transaction of its own and return its rows: one round trip, no session.

    For what every request has to know before it begins anything. Raise ``Busy`` and ``Unreachable`` as
    ``transaction`` does.
    """
    with _translating():
        lent = db.engine.raw_connection()
        try:
            driver = lent.driver_connection
            assert isinstance(driver, psycopg.Connection)
            return pipeline.send(driver, [(statement, parameters)], begin=False, longest_seconds=SOON)[0]
        except psycopg.OperationalError as error:
            if lent.driver_connection is None or lent.driver_connection.closed:
                lent.invalidate(error)
                db.engine.dispose()
            raise
        finally:
            lent.close()


@contextmanager
def _translating() -> Iterator[None]:
    """Raise ``Busy`` or ``Unreachable`` for what the database or the way to it cannot do now."""
    try:
        yield
    except _Trouble as error:
        raise _translated(error) from error


def _translated(error: OperationalError | PoolTimeout | psycopg.OperationalError) -> Exception:
    if isinstance(error, PoolTimeout):
        return Busy()
    cause = error.orig if isinstance(error, OperationalError) else error
    state = getattr(cause, "sqlstate", None)
    if state in _BUSY:
        return Busy()
    return Unreachable() if state is None or state.startswith(_AWAY) else error


def retrying(work: Callable[[], T], *, attempts: int = 3) -> T:
    """Run ``work`` (a whole transaction) again when the database says busy; raise the last ``Busy``."""
    for left in reversed(range(attempts)):
        try:
            return work()
        except Unreachable:
            raise  # it may have been done, and is not here again in a moment
        except Busy:
            if not left:
                raise
    raise AssertionError("attempts must be positive")


def connection_of(session: Session) -> psycopg.Connection[Any]:
    """Return the driver's connection that carries this session's transaction."""
    connection = session.connection()
    _send_waiting(connection)
    return _driver_of(connection)


def _driver_of(connection: Connection) -> psycopg.Connection[Any]:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


def _send(
    connection: Connection, statements: Sequence[pipeline.Statement], longest_seconds: float
) -> list[pipeline.Rows]:
    """Send statements; a connection that is lost by it, and those that wait in the pool, are not used again."""
    driver = _driver_of(connection)
    try:
        return pipeline.send(driver, statements, longest_seconds=longest_seconds)
    except psycopg.OperationalError as error:
        if driver.closed:
            connection.invalidate(error)
            connection.engine.dispose()
        raise


# What waits on a connection to travel with the next statements, or with COMMIT.
_WAITING: Final = "regulars.waiting"


def _send_waiting(connection: Connection, *, commit: bool = False) -> None:
    statements = connection.info.pop(_WAITING, None)
    if statements:
        _send(connection, [*statements, *([_COMMIT] if commit else [])], SOON)


_COMMIT: Final[pipeline.Statement] = ("COMMIT", ())
_SNAPSHOT: Final[pipeline.Statement] = ("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY", ())


@event.listens_for(Engine, "commit")
def _commit_with_waiting(connection: Connection) -> None:
    try:
        _send_waiting(connection, commit=True)
    except BaseException:
        # SQLAlchemy holds a commit that raised for the end, and would lend the connection in its failed transaction.
        if not connection.invalidated:
            _driver_of(connection).rollback()
        raise


@event.listens_for(Engine, "rollback")
def _forget_waiting(connection: Connection) -> None:
    if not connection.invalidated:  # a lost connection has forgotten by itself
        connection.info.pop(_WAITING, None)


@event.listens_for(Engine, "before_cursor_execute")
@event.listens_for(Engine, "savepoint")
def _send_waiting_before(connection: Connection, *_: Any) -> None:
    _send_waiting(connection)


class Inserts(Protocol):
    """Where rows that are to be inserted are put: a ``Batch`` for a few, ``Copies`` for very many."""

    def insert(
        self, table: str, columns: tuple[str, ...], rows: Sequence[Sequence[Any]], conflict: str = ""
    ) -> None:
        """Add rows; documents are JSON texts."""
        ...


@lru_cache(maxsize=1024)
def _insertion(table: str, columns: tuple[str, ...], rows: int, conflict: str) -> str:
    row = f"({', '.join(['%s'] * len(columns))})"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * rows)} {conflict}"


class Batch:
    """Statements that travel together: one round trip, whatever their number.

    ``add`` queues a statement with named parameters (``%(name)s``); ``send`` runs all of them in order, each with
    a snapshot of its own, and returns the rows of each as tuples (an empty list where a statement returns none).
    """

    def __init__(self) -> None:
        self._statements: list[tuple[str, Mapping[str, Any] | Sequence[Any]]] = []

    def add(self, statement: str, parameters: Mapping[str, Any] | Sequence[Any] = ()) -> int:
        """Queue a statement and return its place in the result of ``send``."""
        self._statements.append((statement, parameters))
        return len(self._statements) - 1

    def insert(
        self, table: str, columns: tuple[str, ...], rows: Sequence[Sequence[Any]], conflict: str = ""
    ) -> None:
        """Queue one statement that inserts all rows (none: nothing is queued); ``conflict`` is its ON CONFLICT clause.

        Documents are given as JSON texts. Rows that are spelled out cost the server half of what unnested arrays do.
        """
        if rows:
            self.add(_insertion(table, columns, len(rows), conflict), tuple(chain.from_iterable(rows)))

    def __len__(self) -> int:
        return len(self._statements)

    def send(self, session: Session, *, longest_seconds: float = inf) -> list[list[tuple[Any, ...]]]:
        """Run the queued statements in one round trip inside the session's transaction.

        A database that is silent for ``longest_seconds`` is given up, as one that cannot be reached.
        """
        session.flush()
        connection = session.connection()
        waiting: list[pipeline.Statement] = connection.info.pop(_WAITING, [])
        return _send(connection, [*waiting, *self._statements], longest_seconds)[len(waiting) :]

    def send_last(self, session: Session) -> None:
        """Let the statements travel with COMMIT, or with whatever else this transaction still does before it.

        Their errors are raised there.
        """
        session.flush()
        connection = session.connection()
        connection.info[_WAITING] = [*connection.info.get(_WAITING, ()), *self._statements]
