"""The servers of the demo: ``regulars serve`` in a process of its own, and the worker in this one.

What they log goes to ``<data folder>/demo/``, so that the story on the screen stays readable.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from loyalty.clock import Clock
from loyalty.config import Settings

if TYPE_CHECKING:
    from flask import Flask

_READY_SECONDS: Final = 60
_STOP_SECONDS: Final = 15
_PR_SET_PDEATHSIG: Final = 1  # prctl(2)


def free_port(wanted: int) -> int:
    """Return ``wanted`` if nobody listens there, else a port that is free."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise click.ClickException("There is no free TCP port on 127.0.0.1.")


@contextmanager
def web_server(settings: Settings, port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Have ``regulars serve`` running on ``port`` inside the block, with these settings."""
    command = [sys.executable, "-m", "loyalty.cli", "serve", "--port", str(port), "--workers", "1"]
    environ = {
        **os.environ,
        "REGULARS_MODE": settings.mode,
        "REGULARS_DATABASE_URL": settings.database_url,
        "REGULARS_DATA_DIR": str(settings.data_dir),
        "REGULARS_SECRET_KEY": settings.secret_key,
        "REGULARS_PUBLIC_URL": settings.public_url,
        "REGULARS_RATE_LIMITS": "on" if settings.rate_limits else "off",
    }
    with log.open("wb") as file:
        server = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=environ,
            start_new_session=True,  # Ctrl-C is for us; we end it
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - no thread has been started yet
        )
    try:
        yield server
    finally:
        server.terminate()
        try:
            server.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _end_with_parent() -> None:
    """Let the child end when the demo is killed, where the system can do that (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def wait_until_ready(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait until the server can do its work; raise ``ClickException`` with its last words if it ends instead."""
    deadline = time.monotonic() + _READY_SECONDS
    while not _is_ready(port):
        if server.poll() is not None or time.monotonic() > deadline:
            words = " / ".join(log.read_text(errors="replace").splitlines()[-4:])
            raise click.ClickException(f"The server did not start; {log} says: {words or 'nothing'}")
        time.sleep(0.05)


def _is_ready(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


@contextmanager
def own_app(settings: Settings, log: Path, clock: Clock | None = None) -> Iterator[Flask]:
    """Have the application with its context pushed, for this process's own transactions; it logs to a file."""
    from loyalty.app import create_app  # noqa: PLC0415 - a long import, while the server starts beside us
    from loyalty.db import db  # noqa: PLC0415
    from loyalty.web import site  # noqa: PLC0415

    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as file:
        with redirect_stderr(file):  # where it logs is decided when it is made
            app = create_app(settings, clock=clock)
        with app.app_context():
            site.current().live.start(db.engine)
            try:
                yield app
            finally:
                site.current().live.close()
                for engine in db.engines.values():
                    engine.dispose()
