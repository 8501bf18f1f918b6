"""The queue's part in follow-ups: whoever is due is asked, and the letters are queued."""

from __future__ import annotations

from datetime import datetime

from openalliance.site.records.endings.follow_ups import post_due
from openalliance.site.records.letters.jobs import deliver


def look_in(*, now: datetime) -> int:
    """Ask whoever is due after their ending, and return how many letters go out."""
    letters = post_due(now=now)
    for letter_id in letters:
        deliver.enqueue(str(letter_id))
    return len(letters)
