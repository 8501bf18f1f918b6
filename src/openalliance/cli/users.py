"""``openalliance users``: letting somebody of the staff back in who is locked out."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from openalliance.cli.delivery import json_text
from openalliance.cli.options import data_folder, one_document
from openalliance.core.errors import NotFoundError

_EXAMPLES = """\b
Examples:
  openalliance users reset ada@practice.example
  openalliance users reset ada@practice.example --address https://practice.example
"""


@click.group(epilog=_EXAMPLES)
def users() -> None:
    """Let somebody of the staff back in."""


@users.command("reset", epilog=_EXAMPLES)
@click.argument("email")
@click.option(
    "--address", default="http://127.0.0.1:8000", show_default=True,
    help="Where the practice is reached in the browser.",
)  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask.")
@data_folder
@one_document
def reset(email: str, *, address: str, yes: bool, data_dir: Path, as_json: bool) -> None:
    """Take away password and second factors, sign out everywhere, and print a link to start afresh.

    For a lone administrator who is locked out; everybody else asks an administrator. The link works
    once, for one day: it leads to a new password, and after that to an app or a passkey. Roles and
    records stay as they are. The reset is written to the access log.
    """
    from openalliance.site.config.installation import open_installation

    open_installation(data_dir)
    from django.urls import reverse

    from openalliance.site.records.practice.accounts import start_afresh

    if not yes:
        click.confirm(f"Take away every way in that {email} has, and make a new one?", abort=True)
    try:
        made = start_afresh(email, now=datetime.now(UTC))
    except NotFoundError as fault:
        raise NotFoundError(f"{fault}; look whether it is spelt as when signing in") from None
    parts = {"uidb36": made.person, "key": made.key}
    link = address.rstrip("/") + reverse("account_reset_password_from_key", kwargs=parts)
    if as_json:
        click.echo(json_text({"link": link}))
        return
    click.echo("Open this link within a day; it works once:")
    click.echo(link)
