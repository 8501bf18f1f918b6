"""First messages as somebody's browser sends them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from openalliance.site.screens.public import form_token


def written(*, minutes_ago: float = 1, **changes: object) -> dict[str, object]:
    """Return a form that was opened some minutes ago and filled in."""
    opened = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    return {
        "name": "Sam", "reach_by": "mail", "reach_me": "sam@post.example",
        "message": "Hello 🌱 שלום", "website": "", "proof": form_token.made(opened), **changes,
    }  # fmt: skip
