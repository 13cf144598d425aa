"""What the pages and the server both name, they name alike."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from shutil import which

from loyalty.preferences import names

ROOT = Path(__file__).parents[2]
NODE = which("node") or "node"
TOKENS = ROOT / "loyalty/web/static/tokens.css"


def test_preferences_are_named_in_the_app_as_on_the_server() -> None:
    command = [NODE, "tests/app/start.mjs", "names.ts"]
    said = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)
    assert set(said["known"]) == set(names.PREFERENCES)
    assert set(said["dietary"]) == names.DIETARY_TAGS
    assert said["slots"] == [[slot.key, slot.begins.hour] for slot in names.SLOTS]
    assert all((slot.begins.minute, slot.begins.second) == (0, 0) for slot in names.SLOTS)


def test_dark_is_the_same_whether_the_system_or_the_person_wants_it() -> None:
    css = TOKENS.read_text("utf-8")
    by_system = re.search(r':root:not\(\[data-theme="light"\]\) \{(.*?)\}', css, re.DOTALL)
    by_choice = re.search(r':root\[data-theme="dark"\] \{(.*?)\}', css, re.DOTALL)
    assert by_system is not None
    assert by_choice is not None
    assert _set(by_system[1]) == _set(by_choice[1]) - {("color-scheme", "dark")}
    assert _set(by_system[1])


def _set(block: str) -> set[tuple[str, str]]:
    pairs = (
        line.split(":", 1)
        for line in re.sub(r"/\*.*?\*/", "", block, flags=re.DOTALL).split(";")
        if ":" in line
    )
    return {(name.strip(), " ".join(value.split())) for name, value in pairs}
