"""A therapist is told by mail that somebody needs them, without a word about whom or what."""

from __future__ import annotations

import logging

import pytest
from django.core import mail

from openalliance.site.records.care.models import Episode
from openalliance.site.records.checkins import notices


def test_the_therapist_is_mailed_without_clinical_content(episode: Episode) -> None:
    notices.tell_therapist(episode).join()
    (sent,) = mail.outbox
    assert sent.to == [episode.therapist.email]
    told = sent.subject + str(sent.body)
    for private in (episode.client.name, episode.client.code, str(episode.pk)):
        assert private not in told


def test_a_mail_server_that_is_down_stops_nothing_and_leaks_nothing(
    episode: Episode, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(**_: object) -> None:
        raise OSError(f"could not reach {episode.therapist.email}")

    monkeypatch.setattr(notices, "send_mail", refuse)
    with caplog.at_level(logging.ERROR, "openalliance.notices"):
        notices.tell_therapist(episode).join()
    assert "could not be mailed" in caplog.text
    assert episode.therapist.email not in caplog.text
