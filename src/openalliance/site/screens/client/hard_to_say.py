"""Something that was hard to say: writing it, and deciding who may see it, now or later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from openalliance.core.errors import InputError
from openalliance.site.records.checkins.access import (
    form_to_answer,
    hard_to_say_of,
    own_hard_to_say,
)
from openalliance.site.records.checkins.hard_to_say import (
    ABOUT,
    LONGEST_TEXT,
    change_visibility,
    say,
    withdraw,
)
from openalliance.site.screens.client.entry import client_page, show
from openalliance.site.screens.client.own_episode import own_episode, own_episodes
from openalliance.site.screens.client.taken_up import about_words
from openalliance.site.screens.client.words import day, day_and_time
from openalliance.site.screens.door import acting, now

if TYPE_CHECKING:
    from openalliance.site.records.care.models import Session
    from openalliance.site.records.checkins.models import HardToSay

_KEY = "hard_to_say_submission"
NOT_SAFE = "not-safe"


@dataclass(frozen=True, slots=True, kw_only=True)
class HardForm:
    """The form with what was typed, and what to mend; ``after`` says it follows a check-out."""

    submission: str
    about: str = ""
    words: str = ""
    visibility: str = ""
    errors: tuple[tuple[str, str], ...] = ()
    wrong: dict[str, str]
    about_options: tuple[tuple[str, str], ...]
    visibility_options: tuple[tuple[str, str, str], ...]
    longest: int = LONGEST_TEXT
    skip_url: str
    after: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HardCard:
    """One thing that was said, and who may see it."""

    about: str
    words: str
    when: str
    visibility: str
    who_sees: str
    not_safe: bool
    url: str
    withdraw_url: str


@require_safe
@client_page
def everything(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show all the client has said here and not taken back."""
    by, at = acting(request), now()
    cards = tuple(
        _card(said, token)
        for episode in own_episodes(by, now=at, reading="hard to say")
        for said in hard_to_say_of(by, episode, now=at)
    )
    return show(request, token, "client/hard_to_say.html", {"cards": cards})


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def new(request: HttpRequest, token: str) -> HttpResponseBase:
    """Write something down at any time."""
    by, at = acting(request), now()
    episode = own_episode(by, now=at, reading="hard to say")
    home = reverse("client:home", args=[token])
    return _asked(request, token, episode.pk, session=None, skip_url=home, at=at)


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def after(request: HttpRequest, token: str, form_id: UUID) -> HttpResponseBase:
    """Offer to write something down right after a check-out; it may be left out."""
    form = form_to_answer(acting(request), form_id)
    sent = reverse("client:sent", args=[token, form_id])
    return _asked(
        request, token, form.episode_id, session=form.session, skip_url=sent, at=now(), after=True
    )


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def one(request: HttpRequest, token: str, hard_id: UUID) -> HttpResponseBase:
    """Show one thing that was said; change who may see it."""
    by = acting(request)
    said = own_hard_to_say(by, hard_id)
    error = ""
    if request.method == "POST":
        try:
            said = change_visibility(hard_id, request.POST.get("visibility", ""), by=by, now=now())
        except InputError:
            error = _("Please choose one of these.")
        else:
            messages.success(request, _("Changed. This now holds: %(who)s") % {
                "who": who_sees(said)
            })  # fmt: skip
            return redirect("client:hard_one", token=token, hard_id=hard_id)
    context = {
        "card": _card(said, token),
        "options": visibility_options(),
        "error": error,
    }
    return show(request, token, "client/hard_one.html", context, status=422 if error else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def withdrawal(request: HttpRequest, token: str, hard_id: UUID) -> HttpResponseBase:
    """Ask before something is taken back; then take it back."""
    by = acting(request)
    said = own_hard_to_say(by, hard_id)
    if request.method == "POST":
        withdraw(hard_id, by=by, now=now())
        messages.success(request, _("Taken back. Nobody sees it any more."))
        return redirect("client:hard", token=token)
    return show(request, token, "client/hard_withdraw.html", {"card": _card(said, token)})


def visibility_options() -> tuple[tuple[str, str, str], ...]:
    """Return who may see it, each with what that means in plain words."""
    return (
        (
            "now",
            _("My therapist, now"),
            _("They can read it before you meet again, and it is on the list to talk about."),
        ),
        (
            "later",
            _("My therapist, when I say so"),
            _("It stays closed until you come back here and open it."),
        ),
        (
            "only-me",
            _("Only me"),
            _("Nobody at the practice can read it. You can change that later."),
        ),
    )


def who_sees(said: HardToSay) -> str:
    """Return in a sentence who can see something now."""
    if said.visibility == "now":
        at = said.shown_at
        return _("Your therapist can see this since %(when)s.") % {
            "when": day_and_time(at) if at else ""
        }
    if said.visibility == "later":
        return _("Closed for now. Your therapist sees it when you say so.")
    return _("Only you can see this.")


def _asked(
    request: HttpRequest,
    token: str,
    episode_id: UUID,
    *,
    session: Session | None,
    skip_url: str,
    at: datetime,
    after: bool = False,
) -> HttpResponseBase:
    if request.method != "POST":
        form = _form(request, skip_url=skip_url, after=after)
        return show(request, token, "client/hard_new.html", {"form": form})
    try:
        submission = UUID(request.POST.get("submission", ""))
    except ValueError:
        submission = UUID(_held_key(request))
    try:
        said = say(
            episode_id,
            session=session,
            about=request.POST.get("about", ""),
            words=request.POST.get("words", ""),
            visibility=request.POST.get("visibility", ""),
            submission=submission,
            by=acting(request),
            now=at,
        )
    except InputError:
        return _asked_again(request, token, skip_url=skip_url, after=after)
    request.session.pop(_KEY, None)
    messages.success(request, _("Thank you. We have kept this for you."))
    return redirect("client:hard_one", token=token, hard_id=said.pk)


def _asked_again(request: HttpRequest, token: str, *, skip_url: str, after: bool) -> HttpResponse:
    form = _form(request, skip_url=skip_url, after=after, typed=True)
    return show(request, token, "client/hard_new.html", {"form": form}, status=422)


def _form(request: HttpRequest, *, skip_url: str, after: bool, typed: bool = False) -> HardForm:
    post = request.POST
    about, words = post.get("about", ""), post.get("words", "")
    visibility = post.get("visibility", "")
    wrong: dict[str, str] = {}
    if typed and about not in ABOUT:
        wrong["about"] = _("Please choose what it is about.")
    if typed and not words.strip():
        wrong["words"] = _("Please write a few words.")
    if typed and len(words.strip()) > LONGEST_TEXT:
        wrong["words"] = _("That is too long for this box. Please keep it under %(n)d letters.") % {
            "n": LONGEST_TEXT
        }
    if typed and visibility not in {option[0] for option in visibility_options()}:
        wrong["visibility"] = _("Please choose who may see this.")
    return HardForm(
        submission=post.get("submission") or _held_key(request),
        about=about,
        words=words,
        visibility=visibility,
        errors=tuple((told, field) for field, told in wrong.items()),
        wrong=wrong,
        about_options=tuple((key, about_words(key)) for key in ABOUT),
        visibility_options=visibility_options(),
        skip_url=skip_url,
        after=after,
    )


def _held_key(request: HttpRequest) -> str:
    """Return the key of what is being written; it stays the same until that is sent.

    So words kept on the device after a lost connection find their way back into the form.
    """
    key = request.session.get(_KEY)
    if not isinstance(key, str):
        key = request.session[_KEY] = str(uuid4())
    return key


def _card(said: HardToSay, token: str) -> HardCard:
    return HardCard(
        about=about_words(said.about),
        words=said.words,
        when=day(said.at),
        visibility=said.visibility,
        who_sees=who_sees(said),
        not_safe=said.about == NOT_SAFE,
        url=reverse("client:hard_one", args=[token, said.pk]),
        withdraw_url=reverse("client:hard_withdraw", args=[token, said.pk]),
    )
