"""How the two of the three-year story meet: appointments, forms, ratings, through the services."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from openalliance.core.instruments import Moment, Rater
from openalliance.core.plan import Aspect
from openalliance.site.config.demonstration.three_years_words import Meeting
from openalliance.site.config.demonstration.timetable import MINUTES
from openalliance.site.records.care import services as care
from openalliance.site.records.care.models import Episode, Session, SessionStatus
from openalliance.site.records.checkins import services as checkins
from openalliance.site.records.checkins import sessions
from openalliance.site.records.checkins.models import AskedForm
from openalliance.site.records.endings.services import send_form
from openalliance.site.records.plans import services as plans
from openalliance.site.records.trust.actors import Actor

_LIFE = {"days": -0.4, "energy": -0.8, "people": 0.4, "doing": 0.0, "coping": 0.8}
_KEEPING = "keeping"
_WORK = {
    "safe": 0.4, "understood": -0.4, "goals": 0.2, "tasks": 0.0, "pace": -0.6, "honest": 0.4,
}  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Pair:
    """The client and the therapist, with the episode that runs and its appointments so far."""

    episode: Episode
    client: Actor
    therapist: Actor
    met: list[Session] = field(default_factory=list)
    is_waiting: bool = False
    """Whether somebody left a form of the last appointment unanswered."""

    def plan(self, at: datetime, *, now: datetime) -> Session:
        """Make the next appointment."""
        made = checkins.plan_session(
            self.episode.pk, starts_at=at, minutes=MINUTES, by=self.therapist, now=now
        )
        self.met.append(made)
        return made

    def meet(self, meeting: Meeting) -> datetime:
        """Let the newest appointment take place, or be called off; return when all was said."""
        session = self.met[-1]
        start = session.starts_at
        if self.is_waiting:
            checkins.close_due(session.practice_id, now=start - timedelta(days=1))
        self.is_waiting = None in (meeting.life, meeting.client, meeting.therapist)
        if meeting.client is None:
            called_off = start - timedelta(hours=20)
            sessions.cancel_session(session.pk, by=self.client, now=called_off)
            return start
        forms = {(one.moment, one.rater): one for one in session.forms.all()}
        if meeting.life is not None:
            given = _spread(meeting.life, _LIFE)
            given |= {"tasks": meeting.kept or 0.0, "safety": 0.0}
            before = start - timedelta(hours=9 + meeting.week % 5)
            self._send(forms[Moment.CHECK_IN, Rater.CLIENT], given, self.client, before)
        after = start + timedelta(minutes=MINUTES)
        # What was observed before a meeting that took place means the same after it.
        care.set_session_status(session.pk, SessionStatus.ATTENDED, by=self.therapist, now=after)
        if meeting.therapist is not None:
            own = forms[Moment.CHECK_OUT, Rater.THERAPIST]
            self._send(own, _spread(meeting.therapist, _WORK), self.therapist, after)
        after += timedelta(minutes=25)
        hers = forms[Moment.CHECK_OUT, Rater.CLIENT]
        self._send(hers, _spread(meeting.client, _WORK), self.client, after)
        return after

    def say_how_it_is(self, form: AskedForm, life: float, *, talk: bool, at: datetime) -> None:
        """Answer a follow-up, and wish for somebody to get in touch or not."""
        given = _spread(life, _LIFE) | {_KEEPING: float(round(life))}
        given |= {"contact": 2.0 if talk else 0.0, "safety": 0.0}
        _draft(form, given, at)
        send_form(form.pk, submission=uuid4(), by=self.client, now=at)

    def rate(self, goals: dict[str, tuple[int, int]], at: datetime) -> None:
        """Let both say how far the goals are reached."""
        for place, by in enumerate((self.client, self.therapist)):
            given = {(Aspect.PROGRESS, goal): both[place] for goal, both in goals.items()}
            plans.rate(self.episode.pk, given, session=self.met[-1], by=by, now=at)

    @staticmethod
    def _send(form: AskedForm, given: dict[str, float], by: Actor, at: datetime) -> None:
        _draft(form, given, at)
        checkins.submit(form.pk, submission=uuid4(), by=by, now=at)


def _draft(form: AskedForm, given: dict[str, float], at: datetime) -> None:
    """Fill a form in at once, as tapping every answer would leave it."""
    ((key, _version),) = form.instruments
    form.answers, form.started_at = {key: given}, at - timedelta(seconds=50)
    form.save(update_fields=["answers", "started_at"])


def _spread(level: float, around: dict[str, float]) -> dict[str, float]:
    """Return whole answers around a level."""
    return {item: float(min(max(round(level + by), 0), 10)) for item, by in around.items()}
