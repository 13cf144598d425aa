"""Every scenario file gives what it expects, through every door."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from loyalty import scenarios
from loyalty.postgres import Server
from loyalty.scenarios.report import document

FOLDER = Path(__file__).parents[1] / "scenarios"
FILES = sorted(path for path in FOLDER.rglob("*.yaml") if "programs" not in path.parts)


@pytest.fixture(scope="module")
def workshop(server: Server) -> Iterator[scenarios.Workshop]:
    with (
        TemporaryDirectory() as folder,
        scenarios.Workshop(server, mode="test", data_dir=Path(folder)) as workshop,
    ):
        yield workshop


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_a_scenario_gives_the_same_through_every_door(workshop: scenarios.Workshop, path: Path) -> None:
    played = [
        scenarios.play(workshop, scenario, door)
        for scenario in (scenarios.read(each, path=path.name) for each in scenarios.load(path))
        for door in scenarios.DOORS
        if not scenario.through or door in scenario.through
    ]
    failed = [result for result in played if not result.ok]
    assert not failed, document(failed, [])["results"]
