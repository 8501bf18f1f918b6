"""The program ``openalliance``: finds the command, runs it, and turns errors into exit statuses.

A command is imported when it is called, so ``--help`` and mistyped commands answer at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import click

from openalliance.cli.lazy import Command, group_of
from openalliance.core.errors import OpenAllianceError

_DONE, _FAILED, _STOPPED = 0, 1, 130

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
    "backup": Command(
        module="openalliance.cli.backup",
        name="backup",
        does="Make a sealed backup while the practice is in use.",
    ),
    "restore": Command(
        module="openalliance.cli.restore",
        name="restore",
        does="Bring a backup back, once it has proven itself.",
    ),
    "verify": Command(
        module="openalliance.cli.verify",
        name="verify",
        does="Look whether records, access log and keys are whole.",
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
    "analyse": Command(
        module="openalliance.cli.analyse",
        name="analyse",
        does="What courses amount to: change, alliance, trajectory, drop-out and more.",
    ),
    "simulate": Command(
        module="openalliance.cli.simulate",
        name="simulate",
        does="Write a made-up cohort whose truth is known.",
    ),
}


_EXAMPLES = """\b
Examples:
  openalliance demo
  openalliance serve --data-dir /srv/openalliance
  openalliance import records.csv --help
  openalliance analyse change scores.csv --help
"""


@click.group(
    cls=group_of(COMMANDS),
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
