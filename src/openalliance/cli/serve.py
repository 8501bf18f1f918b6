"""``openalliance serve``: serve a real practice on this machine."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(
    epilog="\n".join(
        [
            "\b",
            "Examples:",
            "  openalliance serve",
            "  openalliance serve --data-dir /srv/openalliance --port 8080",
        ]
    )
)
@click.option("--port", default=8000, show_default=True, help="Port to listen on; 0 finds one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    envvar="OPENALLIANCE_DATA_DIR",
    default=Path("openalliance-data"),
    show_default=True,
    help="Folder of database and keys (or set OPENALLIANCE_DATA_DIR).",
)
def serve(port: int, host: str, data_dir: Path) -> None:
    """Serve a real practice until Ctrl-C.

    The first start prints a code: whoever has it sets the practice up in the browser. Before real
    clients come, “openalliance check” says what is still missing.
    """
    from openalliance.site.config.server import run

    run(data_dir, host, port, tell=lambda message: click.echo(message, err=True))
