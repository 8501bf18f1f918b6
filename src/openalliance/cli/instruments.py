"""``openalliance instruments``: which instruments are known; add one from a file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from openalliance.cli.options import one_document
from openalliance.core.errors import OpenAllianceError
from openalliance.core.instruments import Instrument, Scale, catalogue, to_document
from openalliance.files.instruments import installed, read_instrument_file, store

data_dir_option = click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="OPENALLIANCE_DATA_DIR",
    default=Path("openalliance-data"),
    show_default=True,
    help="The practice's data folder (or set OPENALLIANCE_DATA_DIR).",
)


def _example(*commands: str) -> str:
    return "\n".join(["\b", "Example:", *(f"  {command}" for command in commands)])


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except OpenAllianceError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        raise click.ClickException(f"{place}{error.strerror}") from None


def _folder(data_dir: Path) -> Path:
    return data_dir / "instruments"


@click.group(
    epilog=_example(
        "openalliance instruments list", "openalliance instruments add Questionnaire-PHQ9.json"
    )
)
def instruments() -> None:
    """Say which instruments are known, and add one from a file."""


@instruments.command("list", epilog=_example("openalliance instruments list --json"))
@data_dir_option
@one_document
def list_(data_dir: Path, as_json: bool) -> None:
    """List the instruments of the catalogue and those the practice added."""
    with _refusals():
        added = installed(_folder(data_dir))
    rows = [_row(instrument, added) for _, instrument in sorted({**catalogue(), **added}.items())]
    if as_json:
        _print_json({"instruments": rows})
        return
    width = max(len(row["key"]) for row in rows)
    for row in rows:
        click.echo(f"{row['key']:<{width}}  {_state(row)}")


@instruments.command(
    epilog=_example(
        "openalliance instruments show core-om",
        "openalliance instruments show oa-check-in --fhir > Questionnaire-oa-check-in.json",
    )
)
@click.argument("key")
@data_dir_option
@one_document
@click.option("--fhir", "as_fhir", is_flag=True, help="Print it as a FHIR R4 Questionnaire.")
def show(key: str, data_dir: Path, as_json: bool, as_fhir: bool) -> None:
    """Show one instrument: what it asks, how it is scored, what is published about it."""
    if as_json and as_fhir:
        raise click.UsageError("choose one of --json and --fhir")
    with _refusals():
        added = installed(_folder(data_dir))
    known = {**catalogue(), **added}
    if key not in known:
        raise click.ClickException(
            f"{key}: no such instrument; “openalliance instruments list” names those known"
        )
    instrument = known[key]
    if as_json:
        _print_json(to_document(instrument))
        return
    if as_fhir:
        from openalliance.fhir import to_questionnaire

        _print_json(to_questionnaire(instrument))
        return
    click.echo("\n".join(_described(instrument, added)))


@instruments.command(
    epilog=_example(
        "openalliance instruments add Questionnaire-PHQ9.json --dry-run",
        "openalliance instruments add Questionnaire-PHQ9.json",
    )
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@data_dir_option
@click.option("--dry-run", is_flag=True, help="Check the file and write nothing.")
@click.option("--replace", is_flag=True, help="Replace the same version with another content.")
@one_document
def add(file: Path, data_dir: Path, dry_run: bool, replace: bool, as_json: bool) -> None:
    """Add an instrument from FILE: a FHIR R4 Questionnaire or our own format, both JSON.

    A wrong file is refused with the JSON path of the fault; then nothing is written.
    """
    from openalliance.fhir import read_questionnaire

    with _refusals():
        known: Mapping[str, Instrument] = {**installed(_folder(data_dir)), **catalogue()}
        instrument = read_instrument_file(file, known, read_questionnaire)
        path = None if dry_run else store(_folder(data_dir), instrument, replace=replace)
    if instrument.text_required:
        click.echo("This is a skeleton: it has no words yet and cannot be asked.", err=True)
    if not instrument.scales:
        click.echo("This file has no scoring: answers will be kept, but not scored.", err=True)
    if as_json:
        row = _row(instrument, {instrument.key: instrument})
        _print_json({**row, "dry_run": dry_run, "path": None if path is None else str(path)})
        return
    done = "would be added (dry run)" if path is None else f"added as {path}"
    click.echo(f"{instrument.key} version {instrument.version}: {done}")


def _print_json(document: Mapping[str, Any]) -> None:
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False))


def _title(texts: Mapping[str, str]) -> str:
    return texts.get("en") or next(iter(texts.values()), "")


def _row(instrument: Instrument, added: Mapping[str, Instrument]) -> dict[str, Any]:
    return {
        "key": instrument.key,
        "version": instrument.version,
        "title": _title(instrument.title),
        "moment": instrument.moment.value,
        "raters": [rater.value for rater in instrument.raters],
        "languages": list(instrument.languages),
        "items": len(instrument.items),
        "scales": [scale.key for scale in instrument.scales],
        "validated": instrument.validated,
        "text_required": instrument.text_required,
        "added_by_practice": instrument.key in added,
    }


def _state(row: Mapping[str, Any]) -> str:
    if row["text_required"]:
        state = "scoring only; add its text"
    else:
        state = "ready in " + ", ".join(row["languages"])
    validated = "" if row["validated"] else "; not yet validated"
    return f"{row['title']} ({state}{validated})"


def _described(instrument: Instrument, added: Mapping[str, Instrument]) -> Iterator[str]:
    yield f"{instrument.key}: {_state(_row(instrument, added))}"
    yield f"  version   {instrument.version}"
    yield f"  asked     {instrument.moment.value}, of {', '.join(instrument.raters)}"
    yield f"  source    {instrument.source}"
    yield f"  licence   {instrument.licence}"
    yield "  items"
    for item in instrument.items:
        text = _title(item.text) or "(no text)"
        marks = f", safety from {item.safety_threshold:g}" if item.safety_threshold else ""
        yield f"    {item.id}  {item.minimum:g} to {item.maximum:g}{marks}  {text}"
    for scale in instrument.scales:
        yield from _described_scale(scale)


def _described_scale(scale: Scale) -> Iterator[str]:
    yield (
        f"  scale {scale.key}: {scale.method.value} × {scale.multiplier:g} of {len(scale.items)}"
        f" items, {scale.minimum:g} to {scale.maximum:g}, {scale.better.value} is better,"
        f" at most {scale.maximum_missing} missing"
    )
    if scale.reversed:
        yield f"    reversed         {', '.join(sorted(scale.reversed))}"
    for cutoff in scale.cutoffs:
        yield f"    cut-off          {cutoff.value:g}, {cutoff.label} [{cutoff.source}]"
    for reliability in scale.reliability:
        yield (
            f"    reliability      {reliability.value:g}, {reliability.kind} [{reliability.source}]"
        )
    for norm in scale.norms:
        spread = "" if norm.sd is None else f" (SD {norm.sd:g})"
        size = "" if norm.n is None else f", n = {norm.n}"
        yield f"    norm             {norm.mean:g}{spread}{size}, {norm.population} [{norm.source}]"
    if scale.reliable_change is not None:
        change = scale.reliable_change
        yield f"    reliable change  {change.value:g} [{change.source}]"
    if scale.sem is not None:
        yield f"    error (SEM)      {scale.sem:.3g} [{scale.sem_source}]"
