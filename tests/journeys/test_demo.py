"""``regulars demo`` from outside: the story runs to its end, again with somebody else, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from loyalty.cli import main
from loyalty.postgres import Server, temporary_folder

DEMO = [sys.executable, "-m", "loyalty.cli", "demo", "--fast"]
SECONDS = 180
# What somebody who reads the story must have seen.
KEY_LINES = (
    r"Mia joins",
    r"“\d{6} is your code for Fernlight”",
    r"POST /api/v1/wallet/top-ups +402 card_declined",
    r"40 stars for completing Forty dollars, forty stars",
    r"▀",
    r"usual +Caramel Latte \(hot, oat drink, small\), Butter Croissant \(warmed up\)",
    r"nearly +An item of up to \$10: 76\.5 stars away",
    r"100 stars +An item of up to \$6 +saves \$5\.65",
    r"\u2212100 +\$5\.65 off for 100 stars",
    r"\+2\.7 +2\.7 = \$2\.70 \u00d7 1 \(Green\)",
    r"\$2\.70 to the wallet it was paid from; the 5\.4 stars it had earned are taken back",
    r"Settled: \$3\.30 from the wallet",
    r"The same answer, to the letter\. Nothing changed\.",
    r"POST /pos/v1/sales +409 code_already_used",
    r"★ 26\.8 stars · Green · wallet \$28\.20",
    r"Clean\. 1 member, 6 transactions\.",
    r"root +[0-9a-f]{64}",
)


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="regulars-", dir=temporary_folder(durable=False)) as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture
def environ(folder: Path) -> dict[str, str]:
    known = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("REGULARS_", "PYTHONUNBUFFERED"))
    }
    return {**known, "REGULARS_DATA_DIR": str(folder)}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def told(environ: dict[str, str], ending: signal.Signals) -> str:
    """Let the demo tell its story and serve; look at what it serves, stop it, and return what it told."""
    port = free_port()
    with subprocess.Popen(
        [*DEMO, "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environ,
    ) as demo:
        try:
            shown = until(demo, "regulars member show")
            assert_served(shown, port)
        finally:
            demo.send_signal(ending)
            _, complaints = demo.communicate(timeout=60)
    assert demo.returncode == 0, shown[-3000:] + complaints
    assert "Traceback" not in complaints
    with socket.socket() as probe, pytest.raises(OSError, match="refused"):
        probe.connect(("127.0.0.1", port))
    return shown


def assert_served(shown: str, port: int) -> None:
    """Every link that the story ends with answers, and the till's token is one."""
    for link in re.findall(r"http://(?:127\.0\.0\.1|localhost):\d+/\S*", shown):
        if link.endswith("/pos/v1/enroll"):
            break  # the curl lines need a body and a token
        with urllib.request.urlopen(link, timeout=10) as answer:
            assert answer.status == 200, link
        if link.endswith("/test-card/cards"):
            break
    (token,) = re.findall(r"export TILL=(\S+)", shown)
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}/pos/v1/till", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(asked, timeout=10) as answer:
        assert b'"Till 1"' in answer.read()


@pytest.mark.slow
def test_the_story_runs_to_its_end_twice_serves_until_told_to_stop_and_leaves_nothing_behind(
    folder: Path, environ: dict[str, str]
) -> None:
    first = told(environ, signal.SIGTERM)
    for line in KEY_LINES:
        assert re.search(line, first), f"{line!r} is not in the story:\n{first}"
    assert "/pos/v1/enroll" in first
    assert Server(folder / "postgres").pid is None
    second = told(environ, signal.SIGINT)
    assert "Noah joins" in second
    assert "Clean. 2 members, 12 transactions." in second
    assert "/pos/v1/enroll" not in second, "the till of the first run is found again"
    assert Server(folder / "postgres").pid is None


@pytest.mark.slow
def test_a_story_that_is_stopped_leaves_nothing_behind(folder: Path, environ: dict[str, str]) -> None:
    with subprocess.Popen(
        [*DEMO, "--port", str(free_port())],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environ,
    ) as demo:
        until(demo, "Money in")
        demo.send_signal(signal.SIGTERM)
        _, complaints = demo.communicate(timeout=60)
    assert (demo.returncode, complaints.strip()) == (1, "regulars: Interrupted.")
    assert Server(folder / "postgres").pid is None


@pytest.mark.parametrize("command", ["demo", "seed"])
@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"REGULARS_MODE": "production"}, "REGULARS_MODE is production"),
        ({}, "REGULARS_DATABASE_URL names a database"),
    ],
)
def test_people_are_not_made_up_in_earnest(
    environ: dict[str, str],
    command: str,
    more: dict[str, str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    named = {**environ, "REGULARS_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", **more}
    # In this process: only what they say is looked at, and a process of its own takes seconds to load everything.
    for name in [name for name in os.environ if name.startswith("REGULARS_")]:
        monkeypatch.delenv(name)
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["regulars", command])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert said in capsys.readouterr().err


def until(demo: subprocess.Popen[str], line: str) -> str:
    """Read what the demo tells until this is in a line."""
    assert demo.stdout is not None
    shown, deadline = "", time.monotonic() + SECONDS
    while line not in shown:
        read = demo.stdout.readline()
        assert read, f"it ended before {line!r}:\n{shown}"
        assert time.monotonic() < deadline
        shown += read
    return shown
