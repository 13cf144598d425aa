"""Every module of the domain has its place in the map of imports."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_module_has_a_layer() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if each["type"] == "layers")
    placed = set(re.findall(r"[a-z_]+(?:\.[a-z_]+)?", " ".join(layers)))
    there = {
        f"loyalty.{path.stem}"
        for path in (ROOT / "loyalty").iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").exists()) and path.stem != "__init__"
    }
    assert there - placed == set(), "name these in the layers of pyproject.toml"
