"""``regulars migrate``: run the migrations, or prove that they and the models agree."""

from __future__ import annotations

import click

from loyalty import migrating
from loyalty.commands.context import read_settings
from loyalty.commands.output import console
from loyalty.postgres import database_url, temporary


@click.command()
@click.option("--to", "revision", default="head", show_default=True, help="The revision to go up to.")
@click.option(
    "--check", is_flag=True, help="Migrate a new, temporary database and compare it with the models."
)
def command(revision: str, check: bool) -> None:
    """Bring the database's tables up to date."""
    if check:
        _check()
        return
    with database_url(read_settings()) as url:
        migrating.upgrade(url, revision)
    console.print("The database is up to date.")


def _check() -> None:
    with temporary() as server:
        migrating.upgrade(server.url)
        found = migrating.differences(server.url)
    for difference in found:
        console.print(difference, markup=False, soft_wrap=True)
    if found:
        raise click.ClickException(
            f"Models and migrations differ in {len(found)} places: .venv/bin/alembic revision --autogenerate -m …"
        )
    console.print("Models and migrations agree.")
