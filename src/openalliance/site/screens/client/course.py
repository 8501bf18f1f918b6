"""The client's own course as a picture, a table, and one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import translation
from django.utils.translation import gettext as _

from openalliance.core.course import Verdict
from openalliance.site.records.checkins.access import course_for
from openalliance.site.records.trust.actors import Actor
from openalliance.site.screens.course_picture import CourseOnPage, course_on, picture_for
from openalliance.site.screens.wording import Audience

if TYPE_CHECKING:
    from openalliance.core.course import Change
    from openalliance.site.records.care.models import Episode


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCourse:
    """The picture with its table, and a sentence that says the main thing."""

    shown: CourseOnPage
    sentence: str


def own_course(by: Actor, episode: Episode) -> OwnCourse | None:
    """Return the course as far as the client may see it, or nothing before the first answers."""
    course = course_for(by, episode)
    if not course.outcome and not course.alliance:
        return None
    shown = course_on(
        picture_for(by, episode, course),
        language=translation.get_language() or "en",
        audience=Audience.CLIENT,
    )
    return OwnCourse(shown=shown, sentence=_sentence(course.change)) if shown else None


def _sentence(change: Change | None) -> str:
    if change is None:
        return _("After your second check-in you can see here how things change.")
    if change.verdict is Verdict.IMPROVED:
        return _("Since you began, things have got better: more than day-to-day ups and downs.")
    if change.verdict is Verdict.DETERIORATED:
        return _("Since you began, things have got harder. That is worth talking about together.")
    return _("So far the changes are no larger than the usual ups and downs.")
