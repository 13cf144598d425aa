"""Disks that fill up or lose power: a small tmpfs, and an ext4 in a file whose plug can be pulled.

Both need to mount something, so to be root with CAP_SYS_ADMIN; elsewhere their tests are skipped, and say so.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

# linux/ext4.h: EXT4_IOC_SHUTDOWN, and "as if the power went": what the journal has not yet written is gone.
_SHUTDOWN: Final = 0x8004587D
_NO_LOG_FLUSH: Final = 2


class SmallDisk:
    """A disk of a few megabytes that can be filled to the last block."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Take all space that is left."""
        file = os.open(self._ballast, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            while True:
                os.write(file, bytes(4096))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
        finally:
            os.close(file)

    def empty(self) -> None:
        """Give the space back."""
        self._ballast.unlink(missing_ok=True)


@contextmanager
def small_disk(megabytes: int, *, owner: int) -> Iterator[SmallDisk]:
    """Have a tmpfs of this size that belongs to the user ``owner``."""
    with _folder() as folder:
        options = f"size={megabytes}m,mode=0755,uid={owner}"
        _mount("-t", "tmpfs", "-o", options, "regulars-small", folder)
        try:
            yield SmallDisk(folder)
        finally:
            _unmount(folder)


class PlugDisk:
    """An ext4 in a file. What the page cache holds when the plug is pulled is gone, as with a machine."""

    def __init__(self, folder: Path, image: Path) -> None:
        self.folder = folder
        self._image = image

    def plug_in(self) -> None:
        """Mount it; the journal is replayed. It writes by itself only after minutes: all else is asked for."""
        _mount("-o", "loop,commit=300", str(self._image), self.folder)

    def pull(self) -> None:
        """Cut the power: from now on every access is an error."""
        file = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(file, _SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
        finally:
            os.close(file)

    def unplug(self) -> None:
        """Unmount it, whatever its state."""
        _unmount(self.folder)


@contextmanager
def plug_disk(megabytes: int) -> Iterator[PlugDisk]:
    """Have an ext4 of this size in a sparse file, mounted."""
    with (
        _folder() as folder,
        tempfile.NamedTemporaryFile(dir=folder.parent, prefix="regulars-disk-") as image,
    ):
        image.truncate(megabytes * 1024**2)
        if shutil.which("mkfs.ext4") is None:
            pytest.skip("mkfs.ext4 is missing (Debian: e2fsprogs)")
        subprocess.run(["mkfs.ext4", "-q", "-F", image.name], check=True, capture_output=True)
        disk = PlugDisk(folder, Path(image.name))
        disk.plug_in()
        folder.chmod(0o755)
        try:
            yield disk
        finally:
            disk.unplug()


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="regulars-mount-", dir="/var/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        folder.rmdir()


def _mount(*arguments: str | Path) -> None:
    if shutil.which("mount") is None or os.geteuid() != 0:
        pytest.skip("mounting a disk needs root")
    done = subprocess.run(["mount", *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"mounting is not permitted here: {done.stderr.strip()}")


def _unmount(folder: Path) -> None:
    if folder.is_mount():
        subprocess.run(["umount", "--lazy", folder], check=True, capture_output=True)
