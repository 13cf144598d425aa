"""What a command exits with is what whoever called it gets: a script must see that something is not sound."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from loyalty import ledger
from loyalty.ledger import RootKey

SECRET = "a secret of the tests, thirty-two characters or more"
REGULARS = str(Path(sys.executable).parent / "regulars")


@pytest.mark.parametrize(("text", "status"), [("nothing signed", 1), ("{}", 1), ("not JSON", 1)])
def test_a_statement_that_is_not_sound_ends_with_one(tmp_path: Path, text: str, status: int) -> None:
    file, keys = tmp_path / "statement.json", tmp_path / "keys.json"
    document = {"statement": {}, "signature": "x.y.z"} if text == "nothing signed" else None
    file.write_text(json.dumps(document) if document else text)
    keys.write_text(json.dumps(ledger.jwks([RootKey.of(SECRET)])))
    command = [REGULARS, "statement", "verify", str(file), "--keys", str(keys)]
    assert subprocess.run(command, check=False, capture_output=True, cwd=tmp_path).returncode == status


def test_a_command_used_wrongly_ends_with_two_and_help_with_zero(tmp_path: Path) -> None:
    def status(*arguments: str) -> int:
        return subprocess.run(
            [REGULARS, *arguments], check=False, capture_output=True, cwd=tmp_path
        ).returncode

    assert status("statement", "verify") == 2
    assert status("statement", "--help") == 0
