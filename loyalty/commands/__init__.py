"""The commands of ``regulars``: one file each, named after the command, and one line in ``loyalty/cli.py``.

The convention:

- A command is a ``click`` command or group called ``command``. It parses, calls the domain in one
  ``with transaction()``, prints. Only its own file imports what it needs, so that ``--help`` stays quick.
- People get readable output by ``rich`` (``loyalty.commands.output.console``); with ``--json`` programs get one JSON
  document on standard output and nothing else there. Progress and notices go to standard error.
- Exit status: 0 done, 1 refused or a check failed, 2 used wrongly.
- An error is one line. Raise the domain's error, ``ConfigError``, ``DatabaseError`` or ``click.ClickException`` and
  let ``main`` print it; a traceback is a bug.
- ``loyalty.commands.context.application(mode)`` gives settings, database and application context.
"""
