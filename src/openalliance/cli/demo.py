"""``openalliance demo``: make (once) and serve a demonstration practice."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click

_APART = ("DATABASE_URL", "OPENALLIANCE_MAIL_URL", "OPENALLIANCE_HTTPS")
"""Settings of a real practice: the demonstration never touches its database and sends no mail."""


def default_folder() -> Path:
    """Return where the demonstration lives unless another folder is named."""
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "openalliance-demo"


@click.command(epilog="Example: openalliance demo --port 8765 --fresh")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True,
    help="Port to listen on; 0 finds a free one.",
)  # fmt: skip
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--clients", type=click.IntRange(1, 5000), default=60, show_default=True,
    help="How many clients are made up.",
)  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(0), default=3, show_default=True,
    help="Where the chance starts from.",
)  # fmt: skip
@click.option(
    "--data-dir", type=click.Path(path_type=Path, file_okay=False), default=default_folder,
    show_default="~/.local/share/openalliance-demo", help="Folder of the demonstration.",
)  # fmt: skip
@click.option("--fresh", is_flag=True, help="Make it anew; refuses a folder of a real practice.")
def demo(port: int, host: str, clients: int, seed: int, data_dir: Path, fresh: bool) -> None:
    """Make (once) and serve a demonstration practice until Ctrl-C.

    Three therapists and their clients, made up by a simulation whose truth is known. Nobody in it
    is real. The first page offers a ready-made sign-in for every role; so it must never be used
    for real clients.
    """
    for name in _APART:
        os.environ.pop(name, None)
    data_dir = data_dir.expanduser().resolve()
    from openalliance.site.config import server
    from openalliance.site.config.demonstration import notice

    port = server.free_port(host, port)
    if fresh:
        notice.remove(data_dir)
    notice.claim(data_dir)
    server.prepare(data_dir, demonstration=True, tell=_tell)
    _make(data_dir, clients, seed)
    _introduce(data_dir, server.address(host, port))
    server.run(data_dir, host, port, demonstration=True, tell=_tell)


def _make(data_dir: Path, clients: int, seed: int) -> None:
    from openalliance.site.config.demonstration.build import build
    from openalliance.site.records.practice.access import public_practice

    if public_practice() is not None:
        return
    _tell(f"Making up a practice of {clients} clients …")
    build(data_dir, clients=clients, seed=seed, now=datetime.now(UTC))


def _introduce(data_dir: Path, address: str) -> None:
    """Say who one can be. On stdout: it is what this command is asked for."""
    from openalliance.site.config.demonstration import notice
    from openalliance.site.config.demonstration.practice import PASSWORD
    from openalliance.site.records.practice.access import demonstration_people

    lines = [
        "",
        "DEMONSTRATION - nobody in it is real; never use it for real clients.",
        f"Address:  {address}",
        f"Staff (password “{PASSWORD}”), sign in at {address}sign-in",
    ]
    for person in demonstration_people():
        held = ", ".join(sorted(one.role for one in person.grants.all() if one.ended_at is None))
        lines.append(f"  {person.email:<36} {person.name} ({held})")
    lines.append("Clients (link and code)")
    for client in notice.sign_ins(data_dir):
        lines.append(f"  {client.name}: {client.story}")
        lines.append(f"    {address}c/{client.token}/   code {client.code}")
    click.echo("\n".join([*lines, ""]))


def _tell(message: str) -> None:
    click.echo(message, err=True)
