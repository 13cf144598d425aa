"""Under which operating-system account the server runs, and where that account can reach its files.

PostgreSQL refuses to run as root. Started by root, the server runs as ``postgres`` or ``nobody``; folders on the
way are never opened up for it. Where it cannot pass, its files go elsewhere.

Root never writes into a folder that the account owns: the account could have put a link there.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from loyalty.postgres.binaries import Binaries, DatabaseError

_ACCOUNTS: Final = ("postgres", "nobody")
_ELSEWHERE: Final = (Path("/var/lib/regulars"), Path(tempfile.gettempdir()) / "regulars-root")


@dataclass(frozen=True, slots=True)
class Account:
    """The account of the server; ``switch`` says whether that is another one than ours."""

    uid: int
    gid: int
    switch: bool

    @property
    def popen(self) -> dict[str, Any]:
        """Return the arguments that make ``subprocess`` run a program under this account."""
        plain: dict[str, Any] = {"cwd": "/", "umask": 0o077}
        return plain | ({"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {})

    def give(self, path: Path) -> None:
        """Make this account the owner of a file or folder that we have just made."""
        if self.switch:
            os.chown(path, self.uid, self.gid)

    def can_pass(self, folder: Path) -> bool:
        """Tell whether this account may go through ``folder`` and everything above it."""
        return not self.switch or all(self._may_enter(each) for each in (folder, *folder.parents))

    def _may_enter(self, folder: Path) -> bool:
        try:
            status = folder.stat()
        except OSError:
            return False
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        if status.st_gid == self.gid:
            return bool(status.st_mode & stat.S_IXGRP)
        return bool(status.st_mode & stat.S_IXOTH)


def account_for_server() -> Account:
    """Return our own account, or for root the first of ``postgres`` and ``nobody`` that exists."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), switch=False)
    for name in _ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_uid, entry.pw_gid, switch=True)
    raise DatabaseError(
        "PostgreSQL cannot run as root, and there is no user 'postgres' or 'nobody': add one."
    )


def make_folder(folder: Path, account: Account) -> None:
    """Make a folder of ours that the account may pass through but not list; an existing one stays as it is."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return
    if account.switch:
        folder.chmod(0o711)


def reachable_home(wanted: Path, account: Account) -> Path:
    """Return ``wanted``, or a folder elsewhere (always the same for the same ``wanted``) if it is out of reach."""
    make_folder(wanted, account)
    if account.can_pass(wanted):
        return wanted
    return elsewhere(hashlib.sha256(os.fsencode(wanted)).hexdigest()[:16], account)


def reachable_binaries(binaries: Binaries, account: Account) -> Binaries:
    """Return ``binaries``, or a copy of them where the account can read it (made once per version and place)."""
    if account.can_pass(binaries.folder):
        return binaries
    place = hashlib.sha256(os.fsencode(binaries.root)).hexdigest()[:16]
    target = elsewhere("programs", account) / f"{binaries.version}-{place}"
    if not target.exists():
        staging = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=target.parent))
        try:
            for part in filter(lambda each: (binaries.root / each).exists(), binaries.parts):
                shutil.copytree(
                    binaries.root / part, staging / "copy" / part, symlinks=True, dirs_exist_ok=True
                )
            _open_for_reading(staging / "copy")
            (staging / "copy").rename(target)
        except OSError:
            if not target.exists():  # unless somebody else was faster
                raise
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    moved = target / binaries.folder.relative_to(binaries.root)
    return Binaries(moved, target, binaries.parts, binaries.version)


def _open_for_reading(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)


def elsewhere(name: str, account: Account) -> Path:
    """Return a folder of root's, outside of the project, that the account can pass through."""
    for parent in _ELSEWHERE:
        try:
            make_folder(parent, account)
            make_folder(parent / name, account)
        except OSError:
            continue
        if _is_ours(parent) and account.can_pass(parent / name):
            return parent / name
    raise DatabaseError(
        f"No folder that the database server could reach: tried {' and '.join(map(str, _ELSEWHERE))}."
    )


def _is_ours(folder: Path) -> bool:
    # Under /tmp anybody could have made it first.
    status = folder.lstat()
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o022
