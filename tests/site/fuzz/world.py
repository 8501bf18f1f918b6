"""Two practices with everything in them, where each secret says whose it is.

A secret is a word that occurs nowhere else: whoever sees it who should not has found a leak.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.apps import apps
from django.db.models import Model, UUIDField
from passkeys import give_passkey

from openalliance.core.course.trajectory import Trajectory
from openalliance.core.plan import Goal, Pace, Plan, Preference, Strategy, Way
from openalliance.site.records.care import links
from openalliance.site.records.care import services as care
from openalliance.site.records.care.calendars import make_feed
from openalliance.site.records.care.models import Episode, Session
from openalliance.site.records.checkins import services as checkins
from openalliance.site.records.checkins.hard_to_say import say, withdraw
from openalliance.site.records.checkins.models import AskedForm, Expectation
from openalliance.site.records.checkins.sessions import remove_session
from openalliance.site.records.checkins.steps import steps_of
from openalliance.site.records.conversations import services as conversations
from openalliance.site.records.conversations.ruptures import Said, note_rupture, remove_rupture
from openalliance.site.records.emergency.services import open_record
from openalliance.site.records.endings import services as endings
from openalliance.site.records.endings.models import FollowUp, FollowUpConsent, Wish
from openalliance.site.records.endings.tickets import ticket_for
from openalliance.site.records.evidence import services as evidence
from openalliance.site.records.intake import profiles
from openalliance.site.records.intake import services as intake
from openalliance.site.records.intake.models import Arrival, Portrait
from openalliance.site.records.letters.models import ReminderChoice, Reply
from openalliance.site.records.plans import services as plans
from openalliance.site.records.practice import accounts, kept_forms
from openalliance.site.records.practice import services as practices
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person, Practice
from openalliance.site.records.rights import erasure
from openalliance.site.records.tasks import services as tasks
from openalliance.site.records.trust import chain
from openalliance.site.records.trust.actors import Actor, ActorKind, Role
from openalliance.site.screens.public import form_token
from tests.site.intake.pictures import picture
from tests.site.signals import signal
from tests.site.therapist.answers import answer, form_of, weeks_of_work

PASSWORD = "correct horse battery staple"
NEW_PASSWORD = "seven amber kettles sing"
SET_UP_CODE = "ABCD-EFGH-JKLM"
APP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
ANONYMOUS, CLIENT, THERAPIST = "anonymous", "client", "therapist"
SUPERVISOR, ADMINISTRATOR = "supervisor", "administrator"
ROLES = (ANONYMOUS, CLIENT, THERAPIST, SUPERVISOR, ADMINISTRATOR)
_MODELS = {
    "form": "askedform", "version": "planversion", "subject": "signal", "hard": "hardtosay",
    "step": "conversationstep", "telling": "tasktelling", "request": "contactrequest",
    "rupture": "rupturerecord", "analysis": "metaanalysis",
    "therapist": "person",
}  # fmt: skip
EXPECTED = Trajectory(
    start_mean=4.0, start_sd=1.0, rate_mean=1.0, rate_sd=0.3, start_rate_correlation=0.0,
    swing_sd=0.5, swing_persistence=0.5, sem=0.5, minimum=0.0, maximum=10.0, source="made up",
)  # fmt: skip
_OPEN_TO_THE_THERAPIST = (
    "name",
    "mail",
    "now",
    "plan",
    "remark",
    "task",
    "strain",
    "shared",
    "private",
)
_ANALYSES = frozenset(f"{who}-analysis" for who in ("tomas", "sana", "ada"))
"""Meta-analyses that everybody who works in the practice reads."""

_MAY_SEE: Mapping[str, frozenset[str]] = {
    ANONYMOUS: frozenset(),
    CLIENT: frozenset(f"noor-{what}" for what in (*_OPEN_TO_THE_THERAPIST[:-1], "later", "only",
                                                      "reminded", "arrival")),
    THERAPIST: frozenset(f"{who}-{what}" for who in ("noor", "nils")
                         for what in (*_OPEN_TO_THE_THERAPIST, "reason"))
    | {"noor-later", "noor-kept", "noor-arrival", "harbour-asked"}
    # Former clients of somebody who left: one wish was passed on, the other may be at any time.
    | {f"{who}-{what}" for who in ("greta", "milos") for what in ("name", "mail")}
    | _ANALYSES,
    # The goals on the course a supervisor reads are in the words of the two.
    # They have one client's record open in an emergency.
    SUPERVISOR: frozenset({"noor-plan", "nils-plan", "noor-name", "noor-mail", "noor-reason",
                           "nils-reason"}) | _ANALYSES,
    ADMINISTRATOR: frozenset({"harbour-caller", "harbour-asked"}) | _ANALYSES,
}  # fmt: skip


@dataclass(kw_only=True)
class World:
    """What was made: people, ways in, secrets, and the id of every row by practice."""

    now: datetime
    people: dict[str, Person] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    episodes: dict[str, Episode] = field(default_factory=dict)
    running: dict[str, Session] = field(default_factory=dict)
    ids: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    kept: UUID | None = None
    hints: dict[str, list[str]] = field(default_factory=dict)
    """What fits a field of that name, where its page cannot say it."""

    def secret(self, whose: str) -> str:
        """Return the word that gives ``whose`` (``client-what``) away; made when first asked."""
        return self.secrets.setdefault(whose, f"kanari-{whose}-yx")

    def actor(self, who: str) -> Actor:
        """Return the actor for a member of staff, or for a client by their first name."""
        if who in self.people:
            return actor_for(self.people[who])
        one = self.episodes[who]
        return Actor(kind=ActorKind.CLIENT, id=one.client_id, practice_id=one.practice_id)

    def starts(self, role: str) -> tuple[str, ...]:
        """Return the addresses that somebody of that role is given from outside of the site."""
        own = {
            ANONYMOUS: (
                "/", "/sign-in", "/account/password/forgotten", "/account/inactive", "/readyz",
                f"/invitation/{self.tokens['harbour-invitation']}",
                f"/calendar/{self.tokens['noor-calendar']}.ics",
                *(f"/q/{self.tokens[f'noor-{moment}']}/{page}"
                  for moment in ("follow-up", "exit") for page in ("", "1/help", "review", "stop")),
                f"/people/{self.people['tomas'].pk}/portrait-{self.portrait}.jpg",
                f"/account/password/key/{self.hints['uidb36'][0]}-{self.hints['key'][0]}",
            ),
            CLIENT: (f"/c/{self.tokens['noor']}/",),
            THERAPIST: (
                "/therapist/", "/account/password", "/therapist/profile",
                "/therapist/profile/portrait.jpg",
                f"/account/kept/{self.kept}",
                *(
                    f"/therapist/check-out/{form_of(session, 'check-out', 'therapist').pk}/{page}"
                    for session in self.running.values() for page in ("review", "sent")
                ),
            ),
            SUPERVISOR: ("/supervisor/",),
            ADMINISTRATOR: ("/administrator/", "/evidence/"),
        }  # fmt: skip
        return (*own[role], "/home", "/account/security")

    @property
    def portrait(self) -> str:
        """Return what the address of a therapist's picture ends with."""
        return Portrait.objects.get(person=self.people["tomas"]).digest

    def ids_for(self, argument: str, owner: str) -> list[str]:
        """Return ids of ``owner`` that fit an argument by its name, else all of theirs."""
        stem, rows = argument.removesuffix("_id").replace("_", ""), self.ids[owner]
        model = _MODELS.get(stem, stem)
        return rows.get(model) or [one for of_model in rows.values() for one in of_model]

    def kept_from(self, role: str) -> dict[str, str]:
        """Return the secrets that ``role`` must never be shown."""
        return {
            whose: word
            for whose, word in self.secrets.items()
            if whose not in _MAY_SEE[role] and not whose.startswith(f"{role}:")
        }


def build() -> World:
    """Make both practices, with one client of each kind and something at every stage."""
    world = World(now=datetime.now(UTC).replace(microsecond=0))
    _practice(world, "harbour", ("ada", "tomas", "cora", "sana"))
    _practice(world, "hill", ("hilda", "stig"))
    by_ada = actor_for(world.people["ada"])
    practices.supervise(world.people["sana"].pk, world.people["tomas"].pk, by=by_ada, now=world.now)
    for who, whom in (("noor", "tomas"), ("nils", "tomas"), ("olek", "cora"), ("hana", "stig")):
        _client(world, who, world.people[whom])
    _emergencies(world)
    _finished(world)
    _left_behind(world)
    tomas = world.people["tomas"]
    give_passkey(tomas)
    _published(world)
    _knocks(world)
    _analyses(world)
    world.kept = kept_forms.keep(
        f"/therapist/profile?{world.secret('noor-kept')}",
        [("headline", world.secret("noor-kept")), ("languages", "en")],
        owner_id=tomas.pk, practice_id=tomas.practice_id, now=world.now,
    )  # fmt: skip
    for practice in Practice.objects.all():
        checkins.close_due(practice.pk, now=world.now)
    chain.seal_everything()
    _note_ids(world)
    _note_hints(world)
    return world


def _practice(world: World, name: str, staff: tuple[str, ...]) -> None:
    first, *others = staff
    long_ago = world.now - timedelta(days=400)
    head = practices.set_up_practice(
        practices.NewPractice(
            name=f"{name.title()} Practice", time_zone="Europe/Madrid", language="en",
            crisis_information="Call 024, day and night.",
        ),
        administrator_email=f"{first}@{name}.example", administrator_name=first.title(),
        password=PASSWORD, now=long_ago,
    )  # fmt: skip
    world.people[first] = head
    for other in others:
        person = Person.objects.create_user(
            email=f"{other}@{name}.example", password=PASSWORD, name=other.title(),
            practice=head.practice, joined_at=long_ago,
        )  # fmt: skip
        roles = {"sana": [Role.SUPERVISOR], "stig": [Role.THERAPIST, Role.SUPERVISOR]}
        practices.grant(person, roles.get(other, [Role.THERAPIST]), now=long_ago)
        world.people[other] = person
    for who in staff:
        _second_factor(world, who)
    _around(world, name, actor_for(head))


def _second_factor(world: World, who: str) -> None:
    person = world.people[who]
    role = {"ada": ADMINISTRATOR, "tomas": THERAPIST, "sana": SUPERVISOR}.get(who, "nobody")
    TOTP.activate(person, APP_SECRET)
    codes = RecoveryCodes.activate(person)
    world.secrets[f"{role}:{who}-recovery"] = codes.get_unused_codes()[0]


def _written(word: str, therapist_id: UUID | None = None) -> intake.NewRequest:
    return intake.NewRequest(
        name=word, reach_me=word, safely=word, message=word, accessibility=word, languages=(word,),
        preferences=(Preference(way=Way.HUMOUR, value=-2, words=word),), therapist_id=therapist_id,
    )  # fmt: skip


def _knocks(world: World) -> None:
    """Let people ask for one therapist: one is new, two wait, one is declined; one is a client."""
    by, tomas = world.actor("ada"), world.people["tomas"]
    practice = Practice.objects.get(pk=by.practice_id)
    for deed in (None, intake.put_on_waiting_list, intake.put_on_waiting_list, intake.close):
        new = _written(world.secret("harbour-asked"), tomas.pk)
        made = intake.ask_for_contact(practice, new, now=world.now)
        if deed is not None:
            deed(made.pk, by=by, now=world.now)
    words = dict.fromkeys(("address", "subject", "words"), world.secret("harbour-reply"))
    Reply.objects.create(practice=practice, written_at=world.now, **words)
    told = ("reach_me", "safely", "message", "accessibility")
    Arrival.objects.create(
        practice=practice, client_id=world.episodes["noor"].client_id, asked_at=world.now,
        arrived_at=world.now, reach_by="other", languages=[world.secret("noor-arrival")],
        **dict.fromkeys(told, world.secret("noor-arrival")),
    )  # fmt: skip


def _analyses(world: World) -> None:
    """Give the practice a meta-analysis of each role, and a colleague and another practice one."""
    for who in ("tomas", "sana", "ada", "cora", "stig"):
        secret, by = world.secret(f"{who}-analysis"), actor_for(world.people[who])
        asked = {"columns": {"effect": "yi", "variance": "vi", "study": secret}}
        rows = f"{secret},yi,vi\nA,0.1,0.02\nB,0.3,0.03\nC,0.4,0.02\n"
        made = evidence.take_in(secret, rows, asked, by=by, now=world.now)
        if who != "cora":  # hers is not confirmed: she alone sees it
            evidence.confirm(made.pk, secret, asked, by=by, now=world.now)


def _published(world: World) -> None:
    """Let two therapists be public, with a picture, and one have a page that is not."""
    for who, what in (("tomas", True), ("stig", True), ("cora", False)):
        by = actor_for(world.people[who])
        said = who if what else world.secret(f"{who}-page")
        profiles.save_profile({"about": said, "is_public": what}, by=by, now=world.now)
        profiles.save_portrait(picture(), by=by, now=world.now)


def _around(world: World, name: str, by: Actor) -> None:
    """Add what a practice has besides its clients: a caller, an invitation, an expected course."""
    practice = Practice.objects.get(pk=by.practice_id)
    intake.ask_for_contact(practice, _written(world.secret(f"{name}-caller")), now=world.now)
    _row, token = practices.invite(
        email=f"new@{name}.example", name="Nadia", roles=[Role.THERAPIST], by=by, now=world.now
    )
    world.tokens[f"{name}-invitation"] = token
    Expectation.objects.create(
        practice_id=by.practice_id, instrument="oa-check-in", scale="life",
        trajectory={**asdict(EXPECTED), "better": EXPECTED.better.value},
        version=1, clients=40, own_weight=0.5, notes=[], fitted_at=world.now, fitted_by=by.id,
    )  # fmt: skip


def _client(world: World, who: str, therapist: Person) -> None:
    now, by = world.now, actor_for(therapist)
    episode = care.add_client(
        care.NewClient(
            name=f"{who.title()} {world.secret(f'{who}-name')}",
            email=f"{world.secret(f'{who}-mail')}@post.example", language="en", modality="cbt",
        ),
        by=by, now=now - timedelta(days=100),
    )  # fmt: skip
    world.episodes[who] = episode
    own = world.actor(who)
    world.running[who] = _weeks(episode, by, own, now)
    if who == "noor":
        answer(form_of(world.running[who], "check-out", "therapist"), 6.0, by=by, now=now)
    _plan(world, who, episode, by, own)
    _tasks(world, who, episode, by, own)
    _ruptures(world, who, episode, by)
    _hard(world, who, episode, by, own)
    found = signal(episode, now - timedelta(days=3))
    conversations.take_up_signal(
        found.pk, "seen", note=world.secret(f"{who}-shared"), by=by, now=now - timedelta(days=2)
    )
    conversations.take_up_signal(
        found.pk, "talked-about", note=world.secret(f"{who}-private"), note_for_client=False,
        answer="yes", by=by, now=now - timedelta(days=1),
    )  # fmt: skip
    signal(episode, now - timedelta(days=2), "off-track")
    _link, token, code = links.issue_link(episode, by=by, now=now)
    world.tokens[who], world.codes[who] = token, code
    world.tokens[f"{who}-calendar"] = make_feed(by=own, now=now)
    _ending(world, who, episode, by, own)
    erasure.ask(by=own, now=now)
    ReminderChoice.objects.create(
        practice_id=by.practice_id, client_id=own.id, channel="mail",
        address=world.secret(f"{who}-reminded"), hours=[24], chosen_at=now,
    )  # fmt: skip
    world.secrets[f"{CLIENT if who == 'noor' else who}:{who}-token"] = token


def _weeks(episode: Episode, by: Actor, own: Actor, now: datetime) -> Session:
    """Two sessions of the past, one taken out, one going on with half-filled forms, one to come."""
    levels = [7.0, 4.0]
    sessions = []
    for week, level in enumerate(levels):
        at = now - timedelta(weeks=len(levels) - week)
        sessions.append((checkins.plan_session(episode.pk, starts_at=at, by=by, now=at), level))
    weeks_of_work(sessions, client=own, therapist=by)
    gone = checkins.plan_session(
        episode.pk, starts_at=now - timedelta(days=4), by=by, now=now - timedelta(days=5)
    )
    remove_session(gone.pk, by=by, now=now - timedelta(days=4))
    running = checkins.plan_session(
        episode.pk, starts_at=now - timedelta(minutes=20), by=by, now=now - timedelta(days=1)
    )
    checkins.plan_session(episode.pk, starts_at=now + timedelta(days=1), by=by, now=now)
    half = form_of(running, "check-in", "client")
    checkins.save_answer(half.pk, steps_of(half)[0].field, 5.0, by=own, now=now)
    return running


def _plan(world: World, who: str, episode: Episode, by: Actor, own: Actor) -> None:
    words, now = world.secret(f"{who}-plan"), world.now
    goal = Goal(id="sleep", words=f"Sleep {words}")
    held = Plan(
        goals=(goal,),
        strategies=(Strategy(id="phone", words=f"No phone {words}", goal_id="sleep"),),
        pace=Pace(words="slowly"),
    )
    version = plans.propose(episode.pk, held, by=own, now=now - timedelta(days=9))
    plans.agree(version.pk, note=words, by=by, now=now - timedelta(days=8))
    plans.rate_goal(episode.pk, "sleep", 4, by=own, now=now - timedelta(days=7))
    changed = Plan(goals=(goal, Goal(id="walk", words=f"Walk {words}")), pace=Pace(words="slowly"))
    # Each side finds one proposal that waits for its answer.
    proposer = own if who == "nils" else by
    open_now = plans.propose(
        episode.pk, changed, note=words, by=proposer, now=now - timedelta(days=1)
    )
    for side in (own, by):
        plans.comment(open_now.pk, world.secret(f"{who}-remark"), by=side, now=now)


def _tasks(world: World, who: str, episode: Episode, by: Actor, own: Actor) -> None:
    """Two tasks that hold, told of by either side, and one of each side that waits for a yes."""
    words, now = world.secret(f"{who}-task"), world.now
    for strategy in ("", "phone"):
        held = tasks.note_agreed_task(
            episode.pk, f"Walk {words}", strategy=strategy, by=by, now=now - timedelta(days=8)
        )
    tasks.tell(held.pk, "partly", obstacles=["time"], words=words, by=own, now=now)
    tasks.tell(held.pk, "done", words=words, by=by, now=now)
    for side in (own, by):
        tasks.propose_task(episode.pk, f"Sing {words}", once=True, by=side, now=now)


def _ruptures(world: World, who: str, episode: Episode, by: Actor) -> None:
    """One strain that is open, and one that was mended and taken out."""
    words, now = world.secret(f"{who}-strain"), world.now
    said = Said(marker="withdrawal", noticed_by="client", words=words, tried=("explore",))
    note_rupture(episode.pk, said, by=by, now=now - timedelta(days=3))
    mended = replace(said, tried_words=words, outcome="repaired", outcome_words=words)
    out = note_rupture(episode.pk, mended, by=by, now=now - timedelta(days=6))
    remove_rupture(out.pk, by=by, now=now - timedelta(days=5))


def _hard(world: World, who: str, episode: Episode, by: Actor, own: Actor) -> None:
    now = world.now

    def said(what: str, visibility: str) -> UUID:
        one = say(
            episode.pk, session=None, about="pace", words=world.secret(f"{who}-{what}"),
            visibility=visibility, submission=uuid4(), by=own, now=now - timedelta(days=2),
        )  # fmt: skip
        return one.pk

    shown = said("now", "now")
    said("later", "later")
    said("only", "only-me")
    withdraw(said("withdrawn", "now"), by=own, now=now - timedelta(days=1))
    conversations.take_up_hard_to_say(
        shown, "seen", note=world.secret(f"{who}-shared"), by=by, now=now - timedelta(days=1)
    )


def _ending(world: World, who: str, episode: Episode, by: Actor, own: Actor) -> None:
    """Both look back; a sheet for staying well; a yes to follow-ups, one that is open; a wish."""
    now, words = world.now, world.secret(f"{who}-shared")
    endings.look_back(episode.pk, by=own, now=now)
    for side in (own, by):
        said = endings.Review(feels=1, changed=words, helped=words, missing=words)
        endings.review(episode.pk, said, by=side, now=now)
    sheet = endings.Sheet(signs=(words,), steps=(words,), people=(words,))
    endings.write_staying_well(episode.pk, sheet, by=own, now=now)
    FollowUpConsent.objects.create(
        practice_id=by.practice_id, client_id=own.id, given=True, channel="mail",
        address=world.secret(f"{who}-reminded"), language="en", words="Yes?", at=now,
    )  # fmt: skip
    for months, moment in ((3, "follow-up"), (6, "exit")):
        key = f"oa-{moment}"
        form = AskedForm.objects.create(
            practice_id=by.practice_id, episode=episode, moment=moment, rater="client",
            instruments=[[key, "1"]], opens_at=now - timedelta(days=1),
            closes_at=now + timedelta(days=20), answers={},
        )  # fmt: skip
        FollowUp.objects.create(
            practice_id=by.practice_id, episode=episode, months=months, due_at=now, form=form,
            asked_at=now,
        )  # fmt: skip
        world.tokens[f"{who}-{moment}"] = ticket_for(form)
    Wish.objects.create(
        practice_id=by.practice_id, episode=episode, kind="contact", words=words, at=now
    )


def _emergencies(world: World) -> None:
    """Let the supervisor have one client's record open, and a colleague another's."""
    for who, by in (("noor", "sana"), ("nils", "cora")):
        open_record(
            world.episodes[who].client.code, cause="safety",
            reason=f"Somebody called for them: {world.secret(f'{who}-reason')}",
            password=PASSWORD, by=world.actor(by), now=world.now,
        )  # fmt: skip


def _finished(world: World) -> None:
    """Add a client whose episode was handed over to a colleague, and one whose ended."""
    tomas, cora = world.people["tomas"], world.people["cora"]
    by = actor_for(tomas)
    for number, what in enumerate(("transferred", "planned")):
        episode = care.add_client(
            care.NewClient(
                name=f"Former {number}", email=None, language="es", modality="psychodynamic"
            ),
            by=by, now=world.now - timedelta(days=90),
        )  # fmt: skip
        if what == "transferred":
            care.transfer(episode.pk, cora.pk, by=by, now=world.now - timedelta(days=9))
        else:
            care.end_episode(episode.pk, what, by=by, now=world.now - timedelta(days=9))


def _left_behind(world: World) -> None:
    """Let two former clients of somebody who left wish to come back; one wish was passed on."""
    ada, left = world.people["ada"], world.now - timedelta(days=20)
    gone = Person.objects.create_user(
        email="lev@harbour.example", password=PASSWORD, name="Lev", practice=ada.practice,
        joined_at=left - timedelta(days=300),
    )  # fmt: skip
    practices.grant(gone, [Role.THERAPIST], now=gone.joined_at)
    for who, passed_to in (("greta", None), ("milos", world.people["tomas"])):
        new = care.NewClient(
            name=world.secret(f"{who}-name"), email=f"{world.secret(f'{who}-mail')}@post.example",
            language="en", modality="cbt",
        )  # fmt: skip
        episode = care.add_client(new, by=actor_for(gone), now=left - timedelta(days=200))
        care.end_episode(episode.pk, "planned", by=actor_for(gone), now=left)
        world.episodes[who] = episode
        Wish.objects.create(
            practice_id=ada.practice_id, episode=episode, kind="return", passed_to=passed_to,
            words=world.secret(f"{who}-wish"), at=world.now,
        )  # fmt: skip
    practices.deactivate(gone.pk, by=actor_for(ada), now=left)


def _note_ids(world: World) -> None:
    """Note every row's id: Noor's, those of others of her practice, and the other practice's."""
    ours, noor = world.people["ada"].practice_id, world.episodes["noor"]
    world.ids = {"noor": {}, "harbour": {}, "hill": {}}
    for model in apps.get_models():
        for row in _rows(model):
            hers = getattr(row, "episode_id", row.pk) == noor.pk or row.pk == noor.client_id
            owner = "noor" if hers else "harbour" if row.practice_id == ours else "hill"  # type: ignore[attr-defined]
            world.ids[owner].setdefault(model.__name__.lower(), []).append(str(row.pk))


def _note_hints(world: World) -> None:
    cora = world.people["cora"]
    key = accounts.new_password_key(cora.pk, by=world.actor("ada"), now=world.now)
    world.hints = {
        "login": [cora.email, "nobody@harbour.example"],
        "email": [cora.email, "new.person@harbour.example"],
        "password": [PASSWORD, NEW_PASSWORD], "oldpassword": [PASSWORD],
        "code": [world.codes["noor"], SET_UP_CODE, world.secrets["nobody:cora-recovery"]],
        "uidb36": [key.person], "key": [key.key],
        "token": [world.tokens[who] for who in ("noor", "nils", "harbour-invitation")],
        "who": [world.episodes["olek"].client.code], "therapist": [str(cora.pk)],
        "ticket": [world.tokens["noor-follow-up"], world.tokens["nils-exit"]],
        "submission": [str(uuid4())], "proof": [form_token.made(world.now - timedelta(minutes=1))],
        "password1": [NEW_PASSWORD], "password2": [NEW_PASSWORD], "password_again": [NEW_PASSWORD],
    }  # fmt: skip


def _rows(model: type[Model]) -> Iterator[Model]:
    names = {one.attname for one in model._meta.fields}
    if isinstance(model._meta.pk, UUIDField) and "practice_id" in names:
        yield from model._default_manager.order_by("pk")
