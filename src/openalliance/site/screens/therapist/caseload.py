"""The caseload: who needs a conversation first, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe

from openalliance.charts.sparkline import Sparkline, sparkline
from openalliance.core.course import Reason, SignalKind
from openalliance.site.records.checkins.access import open_forms
from openalliance.site.records.checkins.convert import outcome_of
from openalliance.site.records.checkins.services import close_due
from openalliance.site.records.conversations.access import (
    CaseloadRow,
    caseload_for,
    open_ruptures,
)
from openalliance.site.records.emergency.access import of_own_clients
from openalliance.site.records.endings.access import wishes_for
from openalliance.site.records.intake.access import unanswered
from openalliance.site.records.tasks.phases import phases_of
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.course_picture import outcome_title
from openalliance.site.screens.course_wording import reason_tone, reason_words
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.emergency_words import notices_of
from openalliance.site.screens.therapist.open_ruptures import OpenRupture, open_words
from openalliance.site.screens.therapist.phase_words import short_words
from openalliance.site.screens.therapist.words import (
    FORM_NAMES,
    MODALITIES,
    clock,
    day,
    is_running,
    is_unclear,
    moment,
    soon,
)
from openalliance.site.screens.wording import number

if TYPE_CHECKING:
    from openalliance.site.records.checkins.models import AskedForm
    from openalliance.site.records.endings.models import Wish

LONGEST_SEARCH = 80
EMERGENCIES_SHOWN = timedelta(days=14)
_SIGNAL_OF = {Reason.DETERIORATED: SignalKind.RELIABLE_CHANGE}  # the others have one name


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which part of the caseload was asked for."""

    ended: bool
    search: str
    modality: str

    @property
    def narrows(self) -> bool:
        return bool(self.search or self.modality)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A form that waits for the therapist's own answers."""

    id: UUID
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One client on the list."""

    id: UUID
    name: str
    code: str
    modality: str
    safety: bool
    reasons: tuple[tuple[str, str, bool], ...]
    outcome: Sparkline
    outcome_label: str
    alliance: Sparkline
    alliance_label: str
    life: str
    running: str
    last: str
    next: str
    attended: int
    unclear: bool
    waiting: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Harder:
    """One client for whom several things are hard at once, and since when."""

    id: UUID
    name: str
    signs: str
    since: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wished:
    """One wish to come back or to talk; ``reach`` only where it was passed on by the practice."""

    id: UUID
    episode_id: UUID
    name: str
    kind: str
    when: str
    is_passed: bool
    reach: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseloadPage:
    """The whole list; safety stands apart and first."""

    wanted: Wanted
    safety: tuple[Row, ...]
    others: tuple[Row, ...]
    harder: tuple[Harder, ...]
    strained: tuple[tuple[str, OpenRupture], ...]
    modalities: tuple[tuple[str, str], ...]
    has_any: bool

    @property
    def shown(self) -> int:
        return len(self.safety) + len(self.others)


@require_safe
@staff(Role.THERAPIST)
def show(request: HttpRequest) -> HttpResponseBase:
    """Show the therapist's own clients, most urgent conversation first."""
    by, at = acting(request), now()
    close_due(by.practice_id, now=at)
    wanted = _wanted(request.GET)
    found = caseload_for(by, now=at, therapist_id=by.id, ended=wanted.ended)
    page = caseload_page(found, open_forms(by, now=at), wanted, at)
    opened = notices_of(of_own_clients(by, since=at - EMERGENCIES_SHOWN))
    wished = [_wished(one, by.id) for one in wishes_for(by, now=at)]
    context = {"page": page, "notices": opened, "wishes": wished, "requests": unanswered(by)}
    return render(request, "therapist/caseload.html", context)


def _wished(one: Wish, person_id: UUID) -> Wished:
    client, is_own = one.episode.client, one.episode.therapist_id == person_id
    return Wished(
        id=one.pk, episode_id=one.episode_id, name=client.name, kind=one.kind,
        when=moment(one.at), is_passed=not is_own, reach="" if is_own else client.email or "",
    )  # fmt: skip


def _wanted(query: QueryDict) -> Wanted:
    modality = query.get("modality", "")
    return Wanted(
        ended=query.get("show") == "ended",
        search=query.get("search", "").strip()[:LONGEST_SEARCH],
        modality=modality if modality in dict(MODALITIES) else "",
    )


def caseload_page(
    found: Sequence[CaseloadRow], waiting: Sequence[AskedForm], wanted: Wanted, at: datetime
) -> CaseloadPage:
    """Return the list with all its words: who needs a conversation first, then who comes next."""
    forms: dict[UUID, list[AskedForm]] = {}
    for form in waiting:
        forms.setdefault(form.episode_id, []).append(form)
    rows = [
        _row(one, forms.get(one.episode.pk, ()), at)
        for one in _ordered(found, at)
        if _wants(one, wanted)
    ]
    return CaseloadPage(
        wanted=wanted,
        safety=tuple(row for row in rows if row.safety),
        others=tuple(row for row in rows if not row.safety),
        modalities=MODALITIES,
        has_any=bool(found),
        harder=() if wanted.ended else _harder(found, at),
        strained=() if wanted.ended else _strained(found, at),
    )


def _strained(found: Sequence[CaseloadRow], at: datetime) -> tuple[tuple[str, OpenRupture], ...]:
    """Return by name whose noted ruptures are still open."""
    held = open_ruptures([one.episode for one in found])
    return tuple(
        (one.episode.client.name, words)
        for one in sorted(found, key=lambda row: row.episode.client.name)
        for words in open_words(
            held.get(one.episode.pk, ()),
            soon(one.next_session.starts_at, at) if one.next_session else "",
        )
    )


def _harder(found: Sequence[CaseloadRow], at: datetime) -> tuple[Harder, ...]:
    """Return who may go through a difficult phase, by name: this is no ranking."""
    episodes = {one.episode.pk: one.episode for one in found}
    phases = phases_of(tuple(episodes.values()), now=at)
    return tuple(
        Harder(
            id=pk,
            name=episode.client.name,
            signs="; ".join(short_words(one) for one in phases[pk].phase.signs),
            since=day(since),
        )
        for pk, episode in sorted(episodes.items(), key=lambda pair: pair[1].client.name)
        if phases[pk].phase.is_difficult and (since := phases[pk].phase.since) is not None
    )


def _ordered(found: Sequence[CaseloadRow], at: datetime) -> list[CaseloadRow]:
    """Keep who needs a conversation first; order the others by their session, now or next."""
    first = [one for one in found if one.priority.reasons]
    others = [one for one in found if not one.priority.reasons]

    def comes(one: CaseloadRow) -> tuple[bool, bool, float]:
        running = one.last_session is not None and is_running(one.last_session, at)
        following = one.next_session.starts_at.timestamp() if one.next_session else 0.0
        return not running, one.next_session is None, following

    return first + sorted(others, key=comes)


def _wants(one: CaseloadRow, wanted: Wanted) -> bool:
    if wanted.modality and one.episode.modality != wanted.modality:
        return False
    client = one.episode.client
    needle = wanted.search.casefold()
    return needle in client.name.casefold() or needle in client.code.casefold()


def _row(one: CaseloadRow, waiting: Sequence[AskedForm], at: datetime) -> Row:
    episode, reasons, last = one.episode, one.priority.reasons, one.last_session
    measure = outcome_of(episode)
    return Row(
        id=episode.pk,
        name=episode.client.name,
        code=episode.client.code,
        modality=episode.modality_label,
        safety=Reason.SAFETY in reasons,
        reasons=tuple(
            (reason_words(key), reason_tone(key), _is_settled(key, one)) for key in reasons
        ),
        outcome=sparkline(
            [value for _at, value in one.outcome], limits=(measure.minimum, measure.maximum)
        ),
        outcome_label=_spark_label(outcome_title(episode) or "How life has been", one.outcome),
        alliance=sparkline([value for _at, value in one.alliance]),
        alliance_label=_spark_label("How you work together, rated by the client", one.alliance),
        life=outcome_title(episode) or "Life",
        running=clock(last.starts_at) if last and is_running(last, at) else "",
        last=moment(last.starts_at) if last else "",
        next=soon(one.next_session.starts_at, at) if one.next_session else "",
        attended=one.sessions_attended,
        unclear=last is not None and is_unclear(last, at),
        waiting=tuple(_waiting(form) for form in waiting),
    )


def _is_settled(reason: str, one: CaseloadRow) -> bool:
    """Whether a reason lasts though it was talked about already."""
    return _SIGNAL_OF.get(Reason(reason), reason) in one.settled


def _spark_label(what: str, points: Sequence[tuple[datetime, float]]) -> str:
    if not points:
        return f"{what}: nothing yet"
    first, last = number(points[0][1]), number(points[-1][1])
    return f"{what}: {len(points)} values, from {first} to {last}"


def _waiting(form: AskedForm) -> Waiting:
    of = f" of session {form.session.number}" if form.session else ""
    return Waiting(
        id=form.pk, words=f"Your {FORM_NAMES[form.moment]}{of}, until {moment(form.closes_at)}"
    )
