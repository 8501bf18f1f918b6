"""What must hold after every request, and for the database whenever something was written."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain as chained

from django.apps import apps
from django.db import connection
from django.db.models import Count, F, Q

from openalliance.site.config.verification import verify_chains, verify_fields
from openalliance.site.records.care.models import Client, Episode, Session
from openalliance.site.records.checkins.instruments import instrument
from openalliance.site.records.checkins.models import AskedForm, Score
from openalliance.site.records.plans.models import PlanVersion
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.models import Row
from tests.site.fuzz.nasty import MARK, TEMPLATE_SUM
from tests.site.fuzz.visits import Answer
from tests.site.fuzz.world import ADMINISTRATOR, World

_TRACES = (
    b"Traceback (most", b"site-packages", b"/openalliance/site/", b"psycopg", b"sqlite3",
    b"IntegrityError", b"DataError", b"OperationalError", b"SELECT ", b"INSERT INTO",
)  # fmt: skip
_RAW = (f"<b id={MARK}".encode(), f"<script>{MARK}".encode(), f"' onmouseover={MARK}".encode())
_HEADERS = {
    "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=()", "Content-Security-Policy": "default-src 'self'",
}  # fmt: skip


class FindingError(AssertionError):
    """Something that must never be; says what, and the request that shows it."""


def must_hold(answer: Answer, world: World, *, broken: bool = False) -> None:
    """Judge one answer; ``broken``: the machine was made to fail, so that it may say so.

    Raises
    ------
    FindingError
        It broke, or it shows what is not for whoever asked.
    """
    if found := next(chained(_leaks(answer, world), () if broken else _faults(answer)), None):
        seen = "\n  ".join(("", *answer.logged, answer.fault)).rstrip()
        raise FindingError(f"{found}\n  {answer.shot}{seen}")


def _faults(answer: Answer) -> Iterator[str]:
    if answer.status >= 500:
        yield f"status {answer.status}"
    if answer.fault:
        yield "an exception that nothing had expected"
    if any("refused a change" in line for line in answer.logged):
        yield "the database had to refuse what the program should have"


def _leaks(answer: Answer, world: World) -> Iterator[str]:
    for whose, word in world.kept_from(answer.shot.role).items():
        if word in _asked(answer) or _may_be_left_behind(whose, answer, world):
            continue  # their own words coming back tell them nothing
        if word.encode() in answer.body or word in str(answer.headers):
            yield f"the {answer.shot.role} is shown {whose}"
    for where, told in (("the log", answer.logged), ("a mail", answer.mailed)):
        words = "\n".join(told)
        for whose, word in world.secrets.items():
            if word in words:
                yield f"{whose} is in {where}"
        if MARK in words:
            yield f"what somebody typed is in {where}"
    if found := next((trace for trace in _TRACES if trace in answer.body), None):
        yield f"the page shows the program's inside: {found.decode()}"
    yield from _header_faults(answer)
    yield from _browser_faults(answer)


def _may_be_left_behind(whose: str, answer: Answer, world: World) -> bool:
    """Whether it is a name where an administrator passes on wishes: any therapist may have left."""
    who, _, what = whose.rpartition("-")
    at = (answer.shot.role, answer.shot.path, what)
    if at != (ADMINISTRATOR, "/administrator/contact/", "name") or who not in world.episodes:
        return False
    return world.episodes[who].practice_id == world.people["ada"].practice_id


def _asked(answer: Answer) -> str:
    shot = answer.shot
    return f"{shot.path}?{shot.query} {shot.body.decode(errors='replace')}"


def _header_faults(answer: Answer) -> Iterator[str]:
    for name, value in _HEADERS.items():
        if value not in answer.headers.get(name, ""):
            yield f"{name} does not say {value}"
    if "unsafe" in answer.headers["Content-Security-Policy"]:
        yield "a content security policy that lets in what is unsafe"
    if "no-store" not in answer.headers.get("Cache-Control", "") and not (
        answer.is_static or _is_for_everybody(answer)
    ):
        yield "an answer that may be kept"


def _is_for_everybody(answer: Answer) -> bool:
    """Whether it is a public page, for a visitor who is nobody in particular."""
    path = answer.shot.path
    return (path == "/" or path.startswith("/people/")) and "Set-Cookie" not in answer.headers


def _browser_faults(answer: Answer) -> Iterator[str]:
    if answer.is_page and any(raw in answer.body for raw in _RAW):
        yield "typed markup comes back as markup"
    if TEMPLATE_SUM.encode() in answer.body:
        yield "a typed template was worked out"
    led = answer.headers.get("Location", "")
    away = ("//", "/\\", "http", "javascript")
    if led.startswith(away) and not led.startswith("http://localhost"):
        yield f"led away to {led}"
    if f"{MARK}=" in answer.cookies:
        yield "a typed line became a cookie"


def database_must_hold(after: str) -> None:
    """Judge what is in the database.

    Raises
    ------
    FindingError
        Something is half, double, without its other part, or across two practices.
    """
    if found := next(chained(_broken_rows(), _crossing(), _unverified()), None):
        raise FindingError(f"{found}\n  {after}")


def _broken_rows() -> Iterator[str]:
    connection.check_constraints()
    if Score.objects.filter(form__isnull=False, form__submitted_at=None).exists():
        yield "a form that was never sent has scores"
    sent = AskedForm.objects.filter(submitted_at__isnull=False)
    if any(_is_scored(form) for form in sent.annotate(kept=Count("scores")).filter(kept=0)):
        yield "a form that was sent has no scores"
    if sent.filter(submission=None).exists() or sent.filter(started_at=None).exists():
        yield "a form is half sent"
    if Session.objects.annotate(asked=Count("forms")).exclude(asked=3).exists():
        yield "a session without its three forms"
    if Client.objects.filter(episodes=None).exists():
        yield "a client without an episode"
    if Episode.objects.exclude(Q(ended_at=None, ending="") | ~Q(ended_at=None) & ~Q(ending="")):
        yield "an episode that is half ended"
    versions = PlanVersion.objects.values("episode").annotate(
        many=Count("pk"), last=Count("number")
    )
    if versions.exclude(many=F("last")).exists():
        yield "a version of a plan is missing"
    if Person.objects.filter(grants=None).exists():
        yield "a member of staff who never had a role"


def _is_scored(form: AskedForm) -> bool:
    """Whether a form asks for more than a choice of words."""
    return any(instrument(key).scales for key, _version in form.instruments)


def _crossing() -> Iterator[str]:
    """Look for a row of one practice that points to a row of another."""
    for model in apps.get_models():
        if not issubclass(model, Row):
            continue
        for one in model._meta.fields:
            other = one.related_model
            if isinstance(other, type) and issubclass(other, Row | Person):
                crossed = model._default_manager.filter(**{f"{one.name}__isnull": False}).exclude(
                    practice_id=F(f"{one.name}__practice_id")
                )
                if crossed.exists():
                    yield f"{model.__name__}.{one.name} points to another practice"


def _unverified() -> Iterator[str]:
    for check in chained(verify_fields(), verify_chains({})):
        yield from check.faults
