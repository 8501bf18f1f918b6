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
    "keys": Command(
        module="openalliance.cli.keys",
        name="keys",
        does="Keep, change and bring back the keys of what clients write.",
    ),
    "users": Command(
        module="openalliance.cli.users",
        name="users",
        does="Let somebody of the staff back in who is locked out.",
    ),
    "import": Command(
        module="openalliance.cli.import_records",
        name="import_records",
        does="Bring existing records in from a table.",
    ),
    "import-plan": Command(
        module="openalliance.cli.import_plan",
        name="import_plan",
        does="Propose a plan that a client brings along, from FHIR.",
    ),
    "import-record": Command(
        module="openalliance.cli.import_record",
        name="import_record",
        does="Bring clients’ records in from another installation.",
    ),
    "export": Command(
        module="openalliance.cli.export",
        name="export",
        does="Take everything out, one client’s record, or numbers for research.",
    ),
    "report": Command(
        module="openalliance.cli.report",
        name="report",
        does="Write a client’s course or an ending as PDF or HTML.",
    ),
    "erase": Command(
        module="openalliance.cli.erase",
        name="erase",
        does="Say which records need not be kept any more, and erase them.",
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
    "meta": Command(
        module="openalliance.cli.meta.command",
        name="meta",
        does="Refit a meta-analysis from a table of effects: average, differences, bias.",
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
  openalliance meta trials.csv --effect yi --variance vi --plot forest.svg
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
    except Exception as fault:
        # What it says may be somebody's words, or a password out of an address.
        click.echo(_unexpected(fault), err=True)
        return _FAILED
    return status if isinstance(status, int) else _DONE


def _unexpected(fault: Exception) -> str:
    from openalliance.site.config.logs import places

    kind = type(fault)
    told = f"openalliance: an unexpected {kind.__name__}, which should not be; please report it"
    if kind.__module__.partition(".")[0] in {"django", "psycopg", "sqlite3"}:
        told = (
            f"openalliance: the database could not do its work ({kind.__name__}); look whether it"
            " runs, and whether DATABASE_URL leads to it"
        )
    return f"{told}\nat {places(fault)}"
