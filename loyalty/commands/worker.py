"""``regulars worker``: the work outside of requests."""

from __future__ import annotations

import signal
from types import FrameType

import click

from loyalty.commands.context import application
from loyalty.commands.output import notices


@click.command()
@click.option(
    "--threads", default=2, show_default=True, type=click.IntRange(1, 32), help="Threads that deliver."
)
@click.option("--once", is_flag=True, help="Do what is due now, then end.")
def command(threads: int, once: bool) -> None:
    """Run the jobs until Ctrl-C: messages, payments nobody finished, expiry, schedules."""
    from loyalty.jobs.work import work_of  # noqa: PLC0415 - with the application, not for --help
    from loyalty.jobs.worker import Worker, run_once  # noqa: PLC0415
    from loyalty.web import site  # noqa: PLC0415

    with application() as app:
        here = site.current()
        work = work_of(here.settings, here.clock)
        if once:
            run_once(work)
            return
        worker = Worker(app, work, threads=threads)

        def stop(number: int, frame: FrameType | None) -> None:
            del number, frame
            worker.request_stop()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        notices.print("The worker runs (Ctrl-C ends it).")
        with worker:
            worker.wait()
