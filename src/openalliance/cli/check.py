"""``openalliance check``: says whether this installation is fit for real clients."""

from __future__ import annotations

import json
from pathlib import Path

import click

from openalliance.cli.options import data_folder, one_document


@click.command(
    epilog="\n".join(
        [
            "\b",
            "Examples:",
            "  openalliance check",
            "  openalliance check --data-dir /srv/openalliance --json",
        ]
    )
)
@data_folder
@one_document
def check(data_dir: Path, as_json: bool) -> int:
    """Say whether this installation is fit for real clients, and what to do.

    Run it with the same environment as “openalliance serve”. Exit status 1: not fit yet.
    """
    from openalliance.site.config.fitness import Verdict, examine

    findings = examine(data_dir)
    fit = all(finding.verdict is not Verdict.UNFIT for finding in findings)
    if as_json:
        document = {
            "fit": fit,
            "findings": [
                {
                    "about": finding.about,
                    "verdict": finding.verdict.value,
                    "found": finding.found,
                    "do": finding.do or None,
                }
                for finding in findings
            ],
        }
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return 0 if fit else 1
    for finding in findings:
        click.echo(f"{_MARKS[finding.verdict.value]} {finding.about}: {finding.found}")
        if finding.do:
            click.echo(f"       do: {finding.do}")
    click.echo("\nFit for real clients." if fit else "\nNot fit for real clients yet.")
    return 0 if fit else 1


_MARKS = {"fit": "[ ok ]", "advice": "[ !  ]", "unfit": "[ NO ]"}
