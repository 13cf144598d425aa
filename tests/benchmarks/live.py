"""(f), (g): how long until another device knows, with 3,000 connected; what 10,000 connected devices weigh."""

from __future__ import annotations

import multiprocessing
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from tests.benchmarks.devices import Crowd, connect_all, enroll
from tests.benchmarks.harness import Report
from tests.benchmarks.machine import descendants
from tests.benchmarks.propagation import propagation
from tests.benchmarks.world import Serving, World, durable_server, make_world, serve

STREAMS: Final = 10_000
MOST_MIB: Final = 200.0
_WARM: Final = 200


def live() -> Report:
    """Measure (f) and (g)."""
    report = Report("live", "Connected devices")
    _allow_files()
    with durable_server() as server, tempfile.TemporaryDirectory() as folder:
        world = make_world(server, "live", members=STREAMS, buyers=2)
        enroll(world, STREAMS)
        with _serving(world, Path(folder) / "propagation.log") as site:
            propagation(report, world, site)
        with _serving(world, Path(folder) / "memory.log") as site:
            _memory(report, world, site)
    return report


@contextmanager
def _serving(world: World, log: Path) -> Iterator[Serving]:
    """Serve with the defaults; only the limits of one client are off, for all of these come from one address."""
    site = serve(world, log, environment={"REGULARS_RATE_LIMITS": "off"})
    try:
        yield site
    finally:
        site.stop()


def _allow_files() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _memory(report: Report, world: World, site: Serving) -> None:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_hold, args=(theirs, world, site.port))
    process.start()
    theirs.close()  # so that its end is heard here
    assert ours.recv() == "warm"
    before = _resident(site)
    ours.send("go")
    assert ours.recv() == "connected"
    after = _resident(site)
    time.sleep(12)  # a whole round of heartbeats, and of garbage
    later = _resident(site)
    ours.send("done")
    process.join()
    most = max(after, later)
    report.row("server processes before, with 200 streams", f"{before:.0f} MiB")
    report.row(f"with {STREAMS:,} streams", f"{most:.0f} MiB (proportional share, master and workers)")
    report.row("a stream", f"{(most - before) * 1024 / (STREAMS - _WARM):.1f} KiB")
    report.claim(f"memory of {STREAMS:,} streams", most - before, "MiB", "at most", MOST_MIB)
    report.claim("all server processes together", most, "MiB", "at most", MOST_MIB)


def _hold(pipe: Connection, world: World, port: int) -> None:
    crowd = Crowd(port)
    names = [f"live-a-{place}" for place in range(STREAMS)]
    connect_all(crowd, world, names[:_WARM])
    pipe.send("warm")
    pipe.recv()
    connect_all(crowd, world, names[_WARM:])
    pipe.send("connected")
    pipe.recv()


def _resident(site: Serving) -> float:
    """Return the memory of all server processes, in MiB; what they share counts once."""
    kib = 0
    for pid in descendants(site.process.pid):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                kib += int(line.split()[1])
    return kib / 1024
