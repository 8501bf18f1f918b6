"""Words that several of the client's pages share: days, times and what things are called."""

from __future__ import annotations

from datetime import datetime

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def day(at: datetime) -> str:
    """Return a day such as “Tuesday 3 March”."""
    return formats.date_format(timezone.localtime(at), pgettext("date format", "l j F"))


def day_with_year(at: datetime) -> str:
    """Return a day such as “3 March 2026”."""
    return formats.date_format(timezone.localtime(at), pgettext("date format", "j F Y"))


def day_and_time(at: datetime) -> str:
    """Return a moment such as “Tuesday 3 March, 10:30”, in the practice's time."""
    return formats.date_format(timezone.localtime(at), pgettext("date format", "l j F, H:i"))


def short_day(at: datetime) -> str:
    """Return a day as short as “3 Mar”."""
    return formats.date_format(timezone.localtime(at), pgettext("short date format", "j M"))


def clock(at: datetime) -> str:
    """Return a time of day such as “10:30”, in the practice's time."""
    return formats.date_format(timezone.localtime(at), "H:i")


def is_today(at: datetime, now: datetime) -> bool:
    """Whether a moment is on the present day, in the practice's time."""
    return timezone.localtime(at).date() == timezone.localtime(now).date()


def form_name(moment: str) -> str:
    """Return what a form is called on the client's pages."""
    names = {
        "check-in": _("Check-in"),
        "check-out": _("Check-out"),
        "follow-up": _("Follow-up"),
        "exit": _("One last question"),
    }
    return names.get(moment, _("Questions"))


def rating_words(value: float) -> str:
    """Return a rating from 0 to 10 with one decimal at most."""
    return formats.number_format(round(value, 1), decimal_pos=0 if value == int(value) else 1)
