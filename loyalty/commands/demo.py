"""``regulars demo``: sets everything up, tells the main job over HTTP, then serves until Ctrl-C."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final, NoReturn

import click

from loyalty.commands.context import play_settings

PACE_SECONDS: Final = 0.7


@click.command()
@click.option("--no-serve", is_flag=True, help="End after the story.")
@click.option("--fast", is_flag=True, help="No pauses between the parts.")
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Another, if it is taken."
)
def command(no_serve: bool, fast: bool, port: int) -> None:
    """Show the main job on screen, from sign-up to the audit, then serve everything until Ctrl-C.

    Sets up what is missing: the embedded database under .data/, the program cafe-stars, a manager, a cashier, a till.
    A second run finds all of it again; somebody new joins.
    """
    from loyalty.demo.play import Demo  # noqa: PLC0415 - the long imports, after --help

    with (
        _ending_quietly(),
        play_settings() as settings,
        Demo(settings, port=port, pace=0 if fast else PACE_SECONDS) as demo,
    ):
        demo.tell()
        if not no_serve:
            demo.show_links()
            demo.serve()


@contextmanager
def _ending_quietly() -> Iterator[None]:
    """End on SIGTERM as on Ctrl-C: through every ``finally``, the database included; a second one changes nothing."""

    def end(number: int, frame: FrameType | None) -> NoReturn:
        del number, frame
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, end)
    yield
