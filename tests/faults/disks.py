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
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

# linux/ext4.h: EXT4_IOC_SHUTDOWN, and "as if the power went": what the journal has not yet written is gone.
_SHUTDOWN: Final = 0x8004587D
_NO_LOG_FLUSH: Final = 2
_UNMOUNT_TRIES: Final = 100


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
def small_disk(at: Path, *, megabytes: int) -> Iterator[SmallDisk]:
    """Have a tmpfs of this size mounted at a folder, owned as that is."""
    owner = at.stat()
    options = f"size={megabytes}m,mode={owner.st_mode & 0o777:o},uid={owner.st_uid},gid={owner.st_gid}"
    _mount("-t", "tmpfs", "-o", options, "regulars-small", at)
    try:
        yield SmallDisk(at)
    finally:
        _unmount(at)


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
def plug_disk(at: Path, *, megabytes: int) -> Iterator[PlugDisk]:
    """Have an ext4 of this size, in a sparse file beside the folder, mounted at it and owned as that is."""
    if shutil.which("mkfs.ext4") is None:
        pytest.skip("mkfs.ext4 is missing (Debian: e2fsprogs)")
    with tempfile.NamedTemporaryFile(dir="/var/tmp", prefix="regulars-disk-") as image:
        image.truncate(megabytes * 1024**2)
        subprocess.run(["mkfs.ext4", "-q", "-F", image.name], check=True, capture_output=True)
        owner = at.stat()
        disk = PlugDisk(at, Path(image.name))
        disk.plug_in()
        try:
            os.chown(at, owner.st_uid, owner.st_gid)
            at.chmod(owner.st_mode & 0o777)
            yield disk
        finally:
            disk.unplug()


def _mount(*arguments: str | Path) -> None:
    if shutil.which("mount") is None or os.geteuid() != 0:
        pytest.skip("mounting a disk needs root")
    done = subprocess.run(["mount", *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"mounting is not permitted here: {done.stderr.strip()}")


def _unmount(folder: Path) -> None:
    """Unmount; wait for those who are just leaving. (A lazy unmount could leave two mounts of one image.)"""
    said = ""
    for _ in range(_UNMOUNT_TRIES):
        done = subprocess.run(["umount", folder], check=False, capture_output=True, text=True)
        if done.returncode == 0 or "not mounted" in done.stderr:
            return
        said = done.stderr
        time.sleep(0.1)
    raise OSError(f"umount: {said}")
