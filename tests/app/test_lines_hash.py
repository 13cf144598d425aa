"""The server's half of ``lines_hash.json``: the app's half is ``lines_hash.test.ts``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from loyalty.orders import Content, lines_hash

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "lines_hash.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["what"] for case in CASES])
def test_the_fingerprint_is_the_one_that_the_app_computes(case: dict[str, Any]) -> None:
    lines = [
        (line["id"], Content(line["sku"], tuple(line["options"]), line["quantity"], line["note"]))
        for line in case["lines"]
    ]
    assert lines_hash(lines) == case["hash"]
    assert lines_hash(reversed(lines)) == case["hash"]
