"""The app's real sync core against a real server: many devices on a bad network end equal, nothing lost or doubled."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from typing import Any
from uuid import uuid4

import pytest

from loyalty.postgres import Server
from loyalty.sync import VERBS
from tests.browser.cafe import Cafe
from tests.browser.conftest import found_cafe
from tests.conftest import cloned

ROOT = Path(__file__).parent.parent.parent
NODE = which("node") or "node"


@pytest.fixture(scope="module")
def cafe(server: Server, worker_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cafe]:
    folder = tmp_path_factory.mktemp("convergence")
    with cloned(server, f"convergence_{worker_name}") as url, found_cafe(url, folder, server) as cafe:
        yield cafe


class Till:
    """Sells to members again and again, each sale until it is answered, with the same key."""

    def __init__(self, cafe: Cafe, members: list[str]) -> None:
        self._cafe, self._members = cafe, members
        self._over = threading.Event()
        self.sold = 0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        """Sell no more."""
        self._over.set()
        self._thread.join(30)

    def _run(self) -> None:
        number = 0
        while not self._over.wait(0.4):
            number += 1
            key = str(uuid4())
            member = self._members[number % len(self._members)]
            while not self._over.is_set():
                try:
                    self._cafe.sell(member=member, key=key)
                except (OSError, AssertionError):
                    self._over.wait(0.2)  # the server is away
                else:
                    self.sold += 1
                    break


def converge(cafe: Cafe, **order: Any) -> dict[str, Any]:
    """Let the devices do what they do, and return their report. They sign in at ``cafe``, by its mailbox."""
    full = {"base": cafe.url, "verbs": list(VERBS), **order}
    command = [NODE, "tests/app/start.mjs", "convergence.ts", json.dumps(full)]
    till: Till | None = None
    report: dict[str, Any] = {}
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            for line in process.stdout:
                report = json.loads(line)
                if "members" in report:
                    till = Till(cafe, report["members"])
                    continue
                if "kill" in report:
                    cafe.kill()
                    cafe.serve_again()
                elif "end" in report and till is not None:
                    till.close()
                else:
                    continue
                process.stdin.write("done\n")
                process.stdin.flush()
        finally:
            process.kill()
            if till is not None:
                till.close()
    assert till is not None, report
    return {**report, "sold": till.sold}


def assert_converged(cafe: Cafe, report: dict[str, Any]) -> None:
    assert "failed" not in report, report["failed"]
    assert report["differ"] == [], "devices end as the server is"
    assert report["over"] == [], "nobody was signed out"
    assert report["codes"] == ["update_needed"], "it was met, and no queue was taken for a copied one"
    assert set(report["names"]) == set(VERBS), "every verb was tried"
    assert report["sold"] > 0
    with cafe.world.connect() as connection:
        rows = connection.execute(
            "SELECT m.public_id, o.uid, o.version FROM mutation_outcome o JOIN member m USING (member_id)"
        ).fetchall()
        unfinished = connection.execute("SELECT count(*) FROM mutation_failure").fetchone()
    stored = {(member, uid) for member, uid, _ in rows}
    done = {(member, uid) for member, uid in report["acts"]}
    assert len(done) == len(report["acts"])
    assert done <= stored, f"{len(done - stored)} acts are lost"
    ours = {member for member, _ in done}
    more = {(member, uid) for member, uid in stored if member in ours} - done
    assert len(more) <= report["maybe"], "only what was cut off while it was written may be there or not"
    assert unfinished == (0,), "the server failed at none"


def test_devices_on_a_bad_network_end_equal_and_nothing_is_lost(cafe: Cafe) -> None:
    report = converge(cafe, seed=7, members=[3, 2, 2], seconds=10, kills=1)
    assert_converged(cafe, report)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(11, 16))
def test_devices_on_a_bad_network_end_equal_after_long(cafe: Cafe, seed: int) -> None:
    report = converge(cafe, seed=seed, members=[4, 3, 3, 2], seconds=90, kills=5)
    assert_converged(cafe, report)
