"""``regulars program``: what a person and a program see of it, and the exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from loyalty import rules
from loyalty.commands.program import command
from loyalty.errors import DomainError

Run = Callable[..., Result]


def regulars(*arguments: str, given: str | bytes | None = None) -> Result:
    return CliRunner().invoke(command, arguments, input=given)


@pytest.fixture
def run(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return ``run(arguments…)``: the command on the empty database of this test's application."""
    monkeypatch.setattr("loyalty.commands.program.application", lambda: nullcontext(app))
    return regulars


def environment(url: str, folder: Path) -> dict[str, str]:
    return {
        "REGULARS_MODE": "test",
        "REGULARS_DATABASE_URL": url,
        "REGULARS_DATA_DIR": str(folder),
        "REGULARS_SECRET_KEY": "Zm9yIHRlc3RzIG9ubHksIG5ldmVyIHNlcnZlZCE0NzExMDgxNQ",
    }


def saved(folder: Path, name: str = "program.json", **parts: Any) -> str:
    path = folder / name
    path.write_text(json.dumps({**rules.load_shipped("coffee-chain-2026"), **parts}), encoding="utf-8")
    return str(path)


def test_a_good_file_is_said_to_be_good(tmp_path: Path) -> None:
    for name in (*rules.SHIPPED, saved(tmp_path)):
        done = regulars("check", name)
        assert done.exit_code == 0
        assert "no flaws" in done.stdout
        assert json.loads(regulars("check", name, "--json").stdout) == {"valid": True, "flaws": []}


def test_flaws_are_one_a_line_with_their_pointer_and_status_1(tmp_path: Path) -> None:
    path = saved(tmp_path, curency="USD", timezone="Mars")
    done = regulars("check", path)
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert lines[0] == "/curency: unknown key; did you mean currency?"
    assert lines[1].startswith("/timezone: expected an IANA time zone")
    assert done.stderr == f"{path}: 2 flaws\n"
    listed = json.loads(regulars("check", path, "--json").stdout)
    assert listed["valid"] is False
    assert listed["flaws"][0] == {
        "pointer": "/curency",
        "detail": "unknown key; did you mean currency?",
        "code": "unknown_key",
    }


def test_standard_input_is_a_file_too() -> None:
    text = json.dumps(rules.load_shipped("cafe-stars"))
    assert regulars("check", "-", given=text).exit_code == 0
    assert regulars("check", "-", given=b"\xef\xbb\xbf" + text.encode()).exit_code == 0
    broken = regulars("check", "-", given="{")
    assert (broken.exit_code, broken.stdout) == (
        1,
        "/: expected JSON; Expecting property name enclosed in double quotes at line 1, column 2\n",
    )


def test_what_cannot_be_read_is_wrong_use(tmp_path: Path) -> None:
    latin = tmp_path / "latin.json"
    latin.write_bytes(b"\xff\xfe")
    for name in ("no-such-file.json", str(latin), str(tmp_path)):
        assert regulars("check", name).exit_code == 2


def test_the_schema_is_printed_or_written(tmp_path: Path) -> None:
    assert json.loads(regulars("schema").stdout) == rules.json_schema()
    path = tmp_path / "schema.json"
    assert regulars("schema", str(path)).exit_code == 0
    assert json.loads(path.read_text(encoding="utf-8")) == rules.json_schema()
    assert regulars("schema", str(tmp_path / "no" / "folder")).exit_code == 2


def test_two_files_are_compared_without_a_database(tmp_path: Path) -> None:
    new = saved(tmp_path, currency="EUR")
    done = regulars("diff", "coffee-chain-2026", new)
    assert done.exit_code == 1
    assert done.stdout == "~ currency: USD became EUR  /currency\n"
    (difference,) = json.loads(regulars("diff", "coffee-chain-2026", new, "--json").stdout)
    assert difference["pointer"] == "/currency"
    assert regulars("diff", new, new).exit_code == 0


def test_a_shipped_program_is_printed_to_start_an_own_one_from() -> None:
    assert json.loads(regulars("export", "cafe-stars").stdout) == rules.load_shipped("cafe-stars")


def test_apply_list_diff_export_and_rollback_tell_one_story(run: Run, tmp_path: Path) -> None:
    assert "There is no version yet" in run("list").stdout
    first = json.loads(run("apply", "cafe-stars", "--note", "the beginning", "--json").stdout)
    assert (first["status"], first["program"], first["unchanged"]) == ("live", "cafe-stars", False)
    assert "nothing was changed" in run("apply", "cafe-stars").stdout

    exported = tmp_path / "mine.json"
    assert run("export", str(exported)).exit_code == 0
    document = json.loads(exported.read_text(encoding="utf-8"))
    assert document == rules.normalized(rules.load_shipped("cafe-stars"))
    assert list(document)[:3] == ["format", "key", "name"]
    assert run("diff", str(exported)).exit_code == 0

    document["rewards"][3]["price_milli"] = 150_000
    exported.write_text(json.dumps(document), encoding="utf-8")
    assert (
        "reward ladder-200 / price_milli: 200 points became 150 points" in run("diff", str(exported)).stdout
    )
    second = run("apply", str(exported))
    assert second.exit_code == 0
    assert "is live from" in second.stdout
    assert "200 points became 150 points" in second.stdout

    back = run("rollback", str(first["version"]))
    assert isinstance(back.exception, rules.NoticeTooShort)
    back = run("rollback", str(first["version"]), "--without-notice", "a mistake", "--note", "back")
    assert back.exit_code == 0
    listed = json.loads(run("list", "--json").stdout)
    assert [each["status"] for each in listed] == ["live", "superseded", "superseded"]
    assert (listed[0]["without_notice"], listed[0]["based_on"]) == ("a mistake", first["version"])
    assert "mistake" in run("list").stdout
    number = str(listed[1]["version"])
    assert json.loads(run("export", "--version", number).stdout)["rewards"][3]["price_milli"] == 150_000
    assert run("diff", number, str(exported)).exit_code == 0


def test_a_time_to_come_is_read_in_the_zone_of_the_program(run: Run) -> None:
    run("apply", "cafe-stars")
    done = run("apply", "coffee-chain-2026", "--from", "2099-07-01T06:00", "--json")
    planned = json.loads(done.stdout)
    assert (planned["status"], planned["live_from"]) == ("scheduled", "2099-07-01T10:00:00+00:00")
    assert run("apply", "cafe-stars", "--from", "tomorrow").exit_code == 2


def test_a_flawed_file_is_not_applied(run: Run, tmp_path: Path) -> None:
    done = run("apply", saved(tmp_path, currency="USX"))
    assert (done.exit_code, done.stdout) == (1, "")
    assert "/currency: expected an ISO 4217 currency" in done.stderr
    assert json.loads(run("list", "--json").stdout) == []


def test_without_any_version_there_is_one_clear_line(fresh_database: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "loyalty.cli", "program", "export"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment(fresh_database, tmp_path)},
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("regulars: No program is in force at ")
    assert done.stderr.count("\n") == 1


def test_a_version_that_is_not_there_is_refused(run: Run) -> None:
    run("apply", "cafe-stars")
    for arguments in (("export", "--version", "99"), ("rollback", "99"), ("diff", "99", "cafe-stars")):
        refused = run(*arguments).exception
        assert isinstance(refused, DomainError)
        assert refused.code == "no_such_version"
