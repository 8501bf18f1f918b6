"""The shape of a client's record, as far as it can be brought in elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from openalliance.core.course.adherence import Obstacle
from openalliance.core.course.adherence import Outcome as TaskOutcome
from openalliance.core.course.repair import Marker, Noticed, Tried
from openalliance.core.course.repair import Outcome as RepairOutcome
from openalliance.core.plan import RANGES, Aspect, Way

LONGEST = 20_000

Side = Literal["client", "therapist"]
Kind = Literal["cbt", "psychodynamic", "person-centered", "other"]
_KINDS = ("cbt", "psychodynamic", "person-centered")
Words = Annotated[str, Field(max_length=LONGEST), BeforeValidator(lambda said: said or "")]
Name = Annotated[str, Field(min_length=1, max_length=60)]
Part = Annotated[str, Field(min_length=1, max_length=36)]
Number = Annotated[int, Field(ge=1, le=100_000)]


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class About(_Read):
    """Who it is."""

    code: Annotated[str, Field(min_length=1, max_length=39, pattern=r"^[\w.:-]+$")]
    name: Words = ""
    email: Annotated[str, Field(max_length=254)] | None = None
    language: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]{2})?$")] = "en"


class _Worked(_Read):
    """How the work was done; without a kind, what the name says."""

    modality: Annotated[str, Field(min_length=1, max_length=80)]
    modality_kind: Kind | None = None

    @property
    def kind(self) -> str:
        said = self.modality.casefold()
        return self.modality_kind or (said if said in _KINDS else "other")

    @property
    def own_name(self) -> str:
        return self.modality if self.kind == "other" else ""


class PhaseRead(_Worked):
    """From when on the work was done in which way."""

    since: AwareDatetime
    noted_at: AwareDatetime


class Outcome(_Read):
    """The scale by which an episode is followed."""

    instrument: Name = "oa-check-in"
    scale: Name = "life"


class Move(_Read):
    """An appointment that was moved."""

    was_at: AwareDatetime
    moved_at: AwareDatetime
    by: Side


class SessionRead(_Read):
    """One appointment."""

    number: Number
    starts_at: AwareDatetime
    minutes: Annotated[int, Field(ge=5, le=480)] = 50
    status: Literal["planned", "attended", "cancelled", "no-show"]
    cancelled_by: Side | None = None
    cancelled_at: AwareDatetime | None = None
    moved: tuple[Move, ...] = ()


class ScoreRead(_Read):
    """One score; a sealed one is passed over."""

    at: AwareDatetime
    session: Number | None = None
    rater: Literal["client", "therapist", "observer"]
    instrument: Name
    version: Annotated[str, Field(max_length=20)] = "1"
    scale: Name
    value: Annotated[float, Field(allow_inf_nan=False)] | None = None
    reason: Annotated[str, Field(max_length=60), BeforeValidator(lambda said: said or "")] = ""
    sealed: bool = False


class GoalRead(_Read):
    """One goal of a plan."""

    id: Part
    words: Words
    levels: tuple[Words, ...] = ()
    importance: int = 1


class StrategyRead(_Read):
    """What is done for a goal, or for all of them."""

    id: Part
    words: Words
    goal_id: Part | None = None


class PaceRead(_Read):
    """How often, how long, how fast."""

    words: Words = ""
    sessions_every_weeks: int = 1
    minutes: int = 50
    too_fast: Words = ""
    too_slow: Words = ""


class PreferenceRead(_Read):
    """One wish for the way of working."""

    way: Way
    value: int
    words: Words = ""


class PlanContent(_Read):
    """What a version of the plan says."""

    goals: tuple[GoalRead, ...]
    strategies: tuple[StrategyRead, ...] = ()
    pace: PaceRead = PaceRead()
    preferences: tuple[PreferenceRead, ...] = ()


class Remark(_Read):
    """What one side said of a version."""

    by: Side
    words: Words
    at: AwareDatetime


class VersionRead(_Read):
    """One version of the plan."""

    number: Number
    status: Literal["proposed", "agreed", "declined", "withdrawn", "replaced", "countered"]
    instead_of: Number | None = None
    proposed_by: Side
    proposed_at: AwareDatetime
    note: Words = ""
    answered_at: AwareDatetime | None = None
    answer_note: Words = ""
    agreed_together: bool = False
    content: PlanContent
    comments: tuple[Remark, ...] = ()


class RatingRead(_Read):
    """How one side found one part of the plan."""

    aspect: Aspect
    part: Part
    rater: Side
    value: int
    at: AwareDatetime
    session: Number | None = None

    @model_validator(mode="after")
    def _in_range(self) -> RatingRead:
        low, high = RANGES[self.aspect]
        if not low <= self.value <= high:
            raise ValueError(f"is outside {low} to {high}")
        return self


class Telling(_Read):
    """What became of a task."""

    outcome: TaskOutcome
    obstacles: tuple[Obstacle, ...] = ()
    words: Words = ""
    by: Side
    at: AwareDatetime
    told_at: AwareDatetime


class TaskRead(_Read):
    """A task between sessions."""

    words: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    once: bool = False
    strategy: Annotated[str, Field(max_length=36)] | None = None
    status: Literal["proposed", "agreed", "declined", "withdrawn", "let-go"]
    proposed_by: Side
    proposed_at: AwareDatetime
    agreed_in_session: bool = False
    answered_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    told: tuple[Telling, ...] = ()


class RuptureRead(_Read):
    """A rupture as it was recorded."""

    at: AwareDatetime
    session: Number | None = None
    marker: Marker
    noticed_by: Noticed
    words: Words = ""
    tried: tuple[Tried, ...] = ()
    tried_words: Words = ""
    outcome: RepairOutcome | Literal[""] = ""
    outcome_words: Words = ""
    closed_at: AwareDatetime | None = None


class Begun(_Read):
    """That both were asked to look back."""

    begun_by: Side
    begun_at: AwareDatetime
    taken_back_at: AwareDatetime | None = None


class LookedBack(_Read):
    """How one side sees the therapy at its end."""

    by: Side
    feels: Literal[1, 2, 3] | None = None
    changed: Words = ""
    helped: Words = ""
    missing: Words = ""
    at: AwareDatetime


class SheetContent(_Read):
    """Warning signs, what helps then, and who."""

    signs: tuple[Words, ...] = ()
    steps: tuple[Words, ...] = ()
    people: tuple[Words, ...] = ()


class Sheet(_Read):
    """One version of the sheet for staying well."""

    number: Number
    by: Side
    at: AwareDatetime
    content: SheetContent


class WishRead(_Read):
    """That a client would like to come back, or to hear from somebody."""

    kind: Literal["return", "contact"]
    words: Words = ""
    at: AwareDatetime
    taken_back_at: AwareDatetime | None = None
    answered_at: AwareDatetime | None = None


class EpisodeRead(_Worked):
    """One course of therapy."""

    number: Number
    carries_on: Number | None = None
    started_at: AwareDatetime
    ended_at: AwareDatetime | None = None
    ending: Literal["planned", "unplanned", "transferred"] | None = None
    phases: tuple[PhaseRead, ...] = ()
    wording: Literal["neutral", "cbt", "psychodynamic", "person-centered"] = "neutral"
    followed_by: Outcome = Outcome()
    sessions: tuple[SessionRead, ...] = ()
    scores: tuple[ScoreRead, ...] = ()
    plan: tuple[VersionRead, ...] = ()
    plan_ratings: tuple[RatingRead, ...] = ()
    tasks: tuple[TaskRead, ...] = ()
    ruptures: tuple[RuptureRead, ...] = ()
    looking_back: Begun | None = None
    looked_back: tuple[LookedBack, ...] = ()
    staying_well: tuple[Sheet, ...] = ()
    wishes: tuple[WishRead, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> EpisodeRead:
        if (self.ended_at is None) != (self.ending is None):
            raise ValueError("“ended_at” and “ending” belong together")
        if self.ended_at is not None and self.ended_at < self.started_at:
            raise ValueError("ends before it starts")
        _once("sessions", (one.number for one in self.sessions))
        _once("plan", (one.number for one in self.plan))
        _once("staying_well", (one.number for one in self.staying_well))
        _once("looked_back", (one.by for one in self.looked_back))
        _once("scores", ((s.rater, s.instrument, s.scale, s.at) for s in self.scores))
        for status in ("agreed", "proposed"):
            if sum(one.status == status for one in self.plan) > 1:
                raise ValueError(f"only one version of the plan can be “{status}”")
        open_wishes = [o for o in self.wishes if o.taken_back_at is None and o.answered_at is None]
        if len(open_wishes) > 1:
            raise ValueError("only one wish can be open")
        known = {one.number for one in self.sessions}
        spoken_of = {one.session for one in self.scores}
        spoken_of |= {one.session for one in self.plan_ratings}
        spoken_of |= {one.session for one in self.ruptures}
        if spoken_of - known - {None}:
            raise ValueError("speaks of a session that is not among “sessions”")
        return self


class ClientRecord(_Read):
    """What can be brought in of one client's record."""

    format: Literal["openalliance-record/1"]
    about: About
    episodes: Annotated[tuple[EpisodeRead, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _numbered(self) -> ClientRecord:
        _once("episodes", (one.number for one in self.episodes))
        numbers = {one.number for one in self.episodes}
        for one in self.episodes:
            if one.carries_on is not None and one.carries_on not in numbers - {one.number}:
                raise ValueError("an episode carries on one that is not here")
        _once("carries_on", (one.carries_on for one in self.episodes if one.carries_on))
        return self


def _once(what: str, names: Iterable[object]) -> None:
    seen = list(names)
    if len(set(seen)) < len(seen):
        raise ValueError(f"something stands twice in “{what}”")
