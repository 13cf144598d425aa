"""Loading the chunks of a replay by several processes, each with a connection of its own.

Every chunk is one transaction that also marks it as loaded. Whoever is killed leaves whole chunks; the next run, and a
process that outlived its run, wait for each other at the chunk's row.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import Final

import psycopg
from psycopg.errors import UniqueViolation
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from loyalty import rules
from loyalty.errors import DomainError
from loyalty.replays import service
from loyalty.replays.log import Log
from loyalty.rules.program import Program

MOST_PROCESSES: Final = 4
_OPTIONS: Final = "-c timezone=UTC -c statement_timeout=0 -c lock_timeout=120s"
_TRIES: Final = 5

Played = Callable[[int], None]


class ReplayStopped(DomainError):
    """A process could not go on; what it had loaded stays."""

    code = "replay_stopped"
    text = "Loading stopped: {why} The same command goes on from here."


def processes_here() -> int:
    """Return how many processes load best on this machine: one for each core, up to four."""
    return min(MOST_PROCESSES, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2)


def load(
    url: str, log: Log, version: int, chunks: Sequence[int], *, processes: int | None = None, played: Played
) -> None:
    """Load these chunks into the database at ``url``; ``played`` is told how many more events were played.

    Raise ``ReplayStopped``.
    """
    number = min(processes or processes_here(), len(chunks))
    if number <= 1:
        try:
            _load(url, log, version, chunks, played, alive=lambda: True)
        except (DBAPIError, psycopg.Error) as error:
            raise ReplayStopped(why=_said(error)) from error
        return
    # A fork shares what was read; nothing here has a thread or an open connection yet.
    context = multiprocessing.get_context("fork")
    readers: dict[Connection, ForkProcess] = {}
    try:
        for place in range(number):
            reader, writer = context.Pipe(duplex=False)
            assert isinstance(reader, Connection)
            mine = (writer, url, log, version, chunks[place::number], os.getpid())
            process = context.Process(target=_child, args=mine, daemon=True)
            process.start()
            writer.close()
            readers[reader] = process
        _listen(dict(readers), played)
    finally:
        for process in readers.values():
            process.terminate()
        for process in readers.values():
            process.join()


def _listen(readers: dict[Connection, ForkProcess], played: Played) -> None:
    """Pass on what the processes tell until all have ended; raise ``ReplayStopped`` with what stopped one."""
    while readers:
        for reader in wait(list(readers)):
            assert isinstance(reader, Connection)
            try:
                told = reader.recv()
            except EOFError:
                process = readers.pop(reader)
                process.join()
                if process.exitcode:
                    raise ReplayStopped(why=f"a process ended with {process.exitcode}.") from None
                continue
            if isinstance(told, str):
                raise ReplayStopped(why=told)
            played(told)


def _child(writer: Connection, url: str, log: Log, version: int, chunks: Sequence[int], parent: int) -> None:
    """Load chunks as long as the parent lives; tell it what was played, and in words what went wrong."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        _load(url, log, version, chunks, writer.send, alive=lambda: os.getppid() == parent)
    except BrokenPipeError:
        pass
    except (DBAPIError, psycopg.Error) as error:
        writer.send(_said(error))
    except DomainError as error:
        writer.send(error.detail)


def _said(error: DBAPIError | psycopg.Error) -> str:
    """Return what the database said, in one line."""
    said = error.orig if isinstance(error, DBAPIError) else error
    return " ".join(str(said).split()).rstrip(".") + "."


def _load(
    url: str, log: Log, version: int, chunks: Sequence[int], played: Played, *, alive: Callable[[], bool]
) -> None:
    engine = create_engine(
        url, poolclass=NullPool, connect_args={"options": _OPTIONS, "prepare_threshold": None}
    )
    with Session(engine) as session:
        program = rules.program(session, version)
    collects = gc.isenabled()
    gc.disable()  # nothing here has cycles, and looking for them among a million rows costs a fifth of the time
    try:
        for number in chunks:
            if not alive():
                return
            _load_one(lambda: Session(engine), log, number, program, played)
    finally:
        if collects:
            gc.enable()
        engine.dispose()


def _load_one(
    open_session: Callable[[], Session], log: Log, number: int, program: Program, played: Played
) -> None:
    """Load one chunk in one transaction; again where a member's new card or account number was somebody's already."""
    for left in reversed(range(_TRIES)):
        try:
            with open_session() as session:
                events = service.load_chunk(session, log, number, program=program, now=datetime.now(UTC))
                session.commit()
        except UniqueViolation:
            if not left:
                raise
        else:
            played(events)
            return
