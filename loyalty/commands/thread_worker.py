"""Gunicorn's threads, staying with a connection as long as it keeps talking, and letting go of one for good."""

from __future__ import annotations

import select
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Semaphore
from typing import Any, Final, cast

from gunicorn.workers.gthread import TConn, ThreadWorker

from loyalty.web.handover import HandedOver, Offering

LINGER_MS: Final = 50
_GONE: Final = object()  # what comes of a connection that was handed over


class _Pool(ThreadPoolExecutor):
    """A pool that can tell whether somebody waits for a thread."""

    def is_awaited(self) -> bool:
        return not self._work_queue.empty()


class StayingThreadWorker(ThreadWorker):
    """Threads that wait a moment for the next request of the connection they have just answered.

    Gunicorn's own hand every answered connection back to the main thread, which registers it, waits and hands it out
    again: four tenths of all processor time of a busy worker. A proxy or a busy till has its next request
    here within milliseconds. At most half of the threads stay, and none while a connection waits for one.

    A connection that the application takes (``loyalty.web.handover``) is let go: nothing is written to it or shut down,
    and it does not count among the worker's connections, however long it lives.
    """

    def init_process(self) -> None:
        """Make the pool; called in the worker's process."""
        self._may_stay = Semaphore(self.cfg.threads // 2)
        super().init_process()

    def get_thread_pool(self) -> _Pool:
        """Return the pool; called by gunicorn."""
        return _Pool(max_workers=self.cfg.threads)

    def load_wsgi(self) -> None:
        """Load the application, and offer it the connections; called in the worker's process."""
        super().load_wsgi()
        self.wsgi = cast(Any, Offering(cast(Any, self.wsgi)))  # gunicorn has its own words for WSGI

    def handle(self, conn: TConn) -> Any:
        """Answer the requests of a connection; return whether it is kept open."""
        try:
            return self._stay(conn)
        except HandedOver:
            return _GONE

    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        """See to a connection that a thread is done with; called in the main thread."""
        if fs.cancelled() or fs.exception() is not None or fs.result() is not _GONE:
            super().finish_request(conn, fs)
            return
        self.nr_conns -= 1
        conn.sock.close()  # our name for it only: the other owner's stays open

    def _stay(self, conn: TConn) -> Any:
        kept = super().handle(conn)
        if kept is not True or self.cfg.is_ssl or not self._may_stay.acquire(blocking=False):
            return kept
        try:
            while kept is True and self.alive and self._has_more(conn):
                kept = super().handle(conn)
        finally:
            self._may_stay.release()
        return kept

    def _has_more(self, conn: TConn) -> bool:
        """Tell whether the next request is there, or comes within ``LINGER_MS`` while nobody else wants the thread."""
        parser: Any = conn.parser
        if conn.is_http2 or parser is None:
            return False
        if parser.unreader.buf.getvalue():
            return True
        if cast(_Pool, self.tpool).is_awaited():
            return False
        poll = select.poll()
        poll.register(conn.sock, select.POLLIN)
        return bool(poll.poll(LINGER_MS))
