"""(a) and (d): full sales per second over HTTP against pgbench writing the same rows; the size of the town doesn't matter."""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Final

from loyalty.postgres import Server
from tests.benchmarks import load, machine
from tests.benchmarks.harness import Report, interleaved, middle, ratio_of
from tests.benchmarks.peer import Peer, make_peer, rows_written
from tests.benchmarks.tills import Counter
from tests.benchmarks.town import BUSIEST_LOTS
from tests.benchmarks.world import Serving, World, durable_server, make_world, serving

CLIENTS: Final = 8
ROUNDS: Final = 7
SALES: Final = 800
WARM: Final = 100
MEMBERS: Final = 20_000
SMALL, LARGE = 1_000, 1_000_000
BUYERS_OF_TOWNS: Final = 1_000
BUSIEST: Final = 200
SHARE: Final = 1 / 3
LATE_MS: Final = 25.0
SLOWER: Final = 1.2


@contextmanager
def _logs() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="regulars-bench-", dir="/var/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def against_pgbench() -> Report:
    """Measure (a)."""
    report = Report("sales", "Full sales over HTTP against pgbench writing the same rows")
    with _logs() as logs, durable_server() as server:
        world = make_world(server, "town", members=MEMBERS, buyers=MEMBERS)
        with serving(world, logs / "serve.log") as site:
            _compare(report, world, site, Counter(world), _floor(report, server))
    return report


def _floor(report: Report, server: Server) -> str:
    """Measure the disk; return why the run is void, empty where it counts."""
    floor = machine.floor_of(server.home.parent)
    report.row("fdatasync of a page", f"{floor.median_ms:.2f} ms (worst {floor.worst_ms:.1f})")
    return "" if floor.is_quiet else f"void: fdatasync takes {floor.median_ms:.2f} ms here, more than 1 ms"


def _compare(report: Report, world: World, site: Serving, counter: Counter, void: str) -> None:
    load.flood(site.port, counter.sales(WARM), connections=CLIENTS)
    peer = make_peer(world)
    peer.run(WARM, clients=CLIENTS, label="warm")
    _row_counts(report, world, site, counter, peer)
    bad: list[str] = []
    labels = iter(range(1000))

    def ours() -> float:
        outcome = load.flood(site.port, counter.sales(SALES), connections=CLIENTS)
        bad.extend(outcome.bad)
        return outcome.per_second

    def theirs() -> float:
        return peer.run(SALES * 3, clients=CLIENTS, label=f"r{next(labels)}")

    values = interleaved({"regulars": ours, "pgbench": theirs}, rounds=ROUNDS)
    medians = middle(values)
    report.row("full sales", f"{medians['regulars']:,.0f} /s")
    report.row("pgbench, same rows", f"{medians['pgbench']:,.0f} /s")
    _processor_time(report, world, site, counter, peer)
    report.claim("full sales / pgbench", ratio_of(values, "regulars", "pgbench"), "", "at least", SHARE, void)
    late, failed = _latency(site, counter, medians["regulars"] / 2)
    bad += failed
    peers = peer.late_ms(medians["pgbench"] / 2, seconds=5, clients=2 * CLIENTS, label="late")
    report.row("99th percentile of the peer at half its load", f"{peers:.1f} ms")
    if not void and peers > LATE_MS / 3:
        void = f"void: the peer itself is {peers:.0f} ms late here"
    report.claim("99th percentile at half load", late, "ms", "at most", LATE_MS, void)
    report.claim("answers that were not 200", len(bad), "", "at most", 0)
    if bad:
        report.note(bad[0][:400])
    report.note(
        f"{CLIENTS} connections; {ROUNDS} interleaved rounds; a till's token, a fresh ES256 pay code, 4 lines, 12 rules, "
        "wallet; regulars serve as shipped, synchronous_commit=on; the load generator shares the cores."
    )


def _latency(site: Serving, counter: Counter, rate: float) -> tuple[float, list[str]]:
    """Return the 99th percentile at a rate, arrivals by chance (Poisson), and what was not answered with 200.

    The first of four runs opens the connections that so many tills need, and does not count.
    """
    dice, late, bad = random.Random(5), [], []
    for _ in range(4):
        number = max(100, int(rate * 5))
        moment, arrivals = 0.0, []
        for _ in range(number):
            moment += dice.expovariate(rate)
            arrivals.append(moment)
        outcome = load.pace(site.port, counter.sales(number), connections=2 * CLIENTS, arrivals=arrivals)
        late.append(outcome.percentile(0.99))
        bad += outcome.bad
    return median(late[1:]), bad


def _row_counts(report: Report, world: World, site: Serving, counter: Counter, peer: Peer) -> None:
    """Show that both sides write as many rows."""
    before = _rows(world)
    load.flood(site.port, counter.sales(WARM * 2), connections=CLIENTS)
    between = _rows(world)
    peer.run(WARM * 2, clients=CLIENTS, label="count")
    after = _rows(world)
    ours, theirs = (between - before) / (WARM * 2), (after - between) / (WARM * 2)
    report.row("rows written by a sale", f"{ours:.1f}, by its peer {theirs:.1f}")


def _rows(world: World) -> int:
    time.sleep(1.5)  # backends tell the statistics once a second
    return sum(inserted + updated for inserted, updated in rows_written(world).values())


def _processor_time(report: Report, world: World, site: Serving, counter: Counter, peer: Peer) -> None:
    """Show where the processor time goes: on a shared machine the steadiest number there is."""
    requests = counter.sales(SALES)
    web, database = site.cpu()
    outcome = load.flood(site.port, requests, connections=CLIENTS)
    web_after, database_after = site.cpu()
    peer.run(SALES * 2, clients=CLIENTS, label="cpu")
    peer_after = site.cpu()[1]
    report.row(
        "processor time of a sale",
        f"{(web_after - web) / SALES * 1000:.2f} ms web + {(database_after - database) / SALES * 1000:.2f} ms database "
        f"+ {outcome.cpu_seconds / SALES * 1000:.2f} ms load",
    )
    report.row(
        "processor time of its peer", f"{(peer_after - database_after) / SALES / 2 * 1000:.2f} ms database"
    )


def across_sizes() -> Report:
    """Measure (d): the same sale among a thousand and among a million members, and of the busiest one."""
    report = Report("size", "A sale among 1,000 and among 1,000,000 members")
    with _logs() as logs, durable_server() as server:
        began = time.monotonic()
        small = make_world(server, "small", members=SMALL, buyers=BUYERS_OF_TOWNS, busiest=BUSIEST)
        large = make_world(server, "large", members=LARGE, buyers=BUYERS_OF_TOWNS, busiest=BUSIEST)
        report.row("loading both towns", f"{time.monotonic() - began:.0f} s")
        with serving(small, logs / "small.log") as first, serving(large, logs / "large.log") as second:
            void = _floor(report, server)
            _sizes(report, {"small": (first, Counter(small)), "large": (second, Counter(large))}, void)
    return report


def _sizes(report: Report, sites: dict[str, tuple[Serving, Counter]], void: str) -> None:
    def seconds(name: str, *, busy: bool) -> float:
        site, counter = sites[name]
        town = site.world.town
        chosen = [phone for phone in town.phones if (phone.member_id <= town.busiest) == busy]
        number = SALES // 4
        outcome = load.flood(site.port, counter.sales(number, phones=chosen), connections=CLIENTS)
        if outcome.bad:
            raise RuntimeError(outcome.bad[0][:600])
        return outcome.seconds / number * 1000

    sides = {
        "small": lambda: seconds("small", busy=False),
        "large": lambda: seconds("large", busy=False),
        "busiest": lambda: seconds("large", busy=True),
    }
    for measure in sides.values():
        measure()
    values = interleaved(sides, rounds=ROUNDS)
    for name, value in middle(values).items():
        report.row(f"time per sale, {name}", f"{value:.2f} ms")
    report.claim(
        "1,000,000 / 1,000 members", ratio_of(values, "large", "small"), "x", "at most", SLOWER, void
    )
    busiest = ratio_of(values, "busiest", "small")
    report.claim("busiest (50 lots, 500 sales) / 1,000 members", busiest, "x", "at most", SLOWER, void)
    report.note(
        f"{CLIENTS} connections. {BUSIEST} members are the busiest ones, since every sale makes another lot: "
        f"the last have {BUSIEST_LOTS + SALES // 4 * (ROUNDS + 1) // BUSIEST}."
    )
