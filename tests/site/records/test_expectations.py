"""What a practice expects: norms first, its own clients later, and never rewriting the past."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from openalliance.core.course import WORKING_TRAJECTORY, Observation, ObservationKind
from openalliance.core.errors import NotFoundError, RefusedError
from openalliance.site.records.care.models import Episode
from openalliance.site.records.checkins.convert import settings_for
from openalliance.site.records.checkins.expectations import (
    expectations,
    expected_for,
    refresh_expectations,
    set_aside,
)
from openalliance.site.records.checkins.models import Expectation, Signal
from openalliance.site.records.checkins.services import rebuild_course, take_in
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.actors import Actor
from openalliance.site.records.trust.models import AccessEntry
from tests.site.signals import episodes, growing, scores


@pytest.fixture
def keeper(supervisor: Person) -> Actor:
    return actor_for(supervisor)


@pytest.fixture
def grown(therapist: Person, now: datetime) -> list[Episode]:
    """Twenty clients who begin at about 4 and gain about 2.5 points in ten weeks."""
    return growing(therapist, 20, now)


def test_a_young_practice_says_why_it_keeps_the_working_values(
    keeper: Actor, episode: Episode, now: datetime
) -> None:
    (found,) = refresh_expectations(by=keeper, now=now)
    assert found.expectation is None
    assert "at least 10 clients" in found.reason
    assert settings_for(episode).trajectory == WORKING_TRAJECTORY
    (expected,) = expectations(keeper)
    assert expected.fitted is None
    assert expected.source == WORKING_TRAJECTORY.source


def test_a_grown_practice_expects_from_its_own_clients_as_far_as_they_tell(
    keeper: Actor, grown: list[Episode], now: datetime
) -> None:
    (found,) = refresh_expectations(by=keeper, now=now)
    row = found.expectation
    assert row is not None
    assert row.clients == 20
    assert 0.0 < row.own_weight < 1.0
    used = settings_for(grown[0]).trajectory
    assert used is not None
    assert used != WORKING_TRAJECTORY
    assert "20 clients of this practice" in used.source
    expected = expected_for(grown[0])
    assert expected is not None
    assert expected.fitted == row
    assert AccessEntry.objects.filter(subject="expected course", client_id=None).count() == 1


def test_it_can_be_set_aside_once(keeper: Actor, grown: list[Episode], now: datetime) -> None:
    refresh_expectations(by=keeper, now=now)
    row = Expectation.objects.get()
    set_aside(row.pk, by=keeper, now=now)
    assert settings_for(grown[0]).trajectory == WORKING_TRAJECTORY
    with pytest.raises(NotFoundError):
        set_aside(row.pk, by=keeper, now=now)


def test_only_keepers_change_it_and_only_their_own_practice_s(
    keeper: Actor,
    therapist: Person,
    client_actor: Actor,
    stranger: Person,
    grown: list[Episode],
    now: datetime,
) -> None:
    for by in (actor_for(therapist), client_actor):
        with pytest.raises(RefusedError):
            refresh_expectations(by=by, now=now)
        with pytest.raises(RefusedError):
            expectations(by)
    refresh_expectations(by=keeper, now=now)
    with pytest.raises(NotFoundError):
        set_aside(Expectation.objects.get().pk, by=actor_for(stranger), now=now)
    assert expectations(actor_for(stranger)) == ()


def test_a_new_expectation_writes_no_signal_into_the_past(
    keeper: Actor, grown: list[Episode], therapist: Person, now: datetime
) -> None:
    (slow,) = episodes(therapist, 1, now - timedelta(weeks=15))
    scores(slow, [4.0, 4.0, 4.0, 4.0, 4.0], now - timedelta(weeks=8))
    rebuild_course(slow, now=now)
    before = set(Signal.objects.filter(episode=slow).values_list("kind", "at"))
    refresh_expectations(by=keeper, now=now)
    hopeful = Expectation.objects.get()
    hopeful.trajectory = {**hopeful.trajectory, "rate_mean": 4.0}
    hopeful.save()
    rebuild_course(slow, now=now)
    assert set(Signal.objects.filter(episode=slow).values_list("kind", "at")) == before
    later = now + timedelta(days=1)
    seen = Observation(at=later, kind=ObservationKind.OUTCOME, value=4.0)
    take_in(slow, [seen], now=later)
    kinds = Signal.objects.filter(episode=slow, at__gt=now).values_list("kind", flat=True)
    assert list(kinds) == ["off-track"]


def test_an_expectation_of_another_version_is_not_used(
    keeper: Actor, grown: list[Episode], now: datetime
) -> None:
    refresh_expectations(by=keeper, now=now)
    Expectation.objects.update(version=99)
    assert settings_for(grown[0]).trajectory == WORKING_TRAJECTORY
    Expectation.objects.update(version=1, trajectory={"better": "sideways"})
    assert settings_for(grown[0]).trajectory == WORKING_TRAJECTORY
