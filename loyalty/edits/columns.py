"""The columns in which a table keeps the last edit of a row."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from loyalty.edits.policy import Stamp


class Stamped:
    """A register: ``version`` is the member's version of its last edit, the others its place among concurrent ones."""

    version: Mapped[int]
    edited_at: Mapped[datetime]
    edit_counter: Mapped[int] = mapped_column(server_default="0")
    edited_by: Mapped[str]

    @property
    def stamp(self) -> Stamp:
        """Return the stamp of the last edit."""
        return Stamp(self.version, self.edited_at, self.edit_counter, self.edited_by)

    @stamp.setter
    def stamp(self, stamp: Stamp) -> None:
        self.version = stamp.version
        self.edited_at = stamp.time
        self.edit_counter = stamp.counter
        self.edited_by = stamp.device
