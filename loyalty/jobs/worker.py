"""The worker: threads that deliver the outbox, one that runs the schedule, until told to stop.

``regulars worker`` runs it alone; the demo runs it beside the server.
"""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Final, Self

import structlog
from flask import Flask

from loyalty.jobs import outbox, schedule
from loyalty.jobs.work import Work

IDLE_SECONDS: Final = 0.3
_TROUBLE_SECONDS: Final = 2.0
_log = structlog.get_logger("jobs")


class Worker:
    """Runs jobs in threads of this process. ``with Worker(app, work): …`` runs them while the block does."""

    def __init__(self, app: Flask, work: Work, *, threads: int = 2) -> None:
        self._app = app
        self._work = work
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._loop, args=(step,), name=f"worker-{number}", daemon=True)
            for number, step in enumerate([self._schedule, *[self._deliver] * threads])
        ]

    def start(self) -> None:
        """Start the threads."""
        with self._app.app_context():
            schedule.prepare(self._work.now)
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let every thread finish what it is doing, and wait for that."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait(self) -> None:
        """Wait until somebody calls ``stop`` or a signal interrupts."""
        while not self._stop.wait(1):
            pass

    def request_stop(self) -> None:
        """Ask the threads to stop, without waiting: for signal handlers."""
        self._stop.set()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _loop(self, step: object) -> None:
        assert callable(step)
        with self._app.app_context():
            while not self._stop.is_set():
                try:
                    busy = step()
                except Exception:  # noqa: BLE001 - see below
                    # The database may be away for a moment: the worker is what comes back by itself.
                    _log.exception("worker_stumbled")
                    self._stop.wait(_TROUBLE_SECONDS)
                    continue
                if not busy:
                    self._stop.wait(IDLE_SECONDS)

    def _schedule(self) -> bool:
        return bool(schedule.run_due(self._work))

    def _deliver(self) -> bool:
        return bool(outbox.deliver(self._work))


def run_once(work: Work) -> None:
    """Deliver everything that is due and run every job that is due, once, in this thread.

    Tests and scripts.
    """
    schedule.prepare(work.now)
    while outbox.deliver(work):
        pass
    schedule.run_due(work)
