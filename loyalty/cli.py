"""The command ``regulars``: which commands there are, and how errors are told."""

from __future__ import annotations

import importlib
import sys
from typing import Final, NoReturn

import click

# name -> (module:attribute, one line for --help). Modules are imported when their command is used.
COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "audit": ("loyalty.commands.audit:command", "Check the books of every member; sign them."),
    "config": ("loyalty.commands.config:command", "Print the settings, and where each comes from."),
    "database": ("loyalty.commands.database:command", "The embedded database; what a restored one needs."),
    "demo": ("loyalty.commands.demo:command", "Show a sale from sign-up to return, then serve."),
    "import": ("loyalty.commands.import_:command", "Bring members over from another system."),
    "member": ("loyalty.commands.member:command", "Look at a member, export, merge, block, erase."),
    "migrate": ("loyalty.commands.migrate:command", "Bring the database's tables up to date."),
    "offer": ("loyalty.commands.offer:command", "Send offers to members."),
    "program": ("loyalty.commands.program:command", "Check, compare, apply and export the program."),
    "replay": ("loyalty.commands.replay:command", "Play another program's log, compare what comes out."),
    "scenario": ("loyalty.commands.scenario:command", "Play scenario files through every door, and compare."),
    "seed": ("loyalty.commands.seed:command", "Fill the demo café with members and their visits."),
    "serve": ("loyalty.commands.serve:command", "Serve the APIs and pages."),
    "staff": ("loyalty.commands.staff:command", "Add staff, set PINs and roles, read what everybody did."),
    "statement": ("loyalty.commands.statement:command", "Check a signed statement that a member kept."),
    "till": ("loyalty.commands.till:command", "Enroll, list and revoke tills."),
    "worker": ("loyalty.commands.worker:command", "Run the jobs: messages, expiry, schedules."),
}
# SQLSTATE: undefined table, undefined column.
_MISSING: Final = frozenset({"42P01", "42703"})


class CommandTable(click.Group):
    """A group whose commands are named in a table and imported when used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        found = getattr(importlib.import_module(module), attribute)
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])


@click.command(cls=CommandTable, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="regulars", prog_name="regulars")
def command() -> None:
    """Regulars, an open loyalty platform: one balance, one code, one memory of what a customer likes."""


def main() -> NoReturn:
    """Run the command line; a refusal is one line on standard error and exit status 1."""
    try:
        # Outside of standalone mode click returns the status that a command exits with, instead of raising it.
        status = command.main(standalone_mode=False, prog_name="regulars")
    except click.UsageError as error:
        error.show()
        sys.exit(2)
    except click.ClickException as error:
        _tell(error.format_message())
    except (click.Abort, KeyboardInterrupt):
        _tell("Interrupted.")
    except BrokenPipeError:
        sys.stderr.close()  # the reader (head, less) has gone
        sys.exit(1)
    except Exception as error:
        text = _for_people(error)
        if text is None:
            raise
        _tell(text)
    sys.exit(status if isinstance(status, int) else 0)


def _for_people(error: Exception) -> str | None:
    """Return what a person is told of this error; None: it is a bug, and a traceback is in order."""
    from sqlalchemy.exc import OperationalError, ProgrammingError  # noqa: PLC0415 - only when something went wrong

    from loyalty.config import ConfigError  # noqa: PLC0415
    from loyalty.errors import DomainError  # noqa: PLC0415
    from loyalty.postgres import DatabaseError  # noqa: PLC0415

    if isinstance(error, ConfigError | DatabaseError | DomainError):
        return str(error)
    if (
        isinstance(error, OperationalError)
        and error.connection_invalidated is False
        and error.statement is None
    ):
        return f"The database cannot be reached: {' '.join(str(error.orig).split())}"
    if isinstance(error, ProgrammingError) and getattr(error.orig, "sqlstate", None) in _MISSING:
        return "The database's tables are missing or old: regulars migrate"
    return None


def _tell(text: str) -> NoReturn:
    click.echo(f"regulars: {text}", err=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
