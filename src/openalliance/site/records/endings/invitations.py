"""The letters that bring a client the link to a few questions. They say nothing of therapy."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext as _

from openalliance.core.instruments import Moment
from openalliance.site.records.checkins.models import AskedForm
from openalliance.site.records.endings.consent import newest_consent
from openalliance.site.records.endings.models import FollowUpConsent
from openalliance.site.records.endings.tickets import link_to
from openalliance.site.records.letters.models import Channel, Letter
from openalliance.site.records.letters.reminders import channels, is_quiet
from openalliance.site.records.letters.wording import Words


def is_wanted(letter: Letter) -> bool:
    """Whether the questions are still open and unanswered, and the client still lets us ask."""
    form = _form(letter)
    if form is None or form.submitted_at is not None or form.closes_at <= letter.due_at:
        return False
    if form.episode.client.erased_at is not None:
        return False
    if form.moment == Moment.EXIT:
        return bool(form.episode.client.email) and Channel.MAIL in channels()
    consent = newest_consent(form.episode.client_id)
    return consent is not None and can_be_sent(consent)


def can_be_sent(consent: FollowUpConsent) -> bool:
    """Whether a client said yes, and to a way that this installation has."""
    return consent.given and bool(consent.channel) and consent.channel in channels()


def compose(letter: Letter) -> tuple[Words, str, Channel]:
    """Return what a letter says, to which address, by which way."""
    form = _form(letter)
    if form is None:
        raise ValueError("a letter with questions is about a form")
    client = form.episode.client
    if form.moment == Moment.EXIT:
        address, channel, text = client.email or "", Channel.MAIL, _exit_words
    else:
        consent = newest_consent(client.pk)
        if consent is None:
            raise ValueError("nobody is asked who did not agree")
        address, channel, text = consent.address, Channel(consent.channel), _follow_up_words
    with translation.override(client.language):
        words = Words(subject=_("A few words from you"), text=text() % {"link": link_to(form)})
    return words, address, channel


def _exit_words() -> str:
    return _(
        "Hello. We have one question for you. You do not have to answer it, and nobody will ask"
        " again: %(link)s"
    )


def _follow_up_words() -> str:
    return _(
        "Hello. You said we may ask how you are now and then. It takes less than a minute:"
        " %(link)s\nOn that page you can also say that you want no more of these."
    )


def rests_now(consent: FollowUpConsent, practice_zone: str, *, now: datetime) -> bool:
    """Whether it is one of the hours in which a client wants nothing to be sent."""
    return is_quiet(now.astimezone(ZoneInfo(practice_zone)), consent)


def useless_at(form: AskedForm) -> datetime:
    """Return until when a letter about a form makes sense: a day before it closes."""
    return form.closes_at - timedelta(days=1)


def _form(letter: Letter) -> AskedForm | None:
    if letter.about is None:
        return None
    return (
        AskedForm.objects.filter(pk=letter.about, practice_id=letter.practice_id)
        .select_related("episode__client", "practice")
        .first()
    )
