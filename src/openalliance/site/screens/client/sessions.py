"""How each of the two saw each session: sealed first, then side by side with the gap explained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from openalliance.core.course.pairs import Apart, rated_gap
from openalliance.core.instruments import Rater
from openalliance.site.records.checkins.access import session_pictures
from openalliance.site.records.checkins.convert import CHECK_OUT_FORMS, settings_for
from openalliance.site.records.checkins.instruments import instrument
from openalliance.site.records.checkins.services import close_due
from openalliance.site.screens.client.entry import client_page, show
from openalliance.site.screens.client.own_episode import own_episode
from openalliance.site.screens.client.words import day, day_and_time, rating_words
from openalliance.site.screens.door import acting, now
from openalliance.site.screens.form_steps import words_in

if TYPE_CHECKING:
    from openalliance.core.course import CourseSettings
    from openalliance.site.records.checkins.access import SessionPicture


@dataclass(frozen=True, slots=True, kw_only=True)
class Aspect:
    """One aspect of working together as both rated it; a side without a rating is empty."""

    title: str
    own: str
    other: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCard:
    """One session: sealed, or both pictures with the gap in words."""

    title: str
    sealed: str
    aspects: tuple[Aspect, ...]
    gap: str


@require_safe
@client_page
def sessions(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show how client and therapist rated each session."""
    by, at = acting(request), now()
    close_due(by.practice_id, now=at)
    episode = own_episode(by, now=at, reading="both ratings")
    settings = settings_for(episode)
    cards = tuple(
        _card(picture, settings)
        for picture in session_pictures(by, episode)
        if picture.own_sent or (picture.sealed_until is None and picture.other)
    )
    context = {"cards": cards, "therapist": episode.therapist.name}
    return show(request, token, "client/sessions.html", context)


def _card(picture: SessionPicture, settings: CourseSettings) -> SessionCard:
    language = translation.get_language() or "en"
    sealed = ""
    if picture.sealed_until is not None:
        sealed = _(
            "Sealed until you have both answered, or until %(when)s. Only you can see your"
            " ratings until then."
        ) % {"when": day_and_time(picture.sealed_until)}
    form = instrument(CHECK_OUT_FORMS[Rater.CLIENT])
    return SessionCard(
        title=_("Session %(number)s, %(day)s")
        % {"number": picture.session.number, "day": day(picture.session.starts_at)},
        sealed=sealed,
        aspects=tuple(
            _aspect(words_in(scale.title, language), picture, scale.key)
            for scale in form.scales
            if scale.key in picture.own or scale.key in picture.other
        ),
        gap="" if sealed else _gap_words(picture, settings),
    )


def _aspect(title: str, picture: SessionPicture, key: str) -> Aspect:
    own, other = picture.own.get(key), picture.other.get(key)
    return Aspect(
        title=title,
        own="" if own is None else rating_words(own),
        other="" if other is None else rating_words(other),
    )


def _gap_words(picture: SessionPicture, settings: CourseSettings) -> str:
    if not picture.own:
        return _("Only your therapist answered this time. That is fine.")
    if not picture.other:
        return _("Your therapist did not answer this time. You can ask how they saw it.")
    gap = rated_gap(picture.own.get("alliance", 0.0), picture.other.get("alliance", 0.0), settings)
    if gap is not None and gap.apart in {Apart.UNUSUAL, Apart.AT_THE_EDGE}:
        return _(
            "You and your therapist see this session quite differently. That happens, nobody is"
            " wrong, and it is a good thing to talk about: how was it for each of you?"
        )
    if gap is not None and gap.apart is Apart.ALIKE:
        return _("You and your therapist see this session in much the same way.")
    return _(
        "You and your therapist see this a little differently. That is common: two people hardly"
        " ever see the same hour alike. You can talk about it if you like."
    )
