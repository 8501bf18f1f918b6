"""Options that many commands share, each said once."""

from __future__ import annotations

from pathlib import Path

import click

data_folder = click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    envvar="OPENALLIANCE_DATA_DIR",
    default=Path("openalliance-data"),
    show_default=True,
    help="Folder of database and keys (or set OPENALLIANCE_DATA_DIR).",
)
one_document = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
