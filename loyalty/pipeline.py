"""Many statements, one round trip: libpq's pipeline mode at the price of plain function calls.

A driver's cursor finds out anew, at every execution, how to write each parameter; for the twenty statements of a
sale that was a third of the whole request. Here a statement is translated once and prepared at its second use on a
connection, and PostgreSQL infers every parameter's type from where it stands: one text is one prepared statement,
whatever values it gets.

Parameters are ``None``, ``bool``, ``int``, ``float``, ``str``, ``bytes``, ``datetime``, ``date`` and lists of these.
Where the type cannot be inferred (``unnest``, ``jsonb_build_array``), write a cast. Errors are psycopg's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from hashlib import blake2b
from math import inf
from time import monotonic
from typing import Any, Final, cast
from weakref import WeakKeyDictionary

import psycopg
from psycopg import errors, pq
from psycopg.abc import PQGen
from psycopg.abc import Transformer as Adapter
from psycopg.adapt import PyFormat, Transformer
from psycopg.waiting import Ready, Wait

Parameters = Mapping[str, Any] | Sequence[Any]
Rows = list[tuple[Any, ...]]
Statement = tuple[str, Parameters]

_MOST_PREPARED: Final = 500  # on one connection; what comes later is sent as it is
_MOST_PLACES: Final = 256  # in a statement that is worth preparing: a hundred rows spelled out come once
_MARK: Final = re.compile(r"%(?:%|s|\((\w+)\)s)")
_BINARY: Final = pq.Format.BINARY


class _Text:
    """A statement as PostgreSQL wants it: ``$1`` for ``%(name)s`` and ``%s``, and the names in that order."""

    __slots__ = ("name", "names", "sql")

    def __init__(self, statement: str) -> None:
        self.names: list[str] = []

        def numbered(found: re.Match[str]) -> str:
            if found[0] == "%%":
                return "%"
            name = found[1]
            if name is None:
                self.names.append("")
                return f"${len(self.names)}"
            if name not in self.names:
                self.names.append(name)
            return f"${self.names.index(name) + 1}"

        self.sql = _MARK.sub(numbered, statement).encode()
        self.name = b"r_" + blake2b(self.sql, digest_size=12).hexdigest().encode()

    def values(self, parameters: Parameters) -> Sequence[Any]:
        """Return the parameters in their order."""
        if type(parameters) is dict or isinstance(parameters, Mapping):
            return [parameters[name] for name in self.names]
        if len(parameters) != len(self.names):
            raise psycopg.ProgrammingError(
                f"the statement has {len(self.names)} places and got {len(parameters)} parameters"
            )
        return parameters


_text_of: Final = lru_cache(maxsize=2048)(_Text)


class _Line:
    """What is known about one connection: the statements prepared on it, and how its rows are read."""

    __slots__ = ("adapter", "prepared", "seen")

    def __init__(self) -> None:
        self.prepared: set[bytes] = set()
        self.seen: set[bytes] = set()
        self.adapter: Adapter = Transformer()  # without the connection, which would never be forgotten


_lines: Final[WeakKeyDictionary[psycopg.Connection[Any], _Line]] = WeakKeyDictionary()


def send(
    connection: psycopg.Connection[Any],
    statements: Sequence[Statement],
    *,
    begin: bool = True,
    longest_seconds: float = inf,
) -> list[Rows]:
    """Run statements in order in one round trip and return the rows of each.

    They run in the connection's transaction (begun in the same round trip, if need be), each with a snapshot of its
    own. Raise the first error; then nothing after it was run. Without ``begin``, and outside of a transaction, they
    are one that has ended when this returns. A server that is silent for ``longest_seconds`` is given up.
    """
    until = monotonic() + longest_seconds
    line = _lines.get(connection)
    if line is None:
        line = _lines[connection] = _Line()
        # Where psycopg prepares as well, its rollback deallocates everything, ours too.
        connection.prepare_threshold = None
    with connection.lock:
        return connection.wait(_exchange(connection, line, statements, begin, until))


def _exchange(
    connection: psycopg.Connection[Any],
    line: _Line,
    statements: Sequence[Statement],
    begin: bool,
    until: float,
) -> PQGen[list[Rows]]:
    pgconn = connection.pgconn
    # Written before anything is sent: a value that cannot be written must leave the connection as it was.
    written = [
        (text, *_written(line.adapter, text.values(values))) for text, values in _translated(statements)
    ]
    begins = begin and not connection.autocommit and pgconn.transaction_status == pq.TransactionStatus.IDLE
    pgconn.enter_pipeline_mode()
    # For each result that will come: what was prepared by it, or None; and where the statements' own ones are.
    prepares: list[bytes | None] = []
    places: list[int] = []
    if begins:
        pgconn.send_query_params(b"BEGIN", None)
        prepares.append(None)
    for text, values, formats in written:
        name = text.name
        if name in line.seen and name not in line.prepared and _is_worth_it(line, text):
            pgconn.send_prepare(name, text.sql)
            line.prepared.add(name)
            prepares.append(name)
        if name in line.prepared:
            pgconn.send_query_prepared(name, values, formats, _BINARY)
        else:
            line.seen.add(name)
            pgconn.send_query_params(text.sql, values, None, formats, _BINARY)
        places.append(len(prepares))
        prepares.append(None)
    pgconn.pipeline_sync()
    try:
        results = yield from _answers(pgconn, until)
    except BaseException:
        pgconn.finish()  # half a pipeline cannot be taken up again
        raise
    pgconn.exit_pipeline_mode()
    _raise_first(connection, line, prepares, results)
    return [_rows(line.adapter, results[place]) for place in places]


def _is_worth_it(line: _Line, text: _Text) -> bool:
    return len(line.prepared) < _MOST_PREPARED and len(text.names) <= _MOST_PLACES


def _translated(statements: Sequence[Statement]) -> list[tuple[_Text, Parameters]]:
    return [(_text_of(statement), parameters) for statement, parameters in statements]


def _answers(pgconn: pq.abc.PGconn, until: float) -> PQGen[list[pq.abc.PGresult]]:
    """Send what is queued and collect one result for each statement, up to the end of the pipeline."""
    while pgconn.flush():
        if (yield Wait.RW) & Ready.R:
            pgconn.consume_input()
        _require_in_time(until)
    results: list[pq.abc.PGresult] = []
    while True:
        while pgconn.is_busy():
            if (yield Wait.R):
                pgconn.consume_input()
            else:
                _require_in_time(until)
        result = pgconn.get_result()
        if result is None:
            continue  # stands between the results of two statements
        if result.status == pq.ExecStatus.PIPELINE_SYNC:
            break
        results.append(result)
    return results


def _require_in_time(until: float) -> None:
    """Raise where the server has been silent for too long: hung, or behind a network that drops everything."""
    if monotonic() > until:
        raise psycopg.OperationalError("the database does not answer")


_GOOD: Final = frozenset({pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK, pq.ExecStatus.EMPTY_QUERY})


def _raise_first(
    connection: psycopg.Connection[Any],
    line: _Line,
    prepares: Sequence[bytes | None],
    results: Sequence[pq.abc.PGresult],
) -> None:
    """Raise the first error, if there is one, and forget what was not prepared because of it."""
    first = next((result for result in results if result.status not in _GOOD), None)
    if first is None:
        return
    for name, result in zip(prepares, results, strict=False):
        if name is not None and result.status not in _GOOD:
            line.prepared.discard(name)
    error = errors.error_from_result(first, encoding=connection.info.encoding)
    if isinstance(error, errors.InvalidSqlStatementName):
        line.prepared.clear()  # somebody deallocated them all
    raise error


def _rows(reader: Adapter, result: pq.abc.PGresult) -> Rows:
    if result.status != pq.ExecStatus.TUPLES_OK or not result.ntuples:
        return []
    reader.set_pgresult(result, format=_BINARY)
    return reader.load_rows(0, result.ntuples, tuple)


def _written(writer: Adapter, values: Sequence[Any]) -> tuple[Sequence[Any], list[pq.Format] | None]:
    """Return the values as PostgreSQL reads them, and their formats where one is binary."""
    kinds = set(map(type, values))
    if not kinds <= _SCALARS:
        values = [value if type(value) in _SCALARS else _text_for(value) for value in values]
    if bytes in kinds:
        formats = [PyFormat.BINARY if type(value) is bytes else PyFormat.TEXT for value in values]
        return writer.dump_sequence(values, formats), list(writer.formats or ())
    return writer.dump_sequence(values, _texts_only(len(values))), None


_SCALARS: Final = frozenset({type(None), str, bool, int, bytes, datetime, date, float})


@lru_cache(maxsize=_MOST_PLACES)
def _texts_only(number: int) -> list[PyFormat]:
    return [PyFormat.TEXT] * number


def _text_for(value: Any) -> Any:
    """Return a list as an array's text, and a member of a subclass (an enum of texts) as what it is."""
    if isinstance(value, list | tuple):
        return _array(cast(Sequence[Any], value))
    return _kind_of(value)(value)


def _array(values: Sequence[Any]) -> str:
    if not values:
        return "{}"
    kinds = set(map(type, values))
    if len(kinds) > 1:
        return "{" + ",".join([_ITEMS.get(type(value), _item_as)(value) for value in values]) + "}"
    (kind,) = kinds
    if kind is str:
        return _texts(values)
    return "{" + ",".join(map(_ITEMS.get(kind, _item_as), values)) + "}"


def _texts(values: Sequence[str]) -> str:
    text = '","'.join(values)
    if "\\" in text or text.count('"') != 2 * (len(values) - 1):
        return "{" + ",".join(map(_quoted, values)) + "}"
    return f'{{"{text}"}}'


def _quoted(value: str) -> str:
    if "\\" in value or '"' in value:
        value = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{value}"'


def _item_as(value: Any) -> str:
    kind = _kind_of(value)
    return _ITEMS[kind](kind(value))


def _kind_of(value: Any) -> type[Any]:
    """Return the kind that a subclass (an enum of texts) belongs to; raise ``TypeError`` for anything else."""
    for kind in (str, bool, int, bytes, float, list, tuple):
        if isinstance(value, kind):
            return kind
    raise TypeError(f"a {type(value).__name__} is no parameter: make it a text, with a cast in the statement")


_ITEMS: Final[dict[Any, Callable[[Any], str]]] = {
    str: _quoted,
    type(None): lambda _: "NULL",
    bool: lambda value: "t" if value else "f",
    int: str,
    bytes: lambda value: f'"\\\\x{value.hex()}"',
    datetime: datetime.isoformat,
    date: date.isoformat,
    float: repr,
    list: _array,
    tuple: _array,
}
