"""Build the faces' pages into a wheel: who installs it needs no Node."""

from __future__ import annotations

import subprocess
from pathlib import Path
from shutil import which
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Pages(BuildHookInterface):  # type: ignore[type-arg]
    """Runs ``npm ci`` and the build, unless the pages are there already or it is an editable install (``make web``)."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the pages before the wheel is packed; called by hatchling."""
        dist = Path(self.root, "mobile_api", "web", "dist")
        if version == "editable" or (dist / "index.html").exists():
            return
        npm = which("npm")
        if npm is None:
            raise RuntimeError("npm is missing: install Node.js 20 or newer to build the pages")
        for command in (["ci", "--silent"], ["run", "--silent", "build"]):
            subprocess.run([npm, *command], cwd=self.root, check=True)
