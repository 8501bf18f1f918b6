"""``openalliance serve``: serve a real practice on this machine."""

from __future__ import annotations

from pathlib import Path

import click

from openalliance.cli.options import data_folder


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
@data_folder
def serve(port: int, host: str, data_dir: Path) -> None:
    """Serve a real practice until Ctrl-C.

    The first start prints a code: whoever has it sets the practice up in the browser. Before real
    clients come, “openalliance check” says what is still missing.
    """
    from openalliance.site.config.server import run

    run(data_dir, host, port, tell=lambda message: click.echo(message, err=True))
