"""The app's own tests (TypeScript, run by Node): its sync core, what it draws before the server answers, its requests.

And tests of these tests: the core is built with a mistake, and they have to notice.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from shutil import which

import pytest
from sqlalchemy.orm import Session

from loyalty.sync import VERBS
from tests.app.golden import CASES, play

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
NODE = which("node") or "node"
FILES = sorted(path.name for path in HERE.glob("*.test.ts"))
MISTAKES = re.findall(r"^  (\w+): \{$", (HERE / "mistakes.mjs").read_text(), re.MULTILINE)


def run(*arguments: str, **environment: str) -> tuple[int, str]:
    """Return the exit code and what was said."""
    done = subprocess.run(
        [NODE, "tests/app/run.mjs", *arguments],
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1", **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def failing(said: str) -> list[str]:
    """Return the names of the tests that failed."""
    return list(dict.fromkeys(re.findall(r"^\s*✖ (.+?) \([\d.]+ms\)$", said, re.MULTILINE)))


@pytest.fixture
def golden(session: Session, tmp_path: Path) -> str:
    made = {name: [play(session, name, case) for case in cases] for name, cases in CASES.items()}
    path = tmp_path / "golden.json"
    path.write_text(json.dumps({"verbs": list(VERBS), "cases": made}))
    return str(path)


@pytest.mark.parametrize("file", [file for file in FILES if file != "effects.test.ts"])
def test_the_app_does_what_its_tests_say(file: str) -> None:
    code, said = run(file)
    assert failing(said) == [], said
    assert code == 0, said


def test_what_is_drawn_is_what_the_server_makes(golden: str) -> None:
    code, said = run("effects.test.ts", GOLDEN=golden)
    assert failing(said) == [], said
    assert code == 0, said


def test_every_verb_has_a_case() -> None:
    assert CASES.keys() == VERBS.keys()


@pytest.mark.soak
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_deliberate_mistake_is_noticed(mistake: str) -> None:
    code, said = run("--mistake", mistake)
    assert code == 1, said
    assert failing(said), said
