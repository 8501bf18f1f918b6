"""The forms of one session as they would be now: waiting, sent, sealed, unsealed or missed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from openalliance.core.course import Observation, ObservationKind
from openalliance.core.instruments import Moment, Rater
from openalliance.core.simulation import CHECK_IN_ITEMS, CHECK_OUT_ITEMS, Cohort, EndingKind
from openalliance.site.config.demonstration.cast import Part, Role
from openalliance.site.config.demonstration.rows import Rows
from openalliance.site.config.demonstration.timetable import MINUTES, Appointment
from openalliance.site.records.care.models import Session
from openalliance.site.records.checkins import convert
from openalliance.site.records.checkins.instruments import instrument
from openalliance.site.records.checkins.models import AskedForm
from openalliance.site.records.checkins.services import CHECK_IN
from openalliance.site.records.trust.services import Action

Answers = dict[str, float]
Floats = NDArray[np.float64]
_SAFETY_MARK = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """Makes forms for the sessions of one client."""

    cohort: Cohort
    client: int
    role: Role | None
    chance: random.Random
    now: datetime

    @property
    def ending(self) -> EndingKind:
        """Return how the simulation ends this client's therapy."""
        if self.role is not None and self.role.part is Part.LOOKING_BACK:
            return EndingKind.PLANNED
        return EndingKind(int(self.cohort.ending[self.client]))

    def forms(
        self, session: Session, appointment: Appointment, rows: Rows
    ) -> Iterator[Observation]:
        """Add the three forms of a session with their scores; yield what the course sees."""
        check_in = self._asked(session, Moment.CHECK_IN, Rater.CLIENT)
        self._send(check_in, self._check_in(appointment), self._check_in_at(appointment))
        outs = []
        for rater in convert.CHECK_OUT_FORMS:
            form = self._asked(session, Moment.CHECK_OUT, rater)
            answers = self._check_out(appointment, rater)
            self._send(form, answers, self._check_out_at(appointment, rater))
            outs.append(form)
        _close(check_in, self.now)
        _unseal(outs, self.now)
        for form in (check_in, *outs):
            rows.add(form)
            yield from self._scored(form, rows)

    def _asked(self, session: Session, moment: Moment, rater: Rater) -> AskedForm:
        practice = session.episode.practice
        ends_at = session.starts_at + timedelta(minutes=MINUTES)
        before = moment == Moment.CHECK_IN
        key = CHECK_IN if before else convert.CHECK_OUT_FORMS[rater]
        opens = timedelta(hours=practice.check_in_opens_hours)
        window = timedelta(hours=practice.check_out_window_hours)
        return AskedForm(
            practice=practice,
            episode=session.episode,
            session=session,
            moment=moment,
            rater=rater,
            instruments=[[key, instrument(key).version]],
            opens_at=session.starts_at - opens if before else session.starts_at,
            closes_at=ends_at if before else ends_at + window,
            answers={},
        )

    def _plays(self, appointment: Appointment, *parts: Part) -> bool:
        role = self.role
        return role is not None and role.session == appointment.index and role.part in parts

    def _check_in(self, appointment: Appointment) -> Answers:
        if self._plays(appointment, Part.CHECK_IN, Part.SPANISH, Part.REPAIR):
            return {}
        values = self.cohort.check_in[self.client, appointment.index]
        if self._plays(appointment, Part.SAFETY) and np.isnan(values).any():
            values = np.full(len(CHECK_IN_ITEMS), 3.0)
        answers = _answers(CHECK_IN_ITEMS, values)
        if answers:
            # The simulation marks safety now and then; here exactly one person does.
            marks = self._plays(appointment, Part.SAFETY)
            answers["safety"] = _SAFETY_MARK if marks else 0.0
        return answers

    def _check_out(self, appointment: Appointment, rater: Rater) -> Answers:
        if self._plays(appointment, Part.TOGETHER) or (
            self._plays(appointment, Part.CHECK_OUT) and rater is Rater.CLIENT
        ):
            return {}
        rated = (
            self.cohort.check_out_client
            if rater is Rater.CLIENT
            else self.cohort.check_out_therapist
        )
        return _answers(CHECK_OUT_ITEMS, rated[self.client, appointment.index])

    def _check_in_at(self, appointment: Appointment) -> datetime:
        if self._plays(appointment, Part.SAFETY):
            return self.now - timedelta(hours=2)
        if self._plays(appointment, Part.CHECK_OUT, Part.TOGETHER):
            return appointment.starts_at - timedelta(hours=1, minutes=40)
        hours = self.chance.choice((0.4, 1, 2, 3, 5, 14, 20, 26, 40)) + self.chance.random()
        return appointment.starts_at - timedelta(hours=hours)

    def _check_out_at(self, appointment: Appointment, rater: Rater) -> datetime:
        minutes = self.chance.choice((4, 6, 9, 15, 40, 180, 600, 1500, 2400))
        if self._plays(appointment, Part.CHECK_OUT):
            minutes = 8
        if rater is Rater.THERAPIST:
            minutes = min(minutes, 1500)
        return appointment.ends_at + timedelta(minutes=minutes + self.chance.randint(0, 5))

    def _send(self, form: AskedForm, answers: Answers, at: datetime) -> None:
        if not answers or at > self.now or not form.opens_at <= at < form.closes_at:
            return
        form.answers = {form.instruments[0][0]: answers}
        form.started_at = at - timedelta(seconds=self.chance.randint(25, 80))
        form.submitted_at, form.submission = at, uuid4()

    def _scored(self, form: AskedForm, rows: Rows) -> Iterator[Observation]:
        if form.moment == Moment.CHECK_IN and (seen := convert.check_in_observation(form)):
            yield seen
        if form.submitted_at is None:
            return
        rows.note(
            Action.SENT, form.moment, form.pk, form.episode,
            rater=form.rater, at=form.submitted_at,
        )  # fmt: skip
        for row in convert.scores_of(form, form.submitted_at):
            rows.add(row)
            observed = convert.observation_of(row, form.episode)
            if observed is not None and not convert.sealed(form):
                yield observed
        if form.answers.get(CHECK_IN, {}).get("safety") and form.session is not None:
            form.safety_told_at = form.submitted_at
            yield Observation(
                at=form.submitted_at,
                session=form.session.number,
                kind=ObservationKind.SAFETY,
                rater=Rater.CLIENT,
                value=_SAFETY_MARK,
            )


def _answers(items: tuple[str, ...], values: Floats) -> Answers:
    if np.isnan(values).any():
        return {}
    return dict(zip(items, map(float, values), strict=True))


def _close(form: AskedForm, now: datetime) -> None:
    if form.submitted_at is not None:
        form.unsealed_at = form.submitted_at
    elif form.closes_at <= now:
        form.missed_at = form.closes_at


def _unseal(outs: list[AskedForm], now: datetime) -> None:
    sent = [form.submitted_at for form in outs if form.submitted_at is not None]
    for form in outs:
        if form.submitted_at is None and form.closes_at <= now:
            form.missed_at = form.closes_at
        if len(sent) == len(outs):
            form.unsealed_at = max(sent)
        elif form.closes_at <= now:
            form.unsealed_at = form.closes_at
