"""Which process is the server of a data folder; a stale pid file never makes a foreign process look like it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def pid_of_server(data: Path) -> int | None:
    """Return the process id of the PostgreSQL server that runs on ``data``, or None."""
    pid = _stored_pid(data)
    return pid if pid is not None and _is_server(pid, data) else None


def forget_stale_locks(data: Path, sockets: Path | None) -> None:
    """Remove the locks of a server that is gone, where their number now belongs to a foreign process.

    PostgreSQL would refuse to start. While a child of the old server is left, everything stays as it is: the pid
    file is what keeps a second server from the data.
    """
    pid = _stored_pid(data)
    if (pid is not None and _is_server(pid, data)) or _somebody_works_in(data):
        return
    if pid is not None and _command(pid):
        (data / "postmaster.pid").unlink(missing_ok=True)
    for lock in sockets.glob(".s.PGSQL.*") if sockets else ():
        lock.unlink(missing_ok=True)


def _stored_pid(data: Path) -> int | None:
    try:
        return abs(int((data / "postmaster.pid").read_text("ascii", "replace").split("\n", 1)[0]))
    except (FileNotFoundError, ValueError):
        return None


def _is_server(pid: int, data: Path) -> bool:
    command = _command(pid)
    return bool(command) and Path(command[0]).name == "postgres" and str(data) in command


def _somebody_works_in(folder: Path) -> bool:
    # A server and its children have the data folder as their working folder.
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == folder:
                return True
        except OSError:
            continue  # it has ended, or is somebody else's
    return False


def _command(pid: int) -> list[str]:
    """Return the arguments of a process, the program first; empty: there is none, or it is dead and not buried."""
    if Path("/proc/self").exists():
        try:
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0")
        except OSError:
            return []
        return [os.fsdecode(each) for each in arguments.split(b"\0")] if arguments else []
    listed = subprocess.run(
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return listed.stdout.split()
