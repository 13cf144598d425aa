"""What the numbers were measured on, and whether its disk lets them count."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Final

FLOOR_LIMIT_MS: Final = 1.0
_PROBES: Final = 200
_PAGE: Final = 8192


@dataclass(frozen=True)
class Floor:
    """How long ``fdatasync`` of one page takes: what no durable commit can undercut."""

    median_ms: float
    worst_ms: float

    @property
    def is_quiet(self) -> bool:
        """Tell whether a durable run counts here: a slower disk measures the neighbor, not us."""
        return self.median_ms <= FLOOR_LIMIT_MS


def floor_of(folder: Path) -> Floor:
    """Write and sync a page again and again where the database will be."""
    path = folder / f"floor-{os.getpid()}"
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.posix_fallocate(file, 0, 16 * _PAGE)
        times = [_sync_once(file, place % 16) for place in range(_PROBES)]
    finally:
        os.close(file)
        path.unlink()
    return Floor(median(times), max(times))


def _sync_once(file: int, page: int) -> float:
    os.pwrite(file, os.urandom(_PAGE), page * _PAGE)
    began = time.perf_counter()
    os.fdatasync(file)
    return (time.perf_counter() - began) * 1000


def notes() -> dict[str, str]:
    """Return the machine in words: processor, cores, memory, system, load by others, versions."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "load by others": ", ".join(f"{each:.2f}" for each in os.getloadavg()),
        "python": platform.python_version(),
        "libraries": ", ".join(
            f"{name} {version(name)}" for name in ("flask", "gunicorn", "psycopg", "sqlalchemy")
        ),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def cpu_seconds(pids: list[int]) -> float:
    """Return the processor time, user and system, that these processes have used."""
    ticks = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        # Own time and that of children who have ended (a database's backends).
        ticks += sum(int(each) for each in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def descendants(pid: int) -> list[int]:
    """Return a process and all that it started, and they."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(") ")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents.setdefault(parent, []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        waiting += parents.get(found[-1], [])
    return found
