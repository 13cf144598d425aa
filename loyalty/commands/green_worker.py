"""Gunicorn's gevent worker, ending without a traceback."""

from __future__ import annotations

from typing import Any

from gunicorn.workers.ggevent import GeventWorker


class GreenWorker(GeventWorker):
    """A worker that leaves its loop when told to quit; gunicorn's own raises ``SystemExit`` in another greenlet."""

    def handle_quit(self, sig: int, frame: Any) -> None:
        """Stop serving within a second; called on Ctrl-C."""
        del sig, frame
        self.alive = False
