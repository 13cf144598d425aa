"""How the story looks: acts, sentences, requests, and what is printed on paper; plain text without a terminal."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from typing import Final

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

WIDTH: Final = 92
PAPER: Final = 60
_ACCENT: Final = "green"
_INDENT: Final = (0, 0, 0, 4)
_QUIET: Final = "bright_black"
_REFUSED: Final = 400
_LONG_ID: Final = re.compile(r"([0-9a-f]{8})-[0-9a-f-]{27}")


class Screen:
    """Where the story is told. ``pace`` is the pause after an act in seconds; none without a terminal."""

    def __init__(self, *, pace: float = 0, console: Console | None = None) -> None:
        found = console or Console(highlight=False)
        self.console = Console(
            highlight=False,
            file=found.file,
            width=min(found.width, WIDTH) if found.is_terminal else WIDTH,
            soft_wrap=False,
        )
        self._pace = pace if found.is_terminal else 0
        self._acts = 0

    def title(self, name: str, text: str) -> None:
        """Say what this is."""
        self.console.print()
        self.console.print(Text(name, style="bold"))
        self.console.print(Text(text, style="dim"))

    def act(self, title: str) -> None:
        """Begin a part of the story."""
        if self._acts:
            time.sleep(self._pace)
        self._acts += 1
        self.console.print()
        heading = Text.assemble((f"{self._acts}  ", f"bold {_ACCENT}"), (title, "bold"))
        self.console.print(Rule(heading, align="left", style=_QUIET, characters="─"))

    def end(self, title: str) -> None:
        """Begin what comes after the story."""
        time.sleep(self._pace)
        self.console.print()
        self.console.print(Rule(Text(title, style="bold"), align="left", style=_QUIET))

    def say(self, text: str, style: str = "") -> None:
        """Tell something."""
        self.console.print(Padding(Text(text, style=style), _INDENT, expand=False))

    def call(self, method: str, path: str, status: int, milliseconds: float, code: str | None = None) -> None:
        """Show a request that was sent, and how it was answered."""
        place = _LONG_ID.sub(r"\1…", path.partition("?")[0])
        shown = f"{method:<5}{place}"
        answer = f"{status} {code}" if code else str(status)
        right = f"{answer}{milliseconds:>7.0f} ms"
        room = self.console.width - _INDENT[3] - len(right)
        self.say(f"{shown[: room - 1]:<{room}}{right}", _QUIET if status < _REFUSED else "yellow")

    def facts(self, rows: Iterable[tuple[str, str]]) -> None:
        """Show what something is, line by line."""
        table = Table.grid(padding=(0, 3))
        table.add_column(style=_QUIET, no_wrap=True)
        table.add_column(overflow="fold")
        for name, value in rows:
            table.add_row(name, value)
        self.show(table)

    def show(self, something: RenderableType) -> None:
        """Show a table or a picture."""
        self.console.print(Padding(something, _INDENT, expand=False))

    def paper(self, *parts: RenderableType, title: str = "") -> None:
        """Show something printed, as on a till's paper."""
        panel = Panel(Group(*parts), box=box.ROUNDED, border_style=_QUIET, width=PAPER, title=title or None)
        self.show(panel)

    def picture(self, lines: str) -> None:
        """Show a QR code, light on dark whatever the terminal's colors are."""
        self.show(Text(lines, style="bright_white on black", no_wrap=True))

    def copyable(self, line: str) -> None:
        """Show a line that may be longer than the screen, to be copied."""
        self.console.print(Text(line), soft_wrap=True)

    def gap(self) -> None:
        """Leave a line free."""
        self.console.print()
