"""The instruments this installation knows, and whether they can be asked."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from openalliance.core.instruments import Instrument
from openalliance.site.records.checkins.instruments import known_instruments
from openalliance.site.screens.administrator.frame import administrator, show

_LANGUAGES = dict(settings.LANGUAGES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One instrument as the list shows it."""

    key: str
    title: str
    moment: str
    languages: str
    is_usable: bool
    is_validated: bool
    licence: str


@require_safe
@administrator
def instruments(request: HttpRequest) -> HttpResponse:
    """List the instruments: first those that can be asked."""
    rows = sorted(
        (_row(one) for one in known_instruments().values()),
        key=lambda row: (not row.is_usable, row.title),
    )
    return show(request, "instruments", {"instruments": rows})


def _row(instrument: Instrument) -> Row:
    titles = instrument.title
    return Row(
        key=instrument.key,
        title=titles.get("en") or next(iter(titles.values()), instrument.key),
        moment=instrument.moment.value,
        languages=", ".join(_LANGUAGES.get(one, one) for one in instrument.languages),
        is_usable=not instrument.text_required,
        is_validated=instrument.validated,
        licence=instrument.licence,
    )
