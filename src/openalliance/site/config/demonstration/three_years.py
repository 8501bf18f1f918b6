"""One client's three years, written through the same services that people use: asked for help,
agreed on a plan, a rupture and its repair, a planned ending, the years after, and back again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.utils import translation

from openalliance.core.course import SignalKind
from openalliance.core.course.adherence import Obstacle, Outcome
from openalliance.core.course.after import MONTHS
from openalliance.core.course.claims import Answer
from openalliance.core.instruments import Moment
from openalliance.site.config.demonstration import three_years_words as said
from openalliance.site.config.demonstration.notice import ReadyClient
from openalliance.site.config.demonstration.three_years_hands import Pair
from openalliance.site.records.care.links import issue_link
from openalliance.site.records.care.models import Modality
from openalliance.site.records.care.phases import begin_phase
from openalliance.site.records.checkins import services as checkins
from openalliance.site.records.checkins.hard_to_say import say
from openalliance.site.records.checkins.models import AskedForm, Signal, Visibility
from openalliance.site.records.conversations import ruptures
from openalliance.site.records.conversations import services as conversations
from openalliance.site.records.endings import follow_ups, wishes
from openalliance.site.records.endings import services as endings
from openalliance.site.records.endings.access import wishes_for
from openalliance.site.records.endings.consent import Reachable
from openalliance.site.records.endings.models import FollowUp
from openalliance.site.records.intake import services as intake
from openalliance.site.records.intake.arrivals import take_on
from openalliance.site.records.plans import services as plans
from openalliance.site.records.plans.models import PlanStatus
from openalliance.site.records.plans.together import propose_together
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.rights import consent
from openalliance.site.records.tasks import services as tasks
from openalliance.site.records.trust.actors import Actor, ActorKind

_ASKED, _MET, _WISHED, _MET_AGAIN = 1092, 980, 196, 179
"""How many days ago: she wrote, they met first, she wished to come back, they met again."""

_HOUR = time(17)
_TUESDAY = 1


def live(therapist: Person, *, now: datetime) -> ReadyClient:
    """Write the three years down, as of ``now``, and return the client's way in."""
    by = actor_for(therapist)
    with translation.override("en"):
        pair = _begin(therapist, by, now)
        weeks = _tuesdays(therapist, now - timedelta(days=_MET), said.FIRST)
        _first_therapy(pair, weeks)
        _years_after(pair, now)
        _second_therapy(pair, therapist, now)
        _link, token, code = issue_link(pair.episode, by=by, now=now - timedelta(days=30))
    return ReadyClient(name=said.NAME, token=token, code=code, story=said.STORY)


def _begin(therapist: Person, by: Actor, now: datetime) -> Pair:
    """Let her write to the practice, wait until there is room, and be taken on."""
    at = now - timedelta(days=_ASKED)
    asked = replace(said.ASKED, therapist_id=therapist.pk)
    request = intake.ask_for_contact(therapist.practice, asked, now=at)
    intake.put_on_waiting_list(request.pk, by=by, now=at + timedelta(days=2))
    arrived = now - timedelta(days=_MET + 9)
    episode = take_on(request.pk, by=by, now=arrived)
    if episode.modality != Modality.PSYCHODYNAMIC:
        begin_phase(episode.pk, modality=Modality.PSYCHODYNAMIC, by=by, now=arrived)
    client = Actor(kind=ActorKind.CLIENT, id=episode.client_id, practice_id=by.practice_id)
    for kind in consent.ConsentKind:
        consent.answer(kind, True, by=client, now=arrived + timedelta(days=2))
    return Pair(episode=episode, client=client, therapist=by)


def _first_therapy(pair: Pair, weeks: Sequence[datetime]) -> None:
    pair.plan(weeks[0], now=weeks[0] - timedelta(days=8))
    progress = dict(said.PROGRESS)
    for number, meeting in enumerate(said.FIRST):
        at = pair.meet(meeting)
        if number == 1:
            _agree(pair, at)
        if number in progress:
            pair.rate(progress[number], at)
        if number == said.STRAINED:
            _strain(pair, at)
        if number == said.CALLED_OFF:
            _note(pair, at)
        if number == said.REPAIRED:
            _mend(pair, at)
        if number == said.CONFIRMED:
            _confirm(pair, at)
        if number + 1 < len(weeks):
            pair.plan(weeks[number + 1], now=at)
    _end(pair, at)


def _agree(pair: Pair, at: datetime) -> None:
    """Answer what he understood from her request with her own words; he says yes to them."""
    proposed = pair.episode.plan_versions.get(status=PlanStatus.PROPOSED)
    by, her = pair.therapist, pair.client
    plans.comment(proposed.pk, said.REMARK, by=her, now=at + timedelta(hours=3))
    made = plans.counter(
        proposed.pk, said.AGREED, note=said.COUNTER_NOTE, by=her, now=at + timedelta(days=1)
    )
    plans.agree(made.pk, note=said.AGREED_NOTE, by=by, now=at + timedelta(days=2))
    task = tasks.propose_task(
        pair.episode.pk, "", strategy=said.HERBS, by=by, now=at + timedelta(days=2)
    )
    tasks.answer_task(task.pk, agree=True, by=her, now=at + timedelta(days=3))
    for days, outcome, obstacle in (
        (12, Outcome.DONE, None), (19, Outcome.PARTLY, Obstacle.FORGOT), (33, Outcome.DONE, None),
        (40, Outcome.NOT, Obstacle.FEELINGS), (110, Outcome.CHANGED, None),
        (180, Outcome.DONE, None),
    ):  # fmt: skip
        told = at + timedelta(days=days)
        tasks.tell(
            task.pk, outcome, obstacles=[obstacle] if obstacle else (), by=her, now=told
        )  # fmt: skip


def _strain(pair: Pair, at: datetime) -> None:
    """Let her write in the evening what she had not said; he reads it in the morning."""
    hard = say(
        pair.episode.pk, session=pair.met[-1], about="not-safe", words=said.HARD,
        visibility=Visibility.NOW, submission=uuid4(), by=pair.client,
        now=at + timedelta(hours=2),
    )  # fmt: skip
    conversations.take_up_hard_to_say(
        hard.pk, "seen", note=said.SEEN_NOTE, by=pair.therapist, now=at + timedelta(hours=15)
    )


def _note(pair: Pair, at: datetime) -> None:
    ruptures.note_rupture(
        pair.episode.pk, said.RUPTURE, session_id=pair.met[said.STRAINED].pk,
        signal_id=_signal(pair).pk, by=pair.therapist, now=at,
    )  # fmt: skip


def _mend(pair: Pair, at: datetime) -> None:
    """Talk about it, and put what comes of it into the plan."""
    by, signal = pair.therapist, _signal(pair)
    conversations.take_up_signal(
        signal.pk, "talked-about", note=said.TALKED_NOTE, answer=Answer.YES, by=by, now=at
    )
    hard = pair.episode.hard_to_say.get()
    conversations.take_up_hard_to_say(hard.pk, "talked-about", by=by, now=at)
    made = propose_together(pair.episode.pk, said.MENDED, by=by, now=at - timedelta(minutes=40))
    plans.agree(made.pk, note=said.THANKS_NOTE, together=True, by=pair.client, now=at)
    slower = plans.propose(
        pair.episode.pk, said.SLOWER, note=said.SLOWER_NOTE, by=pair.client,
        now=at + timedelta(days=48),
    )  # fmt: skip
    plans.agree(slower.pk, by=by, now=at + timedelta(days=49))


def _confirm(pair: Pair, at: datetime) -> None:
    """See at the meeting after whether it holds."""
    by = pair.therapist
    conversations.take_up_signal(_signal(pair).pk, "changed", note=said.CHANGED_NOTE, by=by, now=at)
    record = pair.episode.ruptures.get()
    ruptures.change_rupture(record.pk, said.REPAIR, by=by, now=at)
    back = pair.episode.signals.get(kind=SignalKind.REPAIR)
    conversations.take_up_signal(
        back.pk, "talked-about", note=said.BACK_NOTE, answer=Answer.YES, by=by, now=at
    )


def _signal(pair: Pair) -> Signal:
    return Signal.objects.get(episode=pair.episode, kind=SignalKind.RUPTURE)


def _end(pair: Pair, at: datetime) -> None:
    """Look back from both sides, write the sheet for staying well, and end as planned."""
    pk, by, her = pair.episode.pk, pair.therapist, pair.client
    for better in pair.episode.signals.filter(kind=SignalKind.RELIABLE_CHANGE):
        conversations.take_up_signal(
            better.pk, "talked-about", note=said.BETTER_NOTE, answer=Answer.PARTLY, by=by, now=at
        )
    endings.look_back(pk, by=by, now=at - timedelta(days=28))
    endings.review(pk, said.HER_REVIEW, by=her, now=at - timedelta(days=9))
    endings.review(pk, said.HIS_REVIEW, by=by, now=at - timedelta(days=6))
    endings.write_staying_well(pk, said.SHEET, by=her, now=at - timedelta(days=5))
    follow_ups.agree(True, Reachable(), by=her, now=at - timedelta(days=5))
    pair.episode = endings.end_episode(pk, "planned", by=by, now=at + timedelta(hours=1))


def _years_after(pair: Pair, now: datetime) -> None:
    """Ask now and then how life is: it holds, then it sinks; he rings up, she writes more signs."""
    by, her, pk = pair.therapist, pair.client, pair.episode.pk
    for months, life in said.FOLLOWED:
        due = FollowUp.objects.get(episode_id=pk, months=months).due_at
        follow_ups.post_due(now=due)
        at = due + timedelta(days=months % 4 + 1, hours=9)
        form = AskedForm.objects.get(episode_id=pk, moment=Moment.FOLLOW_UP, submitted_at=None)
        pair.say_how_it_is(form, life, talk=months == said.SIGNS_CAME, at=at)
        if months == said.SIGNS_CAME:
            at += timedelta(days=2)
            for wish in wishes_for(by, now=at):
                wishes.answered(wish.pk, by=by, now=at)
            endings.write_staying_well(pk, said.SHEET_LATER, by=her, now=at)
            follow_ups.choose_months(pk, (*MONTHS[:4], *said.CHOSEN_THEN), by=by, now=at)


def _second_therapy(pair: Pair, therapist: Person, now: datetime) -> None:
    wished = now - timedelta(days=_WISHED)
    by, her = pair.therapist, pair.client
    wishes.wish("return", words=said.WISH, by=her, now=wished)
    pair.episode = wishes.begin_again(pair.episode.pk, by=by, now=wished + timedelta(days=1))
    pair.met = []
    weeks = _tuesdays(therapist, now - timedelta(days=_MET_AGAIN), (*said.AGAIN, said.NEXT))
    pair.plan(weeks[0], now=wished + timedelta(days=2))
    progress = dict(said.PROGRESS_AGAIN)
    for number, meeting in enumerate(said.AGAIN):
        at = pair.meet(meeting)
        if number == 0:
            _agree_again(pair, at, weeks)
        if number in progress:
            pair.rate(progress[number], at)
        pair.plan(weeks[number + 1], now=at)
    checkins.close_due(her.practice_id, now=now)


def _agree_again(pair: Pair, at: datetime, weeks: Sequence[datetime]) -> None:
    """Make the second plan, which she proposes, and a task that they note in the room."""
    pk, by, her = pair.episode.pk, pair.therapist, pair.client
    made = plans.propose(pk, said.RETURNED, note=said.RETURNED_NOTE, by=her, now=at)
    agreed = at + timedelta(hours=1)
    plans.agree(made.pk, note=said.UNDERSTOOD_NOTE, by=by, now=agreed)
    task = tasks.note_agreed_task(pk, "", strategy=said.EARLY, by=by, now=agreed)
    for place, outcome in ((1, Outcome.PARTLY), (3, Outcome.DONE), (5, Outcome.DONE)):
        tasks.tell(task.pk, outcome, by=her, now=weeks[place] - timedelta(days=2))


def _tuesdays(
    therapist: Person, since: datetime, meetings: Sequence[said.Meeting]
) -> list[datetime]:
    """Return when the meetings begin: on Tuesdays, at the practice's five o'clock."""
    zone = ZoneInfo(therapist.practice.time_zone)
    day = since.astimezone(zone).date()
    day += timedelta(days=(_TUESDAY - day.weekday()) % 7)
    days = (day + timedelta(weeks=one.week) for one in meetings)
    return [datetime.combine(one, _HOUR, zone).astimezone(UTC) for one in days]
