"""``openalliance report``: reports as files, for who holds the practice's data folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from openalliance.cli.options import data_folder
from openalliance.core.errors import InputError

if TYPE_CHECKING:
    from openalliance.site.records.practice.models import Person, Practice
    from openalliance.site.screens.reports.value import Report

_EXAMPLES = """\b
Examples:
  openalliance report client K7RM2P --out course.pdf
  openalliance report client K7RM2P --name --out course.html
  openalliance report ending K7RM2P --out ending.pdf
  openalliance report therapist amara@harbour.example --year 2025 --out year.pdf
  openalliance report practice --out practice.pdf
  openalliance report supervision amara@harbour.example --out supervision.pdf
"""
_SUFFIXES = (".html", ".pdf")


def _shared(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        data_folder,
        click.option("--practice", "named", help="Name of the practice, where there are several."),
        click.option(
            "--out",
            type=click.Path(path_type=Path, dir_okay=False),
            required=True,
            help="The file to write, by its suffix .pdf or .html.",
        ),
    ):
        command = option(command)
    return command


@click.group(epilog=_EXAMPLES)
def report() -> None:
    """Write a report as PDF or HTML: a course, an ending, a year, an hour of supervision.

    What is sealed and what was hard to say is in no report. The access log notes each one. The
    files are not encrypted: whoever has them can read them.
    """


@report.command(epilog=_EXAMPLES)
@click.argument("code")
@click.option("--name", "with_name", is_flag=True, help="With the client’s name, not the code.")
@_shared
def client(code: str, *, with_name: bool, out: Path, named: str | None, data_dir: Path) -> None:
    """Write the course of the client with this CODE, of their latest therapy."""
    _about_client("course", code, with_name, out, named, data_dir)


@report.command(epilog=_EXAMPLES)
@click.argument("code")
@click.option("--name", "with_name", is_flag=True, help="With the client’s name, not the code.")
@_shared
def ending(code: str, *, with_name: bool, out: Path, named: str | None, data_dir: Path) -> None:
    """Write how the latest therapy of the client with this CODE ends, or ended."""
    _about_client("ending", code, with_name, out, named, data_dir)


_year = click.option(
    "--year",
    default="",
    metavar="YEAR",
    help="A calendar year; without it, the last twelve months.",
)


@report.command(epilog=_EXAMPLES)
@click.argument("email")
@_year
@_shared
def therapist(email: str, *, year: str, out: Path, named: str | None, data_dir: Path) -> None:
    """Write the own year of the therapist who signs in with this EMAIL."""
    practice = _opened(out, named, data_dir)
    from openalliance.site.records.trust.actors import system
    from openalliance.site.screens.reports.period import period_of
    from openalliance.site.screens.reports.year import own_year_report

    by, now = system(practice.pk), datetime.now(UTC)
    period = period_of(year, practice, now=now)
    _write(own_year_report(by, _therapist(practice, email), period, now=now), out)


@report.command(name="practice", epilog=_EXAMPLES)
@_year
@_shared
def practice_year(*, year: str, out: Path, named: str | None, data_dir: Path) -> None:
    """Write a year of the practice: figures of many clients, small ones hidden."""
    practice = _opened(out, named, data_dir)
    from openalliance.site.records.trust.actors import system
    from openalliance.site.screens.reports.period import period_of
    from openalliance.site.screens.reports.year import practice_year_report

    by, now = system(practice.pk), datetime.now(UTC)
    period = period_of(year, practice, now=now)
    _write(practice_year_report(by, practice, period, now=now), out)


@report.command(epilog=_EXAMPLES)
@click.argument("email")
@_shared
def supervision(email: str, *, out: Path, named: str | None, data_dir: Path) -> None:
    """Write what to look at in supervision of the therapist with this EMAIL, clients by code."""
    practice = _opened(out, named, data_dir)
    from openalliance.site.records.trust.actors import system
    from openalliance.site.screens.reports.supervision import supervision_report

    by, now = system(practice.pk), datetime.now(UTC)
    _write(supervision_report(by, _therapist(practice, email), now=now), out)


def _therapist(practice: Practice, email: str) -> Person:
    from openalliance.site.records.practice.access import therapists
    from openalliance.site.records.trust.actors import system

    wanted = email.strip().lower()
    for person in therapists(system(practice.pk)):
        if person.email.lower() == wanted:
            return person
    raise InputError("is no therapist of this practice who can sign in", where=email)


def _about_client(
    kind: str, code: str, with_name: bool, out: Path, named: str | None, data_dir: Path
) -> None:
    practice = _opened(out, named, data_dir)
    from openalliance.site.records.care.access import latest_episode_for
    from openalliance.site.records.rights.erasure import records
    from openalliance.site.records.trust.actors import system
    from openalliance.site.screens.reports.course import course_report
    from openalliance.site.screens.reports.ending import ending_report

    by, now = system(practice.pk), datetime.now(UTC)
    chosen = [one.client_id for one in records(practice.pk) if one.code == code]
    if not chosen:
        raise InputError(f"no client of this practice has the code {code}")
    episode = latest_episode_for(by, chosen[0], now=now, reading="report")
    make = course_report if kind == "course" else ending_report
    _write(make(by, episode, now=now, named=with_name), out)


def _opened(out: Path, named: str | None, data_dir: Path) -> Practice:
    if out.suffix.lower() not in _SUFFIXES:
        raise InputError("choose a name that ends in .pdf or .html", where=str(out))
    if out.exists():
        raise InputError("is there already; choose a new name", where=str(out))
    if not out.absolute().parent.is_dir():
        raise InputError("its folder is not there; make it first", where=str(out))
    from openalliance.site.config.installation import open_installation

    open_installation(data_dir)
    from openalliance.site.records.practice.access import practices

    there = practices()
    chosen = [one for one in there if named in {None, one.name}]
    if len(chosen) != 1:
        names = ", ".join(f"“{one.name}”" for one in there) or "none yet"
        raise InputError(f"say which practice with --practice; there are: {names}")
    return chosen[0]


def _write(made: Report, out: Path) -> None:
    """Write the file whole, readable for its owner alone, or not at all."""
    from openalliance.site.screens.reports.document import html_of, pdf_of

    content = pdf_of(made) if out.suffix.lower() == ".pdf" else html_of(made).encode()
    try:
        handle, beside = tempfile.mkstemp(dir=out.absolute().parent, prefix=".report-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(beside).replace(out)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
    except OSError as fault:
        raise InputError(f"cannot be written: {fault.strerror}", where=str(out)) from None
    click.echo(f"Written to {out}. The file is not encrypted.", err=True)
