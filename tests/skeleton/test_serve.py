"""``regulars serve`` from outside: it answers, it ends when told, and takes its database with it."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from loyalty.postgres import Server, temporary_folder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str, within_seconds: float) -> int:
    deadline = time.monotonic() + within_seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="regulars-", dir=temporary_folder(durable=False)) as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_and_leaves_nothing_behind(folder: Path, ending: signal.Signals) -> None:
    port = free_port()
    environ = {
        **os.environ,
        "REGULARS_MODE": "demo",
        "REGULARS_DATA_DIR": str(folder),
        "REGULARS_DATABASE_URL": "",
    }
    arguments = [
        sys.executable,
        "-m",
        "loyalty.cli",
        "serve",
        "--port",
        str(port),
        "--workers",
        "1",
    ]
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, env=environ) as serving:
        try:
            assert answers(f"http://127.0.0.1:{port}/healthz", within_seconds=60) == 200
            assert Server(folder / "postgres").pid is not None
        finally:
            serving.send_signal(ending)
            _, complaints = serving.communicate(timeout=30)
    assert serving.returncode == 0
    assert "Traceback" not in complaints
    assert Server(folder / "postgres").pid is None
