"""Rows ↔ core values of the course engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from openalliance.core.course import (
    WORKING_TRAJECTORY,
    Course,
    CourseSettings,
    Observation,
    ObservationKind,
    OutcomeMeasure,
    Trajectory,
    fold,
)
from openalliance.core.course import CourseState as CourseSoFar
from openalliance.core.course import Signal as FoundSignal
from openalliance.core.course.claims import Claim, claim_of
from openalliance.core.course.measures import alliance_measure, outcome_measure, usual_gap
from openalliance.core.errors import InputError
from openalliance.core.instruments import Better, Rater, score
from openalliance.core.instruments import Score as Scored
from openalliance.site.records.care.models import Episode, SessionStatus
from openalliance.site.records.checkins.instruments import instrument
from openalliance.site.records.checkins.models import (
    AskedForm,
    CourseState,
    Expectation,
    Score,
    Signal,
)

ALLIANCE_SCALE = "alliance"
ADHERENCE_SCALE = "adherence"
CALLED_OFF = {SessionStatus.CANCELLED, SessionStatus.NO_SHOW}
OWN_OUTCOME = ("oa-check-in", "life")
EXPECTATION_VERSION = 1
"""Raised when the meaning of a stored expected course changes; older ones are then unused."""
CHECK_OUT_FORMS = {
    Rater.CLIENT: "oa-check-out-client",
    Rater.THERAPIST: "oa-check-out-therapist",
}


def settings_for(episode: Episode) -> CourseSettings:
    """Return how the course of an episode is read: its outcome scale, both alliance scales, and
    what this practice expects.
    """
    return settings_of(episode.practice_id)(episode.outcome_instrument, episode.outcome_scale)


def settings_of(practice_id: UUID) -> Callable[[str, str], CourseSettings]:
    """Return how courses of a practice are read, by instrument and scale; asks once for all."""
    expected = {
        (row.instrument, row.scale): row for row in reversed(standing_expectations(practice_id))
    }

    def settings(instrument_key: str, scale_key: str) -> CourseSettings:
        known = working_settings(instrument_key, scale_key)
        row = expected.get((instrument_key, scale_key))
        found = expected_course(row) if row is not None else None
        return known if found is None else replace(known, trajectory=found)

    return settings


def standing_expectations(practice_id: UUID) -> list[Expectation]:
    """Return what a practice expects from its own data, the newest first."""
    return list(
        Expectation.objects.filter(practice_id=practice_id, set_aside_at=None).order_by(
            "-fitted_at"
        )
    )


def expected_course(row: Expectation) -> Trajectory | None:
    """Return the expected course that a row holds, or nothing when it can't be read any more."""
    if row.version != EXPECTATION_VERSION:
        return None
    try:
        return Trajectory(**{**row.trajectory, "better": Better(row.trajectory["better"])})
    except (InputError, TypeError, KeyError, ValueError):
        return None


def outcome_of(episode: Episode) -> OutcomeMeasure:
    """Return range, direction and error of an episode's outcome; nothing is asked for."""
    return working_settings(episode.outcome_instrument, episode.outcome_scale).outcome


@lru_cache(maxsize=64)
def working_settings(instrument_key: str, scale_key: str) -> CourseSettings:
    """Return how a course is read as long as a practice has no expectation of its own."""
    scale = instrument(instrument_key).scale(scale_key)
    alliance = {
        rater: instrument(key).scale(ALLIANCE_SCALE) for rater, key in CHECK_OUT_FORMS.items()
    }
    # The working trajectory is made for our own check-in; another outcome has none until the
    # practice's data give one, and then nothing is called off track.
    own = (instrument_key, scale_key) == OWN_OUTCOME
    return CourseSettings(
        outcome=outcome_measure(scale),
        alliance={rater: alliance_measure(scale) for rater, scale in alliance.items()},
        normal_gap=usual_gap(alliance[Rater.CLIENT]),
        trajectory=WORKING_TRAJECTORY if own else None,
    )


def scores_of(form: AskedForm, at: datetime) -> list[Score]:
    """Return unsaved scores of a form's answers, one for each scale of each of its instruments."""
    return [
        Score(
            practice_id=form.practice_id,
            episode=form.episode,
            session=form.session,
            form=form,
            at=at,
            rater=form.rater,
            instrument=key,
            version=version,
            scale=scale,
            value=result.value if isinstance(result, Scored) else None,
            reason="" if isinstance(result, Scored) else result.reason,
        )
        for key, version in form.instruments
        for scale, result in score(instrument(key), form.answers.get(key, {})).items()
    ]


def state_of(row: CourseState) -> CourseSoFar | None:
    """Return the state kept for an episode, or nothing when the engine cannot read it any more."""
    try:
        return CourseSoFar.from_json(row.state)
    except InputError:
        return None


def observation_of(score: Score, episode: Episode) -> Observation | None:
    """Return what a score means for the course, or nothing when it plays no part in it."""
    if score.value is None:
        return None
    if (score.instrument, score.scale) == (episode.outcome_instrument, episode.outcome_scale):
        kind = ObservationKind.OUTCOME
    elif score.scale == ALLIANCE_SCALE:
        kind = ObservationKind.ALLIANCE
    elif score.scale == ADHERENCE_SCALE:
        kind = ObservationKind.ADHERENCE
    else:
        return None
    return Observation(
        at=score.at,
        session=score.session.number if score.session else None,
        kind=kind,
        rater=Rater(score.rater),
        value=score.value,
    )


def check_in_observation(form: AskedForm) -> Observation | None:
    """Return that a check-in was done, or missed though the session was not called off."""
    at = form.submitted_at or form.missed_at
    if at is None:
        return None
    missed = form.submitted_at is None
    if missed and form.session and form.session.status in CALLED_OFF:
        return None
    return Observation(
        at=at,
        session=form.session.number if form.session else None,
        kind=ObservationKind.CHECK_IN_MISSED if missed else ObservationKind.CHECK_IN_DONE,
        rater=Rater(form.rater),
        value=1.0,
    )


def safety_observation(signal: Signal) -> Observation:
    """Return the marked safety answer that a signal holds."""
    return Observation(
        at=signal.at,
        session=signal.session_number,
        kind=ObservationKind.SAFETY,
        rater=Rater.CLIENT,
        value=signal.seen["value"],
    )


def course_of(episode: Episode, observations: Iterable[Observation]) -> Course:
    """Return the whole course of an episode."""
    return fold(tuple(observations), settings_for(episode))


def sealed(form: AskedForm | None) -> bool:
    """Whether the other side may not see this check-out yet."""
    return form is not None and form.moment == "check-out" and form.unsealed_at is None


def claim_of_row(signal: Signal) -> Claim:
    """Return what a signal claims."""
    return claim_of(signal.kind, method=signal.method, talk_about=signal.talk_about)


def signal_row(found: FoundSignal, episode: Episode, *, found_at: datetime) -> Signal:
    """Return an unsaved row for a signal."""
    return Signal(
        practice_id=episode.practice_id,
        episode=episode,
        kind=found.kind,
        at=found.at,
        session_number=found.session,
        rater=found.rater or "",
        seen=dict(found.seen),
        probability=found.certainty.probability,
        low=found.certainty.low,
        high=found.certainty.high,
        method=found.method,
        talk_about=found.talk_about,
        found_at=found_at,
    )
