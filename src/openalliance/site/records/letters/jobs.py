"""Jobs of the queue. Their arguments are ids alone; what they raise says nothing of anybody."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django_tasks import task

from openalliance.site.records.letters import delivery, reminders


@task()
def deliver(letter_id: str) -> None:
    """Mail a letter; if the mail server is down, come again later."""
    again = delivery.mail(UUID(letter_id), now=datetime.now(UTC))
    if again is not None:
        deliver.using(run_after=again).enqueue(letter_id)


def remind(*, now: datetime) -> int:
    """Post and queue the reminders whose time has come, and return how many."""
    letters = reminders.post_due(now=now)
    for letter_id in letters:
        deliver.enqueue(str(letter_id))
    return len(letters)


def pick_up(*, now: datetime) -> int:
    """Queue the letters that no job would come for, and return how many."""
    letters = delivery.left_lying(now=now)
    for letter_id in letters:
        deliver.enqueue(str(letter_id))
    return len(letters)
