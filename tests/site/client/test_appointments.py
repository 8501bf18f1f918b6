"""The client's appointments promise nothing that the practice does not do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.test import Client as Browser

from openalliance.site.records.care.models import Episode
from openalliance.site.records.care.services import end_episode
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person


@pytest.mark.parametrize("can", [True, False])
def test_reminders_are_offered_only_where_they_are_sent(
    own: Browser, url: str, settings: Any, can: bool
) -> None:
    settings.MAIL_IS_SET_UP = can
    assert ("Remind me" in own.get(f"{url}calendar").content.decode()) is can
    page = own.get(f"{url}calendar/reminders").content.decode()
    assert ("We can remind you" in page) is can
    assert ("This practice does not send reminders" in page) is not can


def test_after_an_ending_no_next_appointment_is_promised(
    own: Browser, url: str, episode: Episode, therapist: Person, now: datetime
) -> None:
    assert "Your therapist writes the next one in here." in _calendar(own, url)
    end_episode(episode.pk, "planned", by=actor_for(therapist), now=now)
    page = _calendar(own, url)
    assert "If you meet again, it stands here." in page
    assert "Your therapist writes the next one in here." not in page


def _calendar(own: Browser, url: str) -> str:
    return own.get(f"{url}calendar").content.decode()
