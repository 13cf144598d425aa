"""The README says only what is so: its files are there, its commands exist, its make targets too."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from loyalty.cli import COMMANDS

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md"]
CODE = re.compile(r"`([^`\n]+)`")


def quoted(page: Path) -> list[str]:
    return CODE.findall(page.read_text("utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_is_named_is_there(page: Path) -> None:
    paths = [
        each
        for each in quoted(page)
        if re.fullmatch(r"(loyalty|mobile_api|pos_adapter|migrations|tests|docs)/[\w./-]*", each)
    ]
    assert paths or page.name == "CHANGELOG.md"
    assert [each for each in paths if not (ROOT / each).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_is_named_exists(page: Path) -> None:
    named = {each.split()[1] for each in quoted(page) if re.match(r"regulars [a-z]", each)}
    assert named <= set(COMMANDS)


def test_the_table_of_commands_is_complete() -> None:
    rows = re.findall(r"^\| `regulars (\w+)`", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(COMMANDS)


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for page in PAGES:
        named = set(re.findall(r"(?:`|^    )make (\w+)", page.read_text("utf-8"), re.MULTILINE))
        assert named <= targets


def test_every_folder_of_the_domain_has_its_line() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    folders = [each.name for each in (ROOT / "loyalty").iterdir() if (each / "__init__.py").exists()]
    assert [each for each in sorted(folders) if f"`loyalty/{each}/`" not in text] == []


def test_settings_that_are_named_exist() -> None:
    from dataclasses import fields

    from loyalty.config import Settings

    known = {f"REGULARS_{each.name.upper()}" for each in fields(Settings)}
    named = set(re.findall(r"REGULARS_[A-Z_]+", (ROOT / "README.md").read_text("utf-8")))
    assert named <= known
