"""The years go by in the demonstration: questions become due, and here are the links to them.

The letters with these links are sent to nobody there, so a process of its own, beside the server,
lets the next questions become due as the practice's clock would, and prints their addresses.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import demonstration


def links(url: str, count: int) -> list[str]:
    """Return the paths of ``count`` questions that clients of the demonstration are asked now."""
    folder = demonstration.database_of(url).parent
    keep = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    asked = subprocess.run(
        [sys.executable, __file__, str(folder), str(count)],
        env={**keep, "OPENALLIANCE_DATA_DIR": str(folder)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return asked.stdout.split()


def _ask(folder: Path, count: int) -> None:
    from openalliance.site.config.installation import open_installation

    open_installation(folder)
    from django.urls import reverse

    from openalliance.site.records.checkins.models import AskedForm
    from openalliance.site.records.endings.follow_ups import post_due
    from openalliance.site.records.endings.models import FollowUp
    from openalliance.site.records.endings.tickets import ticket_for

    now = datetime.now(UTC)
    ahead = FollowUp.objects.filter(asked_at=None, cancelled_at=None, due_at__gt=now)
    chosen = list(ahead.order_by("-due_at").values_list("pk", flat=True)[: 3 * count])
    FollowUp.objects.filter(pk__in=chosen).update(due_at=now)
    post_due(now=now)
    for form in AskedForm.objects.filter(follow_up__in=chosen)[:count]:
        sys.stdout.write(reverse("client_questions:start", args=[ticket_for(form)]) + "\n")


if __name__ == "__main__":
    _ask(Path(sys.argv[1]), int(sys.argv[2]))
