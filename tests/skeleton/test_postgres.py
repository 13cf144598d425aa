"""The launcher shares one server, survives kills, and never touches a foreign process."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from loyalty.postgres import DatabaseError, Server, account, find_binaries, process, temporary

LINES = "loyalty.postgres import Server, FAST_AND_LOSSY\nfrom pathlib import Path\nimport os, sys, time"


@pytest.fixture
def own() -> Iterator[Server]:
    """Return a server of this test alone."""
    with temporary() as server:
        yield server


def rows(server: Server, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(server.url.replace("+psycopg", ""), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def run_python(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", f"from {LINES}\n{code}", *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
    )


def until(true: object, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_second_joins_and_the_last_stops(own: Server) -> None:
    second = Server(own.home).start()
    pid = own.pid
    assert pid
    assert (second.pid, second.url) == (pid, own.url)
    own.stop()
    assert second.pid == pid
    second.stop()
    assert second.pid is None
    second.stop()
    own.start()
    assert own.pid not in (None, pid)


def test_two_processes_at_once_make_one_server(tmp_path: Path) -> None:
    code = "s = Server(Path(sys.argv[1]), settings=FAST_AND_LOSSY).start()"
    code += "\nprint(s.pid, flush=True)\nsys.stdin.read()\ns.stop()"
    with temporary() as other:  # a folder that the server's account can reach
        home = other.home.parent / "another"
        children = [
            subprocess.Popen(
                [sys.executable, "-c", f"from {LINES}\n{code}", str(home)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(3)
        ]
        told = {child.stdout.readline() for child in children if child.stdout}
        assert len(told) == 1
        pid = int(told.pop())
        for child in children:
            assert Path(f"/proc/{pid}").exists()
            child.communicate("")
            assert child.returncode == 0
        until(lambda: Server(home).pid is None)


def test_who_was_killed_is_no_user_any_more(own: Server) -> None:
    with run_python(
        "s = Server(Path(sys.argv[1])).start(); print(s.pid, flush=True); time.sleep(60)", own.home
    ) as child:
        assert child.stdout
        assert int(child.stdout.readline()) == own.pid
        child.kill()
    own.stop()
    assert own.pid is None


def test_kept_until_stopped_now(own: Server) -> None:
    own.keep()
    own.stop()
    assert own.pid is not None
    assert own.stop_now()
    assert own.pid is None
    assert not own.stop_now()


def test_committed_rows_survive_a_kill() -> None:
    with temporary(durable=True) as server:
        assert rows(server, "SHOW fsync") == [("on",)]
        rows(server, "CREATE TABLE marks (n integer)")
        rows(server, "INSERT INTO marks VALUES (1)")
        killed = server.pid
        assert killed
        os.kill(killed, signal.SIGKILL)
        until(lambda: server.pid is None)
        server.start()
        assert rows(server, "SELECT n FROM marks") == [(1,)]


def test_a_stale_pid_file_never_costs_a_foreign_process_its_life(own: Server) -> None:
    pid_file = own.data / "postmaster.pid"
    own.stop()
    with subprocess.Popen(["/bin/sleep", "60"], **own.account.popen) as foreign:
        pid_file.write_text(f"{foreign.pid}\n{own.data}\n1\n1\n\n127.0.0.1\n")
        assert own.pid is None
        assert not own.stop_now()
        own.start()
        assert own.pid not in (None, foreign.pid)
        assert foreign.poll() is None
        foreign.kill()


def test_another_postgres_is_not_ours(own: Server) -> None:
    with temporary() as another:
        assert own.pid
        assert process.pid_of_server(another.data) != own.pid
        another.stop()
        (another.data / "postmaster.pid").write_text(f"{own.pid}\n{another.data}\n")
        assert another.pid is None


def test_a_taken_port_is_given_up(own: Server) -> None:
    import socket

    own.stop()
    before = own.port
    with socket.socket() as taken:
        # What the server before has closed may linger.
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", before))
        taken.listen()
        own.start()
        assert own.port != before
    assert rows(own, "SELECT 1") == [(1,)]
    own.stop()
    kept = own.port
    own.start()
    assert own.port == kept


def test_files_are_private(own: Server) -> None:
    def mode(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    assert mode(own.home / "password") == 0o600
    assert mode(own.data) == 0o700
    assert own.socket_folder
    assert mode(own.socket_folder) == 0o700
    assert len(own.password) >= 32


def test_nobody_comes_in_without_the_password(own: Server) -> None:
    for host in ("127.0.0.1", str(own.socket_folder)):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(host=host, port=own.port, user="regulars", dbname="regulars", password="")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")
def test_out_of_reach_it_goes_elsewhere_and_no_folder_is_opened(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    server = Server(closed / "postgres")
    assert server.moved
    assert not server.home.is_relative_to(tmp_path)
    assert Server(closed / "postgres").home == server.home
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    server.home.rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")
def test_programs_out_of_reach_are_copied(tmp_path: Path) -> None:
    from shutil import copytree, rmtree

    from loyalty.postgres.binaries import Binaries

    found = find_binaries()
    root = tmp_path / "closed" / "root"
    for part in found.parts:
        copytree(found.root / part, root / part, symlinks=True, dirs_exist_ok=True)
    (tmp_path / "closed").chmod(0o700)
    there = Binaries(root / found.folder.relative_to(found.root), root, found.parts, found.version)
    user = account.account_for_server()
    copy = account.reachable_binaries(there, user)
    try:
        assert copy.root != there.root
        assert account.reachable_binaries(there, user) == copy
        told = subprocess.run(
            [copy.program("initdb"), "--version"], capture_output=True, text=True, check=True, **user.popen
        )
        assert found.version in told.stdout
    finally:
        rmtree(copy.root)


def test_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REGULARS_POSTGRES_BIN", str(tmp_path))
    with pytest.raises(DatabaseError, match="REGULARS_POSTGRES_BIN must be a folder with PostgreSQL 15"):
        find_binaries()
    monkeypatch.delenv("REGULARS_POSTGRES_BIN")
    with pytest.raises(DatabaseError, match=r"made by PostgreSQL 14, and only .*PostgreSQL 18.* is here"):
        find_binaries(major=14)
