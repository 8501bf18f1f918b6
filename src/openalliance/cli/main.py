"""The program ``openalliance``: finds the command, runs it, and turns errors into exit statuses.

A command is imported when it is called, so ``--help`` and mistyped commands answer at once.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass

import click

from openalliance.core.errors import OpenAllianceError

_DONE, _FAILED, _STOPPED = 0, 1, 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Where a command lives and what it does, in one line."""

    module: str
    name: str
    does: str

    def load(self) -> click.Command:
        found = getattr(importlib.import_module(self.module), self.name)
        if not isinstance(found, click.Command):
            raise TypeError(f"{self.module}:{self.name} is not a command")
        return found


COMMANDS = {
    "demo": Command(
        module="openalliance.cli.demo",
        name="demo",
        does="Make (once) and serve a demonstration practice.",
    ),
    "serve": Command(
        module="openalliance.cli.serve",
        name="serve",
        does="Serve a real practice; the first start leads to setting it up.",
    ),
    "check": Command(
        module="openalliance.cli.check",
        name="check",
        does="Say whether this installation is fit for real clients.",
    ),
    "import": Command(
        module="openalliance.cli.import_records",
        name="import_records",
        does="Bring existing records in from a table.",
    ),
    "instruments": Command(
        module="openalliance.cli.instruments",
        name="instruments",
        does="List, show and add instruments.",
    ),
    "simulate": Command(
        module="openalliance.cli.simulate",
        name="simulate",
        does="Write a made-up cohort whose truth is known.",
    ),
}


class LazyGroup(click.Group):
    """A group that knows its commands from the table and imports only the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        command = COMMANDS.get(cmd_name)
        return None if command is None else command.load()

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.does) for name, command in COMMANDS.items()])


_EXAMPLES = """\b
Examples:
  openalliance demo
  openalliance serve --data-dir /srv/openalliance
  openalliance import records.csv --help
"""


@click.group(
    cls=LazyGroup,
    epilog=_EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="openalliance", prog_name="openalliance")
def openalliance() -> None:
    """Measure, build, repair and keep the therapeutic alliance."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit status.

    0 is done, 1 is understood but failed (the message is on stderr), 2 is wrong usage, 130 is
    stopped from the keyboard.
    """
    try:
        status = openalliance.main(
            args=None if arguments is None else list(arguments),
            prog_name="openalliance",
            standalone_mode=False,
        )
    except click.ClickException as fault:
        fault.show()
        return fault.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        return _STOPPED
    except OpenAllianceError as fault:
        click.echo(f"openalliance: {fault}", err=True)
        return _FAILED
    return status if isinstance(status, int) else _DONE
